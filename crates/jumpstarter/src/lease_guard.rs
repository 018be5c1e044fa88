//! What modules send to and ask of their job's guard about leases.
use crate::{
    Client, ConfigSource, Error, Lease, Owner,
    job::{self, JobState},
};
use job_guard::{Claim, Id, JobGuard};
use serde::{Deserialize, Serialize};
use std::{path::PathBuf, time::Duration};

/// The guard's name for this kind of duty.
pub(crate) const LEASE: &str = "lease";
/// Where nothing better is known.
const TURN_OFF: &str = "Correct the cause, or turn it off with `keepalive: false`";

/// How long leases are leased for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Term {
    /// How long a lease outlives its guard. It is extended every third of it.
    pub(crate) term: Duration,
    /// How long the lease may last in all.
    pub(crate) limit: Duration,
}

/// The payload of a lease's duty.
#[derive(Serialize, Deserialize)]
pub(crate) struct Handed {
    pub(crate) name: String,
    /// The client's name for `jmp --client`.
    pub(crate) alias: String,
    pub(crate) source: ConfigSource,
    pub(crate) term: Term,
}

/// The controller's confirmation that a lease goes on.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Confirmed {
    /// How long ago it was asked.
    pub(crate) age: Duration,
    /// How long the lease lasts from now on.
    pub(crate) holds_for: Duration,
}

impl Confirmed {
    pub(crate) fn of(lease: &Lease) -> Self {
        Confirmed { age: lease.age(), holds_for: lease.holds_for() }
    }
}

/// The state of a kept lease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Health {
    /// How long the controller has not confirmed the lease.
    pub(crate) unconfirmed_for: Duration,
    /// The rest of the time that the controller last confirmed.
    pub(crate) holds_for: Duration,
    /// The term that the lease is kept with.
    pub(crate) term: Term,
    /// Why the last attempt to extend it failed, if it did.
    pub(crate) trouble: Option<String>,
}

impl Health {
    /// Whether the lease is extended as it should be.
    ///
    /// The limit is two thirds of the term: the rest allows for clock drift, and for the work to be stopped.
    pub(crate) fn is_good(&self) -> bool {
        self.unconfirmed_for < self.term.term * 2 / 3
    }

    /// Whether the lease must still hold although the controller has not confirmed it since.
    pub(crate) fn is_trustworthy(&self) -> bool {
        self.is_good() && !self.holds_for.is_zero()
    }
}

/// The guard of one job, for its leases.
#[derive(Debug)]
pub(crate) struct LeaseGuard(JobGuard);

/// A lease that is being requested. If dropped without [`confirm`](Self::confirm), the guard deletes it.
#[derive(Debug)]
pub(crate) struct LeaseClaim(Claim);

impl LeaseGuard {
    pub(crate) fn of(owner: Owner) -> Result<Self, Error> {
        Ok(LeaseGuard(JobGuard::of(owner)?))
    }

    /// The guard's log file.
    pub(crate) fn log(&self) -> PathBuf {
        self.0.log()
    }

    /// The guard's news for the user, each reported once.
    pub(crate) fn news(&self) -> Vec<String> {
        self.0.news()
    }

    /// Claims a lease of this name that is about to be requested. Starts the guard if this job has none.
    pub(crate) async fn claim(&self, client: &Client, name: &str, term: Term) -> Result<LeaseClaim, Error> {
        let alias = client.config().await.alias;
        let handed = Handed { name: name.into(), alias, source: client.source().clone(), term };
        let handed = serde_json::to_value(handed).map_err(|e| unreadable(&e))?;
        Ok(LeaseClaim(self.0.claim(id(client, name).await, handed)?))
    }

    /// The guard's state of a lease; `None` if it does not keep it.
    pub(crate) async fn health(&self, client: &Client, name: &str) -> Result<Option<Health>, Error> {
        let health = self.0.ask(id(client, name).await)?;
        health.map(serde_json::from_value).transpose().map_err(|e| unreadable(&e))
    }

    /// Tells the guard to stop keeping the lease.
    pub(crate) async fn forget(&self, client: &Client, name: &str) -> Result<(), Error> {
        Ok(self.0.forget(id(client, name).await).map(drop)?)
    }

    /// Whether a job on this machine, of this user and other than `but`, has taken over the lease of a job that has ended.
    async fn is_taken_over(client: &Client, name: &str, but: Option<Owner>) -> Result<bool, Error> {
        let id = id(client, name).await;
        let me = Owner::of_parent().map_err(|e| Error::system("Cannot inspect this process", &e))?;
        let keeps = |guard: &JobGuard| matches!(guard.ask(id.clone()), Ok(Some(_)));
        let all = JobGuard::of(me)?.all_jobs();
        Ok(all.iter().filter(|(owner, _)| Some(*owner) != but).any(|(_, guard)| keeps(guard)))
    }
}

impl Client {
    /// Whether the job of a lease, or one that took it over, is still running, as far as can be seen from here.
    pub async fn job_of(&self, lease: &Lease) -> JobState {
        self.with_heirs(job::state(&lease.tags), lease, None).await
    }

    /// The state of a lease's job, given its own `state`: tags don't change when another job, except `but`, takes over.
    pub(crate) async fn with_heirs(&self, state: JobState, lease: &Lease, but: Option<Owner>) -> JobState {
        if state != JobState::Over {
            return state;
        }
        match LeaseGuard::is_taken_over(self, &lease.name, but).await {
            Ok(true) => JobState::Running,
            Ok(false) => JobState::Over,
            Err(_) => JobState::Unknown,
        }
    }
}

impl LeaseClaim {
    /// Confirms that the lease exists; it is kept from now on.
    pub(crate) fn confirm(self, lease: &Lease) -> Result<(), Error> {
        let confirmed = serde_json::to_value(Confirmed::of(lease)).map_err(|e| unreadable(&e))?;
        if self.0.confirm(confirmed)? {
            return Ok(());
        }
        Err(Error::Keepalive { why: "the lease ended at the same moment".into(), remedy: TURN_OFF })
    }
}

/// Identifies a lease across controllers.
async fn id(client: &Client, name: &str) -> Id {
    let config = client.config().await;
    Id { kind: LEASE.into(), name: format!("{name} ({} at {})", config.namespace, config.endpoint) }
}

fn unreadable(error: &serde_json::Error) -> Error {
    Error::Keepalive { why: error.to_string(), remedy: TURN_OFF }
}

impl From<job_guard::Error> for Error {
    fn from(error: job_guard::Error) -> Self {
        match error {
            job_guard::Error::NoPlace(error) => {
                Error::private("Cannot create a folder for the guard process that keeps leases alive", &error)
            }
            job_guard::Error::Silent => Error::Keepalive {
                why: error.to_string(),
                remedy: "Check whether it was stopped or the machine is overloaded, and run the task again",
            },
            job_guard::Error::System { ref fault, .. } => {
                Error::Keepalive { why: error.to_string(), remedy: fault.remedy_or(TURN_OFF) }
            }
            job_guard::Error::Failed(why) => Error::Keepalive { why, remedy: TURN_OFF },
            error @ job_guard::Error::Over => Error::Keepalive { why: error.to_string(), remedy: TURN_OFF },
        }
    }
}
