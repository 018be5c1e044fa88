//! What a guard does for one thing that a job has opened, and how the families of modules bring it.
use crate::Owner;
use serde_json::Value;
use std::{collections::HashMap, pin::Pin, rc::Rc, time::Duration};
use tokio::time::Instant;

/// Work in the guard's event loop. It may be dropped at any `await`.
pub type Work<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// How to make a duty of each kind from what a module hands over, for the job with this process. An error is one clause.
pub type Kinds = HashMap<&'static str, Box<dyn Fn(Value, Owner) -> Result<Rc<dyn Duty>, String>>>;

/// One thing that a job has opened, and that has to be closed when the job ends.
pub trait Duty {
    /// What stays open if the guard can't do this; none if nobody has to care. It is written to disk: no secrets.
    fn open(&self) -> Option<Open>;

    /// It was handed over once more; what is said now is newer.
    fn renew(&self, payload: Value) -> Result<(), String>;

    /// What was claimed is there.
    fn confirm(&self, _payload: Value) -> Result<(), String> {
        Ok(())
    }

    /// How it fares, for a module that asks.
    fn health(&self) -> Value {
        Value::Null
    }

    /// When there is something to do next while the job runs; none if there is nothing.
    fn due(&self) -> Option<Instant> {
        None
    }

    /// Does what is due. False: it is over, and no duty any more.
    fn attend(&self) -> Work<'_, bool> {
        Box::pin(std::future::ready(true))
    }

    /// Closes it. What was done in a sentence, if that is worth a line on the terminal; an error is a clause.
    fn close<'a>(&'a self, closing: &'a Closing) -> Work<'a, Result<Option<String>, String>>;

    /// How long the guard waits for that once the job has ended.
    fn patience(&self) -> Duration;
}

/// Something that may be left open.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Open {
    /// What: `the lease mine of controller.example.com`.
    pub what: String,
    /// The command that closes it, or whatever else has to be done.
    pub remedy: String,
}

/// Why something is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// What has ended.
    pub ending: Ending,
    /// The last step of the job that is known, by host.
    pub(crate) steps: HashMap<String, String>,
}

/// How a job has ended, as far as that can be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Ending {
    /// Its process has come to its end.
    Ended,
    /// So it has, after a failure.
    Failed,
    /// So it has, after Ctrl-C.
    Interrupted,
    /// Its process is gone without a word.
    Killed,
    /// The job goes on: only the module is gone that wanted this.
    Abandoned,
}

impl Closing {
    /// The last step that is known for this host.
    pub fn last_step(&self, host: &str) -> Option<&str> {
        self.steps.get(host).map(String::as_str)
    }
}

/// Does blocking work beside the event loop; an error if it panicked.
pub async fn in_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, String> {
    tokio::task::spawn_blocking(work).await.map_err(|e| e.to_string())
}
