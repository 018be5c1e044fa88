//! Whether an event is fixed, as far as its server lets that be seen.
use hatci_client::{Event, Progress, State, StateRules};
use serde_json::Value;

/// The states of an event that nobody has fixed yet.
const BEFORE: [&str; 4] = ["CREATED", "NEW", "DRAFT", "OPEN"];

/// `None`: the event shows neither yes nor no. A state that no contract names, such as `PENDING` or `SCHEDULED`, says nothing.
///
/// An event that is on its way into a vehicle, or was, must have been fixed before, whatever else it shows.
pub(crate) fn fixed(event: &Event) -> Option<bool> {
    if event.is_fixed() || under_way(event) {
        return Some(true);
    }
    if let Some(Value::Bool(fixed)) = event.object.get("fixed") {
        return Some(*fixed);
    }
    let state = event.state.as_ref()?;
    BEFORE.iter().any(|before| *state == State::new(*before)).then_some(false)
}

/// Whether the event's software is going into the vehicle, or got there.
pub(crate) fn under_way(event: &Event) -> bool {
    event.state.as_ref().is_some_and(|state| {
        *state == State::new("IN_PROGRESS") || StateRules::default().progress(state) == Progress::Succeeded
    })
}
