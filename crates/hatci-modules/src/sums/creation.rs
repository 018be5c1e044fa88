//! What the creating modules have in common: the thing that is there already, the key, the placeholder id.
use super::connection::failed;
use ansible_module::{Failure, Hook, Task};
use hatci_client::{Client, Error, IdempotencyKey};
use serde_json::Value;
use std::{
    sync::mpsc::{RecvTimeoutError, Sender, channel},
    thread,
    time::Duration,
};

/// Stands for the id of something that would have been made, had it not been check mode.
pub(crate) const PENDING: &str = "pending";

/// How long nobody wonders what a task is doing.
const SLOW: Duration = Duration::from_secs(1);

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
            "{option} is {PENDING}, a check-mode placeholder; give the id of an existing object."
        ))),
        text => text.map(parse).transpose().map_err(|e| failed(&e)),
    }
}

/// Refuses blank texts, as a survey leaves them: what is recorded has to say something.
pub(crate) fn filled(texts: &[(&str, &str)]) -> Result<(), Failure> {
    let blank: Vec<_> =
        texts.iter().filter(|(_, text)| text.trim().is_empty()).map(|(option, _)| *option).collect();
    match blank[..] {
        [] => Ok(()),
        [option] => Err(Failure::invalid(format!("{option} is blank. Give a value."))),
        _ => Err(Failure::invalid(format!("{} are blank. Give values.", blank.join(", ")))),
    }
}

/// As long as it is kept, the key of what is being made is told to who interrupts the task.
pub(crate) struct Announced {
    _last_words: Hook,
    /// Nothing is sent: it is dropped once the server has answered.
    _answered: Sender<()>,
}

/// Tells the key of what is about to be made if the server takes its time: Ctrl-C shows nothing of a task but its progress.
pub(crate) fn announce(what: &str, key: &IdempotencyKey, client: &Client, task: &Task) -> Announced {
    let (answered, answer) = channel();
    let (slow, line) = (task.clone(), format!("{what} is being created with idempotency_key {key}"));
    let tell = move || {
        if answer.recv_timeout(SLOW) == Err(RecvTimeoutError::Timeout) {
            slow.progress(&line);
        }
    };
    // Where no thread can be started it goes untold.
    let _ = thread::Builder::new().spawn(tell);
    let (key, acted) = (key.clone(), client.acted());
    let last_words = task.on_interrupt(move || {
        if !acted.may_have() {
            return String::new();
        }
        format!(
            "Check in SUMS whether it exists; if not, run the task again with `idempotency_key: {key}`, to avoid a duplicate."
        )
    });
    Announced { _last_words: last_words, _answered: answered }
}

/// Under which key something is made.
pub(crate) struct Key(Option<IdempotencyKey>);

impl Key {
    /// The user's, if one is given.
    pub(crate) fn parse(text: Option<&str>) -> Result<Self, Failure> {
        let key = text.map(IdempotencyKey::parse).transpose();
        key.map(Key).map_err(|fault| failed(&Error::Exchange(fault.into())))
    }

    /// The key for a create that sends this body: the user's, else the one that all attempts of this task share, so that `until`
    /// makes nothing twice on a server that honours keys.
    pub(crate) fn of(&self, body: &Value, task: &Task) -> IdempotencyKey {
        let shared = || task.item_id().and_then(|item| IdempotencyKey::of_item(item, body));
        self.0.clone().or_else(shared).unwrap_or_else(IdempotencyKey::random)
    }

    /// A create that only got the answer of an earlier run, by the user's key, has changed nothing.
    pub(crate) fn settle(&self, stats: hatci_client::CallStats, task: &Task) {
        if self.returned(stats) {
            task.unchanged();
        }
    }

    /// Whether the answer is that of an earlier run, by the user's key.
    pub(crate) fn returned(&self, stats: hatci_client::CallStats) -> bool {
        stats.replayed && self.0.is_some()
    }
}
