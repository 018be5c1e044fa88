//! `jumpstarter_lease`
use super::{
    client::{JumpstarterClient, failed},
    job::{Job, JobWatch, cancel, duration},
    lease_options::{LeaseOptions, WantedState},
    lease_results::LeaseResults,
};
use crate::sums::creation::{self, PENDING};
use ansible_module::{Failure, Hook, Module, Plan, SharedResults, Task};
use jumpstarter::{Error, Lease, LeaseHold, LeaseState, Leasing, NewLease, Renewal, Target, lease_name};
use serde_json::{Value, json};
use std::time::Duration;

/// The module `jumpstarter_lease`.
pub struct JumpstarterLease {
    task: Task,
    leasing: Leasing,
    wanted: WantedState,
    /// What is asked for; unless a bench is to be acquired only its name and duration count.
    lease: NewLease,
    /// How long to wait for the bench; none: not at all.
    wait: Option<Duration>,
    watch: JobWatch,
    /// Deletes what was asked for if a signal ends the task before it is told.
    cancel: Option<Hook>,
    /// Whether the user chose its name.
    is_named: bool,
    client: JumpstarterClient,
    /// Whether process got it, so that housekeep has something to look at.
    held: bool,
}

/// One change to a lease.
#[derive(Debug)]
pub enum Change {
    /// Ask for it.
    Ask,
    /// It was asked for: wait for its bench.
    Wait {
        /// At most so long.
        limit: Duration,
        /// What must be kept meanwhile, since nobody else does.
        neglected: Option<Box<Lease>>,
    },
    /// Extend it, and have it kept again.
    Keep(Box<Lease>),
    /// Let it last longer.
    Renew(Box<Renewal>),
    /// Give it back.
    Release,
}

impl Module for JumpstarterLease {
    const NAME: &'static str = "jumpstarter_lease";
    const EXAMPLES: &'static str = include_str!("jumpstarter_lease.yml");
    type Options = LeaseOptions;
    type Results = LeaseResults;
    type Change = Change;

    fn new(options: LeaseOptions, task: &Task) -> Result<Self, Failure> {
        let wanted = options.state.plain();
        let job = Job::find()?;
        let term = job.term(options.keepalive, &options.lease_ttl)?;
        if let (WantedState::Acquired, None, None, Some(detour)) =
            (wanted, options.keepalive, term, task.detour())
        {
            task.warn(format!(
                "The lease is not kept alive because of {detour}: if this job is killed, the bench stays locked until `duration` has passed. Run the task with a local connection, without `become` and `async`, or set `keepalive: false` to accept that."
            ));
        }
        let target = match (options.exporter, options.selector) {
            (Some(exporter), _) => Target::Exporter(exporter),
            (None, Some(selector)) => Target::Selector(selector),
            (None, None) if wanted != WantedState::Acquired => Target::Selector(String::new()),
            (None, None) => {
                return Err(Failure::invalid("No bench was given. Set `exporter` or `selector`."));
            }
        };
        if let Some(name) = &options.lease_name {
            creation::filled(&[("lease_name", name)])?;
        }
        let is_named = options.lease_name.is_some();
        let name = match options.lease_name {
            None if wanted != WantedState::Acquired => {
                return Err(Failure::invalid(format!(
                    "The name of the lease to be {} is missing. Set `lease_name`.",
                    wanted.as_str()
                )));
            }
            name => name.unwrap_or_else(|| lease_name(&target)),
        };
        let duration = duration("duration", &options.duration)?;
        let tags = job.tags(options.tags.unwrap_or_default())?;
        Ok(JumpstarterLease {
            leasing: Leasing::new(options.client.source(task), job.process, term).map_err(|e| failed(&e))?,
            wanted,
            wait: options.wait.then(|| Duration::from_secs(options.wait_timeout)),
            watch: JobWatch { job, task: task.clone(), lease: name.clone() },
            lease: NewLease { name, target, duration, tags },
            task: task.clone(),
            cancel: None,
            is_named,
            client: options.client,
            held: false,
        })
    }

