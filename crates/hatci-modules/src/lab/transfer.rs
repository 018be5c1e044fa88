//! How far a long transfer is, in lines that are rare enough to be read and frequent enough to show that it is alive.
use ansible_module::Task;
use std::{
    cell::Cell,
    time::{Duration, Instant},
};

/// A job is killed that is silent for five minutes.
const RARELY: Duration = Duration::from_secs(30);
/// No more often than this.
const OFTEN: Duration = Duration::from_secs(2);
/// The part of the whole that makes another line, in percent.
const STEP: u64 = 10;

/// What is counted.
#[derive(Clone, Copy)]
pub(crate) enum Unit {
    /// Shown in MiB.
    Bytes,
    /// Shown as they are.
    Objects,
}

/// One transfer.
pub(crate) struct Transfer {
    task: Task,
    /// What is done to what: `Uploading agent.iso`.
    what: String,
    unit: Unit,
    last: Cell<(Instant, u64)>,
}

impl Transfer {
    pub(crate) fn new(task: &Task, what: String, unit: Unit) -> Self {
        Self { task: task.clone(), what, unit, last: Cell::new((Instant::now(), 0)) }
    }

    /// So many bytes of all are done.
    pub(crate) fn reach(&self, done: u64, of: u64) {
        let (when, before) = self.last.get();
        let percent = done.saturating_mul(100).checked_div(of).unwrap_or(100);
        let silent = when.elapsed();
        if silent < OFTEN || (percent < before + STEP && silent < RARELY) {
            return;
        }
        self.last.set((Instant::now(), percent));
        let reached = match self.unit {
            Unit::Bytes => format!("{} of {} MiB", in_mib(done), in_mib(of)),
            Unit::Objects => format!("{done} of {of} objects"),
        };
        self.task.progress(&format!("{}: {percent} % ({reached})", self.what));
    }
}

/// Bytes as whole MiB.
pub(crate) fn in_mib(bytes: u64) -> u64 {
    bytes >> 20
}
