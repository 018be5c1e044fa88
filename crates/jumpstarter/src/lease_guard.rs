//! What modules hand to their job's guard about leases, and ask it.
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

/// How long leases are taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Term {
    /// How long a lease outlives its guard. It is extended every third of it.
    pub(crate) term: Duration,
    /// How long the lease may last in all.
    pub(crate) limit: Duration,
}

/// What the guard is handed of a lease.
#[derive(Serialize, Deserialize)]
pub(crate) struct Handed {
    pub(crate) name: String,
    /// By which `jmp` knows the client.
    pub(crate) alias: String,
    pub(crate) source: ConfigSource,
    pub(crate) term: Term,
}

/// What the controller says of a lease that goes on.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Confirmed {
    /// It was asked so long ago.
    pub(crate) age: Duration,
    /// The lease holds for so long from now on.
    pub(crate) holds_for: Duration,
}

impl Confirmed {
    pub(crate) fn of(lease: &Lease) -> Self {
        Confirmed { age: lease.age(), holds_for: lease.holds_for() }
    }
}

/// How a kept lease fares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Health {
    /// Since when the controller has not confirmed that the lease goes on.
    pub(crate) unconfirmed_for: Duration,
    /// How long the controller said that it lasts, as far as that is not over.
    pub(crate) holds_for: Duration,
    /// What the lease is kept with.
    pub(crate) term: Term,
    /// Why the last attempt to extend it failed; none if it did not.
    pub(crate) trouble: Option<String>,
}

impl Health {
    /// Whether the lease is extended as it should be.
    ///
    /// Two thirds of the term: what is left allows for clocks that run differently, and for the work to be stopped.
    pub(crate) fn is_good(&self) -> bool {
        self.unconfirmed_for < self.term.term * 2 / 3
    }

    /// Whether the lease must still hold although the controller has not said so since.
    pub(crate) fn is_trustworthy(&self) -> bool {
        self.is_good() && !self.holds_for.is_zero()
    }
}

/// The guard of one job, for its leases.
#[derive(Debug)]
pub(crate) struct LeaseGuard(JobGuard);

/// A lease that is being asked for. Dropped without [`confirm`](Self::confirm), it is given back.
#[derive(Debug)]
pub(crate) struct LeaseClaim(Claim);

impl LeaseGuard {
    pub(crate) fn of(owner: Owner) -> Result<Self, Error> {
        Ok(LeaseGuard(JobGuard::of(owner)?))
    }

    /// What somebody else has put where the guard would be.
    pub(crate) fn squatter(&self) -> Option<&str> {
        self.0.squatter()
    }

    /// Where the guard writes what it does.
    pub(crate) fn log(&self) -> PathBuf {
        self.0.log()
    }

    /// What the user should know of the guard, each told once.
    pub(crate) fn news(&self) -> Vec<String> {
        self.0.news()
    }

    /// Says that a lease of this name is about to be asked for. Starts the guard if this job has none.
    pub(crate) async fn claim(&self, client: &Client, name: &str, term: Term) -> Result<LeaseClaim, Error> {
        let alias = client.config().await.alias;
        let handed = Handed { name: name.into(), alias, source: client.source().clone(), term };
        let handed = serde_json::to_value(handed).map_err(|e| unreadable(&e))?;
        Ok(LeaseClaim(self.0.claim(id(client, name).await, handed)?))
    }

    /// How the guard gets on with a lease; none if it does not keep it.
    pub(crate) async fn health(&self, client: &Client, name: &str) -> Result<Option<Health>, Error> {
        let health = self.0.ask(id(client, name).await)?;
        health.map(serde_json::from_value).transpose().map_err(|e| unreadable(&e))
    }

    /// From here on the lease is left alone.
    pub(crate) async fn forget(&self, client: &Client, name: &str) -> Result<(), Error> {
        Ok(self.0.forget(id(client, name).await).map(drop)?)
    }

    /// Whether a job of this user on this machine has taken the lease over from one that is over: another job than `but`.
    async fn is_taken_over(client: &Client, name: &str, but: Option<Owner>) -> Result<bool, Error> {
        let id = id(client, name).await;
        let me = Owner::of_parent().map_err(|e| Error::system("This process can't be looked at", &e))?;
        let keeps = |guard: &JobGuard| matches!(guard.ask(id.clone()), Ok(Some(_)));
        let all = JobGuard::of(me)?.all_jobs();
        Ok(all.iter().filter(|(owner, _)| Some(*owner) != but).any(|(_, guard)| keeps(guard)))
    }
}

impl Client {
    /// Whether the job of a lease still runs, or else one that took the lease over, as far as can be told from here.
    pub async fn job_of(&self, lease: &Lease) -> JobState {
        self.with_heirs(job::state(&lease.tags), lease, None).await
    }

    /// What has become of a lease's job if that is in this state: tags don't change when another job, but `but`, takes over.
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
    /// The lease is there, and is kept from now on.
    pub(crate) fn confirm(self, lease: &Lease) -> Result<(), Error> {
        let confirmed = serde_json::to_value(Confirmed::of(lease)).map_err(|e| unreadable(&e))?;
        if self.0.confirm(confirmed)? {
            return Ok(());
        }
        Err(Error::Keepalive { why: "the lease ended at the same moment".into(), remedy: TURN_OFF })
    }
}

/// A lease, told apart from those of other controllers.
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
                Error::private("There is no place for the process that keeps leases alive", &error)
            }
            job_guard::Error::Silent => Error::Keepalive {
                why: error.to_string(),
                remedy: "Check whether it was stopped or the machine is overloaded, and run the task again",
            },
            job_guard::Error::System { ref fault, .. } => {
                Error::Keepalive { why: error.to_string(), remedy: fault.remedy_or(TURN_OFF) }
            }
            job_guard::Error::Failed(why) => Error::Keepalive { why, remedy: TURN_OFF },
        }
    }
}
