//! The job that a lease is for: whose process it is, how long its leases are taken for, and what ends its waiting.
use ansible_module::{ErrorKind, Failure, Task};
use jumpstarter::{Error, LeaseDuration, Leasing, Owner, Watch, job};
use serde_json::{Map, Value};
use std::{collections::BTreeMap, time::Duration};

/// A shorter one would end before a busy controller has extended it.
const SHORTEST_TTL: Duration = Duration::from_secs(3);

/// The job of this task.
#[derive(Clone, Copy)]
pub(crate) struct Job {
    /// The process of `ansible-playbook` where it is known, else whoever started this one.
    pub(crate) process: Owner,
    /// Whether it is `ansible-playbook`, so that its end is the job's end.
    is_ansible: bool,
}

impl Job {
    pub(crate) fn find() -> Result<Self, Failure> {
        match ansible_module::owner().and_then(Owner::of) {
            Some(process) => Ok(Job { process, is_ansible: true }),
            None => Ok(Job {
                process: Owner::of_parent().map_err(|e| {
                    Failure::new(ErrorKind::Failed, format!("This process can't be inspected: {e}."))
                })?,
                is_ansible: false,
            }),
        }
    }

    /// For how long leases are taken at once; none where they are not kept alive.
    pub(crate) fn term(&self, keepalive: Option<bool>, ttl: &str) -> Result<Option<LeaseDuration>, Failure> {
        let ttl = duration("lease_ttl", ttl)?;
        if ttl.get() < SHORTEST_TTL {
            return Err(Failure::invalid(format!(
                "lease_ttl is too short; give at least {} s.",
                SHORTEST_TTL.as_secs()
            )));
        }
        match keepalive {
            Some(true) if !self.is_ansible => Err(Failure::invalid(
                "Leases can be kept alive only where ansible-playbook runs. Run the task with `delegate_to: localhost` and without `become` and `async`, or leave `keepalive` out.",
            )),
            Some(false) => Ok(None),
            _ => Ok(Some(ttl).filter(|_| self.is_ansible)),
        }
    }

    /// The tags of its leases: those that tell whose they are, and the user's.
    pub(crate) fn tags(&self, further: Map<String, Value>) -> Result<BTreeMap<String, String>, Failure> {
        let mut tags = job::tags(self.process, |name| std::env::var(name).ok());
        for (tag, value) in further {
            if job::OWN_TAGS.contains(&tag.as_str()) {
                return Err(Failure::invalid(format!(
                    "The tag `{tag}` identifies the owner of the lease and can't be set. Choose another name."
                )));
            }
            tags.insert(tag, value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        }
        Ok(tags)
    }
}

/// Tells how the waiting for a lease goes, and ends it when its job has ended.
pub(crate) struct JobWatch {
    pub(crate) job: Job,
    pub(crate) task: Task,
    pub(crate) lease: String,
}

impl Watch for JobWatch {
    fn tell(&mut self, text: &str) {
        self.task.progress(text);
    }

    fn go_on(&mut self) -> Result<(), Error> {
        if self.job.is_ansible && !self.job.process.is_alive() {
            return Err(Error::Abandoned { lease: self.lease.clone() });
        }
        Ok(())
    }
}

/// What to do before a signal ends the process: delete the lease, and say so.
pub(crate) fn cancel(
    leasing: &Leasing,
    name: &str,
    is_new: bool,
) -> impl FnOnce() -> String + Send + 'static {
    let (delete, name) = (leasing.canceller(name, is_new), name.to_owned());
    move || match delete() {
        Ok(true) => format!("The lease {name} was deleted."),
        Ok(false) => format!("This job no longer has a lease {name}."),
        Err(e) => format!("The lease {name} could not be deleted: {e}"),
    }
}

/// Reads a duration; the failure names the option.
pub(crate) fn duration(option: &str, given: &str) -> Result<LeaseDuration, Failure> {
    given.parse().map_err(|e| Failure::invalid(format!("{option}: {e}")))
}
