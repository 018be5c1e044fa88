//! What came of the update of one vehicle: its entry in the result, and what the file of the campaign keeps.
use super::{
    campaign::Campaign,
    described::{Described, VehicleOptions},
    ids::Ids,
    progress::seconds,
    record::Record,
    steps::{DEPLOY, Fault, Steps},
};
use ::fleet::{Judgement, Stage, Verdict};
use ansible_module::{ErrorKind, Failure};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// What came of one vehicle.
pub(super) struct Outcome {
    pub(super) ids: Ids,
    pub(super) fault: Option<Fault>,
    pub(super) judgement: Judgement,
    pub(super) changed: bool,
    pub(super) warnings: Vec<String>,
    pub(super) time: Duration,
}

impl Outcome {
    pub(super) fn failed(step: &'static str, failure: Failure) -> Self {
        Outcome {
            ids: Ids::default(),
            fault: Some(Fault { step, failure }),
            judgement: Judgement::Failed,
            changed: false,
            warnings: vec![],
            time: Duration::ZERO,
        }
    }

    pub(super) fn state(&self) -> &'static str {
        match &self.fault {
            None => "deployed",
            Some(fault) if fault.failure.kind == ErrorKind::UnknownOutcome => "unknown",
            Some(_) => "failed",
        }
    }

    /// Whether it is known that there is nothing of this vehicle on the server.
    pub(super) fn made_nothing(&self) -> bool {
        self.ids == Ids::default() && !self.changed
    }

    /// Once a deployment may have begun, the outcome is a verdict on the vehicle.
    pub(super) fn may_be_deployed(&self) -> bool {
        let is_refused = self
            .fault
            .as_ref()
            .is_some_and(|fault| fault.step == DEPLOY && fault.failure.kind == ErrorKind::Conflict);
        self.ids.deployment.is_some() && !is_refused
            || self.fault.as_ref().is_some_and(|fault| {
                // It is known to exist where its id can't be used.
                let is_made = fault.step == DEPLOY && fault.failure.changed == Some(true);
                let is_unknown = fault.failure.kind == ErrorKind::UnknownOutcome
                    && [DEPLOY, "Resume the campaign"].contains(&fault.step);
                is_made || is_unknown
            })
    }
}

/// The entry of one vehicle.
pub(super) fn told(state: &str, outcome: Option<&Outcome>) -> Value {
    let mut entry = Map::from_iter([("state".to_owned(), Value::from(state))]);
    let Some(outcome) = outcome else {
        entry.insert("reason".into(), "It was not started.".into());
        return entry.into();
    };
    if let Some(fault) = &outcome.fault {
        entry.insert("reason".into(), fault.words().into());
        entry.insert("error".into(), fault.error());
    }
    entry.extend(outcome.ids.to_map());
    entry.insert("changed".into(), outcome.changed.into());
    entry.insert("seconds".into(), json!(seconds(outcome.time)));
    entry.into()
}

pub(super) fn note_ids(record: &Record, host: &str, ids: &Ids) {
    record.note(host, |it| {
        for (known, id) in [
            (&mut it.source_event_id, &ids.source_event),
            (&mut it.target_event_id, &ids.target_event),
            (&mut it.test_event_id, &ids.test_event),
            (&mut it.deployment_id, &ids.deployment),
        ] {
            if let Some(id) = id {
                *known = Some(id.as_str().into());
            }
        }
    });
}

/// Notes that nothing is begun with it after all; it will be tried again.
pub(super) fn note_waiting(record: &Record, host: &str) {
    record.note(host, |it| (it.stage, it.started) = (Stage::Waiting, None));
}

pub(super) fn note_end(record: &Record, host: &str, outcome: &Outcome) {
    note_ids(record, host, &outcome.ids);
    record.note(host, |it| match &outcome.fault {
        None => it.stage = it.stage.max(Stage::Updating),
        Some(fault) => {
            it.stage = Stage::Ended;
            it.status = Some(if outcome.may_be_deployed() { Verdict::Fail } else { Verdict::NotTested });
            it.summary = fault.words().into();
            it.finished = Some(Timestamp::now());
        }
    });
}

/// Takes one vehicle as far as it gets.
pub(super) fn of_vehicle(
    mut steps: Steps,
    vehicle: &VehicleOptions,
    described: &Described,
    mut ids: Ids,
    learn: &dyn Fn(&Ids),
) -> Outcome {
    let is_in_doubt = vehicle.begun && !steps.campaign.keys_are_honoured && ids.to_map().len() < 4;
    let outcome = if is_in_doubt {
        Err(Fault { step: "Resume the campaign", failure: in_doubt(&vehicle.host, &ids, steps.campaign) })
    } else {
        steps.deploy(described, &mut ids, learn)
    };
    let fault = outcome.err();
    let judgement =
        fault.as_ref().map_or(Judgement::Good, |fault| fault.judgement(steps.campaign.keys_are_honoured));
    Outcome { ids, fault, judgement, changed: steps.changed, warnings: steps.warnings, time: Duration::ZERO }
}

fn in_doubt(host: &str, ids: &Ids, campaign: &Campaign) -> Failure {
    let missing = ["source_event_id", "target_event_id", "test_event_id", "deployment_id"];
    let known = ids.to_map();
    let missing: Vec<_> = missing.into_iter().filter(|name| !known.contains_key(*name)).collect();
    let msg = format!(
        "An earlier run started {host}, and it is unknown whether that run created its {}. The server is not known to honour idempotency keys, so nothing is created again. {}",
        missing.join(", "),
        campaign.remedy_in_doubt()
    );
    Failure::new(ErrorKind::UnknownOutcome, msg).unchanged()
}
