//! An entry of `results` of `hatci_report`: the outcome of a vehicle, as playbooks put it together. What of it can't be read is left out, and
//! never costs the rest of the report: an older report would stay, with its verdict.
use super::report_detail::{
    environment, is_blank, seconds, software_as_events_hold_it, states, time, urls, versions,
};
use ansible_module::Task;
use hatci_client::text_of;
use reports::{Vehicle, Verdict};
use serde_json::{Map, Value, json};
use shown_text::hide_url_secrets;

/// Fields that are text; a number is taken as text, too.
const TEXTS: [&str; 10] = [
    "vin",
    "summary",
    "source_event_id",
    "target_event_id",
    "deployment_id",
    "test_event_id",
    "previous_test_event_id",
    "not_recorded",
    "lease_name",
    "host",
];

/// What an entry gives.
pub(crate) struct Entry {
    pub(crate) vehicle: Vehicle,
    /// Sentences about what of it can't be read.
    pub(crate) faults: Vec<String>,
}

/// A row without a verdict for what can't be read, so that the report does not pass.
pub(crate) fn unread(host: &str, why: String) -> Entry {
    let vehicle = Vehicle { summary: why.clone(), ..Vehicle::new(host, Verdict::Unknown) };
    Entry { vehicle, faults: vec![why] }
}

/// One vehicle from its entry in `hatci_results`, or in `hatci_results_by_vin`, which names its host. What is blank counts as not given. A
/// time that can't be read is left out with a warning: it comes from a server.
pub(crate) fn entry(host: &str, outcome: Value, task: &Task) -> Entry {
    let Value::Object(mut outcome) = outcome else {
        let why = format!(
            "The entry of {host} in `results` can't be read: it is {}. Give a dict with its `status`.",
            form(&outcome)
        );
        return unread(host, why);
    };
    outcome.retain(|_, value| !is_blank(value));
    for (name, value) in &mut outcome {
        hide_url_secrets(value);
        if ["summary", "not_recorded"].contains(&name.as_str()) {
            task.mask(value); // a reason may tell a password without its URL
        }
    }
    let mut faults = vec![];
    times(&mut outcome, host, task);
    software_as_events_hold_it(&mut outcome);
    let mut read = |outcome: &mut Map<String, Value>,
                    name: &str,
                    wanted: &str,
                    as_read: &dyn Fn(&Value) -> Option<Value>| {
        let Some(value) = outcome.remove(name) else { return };
        match as_read(&value) {
            Some(value) => drop(outcome.insert(name.into(), value)),
            None => faults.push(format!(
                "The report leaves out `{name}` of {host}: it is {}. Give {wanted}.",
                form(&value)
            )),
        }
    };
    for name in TEXTS {
        read(&mut outcome, name, "text", &|value| text_of(value).map(Value::from));
    }
    read(&mut outcome, "seconds", "a number", &seconds);
    read(&mut outcome, "ecus", "a list of dicts with `ecu_name`, `from` and `to`", &versions);
    read(&mut outcome, "states", "a list of dicts with `state` and `at`", &|value| {
        states(value, &|at| task.warn(time_left_out("states", host, at)))
    });
    read(&mut outcome, "artifact_urls", "URLs, as a list or separated by commas", &urls);
    let wanted = "words, or a dict with the texts `environment`, `package`, `version` and `digest` (in roles and playbooks it is hatci_report_environment)";
    read(&mut outcome, "environment", wanted, &environment);
    outcome.entry("host").or_insert(host.into());
    status(&mut outcome, host, &mut faults);
    match serde_json::from_value(Value::Object(outcome)) {
        Ok(vehicle) => Entry { vehicle, faults },
        Err(e) => unread(host, format!("The entry of {host} in `results` can't be read: {e}.")),
    }
}

/// The status, or `unknown` and why it can't be read.
fn status(outcome: &mut Map<String, Value>, host: &str, faults: &mut Vec<String>) {
    let given = outcome.remove("status").unwrap_or_else(|| "unknown".into());
    let is_known = serde_json::from_value::<Verdict>(given.clone()).is_ok();
    if !is_known {
        let why =
            format!("The `status` of {host} is {given}. Give PASS, FAIL, not_tested, running or unknown.");
        let summary = outcome.get("summary").and_then(Value::as_str).unwrap_or_default();
        let summary = format!("{why} {summary}").trim_end().to_owned();
        outcome.insert("summary".into(), summary.into());
        faults.push(why);
    }
    outcome.insert("status".into(), if is_known { given } else { "unknown".into() });
}

/// Makes moments of `started` and `finished`, and `states` of `timestamps` and `state`, as `hatci_update_status` returns them.
fn times(outcome: &mut Map<String, Value>, host: &str, task: &Task) {
    let timestamps = outcome.remove("timestamps").unwrap_or_default();
    let last = outcome.remove("state").unwrap_or_else(|| "FINISHED".into());
    let states = [("created", "PENDING".into()), ("started", "IN_PROGRESS".into()), ("finished", last)]
        .into_iter()
        .filter_map(|(name, state)| Some(json!({ "state": state, "at": timestamps.get(name)? })));
    let states: Vec<_> = states.collect();
    if !states.is_empty() && !outcome.contains_key("states") {
        outcome.insert("states".into(), states.into());
    }
    for name in ["started", "finished"] {
        if let Some(value) = outcome.remove(name) {
            match time(&value) {
                Some(at) => drop(outcome.insert(name.into(), at.to_string().into())),
                None => task.warn(time_left_out(name, host, &value)),
            }
        }
    }
}

fn time_left_out(name: &str, host: &str, value: &Value) -> String {
    format!("The report leaves out `{name}` of {host}: {value} is not a time.")
}

/// What a value is, in words.
fn form(value: &Value) -> &'static str {
    match value {
        Value::Null => "empty",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list with other contents",
        Value::Object(_) => "a dict with other contents",
    }
}
