//! Why a module failed: a stable kind for a playbook's `rescue`, and two sentences for a person.
use crate::Choices;
use serde_json::{Map, Value};

/// What sort of failure it was; ends up as `error.kind` in the result, where playbooks match on it.
///
/// The words are stable: one may be added, none changes its meaning.
#[derive(Choices, Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The credentials were refused.
    Auth,
    /// What the task names does not exist.
    NotFound,
    /// The existing state contradicts what was asked for.
    Conflict,
    /// The options, or what was sent because of them, are not acceptable.
    Invalid,
    /// The server asked to slow down, and time ran out before a request was accepted.
    RateLimited,
    /// The other side can't be reached or can't serve now.
    Unavailable,
    /// Something took longer than the task allows.
    Timeout,
    /// The connection's certificates or protocol versions don't fit.
    Tls,
    /// The other side answered something that is not the agreed protocol.
    Protocol,
    /// A change may or may not have been made, and this run can't find out.
    UnknownOutcome,
    /// The process was told to end.
    Interrupted,
    /// The operation failed: the update failed, or the lease could not be acquired.
    Failed,
    /// A fault in the module itself.
    Internal,
}

/// A failed phase: what goes into the result's `msg` and `error`.
#[derive(Debug, Clone)]
pub struct Failure {
    /// Becomes `error.kind`.
    pub kind: ErrorKind,
    /// One sentence of cause, one of remedy; becomes `msg`. Secrets in it are masked on the way out.
    pub msg: String,
    /// Further members of `error`, such as `status` or `attempts`.
    pub details: Map<String, Value>,
    /// Whether something was changed all the same; `None`: whatever the plan said.
    pub changed: Option<bool>,
}

impl Failure {
    /// A failure with no further details.
    pub fn new(kind: ErrorKind, msg: impl Into<String>) -> Self {
        Failure { kind, msg: msg.into(), details: Map::new(), changed: None }
    }

    /// Options that no server needs to be asked about.
    pub fn invalid(msg: impl Into<String>) -> Self {
        Failure::new(ErrorKind::Invalid, msg)
    }

    /// Adds a member to `error`.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.details.insert(key.into(), value.into());
        self
    }

    /// Says that nothing was changed, although a change was planned.
    #[must_use]
    pub fn unchanged(mut self) -> Self {
        self.changed = Some(false);
        self
    }
}
