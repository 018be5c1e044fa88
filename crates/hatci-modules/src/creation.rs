//! What the creating modules have in common: the thing that is there already, the key, the placeholder id.
use crate::connection::failed;
use ansible_module::{Failure, Hook, Task};
use hatci_client::{Client, Error, IdempotencyKey};

/// Stands for the id of something that would have been made, had it not been check mode.
const PENDING: &str = "pending";

/// The id the user gave, if any; in check mode the placeholder counts as none.
pub(crate) fn given<Id>(
    option: &str,
    text: Option<&str>,
    task: &Task,
    parse: fn(&str) -> Result<Id, Error>,
) -> Result<Option<Id>, Failure> {
    match text {
        Some(PENDING) if task.check_mode() => Ok(None),
        Some(PENDING) => Err(Failure::invalid(format!(
            "{option} is {PENDING}, which stands for what a check run would have made; give the id of what exists."
        ))),
        text => text.map(parse).transpose().map_err(|e| failed(&e)),
    }
}

/// Tells the key of what is about to be made while it can still be told: Ctrl-C shows nothing of a task but its progress.
///
/// As long as the hook is kept, a task that is interrupted says what to do with the key.
pub(crate) fn announce(what: &str, key: &IdempotencyKey, client: &Client, task: &Task) -> Hook {
    task.progress(&format!("{what} is being made with idempotency_key {key}"));
    let (key, acted) = (key.clone(), client.acted());
    task.on_interrupt(move || {
        if !acted.may_have() {
            return String::new();
        }
        format!(
            "Look in SUMS whether it is there; if not, run the task again with `idempotency_key: {key}`, so that it is not made twice."
        )
    })
}

/// The key for a create: the user's, or one that nobody has used.
pub(crate) fn key(text: Option<&str>) -> Result<IdempotencyKey, Failure> {
    match text {
        Some(text) => IdempotencyKey::parse(text).map_err(|fault| failed(&Error::Exchange(fault.into()))),
        None => Ok(IdempotencyKey::random()),
    }
}

/// A create that only got the answer of an earlier run, by its key, has changed nothing.
pub(crate) fn settle(effort: hatci_client::Effort, task: &Task) {
    if effort.replayed {
        task.unchanged();
    }
}
