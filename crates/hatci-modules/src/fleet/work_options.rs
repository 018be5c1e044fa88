//! The options that say how much is done at once and for how long, and the clients that do it.
use crate::sums::connection::{Connection, failed};
use ::fleet::{Limits, Threshold};
use ansible_module::{Failure, Options, Task};
use hatci_client::{ChangeInFlight, Client, Error, Kind};
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// How much is done at once, and when it ends.
#[derive(Options)]
pub(crate) struct WorkOptions {
    /// How many vehicles are worked on at the same time, each on its own connection.
    #[option(default = 8)]
    concurrency: u64,
    /// How many seconds all vehicles may take together. After that, nothing is started for those that are left.
    #[option(default = 3600)]
    total_timeout: u64,
}

/// How much is done for each vehicle.
#[derive(Options)]
pub(crate) struct StepOptions {
    /// How many seconds one vehicle may take.
    #[option(default = 600)]
    vehicle_timeout: u64,
    /// How often a vehicle is tried if its failure may be temporary, such as while a server restarts.
    ///
    /// A step with an unknown outcome is repeated only if the server is known to honour idempotency keys.
    #[option(default = 5)]
    attempts: u32,
    #[option(flatten)]
    work: WorkOptions,
}

const MOST_AT_ONCE: u64 = 256;

impl WorkOptions {
    pub(crate) fn check(&self) -> Result<(), Failure> {
        if (1..=MOST_AT_ONCE).contains(&self.concurrency) {
            return Ok(());
        }
        let msg = format!(
            "concurrency (in playbooks: hatci_concurrency) is {}; give a number from 1 to {MOST_AT_ONCE}.",
            self.concurrency
        );
        Err(Failure::invalid(msg))
    }

    pub(crate) fn concurrency(&self) -> usize {
        usize::try_from(self.concurrency).unwrap_or(1)
    }

    pub(crate) fn total(&self) -> Duration {
        Duration::from_secs(self.total_timeout)
    }
}

impl StepOptions {
    pub(crate) fn check(&self) -> Result<(), Failure> {
        self.work.check()
    }

    pub(crate) fn concurrency(&self) -> usize {
        self.work.concurrency()
    }

    pub(crate) fn limits(&self, threshold: Option<Threshold>) -> Limits {
        Limits {
            each: Duration::from_secs(self.vehicle_timeout),
            all: self.work.total(),
            attempts: self.attempts.max(1),
            threshold,
        }
    }
}

/// Asks the server once whether it can be used at all, before anything is begun. Whether it has shown that it honours idempotency keys.
pub(crate) fn reach(connection: &Connection, client: &Client) -> Result<bool, Failure> {
    let mut answer = client.reach();
    let may_pass =
        |error: &Error| !matches!(error.kind(), Kind::Auth | Kind::NotFound | Kind::Protocol | Kind::Tls);
    if client.policy().retries > 0 && answer.as_ref().is_err_and(may_pass) {
        // A whole fleet is worth one more try.
        answer = client.reach();
    }
    answer.map_err(|error| failed(&error))?;
    Ok(connection.keys_by_user().unwrap_or_else(|| client.shows_keys()))
}

/// What is known from all threads of a task about what it has changed.
#[derive(Clone, Default)]
pub(crate) struct Changes {
    has_changed: Arc<AtomicBool>,
    in_flight: Arc<Mutex<Vec<ChangeInFlight>>>,
}

impl Changes {
    /// Also tells the task, for the case that it is ended in the middle.
    pub(crate) fn of(task: &Task) -> Self {
        let changes = Changes::default();
        let known = changes.clone();
        task.set_change_probe(move || known.may_have_been_made());
        changes
    }

    /// The client of one more thread.
    pub(crate) fn client(&self, connection: &Connection) -> Result<Client, Failure> {
        let client = connection.further_client()?;
        self.in_flight.lock().unwrap_or_else(PoisonError::into_inner).push(client.acted());
        Ok(client)
    }

    pub(crate) fn note(&self, changed: bool) {
        self.has_changed.fetch_or(changed, Ordering::SeqCst);
    }

    pub(crate) fn were_made(&self) -> bool {
        self.has_changed.load(Ordering::SeqCst)
    }

    fn may_have_been_made(&self) -> bool {
        self.were_made()
            || self
                .in_flight
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .iter()
                .any(ChangeInFlight::may_have)
    }
}
