//! What came of the vehicles of a campaign, as their records and the report want it.
use crate::sums::report_detail::scalar;
use ::fleet::{Campaign, Stage, Text, Vehicle, Verdict};
use hatci_client::{State, StateRules};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

type Described = HashMap<String, Map<String, Value>>;

/// The outcome of each vehicle, by host. `reason`: why those that have none have none.
pub(super) fn outcomes(campaign: &Campaign, described: &Described, reason: &str) -> Map<String, Value> {
    let outcome = |vehicle: &Vehicle| {
        let about = described.get(&vehicle.host);
        let (status, summary) = match vehicle.status {
            Some(_) if waits_for_verification(vehicle, described) => (
                json!("running"),
                "Updated, but not verified yet. Resume the campaign with this vehicle among the hosts of the run.".to_owned(),
            ),
            Some(status) => (json!(status), summary(vehicle)),
            None if vehicle.stage == Stage::Waiting => {
                (json!(Verdict::NotTested), format!("Not started. {reason}").trim_end().to_owned())
            }
            None => (json!("running"), "Started, but there is no verdict yet.".to_owned()),
        };
        let seconds = vehicle.started.zip(vehicle.finished).map(|(started, finished)| {
            (finished.duration_since(started).as_secs_f64() * 10.0).round() / 10.0
        });
        let course =
            vehicle.states.iter().map(|it| json!({ "state": it.state.as_str(), "at": it.at.to_string() }));
        let mut outcome = json!({
            "status": status,
            "summary": summary,
            "vin": vehicle.vin,
            "wave": vehicle.wave,
            "seconds": seconds,
            "started": vehicle.started.map(|time| time.to_string()),
            "finished": vehicle.finished.map(|time| time.to_string()),
            "states": course.collect::<Vec<_>>(),
            "ecus": about.map(ecus),
            "source_event_id": id(vehicle.source_event_id.as_ref()),
            "target_event_id": id(vehicle.target_event_id.as_ref()),
            "deployment_id": id(vehicle.deployment_id.as_ref()),
            "test_event_id": id(vehicle.test_event_id.as_ref()),
            "artifact_urls": about.and_then(|about| about.get("artifact_urls")),
        });
        if let Value::Object(outcome) = &mut outcome {
            outcome.retain(|_, value| !value.is_null() && *value != json!([]));
        }
        outcome
    };
    campaign.vehicles.iter().map(|vehicle| (vehicle.host.clone(), outcome(vehicle))).collect()
}

/// The records of the vehicles that have a verdict which stands in no record yet.
pub(super) fn test_events(campaign: &Campaign, described: &Described) -> Vec<Map<String, Value>> {
    let open = campaign.vehicles.iter().filter(|vehicle| vehicle.stage == Stage::Ended);
    open.filter(|vehicle| !waits_for_verification(vehicle, described))
        .filter_map(|vehicle| {
            let about = described.get(&vehicle.host);
            // The API knows two verdicts only.
            let (status, prefix) = match vehicle.status? {
                Verdict::Pass => ("PASS", ""),
                Verdict::Fail => ("FAIL", ""),
                Verdict::NotTested => ("FAIL", "NOT TESTED: "),
            };
            let summary = summary(vehicle);
            let end = if summary.ends_with(['.', '!', '?']) { " " } else { ". " };
            let links = links(vehicle);
            let links = if links.is_empty() { String::new() } else { format!("{end}{links}.") };
            let mut event = Map::from_iter([
                ("host".into(), vehicle.host.as_str().into()),
                ("test_event_id".into(), vehicle.test_event_id.as_ref()?.as_str().into()),
                ("status".into(), status.into()),
                ("summary".into(), format!("{prefix}{summary}{links}").into()),
            ]);
            if let Some(vin) = &vehicle.vin {
                event.insert("vin".into(), vin.as_str().into());
            }
            if let Some(urls) = about.and_then(|about| about.get("artifact_urls")) {
                event.insert("artifact_urls".into(), urls.clone());
            }
            Some(event)
        })
        .collect()
}

/// Whether it was updated, and this run can't verify it: it is not among its hosts.
pub(super) fn waits_for_verification(vehicle: &Vehicle, described: &Described) -> bool {
    vehicle.verifies
        && (vehicle.stage, vehicle.status) == (Stage::Ended, Some(Verdict::Pass))
        && !described.contains_key(&vehicle.host)
}

fn summary(vehicle: &Vehicle) -> String {
    let last = vehicle.states.last().map(|change| State::new(change.state.as_str()));
    let unusual = last.filter(|state| !StateRules::default().success.contains(state));
    match (vehicle.status, &vehicle.vin, &vehicle.from, &vehicle.to) {
        (Some(Verdict::Pass), Some(vin), Some(from), Some(to)) => match unusual {
            None => format!("Updated {vin} from {from} to {to}."),
            Some(state) => {
                format!("The update of {vin} from {from} to {to} ended as {state}, as expected.")
            }
        },
        _ => vehicle.summary.to_string(),
    }
}

fn links(vehicle: &Vehicle) -> String {
    let links = [
        ("Source event", &vehicle.source_event_id),
        ("target event", &vehicle.target_event_id),
        ("deployment", &vehicle.deployment_id),
    ];
    let links = links.iter().filter_map(|(what, id)| Some(format!("{what} {}", id.as_ref()?)));
    links.collect::<Vec<_>>().join(", ")
}

/// From which version to which, by ECU.
fn ecus(about: &Map<String, Value>) -> Value {
    let versions = |side: &str| -> Vec<(String, Value)> {
        let ecus = about.get(side).and_then(|side| side.get("ecus")?.as_array()).into_iter().flatten();
        let version = |ecu: &Value| Some((scalar(ecu.get("ecu_name")?)?, ecu.get("sw_version")?.clone()));
        ecus.filter_map(version).collect()
    };
    let (from, to) = (versions("source"), versions("target"));
    let of = |list: &[(String, Value)], name: &str| {
        list.iter().find(|(other, _)| other == name).map(|it| it.1.clone())
    };
    let mut names: Vec<&String> = to.iter().chain(&from).map(|(name, _)| name).collect();
    let mut known = std::collections::HashSet::new();
    names.retain(|name| known.insert(*name));
    let ecu = |name: &String| {
        let mut ecu = json!({ "ecu_name": name });
        for (side, version) in [("from", of(&from, name)), ("to", of(&to, name))] {
            if let Some(version) = version {
                ecu[side] = version;
            }
        }
        ecu
    };
    names.into_iter().map(ecu).collect()
}

fn id(id: Option<&Text>) -> Option<&str> {
    id.map(Text::as_str)
}
