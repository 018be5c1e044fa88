//! The leases of one job, from requesting a bench to releasing it.
use crate::{
    BlockingClient, Client, ConfigSource, Error, Lease, LeaseDuration, LeaseState, NewLease, Owner, Target,
    Watch,
    job::{self, JobState},
    keeping::Keeping,
    lease_guard::{Health, LeaseGuard, Term},
    making::{make, wait_or_delete},
    patience::REACHING,
};
use std::{path::PathBuf, time::Duration};

/// How long to try to give a lease back when the process must end: who sent the signal soon sends another.
const QUICK_CLEAN_UP: Duration = Duration::from_millis(1500);

/// The lease operations of a job.
#[derive(Debug)]
pub struct Leasing {
    client: BlockingClient,
    job: Owner,
    keeping: Option<Keeping>,
}

/// How far a lease can be relied on.
#[derive(Debug)]
pub enum LeaseHold {
    /// The controller says that it holds.
    Holds(Lease),
    /// It holds, but needs extending, and the guard does not do so.
    Neglected(Lease),
    /// The controller can't be reached, but the guard extended it recently enough that it must hold.
    Unconfirmed {
        /// The time since the controller's last confirmation.
        for_time: Duration,
        /// Why the controller can't be reached.
        why: Error,
    },
}

/// A planned extension; durations count from the lease's begin.
#[derive(Debug)]
pub struct Renewal {
    /// The lease as it is.
    pub lease: Lease,
    /// Its current duration.
    pub from: Duration,
    /// Its new duration; never less.
    pub to: Duration,
    /// The term that the guard keeps it with, or is to keep it with.
    kept: Option<Term>,
    /// Whether it should be kept, but is not.
    pub is_neglected: bool,
}

impl Leasing {
    /// With a `term`, leases are kept alive for as long as the job lives, and for at most the term after that.
    pub fn new(source: ConfigSource, job: Owner, term: Option<LeaseDuration>) -> Result<Self, Error> {
        let keeping = match term {
            Some(term) => Some(Keeping { guard: LeaseGuard::of(job)?, term }),
            None => None,
        };
        Ok(Leasing { client: BlockingClient::new(source)?, job, keeping })
    }

    /// The guard's news for the user, each reported once.
    pub fn news(&self) -> Vec<String> {
        self.keeping.as_ref().map(|keeping| keeping.guard.news()).unwrap_or_default()
    }

    /// The guard's log file; `None` if leases are not kept.
    pub fn keepalive_log(&self) -> Option<PathBuf> {
        self.keeping.as_ref().map(|keeping| keeping.guard.log())
    }

    /// The lease of this name, whoever owns it, if there is one.
    pub fn find(&self, name: &str) -> Result<Option<Lease>, Error> {
        match self.client.run(async |client| client.get_patiently(name, REACHING).await) {
            Err(Error::NotFound { .. }) => Ok(None),
            found => found.map(Some),
        }
    }

    /// The lease of this name, if it belongs to this client and has not ended.
    pub fn usable(&self, name: &str) -> Result<Lease, Error> {
        self.client.run(async |client| client.usable(client.get_patiently(name, REACHING).await?).await)
    }

    /// Checks that an existing lease is the requested one.
    pub fn check_same(&self, found: &Lease, new: &NewLease) -> Result<(), Error> {
        self.client.run(async |client| client.check_same(found, new).await)
    }

    /// Whether this job must keep an existing lease from now on, since no job does.
    /// An error if another job may still be using it: two jobs must not share a bench.
    pub fn inherits(&self, found: &Lease) -> Result<bool, Error> {
        self.client.run(async |client| match self.other_job(client, found).await {
            Some(JobState::Running | JobState::Unknown) => {
                Err(Error::Differs { lease: found.name.clone(), difference: of_another(found) })
            }
            other => {
                let health = self.health(client, &found.name).await;
                Ok(self.is_neglected(found, other, health.as_ref()))
            }
        })
    }

    /// The state of the other job that a lease is kept for; `None` if it belongs to this job, or to none.
    async fn other_job(&self, client: &Client, lease: &Lease) -> Option<JobState> {
        let state = job::kept_for_another(&lease.tags, self.job)?;
        Some(client.with_heirs(state, lease, Some(self.job)).await)
    }

