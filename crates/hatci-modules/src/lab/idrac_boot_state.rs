//! Where the settings stand that `idrac_boot` is asked for: applied, waiting for a restart, or absent.
use super::idrac_boot_order::{disabled, ids_in_order};
use super::idrac_connection::failed;
use ansible_module::{ErrorKind, Failure, Task};
use redfish_client::{Bios, BiosFault, BootOrder, Client, Job, OrderJob, Staged};
use serde_json::{Map, Value};

/// Where settings stand.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Standing {
    /// They are in force.
    Applied,
    /// This job will apply them.
    Pending(String),
    /// They are to be sent when this job for other settings, which the task asks for as well, has run.
    Behind(String),
    /// Nobody has set them.
    Absent,
}

impl Standing {
    /// If it waits: what was staged, by this task or by somebody who wants the same.
    pub(crate) fn staged(self, method: &'static str) -> Option<Staged> {
        match self {
            Self::Pending(job) => Some(Staged { job: Some(job), method }),
            _ => None,
        }
    }
}

/// The boot order asked for.
pub(crate) struct WantedOrder {
    pub(crate) found: BootOrder,
    pub(crate) ids: Vec<String>,
    pub(crate) standing: Standing,
    /// Whether it is known what the order will be.
    pub(crate) is_shown: bool,
}

/// The BIOS settings asked for.
pub(crate) struct WantedBios {
    pub(crate) found: Bios,
    pub(crate) values: Map<String, Value>,
    pub(crate) standing: Standing,
}

impl WantedOrder {
    /// Reads the boot order, and compares it with what these names ask for. `first` is the job for other settings of the BIOS that the task
    /// asks for.
    pub(crate) fn read(
        client: &Client,
        names: &[String],
        first: Option<&str>,
        task: &Task,
    ) -> Result<Self, Failure> {
        let found = client.boot_order().map_err(|e| failed(&e))?;
        let ids = ids_in_order(names, &found.entries)?;
        for name in disabled(names, &found.entries) {
            task.warn(format!(
                "{name} is disabled, so the server does not try it. Enable it in the BIOS setup."
            ));
        }
        let job = client.boot_order_job(&found).map_err(|e| failed(&e))?;
        let is_shown = !matches!(job, OrderJob::Unshown(_));
        let standing = match job {
            OrderJob::Sets(job) if found.pending.as_ref() == Some(&ids) => Standing::Pending(job.id),
            OrderJob::Sets(job) => return Err(other_values("the boot order", &job)),
            OrderJob::Unshown(job) => {
                task.warn(format!(
                    "Job {} will change the boot order, but the iDRAC does not show how. Restart the server, then run the task again.",
                    job.id
                ));
                Standing::Pending(job.id)
            }
            OrderJob::None | OrderJob::Other(_) if found.ids() == ids => Standing::Applied,
            OrderJob::Other(job) if first == Some(&*job.id) => Standing::Behind(job.id),
            OrderJob::None | OrderJob::Other(_) => Standing::Absent,
        };
        Ok(Self { found, ids, standing, is_shown })
    }
}

impl WantedBios {
    /// The job that is about to apply them.
    pub(crate) fn job(&self) -> Option<&str> {
        match &self.standing {
            Standing::Pending(job) => Some(job),
            _ => None,
        }
    }

    /// Reads the settings, and compares them with these.
    pub(crate) fn read(client: &Client, wanted: &Map<String, Value>) -> Result<Self, Failure> {
        let found = client.bios().map_err(|e| failed(&e))?;
        let values = client.bios_values(&found, wanted).map_err(|e| failed(&e))?;
        let values = values.map_err(|fault| Failure::invalid(told(&fault)))?;
        let job = client.bios_job(&found).map_err(|e| failed(&e))?;
        let will_be = |key: &String| found.pending.get(key).or(found.current.get(key));
        let will_be_so = values.iter().all(|(key, value)| will_be(key) == Some(value));
        let is_so = values.iter().all(|(key, value)| found.current.get(key) == Some(value));
        let standing = match job {
            None if is_so => Standing::Applied,
            None => {
                let others: Vec<String> = found
                    .changes()
                    .into_iter()
                    .map(|(key, _)| key)
                    .filter(|key| !values.contains_key(key))
                    .collect();
                if !others.is_empty() {
                    return Err(unplanned("the BIOS", &others));
                }
                Standing::Absent
            }
            // It changes other settings only.
            Some(_) if is_so && values.keys().all(|key| !found.pending.contains_key(key)) => {
                Standing::Applied
            }
            Some(job) if will_be_so => Standing::Pending(job.id),
            Some(job) if found.changes().is_empty() => return Err(in_the_way(&job)),
            Some(job) => return Err(other_values("the BIOS settings", &job)),
        };
        Ok(Self { found, values, standing })
    }

    /// The settings that are not so yet.
    pub(crate) fn missing(&self) -> Map<String, Value> {
        let is_missing = |(key, value): &(&String, &Value)| {
            self.found.current.get(*key) != Some(*value) || self.found.pending.contains_key(*key)
        };
        self.values.iter().filter(is_missing).map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// These settings as they are now.
    pub(crate) fn current(&self) -> Map<String, Value> {
        let now = |key: &String| self.found.current.get(key).cloned().unwrap_or_default();
        self.values.keys().map(|key| (key.clone(), now(key))).collect()
    }
}

/// A job for something else of the BIOS, such as the boot order, keeps its settings from being changed.
fn in_the_way(job: &Job) -> Failure {
    let msg = format!(
        "Job {} ({}) must run before the BIOS settings can be changed, so nothing was sent. Restart the server to run it, or delete it on the iDRAC; then run the task again.",
        job.id, job.state
    );
    Failure::new(ErrorKind::Conflict, msg).with("job", job.id.as_str()).unchanged()
}

/// Somebody has staged settings without a job, and the job for those of this task would apply them as well.
pub(crate) fn unplanned(of: &str, names: &[String]) -> Failure {
    let msg = format!(
        "{} of {of} is pending without a job to apply it, and a job of this task would apply it too, so nothing was sent. Clear the pending changes on the iDRAC, or apply them; then run the task again.",
        names.join(", ")
    );
    Failure::new(ErrorKind::Conflict, msg).unchanged()
}

/// A job is about to set other values than those asked for.
pub(crate) fn other_values(what: &str, job: &Job) -> Failure {
    let msg = format!(
        "Job {} ({}) will set {what} to other values, so nothing was sent. Restart the server to run it, or delete it on the iDRAC; then run the task again.",
        job.id, job.state
    );
    Failure::new(ErrorKind::Conflict, msg).with("job", job.id.as_str()).unchanged()
}

fn told(fault: &BiosFault) -> String {
    match fault {
        BiosFault::Unknown { name, similar: Some(similar) } => {
            format!("bios: this server has no setting {name}. Write it as {similar}.")
        }
        BiosFault::Unknown { name, similar: None } => {
            format!("bios: this server has no setting {name}. List its settings with idrac_info.")
        }
        BiosFault::Value { name, value, choices } => {
            format!("bios: {name} can't be {value:?}. Give one of: {}.", choices.join(", "))
        }
        BiosFault::ReadOnly { name } => {
            format!("bios: {name} can't be changed on this server. Leave it out.")
        }
    }
}
