//! Having the boot order changed, and which job is about to do it. An iDRAC has jobs for the boot order and for the BIOS of the same name and kind.
use crate::{
    BootOrder, Client, Error, Idrac, Job, JobEnd,
    boot_order::{BIOS_DEVICE, Way},
    link::SYSTEM,
    settings::Staged,
};
use serde_json::{Value, json};

/// What a person calls it.
const WHAT: &str = "the boot order";

/// What the queue of jobs means for the boot order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrderJob {
    /// Nothing waits.
    None,
    /// This job sets the order that is shown as pending.
    Sets(Job),
    /// This job sets the order, and the iDRAC doesn't show to what.
    Unshown(Job),
    /// This job changes other settings of the BIOS. Many iDRACs take no other change of the BIOS until it has run.
    Other(Job),
}

impl OrderJob {
    /// The job that sets the order, if there is one.
    pub fn setting(self) -> Option<Job> {
        match self {
            Self::Sets(job) | Self::Unshown(job) => Some(job),
            Self::None | Self::Other(_) => None,
        }
    }
}

impl Client {
    /// Has the boot order changed to these ids, which must be all, and returns the job that does it.
    pub fn stage_boot_order(&self, order: &BootOrder, ids: &[String]) -> Result<Staged, Error> {
        let method = order.method();
        match &order.way {
            Way::Sources { page, key, objects } => {
                let body = json!({ "Attributes": { *key: ordered(objects, ids) } });
                let staged = self.stage(page, &body, WHAT, BIOS_DEVICE);
                let job = staged.or_else(|error| Err(self.with_job_in_the_way(order, error)?))?;
                Ok(Staged { job: Some(job), method })
            }
            Way::Options { .. } => {
                let body = json!({ "Boot": { "BootOrder": ids } });
                // Up to the iDRAC9 it is a setting of the system itself.
                let path = if self.identity()?.idrac > Idrac::Nine {
                    format!("{SYSTEM}/Settings")
                } else {
                    SYSTEM.into()
                };
                let answer = match self.patch(&path, &body) {
                    Err(error) if error.says("SYS011") => {
                        let error = Error::JobPending { job: String::new(), what: WHAT.into() };
                        return Err(self.with_job_in_the_way(order, error)?);
                    }
                    other => other?,
                };
                let job = match answer.job_id() {
                    Some(job) => Some(job),
                    None => self
                        .boot_order_job(order)
                        .map_err(|error| error.once_staged(WHAT))?
                        .setting()
                        .map(|job| job.id),
                };
                Ok(Staged { job, method })
            }
        }
    }

    /// What the jobs that wait or run are about to do to the boot order.
    pub fn boot_order_job(&self, order: &BootOrder) -> Result<OrderJob, Error> {
        let mut jobs = self.jobs()?;
        jobs.retain(|job| job.end() == JobEnd::Pending && is_of_bios(job));
        let Some(last) = jobs.last().cloned() else { return Ok(OrderJob::None) };
        let own = jobs.iter().find(|job| is_of_order(job, order)).cloned();
        let unclear: Vec<&Job> = jobs.iter().filter(|job| may_be_of_order(job, order)).collect();
        let candidate = own.clone().or(unclear.last().map(|job| (*job).clone()));
        let Some(candidate) = candidate else { return Ok(OrderJob::Other(last)) };
        if order.pending.is_some() {
            return Ok(OrderJob::Sets(candidate));
        }
        if own.is_some() {
            return Ok(OrderJob::Unshown(candidate));
        }
        // One of them is for the settings of the BIOS, if any of these wait.
        let of_settings = usize::from(!self.bios()?.changes().is_empty());
        Ok(if unclear.len() > of_settings {
            OrderJob::Unshown(candidate)
        } else {
            OrderJob::Other(candidate)
        })
    }

    /// The error with the job that the iDRAC must mean, if it is one about a job that isn't known yet.
    fn with_job_in_the_way(&self, order: &BootOrder, error: Error) -> Result<Error, Error> {
        let Error::JobPending { job, what } = error else { return Ok(error) };
        let job = match self.boot_order_job(order)? {
            _ if !job.is_empty() => job,
            OrderJob::None => job,
            OrderJob::Sets(it) | OrderJob::Unshown(it) | OrderJob::Other(it) => it.id,
        };
        Ok(Error::JobPending { job, what })
    }
}

fn is_of_bios(job: &Job) -> bool {
    job.kind == "BIOSConfiguration" || job.name.contains(BIOS_DEVICE)
}

/// Whether the job says that it is for the boot order.
fn is_of_order(job: &Job, order: &BootOrder) -> bool {
    let pages = [order.settings(), SYSTEM, &format!("{SYSTEM}/BootSources/Settings")].map(str::to_owned);
    job.target.is_some() && pages.iter().any(|page| job.is_for(page, BIOS_DEVICE))
}

/// Whether it may be: it doesn't say, or the iDRAC has one page for both.
fn may_be_of_order(job: &Job, order: &BootOrder) -> bool {
    job.target.is_none() || matches!(order.way, Way::Options { .. })
}

/// The objects in the order of `ids`, with their places in it.
fn ordered(objects: &[Value], ids: &[String]) -> Vec<Value> {
    let found = |id: &String| objects.iter().find(|it| it["Id"] == id.as_str()).cloned();
    let placed = |(index, mut object): (usize, Value)| {
        object["Index"] = index.into();
        object
    };
    ids.iter().filter_map(found).enumerate().map(placed).collect()
}
