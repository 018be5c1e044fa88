//! The trait for one thing that a job has opened and the guard must close. Each family of modules implements its own.
use crate::Owner;
use serde_json::Value;
use std::{collections::HashMap, pin::Pin, rc::Rc, time::Duration};
use tokio::time::Instant;

/// Work in the guard's event loop. It may be dropped at any `await`.
pub type Work<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Constructors of the duties, by kind: from a module's payload and the job's process. An error is one clause.
pub type Kinds = HashMap<&'static str, Box<dyn Fn(Value, Owner) -> Result<Rc<dyn Duty>, String>>>;

/// Something that a job has opened and that must be closed when the job ends.
pub trait Duty {
    /// What stays open if the guard can't close this; `None` if that needs no attention. It is written to disk: no secrets.
    fn open(&self) -> Option<Open>;

    /// Replaces the payload with a newer one.
    fn renew(&self, payload: Value) -> Result<(), String>;

    /// The claimed object now exists.
    fn confirm(&self, _payload: Value) -> Result<(), String> {
        Ok(())
    }

    /// Its current state, for a module that asks.
    fn health(&self) -> Value {
        Value::Null
    }

    /// When the next work is due while the job runs; `None` if there is none.
    fn due(&self) -> Option<Instant> {
        None
    }

    /// Does the work that is due. Returns false if the duty is finished.
    fn attend(&self) -> Work<'_, bool> {
        Box::pin(std::future::ready(true))
    }

    /// Closes it. Returns a sentence to show on the terminal, if any; an error is a clause.
    fn close<'a>(&'a self, closing: &'a Closing) -> Work<'a, Result<Option<String>, String>>;

    /// How long the guard waits for `close` after the job has ended.
    fn patience(&self) -> Duration;
}

/// Something that may be left open.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Open {
    /// What it is: `the lease mine of controller.example.com`.
    pub what: String,
    /// The command that closes it, or other instructions.
    pub remedy: String,
}

/// Why something is being closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// How the job ended.
    pub ending: Ending,
    /// The last known step of the job, by host.
    pub(crate) steps: HashMap<String, String>,
}

/// How a job ended, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Ending {
    /// Its process exited.
    Ended,
    /// Its process exited after a failure.
    Failed,
    /// Its process exited after Ctrl-C.
    Interrupted,
    /// Its process disappeared without notice.
    Killed,
    /// The job continues; only the module that claimed this has died.
    Abandoned,
}

impl Closing {
    /// The last known step for this host.
    pub fn last_step(&self, host: &str) -> Option<&str> {
        self.steps.get(host).map(String::as_str)
    }
}

/// Runs blocking work outside the event loop; an error if it panicked.
pub async fn in_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, String> {
    tokio::task::spawn_blocking(work).await.map_err(|e| e.to_string())
}