    /// Whether this job should keep the lease, created for it or for an `other` one that has ended, and it is not kept well.
    fn is_neglected(&self, lease: &Lease, other: Option<JobState>, health: Option<&Health>) -> bool {
        let is_kept = self.keeping.is_some() && job::limit(&lease.tags).is_some();
        let is_ours = other == Some(JobState::Over) || job::is_of(&lease.tags, self.job);
        is_kept && is_ours && !health.is_some_and(Health::is_good)
    }

    /// Checks that the bench exists; the controller itself only reports that once a lease is requested.
    pub fn check_target(&self, target: &Target) -> Result<(), Error> {
        let selector = match target {
            Target::Exporter(_) => "",
            Target::Selector(selector) => selector,
        };
        let found = self.client.run(async |client| {
            client.patiently(REACHING, async || client.exporters(selector).await).await
        })?;
        let is_there = match target {
            Target::Exporter(name) => found.iter().any(|exporter| exporter.name == *name),
            Target::Selector(_) => !found.is_empty(),
        };
        if is_there { Ok(()) } else { Err(Error::NoSuchBench { target: target.clone() }) }
    }

    /// Creates the lease, and waits for its bench for as long as `wait` says. If that fails, the lease is deleted.
    pub fn acquire(
        &self,
        new: &NewLease,
        wait: Option<Duration>,
        watch: &mut dyn Watch,
    ) -> Result<Lease, Error> {
        self.client.run(async |client| {
            let limit = new.duration;
            let Some(keeping) = &self.keeping else { return make(client, new, wait, watch).await };
            let term = Term { term: keeping.term.get(), limit: limit.get() };
            let mut first = NewLease { duration: limit.min(keeping.term), ..new.clone() };
            first.tags.extend(job::limit_tag(term.limit, term.term));
            let claim = keeping.guard.claim(client, &new.name, term).await?;
            let lease = make(client, &first, wait, watch).await?;
            if claim.confirm(&lease).is_err() {
                // The guard has died meanwhile; start another one.
                return keeping.keep(client, &new.name, term).await;
            }
            Ok(lease)
        })
    }

    /// Waits for the bench of an existing lease. If that fails, the lease is deleted.
    pub fn wait(&self, name: &str, limit: Duration, watch: &mut dyn Watch) -> Result<Lease, Error> {
        self.client.run(async |client| wait_or_delete(client, name, limit, watch).await)
    }

