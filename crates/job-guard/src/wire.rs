//! The protocol between modules and guard: one JSON object per line, one reply per request.
use crate::Ending;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

/// The first argument that makes a module's program the guard; the job's process and the folder follow.
pub(crate) const ARGUMENT: &str = "--job-guard";
/// What the guard says, on its stdout, once it can be asked.
pub(crate) const READY: &str = "ready";

/// As `KIND NAME`.
impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name)
    }
}

/// Identifies a duty.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Id {
    /// One of the program's kinds.
    pub kind: String,
    /// Unique among the duties of its kind.
    pub name: String,
}

#[derive(Serialize, Deserialize)]
pub(crate) enum Request {
    /// Is a guard running?
    Hello,
    /// This is about to be created. Unless confirmed, it is closed when this connection closes.
    Claim { id: Id, payload: Value },
    /// What was claimed on this connection now exists.
    Confirm { payload: Value },
    /// This exists.
    Take { id: Id, payload: Value },
    /// Updates this duty, if it is held.
    Renew { id: Id, payload: Value },
    /// This is closed, or need not be closed any more.
    Forget { id: Id },
    /// The same for all duties of this kind whose names begin so.
    ForgetAll { kind: String, prefix: String },
    /// Asks for the state of a duty.
    Ask { id: Id },
    /// The job is at this step for this host; when it ends, it may wait this many seconds for the guard.
    Note { host: String, step: String, wait: Option<f64> },
    /// The job is over. The reply reports what is done, line by line, until the connection closes.
    Over { ending: Ending },
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Reply {
    Done,
    NotHeld,
    Held(Value),
    Failed(String),
    /// The guard is closing what the job has left, and takes nothing more.
    Over,
    /// How many seconds the job may wait at its end.
    Wait(Option<f64>),
    /// What was done, or not.
    Said(String),
}
