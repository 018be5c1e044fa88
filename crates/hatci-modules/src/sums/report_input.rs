//! What `hatci_report` is given: outcomes of vehicles, which playbooks put together, and files.
use ansible_module::{ErrorKind, Failure, Task};
use hardened_host::{SystemFault, read_named_file};
use hatci_client::text_of;
use jiff::{Timestamp, civil::DateTime, tz::Offset};
use reports::Vehicle;
use serde_json::{Map, Value, json};
use shown_text::hide_url_secrets;
use std::{io, path::Path};

/// A report or template may have so many bytes.
pub(crate) const LARGEST: u64 = 64 << 20;

/// One vehicle from its entry in `hatci_results`, or in `hatci_results_by_vin`, which names its host. What is blank counts as not given. A time that can't be read is left out with a
/// warning: it comes from a server, and is no reason to lose a report.
pub(crate) fn vehicle(host: &str, outcome: Value, task: &Task) -> Result<Vehicle, Failure> {
    let refused =
        |why: String| Failure::invalid(format!("The entry of {host} in `results` is not an outcome: {why}."));
    let Value::Object(mut outcome) = outcome else { return Err(refused("it is not a dict".into())) };
    outcome.retain(|_, value| !is_blank(value));
    for (name, value) in &mut outcome {
        hide_url_secrets(value);
        if ["summary", "not_recorded"].contains(&name.as_str()) {
            task.mask(value); // a reason may tell a password without its URL
        }
    }
    outcome.entry("host").or_insert(host.into());
    outcome.entry("status").or_insert("unknown".into());
    update_as_server_tells_it(&mut outcome);
    software_as_events_hold_it(&mut outcome);
    let unread = |name: &str, value: &Value| {
        task.warn(format!("The report leaves out `{name}` of {host}: {value} is not a time."));
    };
    for name in ["started", "finished"] {
        if let Some(value) = outcome.remove(name) {
            match time(&value) {
                Some(at) => drop(outcome.insert(name.into(), at.to_string().into())),
                None => unread(name, &value),
            }
        }
    }
    if let Some(Value::Array(states)) = outcome.get_mut("states") {
        states.retain_mut(|state| {
            let at = state.get("at").cloned().unwrap_or_default();
            let read = time(&at);
            match (read, state.as_object_mut()) {
                (Some(read), Some(state)) => drop(state.insert("at".into(), read.to_string().into())),
                // A state that an update was never in has no time.
                (None, Some(_)) if is_blank(&at) => {}
                _ => unread("states", &at),
            }
            read.is_some()
        });
    }
    if let Some(Value::Array(ecus)) = outcome.get_mut("ecus") {
        ecus.iter_mut()
            .filter_map(Value::as_object_mut)
            .for_each(|ecu| ecu.retain(|_, value| !is_blank(value)));
    }
    // A template may have made a text of it.
    if let Some(seconds) = outcome.get("seconds").and_then(Value::as_str) {
        let seconds: Option<f64> = seconds.trim().parse().ok();
        outcome.insert("seconds".into(), seconds.into());
    }
    serde_json::from_value(Value::Object(with_ids_as_text(outcome))).map_err(|e| refused(e.to_string()))
}

/// Makes `states` of `timestamps` and `state`, as `hatci_update_status` returns them.
fn update_as_server_tells_it(outcome: &mut Map<String, Value>) {
    let timestamps = outcome.remove("timestamps").unwrap_or_default();
    let last = outcome.remove("state").unwrap_or_else(|| "FINISHED".into());
    let states = [("created", "PENDING".into()), ("started", "IN_PROGRESS".into()), ("finished", last)]
        .into_iter()
        .filter_map(|(name, state)| Some(json!({ "state": state, "at": timestamps.get(name)? })));
    let states: Vec<_> = states.collect();
    if !states.is_empty() && !outcome.contains_key("states") {
        outcome.insert("states".into(), states.into());
    }
}

/// Makes `ecus` of `source_ecus` and `target_ecus`, as `hatci_create_event` takes them.
fn software_as_events_hold_it(outcome: &mut Map<String, Value>) {
    let (source, target) = (software(outcome.remove("source_ecus")), software(outcome.remove("target_ecus")));
    let version = |ecus: &[(String, Value)], name: &str| {
        ecus.iter().find(|(known, _)| known == name).map(|(_, version)| version.clone())
    };
    let mut names: Vec<_> = target.iter().chain(&source).map(|(name, _)| name).collect();
    let mut known = std::collections::HashSet::new();
    names.retain(|name| known.insert(name.as_str()));
    let ecus = names.into_iter().map(
        |name| json!({ "ecu_name": name, "from": version(&source, name), "to": version(&target, name) }),
    );
    let ecus: Vec<_> = ecus.collect();
    if !ecus.is_empty() && !outcome.contains_key("ecus") {
        outcome.insert("ecus".into(), ecus.into());
    }
}

/// The control units of an event with their versions. A survey gives the list as JSON text.
fn software(ecus: Option<Value>) -> Vec<(String, Value)> {
    let ecus = match ecus {
        Some(Value::String(text)) => serde_json::from_str(&text).unwrap_or_default(),
        other => other.unwrap_or_default(),
    };
    let of = |ecu: &Value| Some((text_of(ecu.get("ecu_name")?)?, text_of(ecu.get("sw_version")?)?.into()));
    ecus.as_array().into_iter().flatten().filter_map(of).collect()
}

/// An id may be a number.
fn with_ids_as_text(mut outcome: Map<String, Value>) -> Map<String, Value> {
    for (name, value) in &mut outcome {
        if value.is_number() && name != "seconds" {
            *value = value.to_string().into();
        }
    }
    outcome
}

fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

/// With its zone, or in UTC where none is given; or in seconds since 1970, also as text.
fn time(value: &Value) -> Option<Timestamp> {
    let seconds = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok());
    if let Some(seconds) = seconds {
        #[allow(clippy::cast_possible_truncation)] // what is out of range is no time
        let whole = Timestamp::from_millisecond((seconds * 1e3).round() as i64);
        return whole.ok().filter(|_| seconds.is_finite());
    }
    let text = value.as_str()?.trim();
    let in_utc = || text.parse::<DateTime>().ok().and_then(|at| Offset::UTC.to_timestamp(at).ok());
    text.parse().ok().or_else(in_utc)
}

/// The text of a file that the user named.
pub(crate) fn text(path: &Path) -> Result<String, Failure> {
    let bytes = read_named_file(path, LARGEST).map_err(|e| refused(path, &e.into()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The system does not let us read or write this.
pub(crate) fn refused(path: &Path, error: &io::Error) -> Failure {
    let fault = SystemFault::of(error);
    let remedy = fault.remedy_or("Correct the path or its permissions");
    Failure::new(ErrorKind::Failed, format!("{}: {}. {remedy}.", path.display(), fault.cause()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_all_usual_forms_are_read() {
        let at: Timestamp = "2026-11-20T22:00:00Z".parse().unwrap();
        for value in [
            json!("2026-11-20T22:00:00Z"),
            json!("2026-11-20T23:00:00+01:00"),
            json!(" 2026-11-20 22:00:00 "),
            json!("2026-11-20T22:00:00.000000"),
            json!(1_795_212_000),
            json!(1_795_212_000.0),
            json!("1795212000.0"),
        ] {
            assert_eq!(time(&value), Some(at), "{value}");
        }
        for value in
            [json!("soon"), json!(""), json!(null), json!([]), json!(1e300), json!("nan"), json!("22:00")]
        {
            assert_eq!(time(&value), None, "{value}");
        }
    }
}