    /// Deletes the lease quickly, from another thread, when the process must end. If `is_new`, it may not exist yet, or
    /// another job may have taken its name first.
    pub fn canceller(
        &self,
        name: &str,
        is_new: bool,
    ) -> impl FnOnce() -> Result<bool, Error> + Send + 'static {
        let (source, name, job) = (self.client.source().clone(), name.to_owned(), self.job);
        move || {
            BlockingClient::new(source)?.run(async |client| {
                if is_new {
                    match client.get_patiently(&name, QUICK_CLEAN_UP).await {
                        Ok(found) if job::is_of_another(&found.tags, job) => return Ok(false),
                        Err(Error::NotFound { .. }) => return Ok(false),
                        Ok(_) => {}
                        Err(e) => return Err(e),
                    }
                }
                client.delete_patiently(&name, QUICK_CLEAN_UP).await
            })
        }
    }

    /// Whether the lease can be relied on; an error if not. Asks, and changes nothing.
    pub fn standing(&self, name: &str) -> Result<LeaseHold, Error> {
        self.client.run(async |client| {
            let found = client.get_patiently(name, REACHING).await;
            // Asked last: reaching the controller may have taken long.
            let health = self.health(client, name).await;
            match found {
                Ok(lease) => {
                    let lease = client.usable(lease).await?;
                    let other = self.other_job(client, &lease).await;
                    self.judge(lease, other, health.as_ref())
                }
                Err(why) if why.is_transient() => match health {
                    Some(health) if health.is_trustworthy() => {
                        Ok(LeaseHold::Unconfirmed { for_time: health.unconfirmed_for, why })
                    }
                    _ => Err(Error::Unsure { lease: name.into(), why: why.to_string() }),
                },
                Err(e) => Err(e),
            }
        })
    }

    fn judge(
        &self,
        lease: Lease,
        other: Option<JobState>,
        health: Option<&Health>,
    ) -> Result<LeaseHold, Error> {
        let unsure = |why: &str| Err(Error::Unsure { lease: lease.name.clone(), why: why.into() });
        if lease.state() != LeaseState::Ready {
            return unsure("it is still waiting for its bench");
        }
        if lease.remaining().is_some_and(|left| left.is_zero()) {
            return unsure("its duration is over");
        }
        if other == Some(JobState::Running) {
            return unsure(&of_another(&lease));
        }
        let is_neglected = self.is_neglected(&lease, other, health);
        Ok(if is_neglected { LeaseHold::Neglected(lease) } else { LeaseHold::Holds(lease) })
    }

    /// Extends the lease at once, and has the guard keep it again, up to its original limit.
    pub fn keep(&self, lease: &Lease) -> Result<Lease, Error> {
        self.client.run(async |client| {
            let Some(keeping) = &self.keeping else { return client.get(&lease.name).await };
            let kept = self.health(client, &lease.name).await.map(|health| health.term);
            keeping.keep(client, &lease.name, kept.unwrap_or(keeping.term_of(lease))).await
        })
    }

    /// Plans to let the lease last for `time` from now on.
    pub fn renewal(&self, name: &str, time: Duration) -> Result<Renewal, Error> {
        self.client.run(async |client| {
            let lease = client.usable(client.get_patiently(name, REACHING).await?).await?;
            let health = self.health(client, name).await;
            let other = self.other_job(client, &lease).await;
            let is_neglected = self.is_neglected(&lease, other, health.as_ref());
            let own = self.keeping.as_ref().filter(|_| is_neglected).map(|keeping| keeping.term_of(&lease));
            let kept = health.map(|health| health.term).or(own);
            if kept.is_none() && job::limit(&lease.tags).is_some() && other != Some(JobState::Over) {
                // Extended this far without its guard, it would outlive its job.
                let who = job::owner_in_words(&lease.tags).unwrap_or_default();
                return Err(Error::KeptElsewhere { lease: lease.name, who });
            }
            let from = kept.map_or(lease.duration, |term| term.limit);
            Ok(Renewal { to: lease.total_for(time, from), from, kept, is_neglected, lease })
        })
    }

    /// Applies the plan.
    pub fn renew(&self, renewal: &Renewal) -> Result<Lease, Error> {
        let (name, to) = (&renewal.lease.name, renewal.to);
        self.client.run(async |client| match (&self.keeping, renewal.kept) {
            (Some(keeping), Some(kept)) => keeping.keep(client, name, Term { limit: to, ..kept }).await,
            _ => client.patiently(REACHING, async || client.extend(name, to, to).await).await,
        })
    }

    /// Deletes the lease. Returns false if it was gone already. If it can't be deleted, it is at least no longer extended.
    pub fn release(&self, name: &str) -> Result<bool, Error> {
        self.client.run(async |client| {
            let released = client.delete_patiently(name, REACHING).await;
            self.forget_by(client, name).await;
            released
        })
    }

    /// Stops extending the lease: it ends with its term.
    pub fn forget(&self, name: &str) {
        self.client.run(async |client| self.forget_by(client, name).await);
    }

    async fn forget_by(&self, client: &Client, name: &str) {
        if let Some(keeping) = &self.keeping {
            // A guard that can't be reached notices by itself that the lease has ended.
            let _ = keeping.guard.forget(client, name).await;
        }
    }

    async fn health(&self, client: &Client, name: &str) -> Option<Health> {
        // A guard that does not answer keeps nothing.
        self.keeping.as_ref()?.guard.health(client, name).await.ok().flatten()
    }
}

fn of_another(lease: &Lease) -> String {
    format!("it is kept alive for another job{}", job::owner_in_words(&lease.tags).unwrap_or_default())
}
