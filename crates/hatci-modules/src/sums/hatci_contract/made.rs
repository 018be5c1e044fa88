//! What a check makes on the server: marked, so that nobody takes it for a test, and told as soon as it is there.
use super::ContractResults;
use ansible_module::SharedResults;
use hatci_client::{
    Ecu, EventId, IdempotencyKey, NewEvent, NewTestEvent, TestOutcome, TestStatus, UpdateType, Vin,
};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::fmt::Display;

/// Who made it.
pub(super) const MARK: &str = "hatci.automation contract check";

/// The event, as it is sent; `fields` of the user take the place of invented ones, but not of the mark.
pub(super) fn event(vin: &Vin, update_type: UpdateType, fields: &Map<String, Value>) -> Value {
    let ecu = Ecu {
        ecu_name: "ContractCheck".into(),
        part_number: "CONTRACT-CHECK".into(),
        sw_version: "0.0.0".into(),
    };
    let mut body = NewEvent {
        tester_name: MARK.into(),
        program_name: "CONTRACT_CHECK".into(),
        model_year: Timestamp::now().strftime("%Y").to_string(),
        vin: vin.clone(),
        update_type,
        region: "US".into(),
        build_level: "contract-check".into(),
        ecus: vec![ecu],
        region_spec: None,
        remark: None,
    }
    .body();
    if let Value::Object(body) = &mut body {
        body.extend(fields.clone());
        body.insert("vin".into(), vin.as_str().into());
        body.insert("update_type".into(), update_type.as_str().into());
        body.insert("remark".into(), format!("{MARK}: made to try the API, never to be deployed").into());
    }
    body
}

pub(super) fn test_event(vin: &Vin, pending: EventId, key: &IdempotencyKey) -> NewTestEvent {
    NewTestEvent {
        vin: vin.clone(),
        event_id: pending,
        ansible_job_id: format!("contract-check-{key}"),
        git_sha: "0000000".into(),
        suite_name: MARK.into(),
        vehicle_id: None,
        metadata: None,
    }
}

/// The verdict on a vehicle that nobody has tested.
pub(super) fn outcome() -> TestOutcome {
    TestOutcome {
        status: TestStatus::Fail,
        summary: Some(format!("NOT TESTED: {MARK}; no vehicle was tested")),
        artifact_urls: None,
    }
}

/// The same with a link, as a verification may give one.
pub(super) fn outcome_with_link() -> TestOutcome {
    TestOutcome { artifact_urls: Some(vec!["https://contract-check.example.com/log".into()]), ..outcome() }
}

/// Tells what is there, and in which state. `id` is its id; its key, where nobody has seen the id.
pub(super) fn list(results: &SharedResults<ContractResults>, what: &str, id: &dyn Display, state: &str) {
    let id = id.to_string();
    let one = json!({ "what": what, "id": id, "state": state });
    results.update(|r| {
        let made = r.made.get_or_insert_default();
        made.retain(|known| known.get("id").and_then(Value::as_str) != Some(&*id));
        made.extend(one.as_object().cloned());
    });
}
