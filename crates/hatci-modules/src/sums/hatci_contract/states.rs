//! The assumptions about states and times, as an object shows them.
use super::{finding::Finding, shown::described, words::harmless};
use hatci_client::{Progress, State, StateRules};
use serde_json::{Map, Value};

pub(super) fn of_state(object: &Map<String, Value>, state: &str) -> Finding {
    let named = |name: &str| object.get(name).is_some_and(|value| !value.is_null());
    let name = if named("state") { "state" } else { "status" };
    let reason = ["reason", "error_message"].into_iter().find(|name| named(name));
    let seen = format!(
        "`{name}`: {}{}",
        harmless(state),
        reason.map_or(String::new(), |name| format!(", reason in `{name}`"))
    );
    match StateRules::default().progress(&State::new(state)) {
        Progress::Unknown => Finding::copes(
            seen,
            "an unknown state counts as in progress; add it to the states that end a wait if it is one",
        )
        .with_option("hatci_success_states, hatci_failure_states"),
        _ if name == "state" && reason != Some("error_message") => Finding::as_assumed(seen),
        _ => Finding::copes(seen, "both names are read"),
    }
}

/// Why no state was found: no field has its name, or it holds no text.
pub(super) fn of_no_state(object: &Map<String, Value>, brief: String) -> String {
    match ["state", "status"].into_iter().find_map(|name| Some((name, object.get(name)?))) {
        Some((name, value)) => format!("`{name}` is {}", described(value)),
        None => brief,
    }
}

pub(super) fn of_times(times: Option<&Value>) -> Finding {
    const HOW: &str = "shown unchanged; nothing is calculated from them";
    let Some(Value::Object(times)) = times else {
        return Finding::copes(times.map_or("no `timestamps`".into(), described), HOW);
    };
    let has_zone = |time: &Value| time.as_str().is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok());
    match times.values().find(|time| !has_zone(time)) {
        None if times.is_empty() => Finding::copes("no time in `timestamps`", HOW),
        None => {
            Finding::as_assumed(format!("{}, each with a zone", described(&Value::Object(times.clone()))))
        }
        Some(Value::String(_)) => Finding::copes("a time without a zone", HOW),
        Some(other) => Finding::copes(format!("a time is {}", described(other)), HOW),
    }
}
