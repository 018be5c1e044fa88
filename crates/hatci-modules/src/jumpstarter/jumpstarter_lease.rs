//! `jumpstarter_lease`
use super::{
    client::{JumpstarterClient, failed},
    job::{Job, JobWatch, cancel, duration},
};
use crate::sums::creation::{self, PENDING};
use ansible_module::{Choices, Failure, Hook, Module, Options, Plan, Results, SharedResults, Task};
use jumpstarter::{Error, Lease, LeaseHold, LeaseState, Leasing, NewLease, Renewal, Target, lease_name};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Acquire, renew, verify and release the lease of a bench
///
/// A lease gives you exclusive use of a bench. It lasts for a short term and is extended while this `ansible-playbook` runs, so the
/// bench becomes free soon after, however the run ends. Every lease is tagged with job, host and user.
///
/// # Attributes
///
/// - `idempotent`: partial. Each run acquires another bench unless `lease_name` is given.
/// - `async`: partial. There leases can't be kept alive.
#[derive(Options)]
#[options(mutually_exclusive(exporter, selector))]
pub struct LeaseOptions {
    /// The desired state of the lease.
    #[option(default = WantedState::Acquired, aliases("action"))]
    state: WantedState,
    /// The lease's name; required unless a bench is to be acquired.
    ///
    /// A bench acquired with a name is acquired once: the next task with that name finds it. Without one each task gets another lease.
    /// A lease that is kept alive for another `ansible-playbook` is left to that.
    lease_name: Option<String>,
    /// The exporter to lease.
    exporter: Option<String>,
    /// Label selector; any matching exporter will do. For example `board=ev9,region!=us`.
    selector: Option<String>,
    /// How long the lease may last in all, or, for `renewed`, at least from now on: `30m`, `1d3h`, `PT1H30M`, `01:30:00`, seconds.
    #[option(default = "30m")]
    duration: String,
    /// Further tags, by which the lease can be found: letters, digits, `-`, `_` and `.`; at most six, and none named `job`, `host`,
    /// `user` or `limit`.
    tags: Option<Map<String, Value>>,
    /// Whether to wait until the bench is free.
    #[option(default = true)]
    wait: bool,
    /// Maximum wait in seconds. Then, or if anything else prevents it, the lease is deleted.
    #[option(default = 3600)]
    wait_timeout: u64,
    /// Whether to take the lease for `lease_ttl` only, and to extend it for as long as this `ansible-playbook` lives.
    ///
    /// By default it is so on a local connection; elsewhere it is not possible.
    keepalive: Option<bool>,
    /// Grace period after which an abandoned lease expires, such as when a container is killed.
    #[option(default = "5m")]
    lease_ttl: String,
    #[option(flatten)]
    client: JumpstarterClient,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum WantedState {
    /// It exists and, with `wait`, its bench is assigned.
    Acquired,
    /// It lasts at least `duration` from now. A lease is never shortened.
    Renewed,
    /// It still holds. If not, the task fails, and the device must not be touched.
    Verified,
    /// Released.
    Released,
    /// The same as `acquired`.
    Acquire,
    /// The same as `acquired`.
    Create,
    /// The same as `renewed`.
    Renew,
    /// The same as `released`.
    Release,
}

/// What `jumpstarter_lease` returns.
#[derive(Results, Default)]
pub struct LeaseResults {
    /// The lease's name, also if it could not be acquired. In check mode `pending`, for one that would have been made.
    #[result(returned = "when it is known, and in check mode", sample = "ansible-vehicle-001-3f2a9c1d7e40")]
    lease_name: Option<String>,
    /// The exporter that was assigned.
    #[result(returned = "when a bench was assigned", sample = "vehicle_001")]
    exporter: Option<String>,
    /// When the present term of the lease ends, by the controller's clock. A lease that is kept alive is extended before that.
    #[result(returned = "when a bench was assigned", sample = "2026-11-20T20:48:58Z")]
    expires_at: Option<String>,
    /// Seconds until `expires_at`; 0 once the lease has ended.
    #[result(returned = "when a bench was assigned", sample = 295.5)]
    remaining: Option<f64>,
    /// When the lease ends at the latest: `duration` after its begin. Until then it is extended, if it is kept alive.
    #[result(returned = "when a bench was assigned", sample = "2026-11-20T21:13:58Z")]
    ends_at: Option<String>,
    /// What the controller says of it: `type`, `status`, `reason` and `message` of each condition.
    #[result(returned = "when the lease was read")]
    conditions: Option<Vec<Value>>,
    /// All tags of the lease.
    #[result(returned = "when the lease was read", sample = { "job": "awx-12.1f0c2a9beffffffc.7-4711", "host": "ee-1", "user": "kim" })]
    tags: Option<Map<String, Value>>,
    /// The file in which the process that extends the leases tells what it does.
    #[result(returned = "when leases are kept alive", sample = "/run/user/1000/job-guard-1000/7-4711.log")]
    keepalive_log: Option<String>,
}

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
                return Err(Failure::invalid(
                    "Nothing says which bench to acquire. Give `exporter` or `selector`.",
                ));
            }
        };
        if let Some(name) = &options.lease_name {
            creation::filled(&[("lease_name", name)])?;
        }
        let is_named = options.lease_name.is_some();
        let name = match options.lease_name {
            None if wanted != WantedState::Acquired => {
                return Err(Failure::invalid(format!(
                    "Nothing says which lease is to be {}. Give `lease_name`.",
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
        if let Some(squatter) = self.leasing.squatter() {
            self.task.warn(format!(
                "{squatter}. The process that keeps leases alive is elsewhere therefore. Ask whoever put that there."
            ));
        }
        results.update(|r| {
            // One that is made up in check mode will never be.
            let is_made_up = !self.is_named && self.task.check_mode();
            r.lease_name = Some(if is_made_up { PENDING.into() } else { self.lease.name.clone() });
            r.keepalive_log = self.leasing.keepalive_log().map(|log| log.display().to_string());
        });
        if self.task.check_mode() && self.is_named && self.lease.name == PENDING {
            return Ok(self.wanted.of_placeholder());
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
                    "The process that extended the lease {} does not do so any more; another one takes over.",
                    lease.name
                ));
                Ok(keep(lease))
            }
            LeaseHold::Unconfirmed { for_time, why } => {
                self.task.warn(format!(
                    "The lease {} could not be looked at, but it was extended {} s ago and must still hold. {why}",
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
            "LEASE {name} WAS NOT RELEASED. Nobody else can use its bench until it has run out. Release it with: jmp delete leases {name}{client}"
        ));
    }
}

impl WantedState {
    /// What would be done with a lease that would have been made before.
    fn of_placeholder(self) -> Plan<Change> {
        match self {
            WantedState::Released => {
                Plan::Change { what: Change::Release, before: state("ready"), after: state("released") }
            }
            _ => Plan::Nothing,
        }
    }

    /// The same in the words of states.
    fn plain(self) -> Self {
        match self {
            WantedState::Acquire | WantedState::Create => WantedState::Acquired,
            WantedState::Renew => WantedState::Renewed,
            WantedState::Release => WantedState::Released,
            state => state,
        }
    }
}

impl LeaseResults {
    fn take(&mut self, lease: &Lease) {
        self.exporter.clone_from(&lease.exporter);
        self.expires_at = lease.expires_at().map(|time| time.to_string());
        self.remaining = lease.remaining().map(|time| time.as_secs_f64());
        self.ends_at = lease.ends_at().map(|time| time.to_string());
        self.conditions = Some(
            lease
                .conditions
                .iter()
                .map(|condition| {
                    json!({
                        "type": condition.kind,
                        "status": condition.status,
                        "reason": condition.reason,
                        "message": condition.message,
                    })
                })
                .collect(),
        );
        self.tags = Some(lease.tags.iter().map(|(key, value)| (key.clone(), value.clone().into())).collect());
    }
}

/// The bench could not be had, and nothing is left of the attempt unless the error says so.
fn acquire_failed(error: &Error) -> Failure {
    match error {
        Error::NotGivenBack { .. } | Error::UnknownOutcome { .. } => failed(error),
        _ => failed(error).unchanged(),
    }
}

/// To extend a lease that nobody extends.
fn keep(lease: Lease) -> Plan<Change> {
    Plan::Change { what: Change::Keep(lease.into()), before: state("neglected"), after: state("kept") }
}

fn state(word: &str) -> Value {
    json!({ "state": word })
}
