//! What modules and guard say to each other: one JSON object a line, a reply to each request.
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

/// A duty, told apart from all others.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Id {
    /// One of the program's kinds.
    pub kind: String,
    /// Whatever tells it apart from others of its kind.
    pub name: String,
}

#[derive(Serialize, Deserialize)]
pub(crate) enum Request {
    /// Is somebody there?
    Hello,
    /// This is about to be asked for. Unless it is confirmed on this connection, it is closed when that closes.
    Claim { id: Id, payload: Value },
    /// What was claimed on this connection is there.
    Confirm { payload: Value },
    /// This is there.
    Take { id: Id, payload: Value },
    /// Of this there is something new, if it is held.
    Renew { id: Id, payload: Value },
    /// This is closed, or nobody wants it closed any more.
    Forget { id: Id },
    /// How is it?
    Ask { id: Id },
    /// The job is at this step with this host; its end may wait so many seconds for the guard.
    Note { host: String, step: String, wait: Option<f64> },
    /// The job is over. What is done then follows line by line, until the connection closes.
    Over { ending: Ending },
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Reply {
    Done,
    NotHeld,
    Held(Value),
    Failed(String),
    /// How long the job's end may wait.
    Wait(Option<f64>),
    /// What was done, or not.
    Said(String),
}