    fn discover(&mut self, results: &SharedResults<LeaseResults>) -> Result<Plan<Change>, Failure> {
        results.update(|r| {
            // One that is made up in check mode will never be.
            let is_made_up = !self.is_named && self.task.check_mode();
            r.lease_name = Some(if is_made_up { PENDING.into() } else { self.lease.name.clone() });
            r.keepalive_log = self.leasing.keepalive_log().map(|log| log.display().to_string());
        });
        if self.task.check_mode() && self.is_named && self.lease.name == PENDING {
            return Ok(of_placeholder(self.wanted));
        }
        match self.wanted {
            WantedState::Renewed => self.discover_renewal(results),
            WantedState::Verified => self.discover_standing(results),
            WantedState::Released => self.discover_release(results).inspect_err(|_| self.warn_of_leak()),
            _ => self.discover_bench(results),
        }
        .map_err(|e| failed(&e))
    }

    fn process(&mut self, change: Change, results: &SharedResults<LeaseResults>) -> Result<(), Failure> {
        let outcome = self.make(change, results);
        self.leasing.news().iter().for_each(|news| self.task.warn(news));
        outcome
    }

    fn housekeep(&mut self, results: &SharedResults<LeaseResults>) -> Result<(), Failure> {
        if !self.held {
            return Ok(());
        }
        match self.leasing.usable(&self.lease.name) {
            Ok(lease) => results.update(|r| r.take(&lease)),
            // What process was told is a moment old: no reason to fail a task that has the bench.
            Err(e) if e.is_transient() => {
                let name = &self.lease.name;
                self.task.warn(format!("The lease {name} was acquired, but could not be read back. {e}"));
            }
            Err(e) => return Err(failed(&e)),
        }
        Ok(())
    }
}

impl JumpstarterLease {
    fn make(&mut self, change: Change, results: &SharedResults<LeaseResults>) -> Result<(), Failure> {
        let name = &self.lease.name;
        let lease = match change {
            Change::Ask => {
                self.cancel = Some(self.task.on_interrupt(cancel(&self.leasing, name, true)));
                self.leasing
                    .acquire(&self.lease, self.wait, &mut self.watch)
                    .map_err(|e| acquire_failed(&e))?
            }
            Change::Wait { limit, neglected } => {
                self.cancel = Some(self.task.on_interrupt(cancel(&self.leasing, name, false)));
                neglected
                    .map_or(Ok(()), |lease| self.leasing.keep(&lease).map(drop))
                    .map_err(|e| failed(&e))?;
                self.leasing.wait(name, limit, &mut self.watch).map_err(|e| acquire_failed(&e))?
            }
            Change::Keep(lease) => self.leasing.keep(&lease).map_err(|e| failed(&e))?,
            Change::Renew(renewal) => self.leasing.renew(&renewal).map_err(|e| failed(&e))?,
            Change::Release => {
                self.leasing.release(name).inspect_err(|_| self.warn_of_leak()).map_err(|e| failed(&e))?;
                results.update(|r| r.remaining = r.remaining.map(|_| 0.0));
                return Ok(());
            }
        };
        results.update(|r| r.take(&lease));
        self.held = true;
        Ok(())
    }

    fn discover_bench(&self, results: &SharedResults<LeaseResults>) -> Result<Plan<Change>, Error> {
        let asked = json!({ "lease": self.lease.name, "bench": self.lease.target.to_string() });
        let Some(lease) = self.leasing.find(&self.lease.name)? else {
            if self.task.check_mode() {
                self.leasing.check_target(&self.lease.target)?;
            }
            return Ok(Plan::Change { what: Change::Ask, before: Value::Null, after: asked });
        };
        self.leasing.check_same(&lease, &self.lease)?;
        results.update(|r| r.take(&lease));
        if let LeaseState::Ended(_) = lease.state() {
            return Err(Error::NameTaken { lease: lease.name });
        }
        let inherits = self.leasing.inherits(&lease)?;
        match (lease.state(), self.wait) {
            (LeaseState::Pending(_), Some(limit)) => Ok(Plan::Change {
                what: Change::Wait { limit, neglected: inherits.then(|| lease.into()) },
                before: state("pending"),
                after: state("ready"),
            }),
            _ if inherits => Ok(keep(lease)),
            _ => Ok(Plan::Nothing),
        }
    }

