//! How the wait for one vehicle ended: its entry in the result, its sentence, and what the file of the campaign keeps.
use super::{progress::seconds, record::Record};
use ::fleet::{End, Stage, StateChange, Verdict, Watched};
use hatci_client::{DeploymentId, State};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;

/// The entry of one vehicle.
pub(super) fn entry(watched: &Watched, id: Option<&DeploymentId>, start: Timestamp) -> Value {
    let last = watched.last.as_ref();
    let timestamps = last.and_then(|last| serde_json::from_str::<Value>(last.timestamps.as_deref()?).ok());
    let mut entry = json!({
        "deployment_id": id.map(DeploymentId::as_str),
        "outcome": watched.end.map(|(end, _)| name(end)),
        "state": last.map(|last| last.state.as_str()),
        "progress": last.and_then(|last| last.progress.as_deref()),
        "reason": last.and_then(|last| last.reason.as_deref()),
        "timestamps": timestamps,
        "trouble": watched.trouble,
        "states": states(&watched.states, start).iter().map(|it| json!({"state": it.state.as_str(), "at": it.at.to_string()})).collect::<Vec<_>>(),
        "polls": watched.polls,
        "elapsed": watched.end.map(|(_, at)| seconds(at.saturating_sub(watched.first.unwrap_or_default()))),
    });
    if let Value::Object(entry) = &mut entry {
        entry.retain(|_, value| !value.is_null());
    }
    entry
}

/// How a vehicle's wait ended, in a sentence.
pub(super) fn words(end: End, watched: &Watched) -> String {
    let last = watched.last.as_ref();
    let state = last.map_or("never read", |last| last.state.as_str());
    let far = last.and_then(|last| last.progress.as_deref()).map_or(String::new(), |far| format!(", {far},"));
    let reason = last.and_then(|last| last.reason.as_deref());
    let trouble =
        watched.trouble.as_deref().map_or(String::new(), |why| format!(" The last poll failed: {why}"));
    match end {
        End::Succeeded => format!("updated, {state}"),
        End::Failed => {
            format!("The update ended as {state}: {}.", reason.unwrap_or("the server gives no reason"))
        }
        End::TimedOut => format!(
            "The update timed out in state {state}{far} after {}. It may still be running; check the vehicle.{trouble}",
            match watched.polls {
                1 => "1 poll".to_owned(),
                polls => format!("{polls} polls"),
            }
        ),
        End::Lost => format!("The update was {state}{far} and could no longer be read.{trouble}"),
    }
}

pub(super) fn name(end: End) -> &'static str {
    match end {
        End::Succeeded => "succeeded",
        End::Failed => "failed",
        End::TimedOut => "timed_out",
        End::Lost => "lost",
    }
}

pub(super) fn states(states: &[(State, Duration)], start: Timestamp) -> Vec<StateChange> {
    let at = |time: &Duration| start.checked_add(*time).unwrap_or(start);
    states.iter().map(|(state, time)| StateChange { state: state.as_str().into(), at: at(time) }).collect()
}

pub(super) fn note(record: &Record, host: &str, watched: &Watched, end: End, id: Option<&DeploymentId>) {
    record.note(host, |it| {
        it.stage = Stage::Ended;
        it.status = Some(if end == End::Succeeded { Verdict::Pass } else { Verdict::Fail });
        it.summary = match end {
            End::Succeeded => "Updated.".into(),
            _ => words(end, watched).into(),
        };
        it.deployment_id = id.map(|id| id.as_str().into()).or(it.deployment_id.take());
        it.finished = Some(Timestamp::now());
    });
}
