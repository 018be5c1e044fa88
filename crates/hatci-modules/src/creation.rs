//! What the creating modules have in common: the thing that is there already, the key, the placeholder id.
use crate::connection::failed;
use ansible_module::{Failure, Task};
use hatci_client::{Error, IdempotencyKey};

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

/// The key for a create: the user's, or one that nobody has used.
pub(crate) fn key(text: Option<&str>) -> Result<IdempotencyKey, Failure> {
    match text {
        Some(text) => IdempotencyKey::parse(text).map_err(|fault| failed(&Error::Exchange(fault.into()))),
        None => Ok(IdempotencyKey::random()),
    }
}
