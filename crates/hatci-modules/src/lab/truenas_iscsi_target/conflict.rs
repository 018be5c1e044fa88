//! That what is there contradicts what was asked for.
use super::wanted::Wanted;
use ansible_module::{ErrorKind, Failure};

/// A sentence of cause and one of remedy, as a failure.
pub(super) fn conflict(msg: impl Into<String>) -> Failure {
    Failure::new(ErrorKind::Conflict, msg)
}

/// That somebody is logged in.
pub(super) fn in_use(wanted: &Wanted, initiators: Vec<String>) -> Failure {
    conflict(format!(
        "Target {} is in use by {}. Log them out (or shut those machines down), or set `force: true` to cut them off.",
        wanted.name,
        initiators.join(", ")
    ))
    .with("initiators", initiators)
}