    fn discover_renewal(&self, results: &SharedResults<LeaseResults>) -> Result<Plan<Change>, Error> {
        let renewal = self.leasing.renewal(&self.lease.name, self.lease.duration.get())?;
        results.update(|r| r.take(&renewal.lease));
        if renewal.to == renewal.from {
            return Ok(if renewal.is_neglected { keep(renewal.lease) } else { Plan::Nothing });
        }
        let seconds = |time: Duration| json!({ "duration": time.as_secs() });
        let (before, after) = (seconds(renewal.from), seconds(renewal.to));
        Ok(Plan::Change { what: Change::Renew(renewal.into()), before, after })
    }

    fn discover_standing(&self, results: &SharedResults<LeaseResults>) -> Result<Plan<Change>, Error> {
        match self.leasing.standing(&self.lease.name)? {
            LeaseHold::Holds(lease) => {
                results.update(|r| r.take(&lease));
                Ok(Plan::Nothing)
            }
            LeaseHold::Neglected(lease) => {
                results.update(|r| r.take(&lease));
                self.task.warn(format!(
                    "The process that extended the lease {} has stopped; a new one has taken over.",
                    lease.name
                ));
                Ok(keep(lease))
            }
            LeaseHold::Unconfirmed { for_time, why } => {
                self.task.warn(format!(
                    "The lease {} could not be checked, but it was extended {} s ago and must still hold. {why}",
                    self.lease.name,
                    for_time.as_secs()
                ));
                Ok(Plan::Nothing)
            }
        }
    }

    fn discover_release(&self, results: &SharedResults<LeaseResults>) -> Result<Plan<Change>, Error> {
        let name = &self.lease.name;
        let found = self.leasing.find(name).inspect_err(|_| {
            // Nobody wants it any more: it must not be extended while nobody knows whether it is still there.
            if !self.task.check_mode() {
                self.leasing.forget(name);
            }
        });
        let Some(lease) = found? else { return Ok(Plan::Nothing) };
        results.update(|r| r.take(&lease));
        let before = match lease.state() {
            LeaseState::Ended(_) => return Ok(Plan::Nothing),
            LeaseState::Pending(_) => state("pending"),
            LeaseState::Ready => state("ready"),
        };
        Ok(Plan::Change { what: Change::Release, before, after: state("released") })
    }
}

impl JumpstarterLease {
    /// Nobody else can use its bench: that must not look like any other failure.
    fn warn_of_leak(&self) {
        if self.task.check_mode() {
            return;
        }
        let name = &self.lease.name;
        let client = self.client.as_arguments();
        self.task.warn(format!(
            "LEASE {name} WAS NOT RELEASED. Nobody else can use its bench until it expires. Release it with: jmp delete leases {name}{client}"
        ));
    }
}

/// The bench could not be had, and nothing is left of the attempt unless the error says so.
fn acquire_failed(error: &Error) -> Failure {
    match error {
        Error::NotGivenBack { .. } | Error::UnknownOutcome { .. } => failed(error),
        _ => failed(error).unchanged(),
    }
}

/// What would be done with a lease that would have been made before.
fn of_placeholder(wanted: WantedState) -> Plan<Change> {
    match wanted {
        WantedState::Released => {
            Plan::Change { what: Change::Release, before: state("ready"), after: state("released") }
        }
        _ => Plan::Nothing,
    }
}

/// To extend a lease that nobody extends.
fn keep(lease: Lease) -> Plan<Change> {
    Plan::Change { what: Change::Keep(lease.into()), before: state("neglected"), after: state("kept") }
}

fn state(word: &str) -> Value {
    json!({ "state": word })
}
