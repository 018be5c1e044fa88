//! Where the answer to a read shows the object that was asked for, and in which state.
use crate::{Error, Progress, State, StateRules, fields};
use http_exchange::Reply;
use serde_json::{Map, Value};

/// The part of an answer that describes the object: the whole, unless that is an envelope, whose `status` is that of the call. `kind` is
/// the object's, such as `deployment`.
pub(crate) fn described<'a>(answer: &'a Map<String, Value>, kind: &str) -> &'a Map<String, Value> {
    let is_envelope = fields::text(answer, &["state"]).is_none();
    ["data", kind]
        .into_iter()
        .filter(|_| is_envelope)
        .filter_map(|name| answer.get(name)?.as_object())
        .find(|content| holds_state(content))
        .unwrap_or(answer)
}

/// Refuses a success that the object's other word calls a failure: nobody can say which of them is true.
pub(crate) fn check(reply: &Reply, object: &Map<String, Value>) -> Result<(), Error> {
    let [state, status] = ["state", "status"].map(|name| fields::text(object, &[name]).unwrap_or_default());
    if !(is(&state, Progress::Succeeded) && is(&status, Progress::Failed)) {
        return Ok(());
    }
    Err(reply.unusable(format!("its state is {state:?}, but its status {status:?}")).into())
}

/// A `status` can be about anything, unless it is one of the known words.
fn holds_state(content: &Map<String, Value>) -> bool {
    let [state, status] = ["state", "status"].map(|name| fields::text(content, &[name]));
    state.is_some() || status.is_some_and(|it| !is(&it, Progress::Unknown))
}

fn is(word: &str, progress: Progress) -> bool {
    StateRules::default().progress(&State::new(word)) == progress
}
