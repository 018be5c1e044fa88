//! The iDRAC's queue of jobs: what waits for a restart, what runs, and how it ended.
use crate::{Client, Error, link::MANAGER, message::MOST};
use serde_json::Value;
use shown_text::{cut, one_line};
use std::time::Duration;

/// One job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Job {
    /// Such as `JID_123456789012`.
    pub id: String,
    /// In the iDRAC's words, such as `Configure: BIOS.Setup.1-1`.
    pub name: String,
    /// Such as `BIOSConfiguration`.
    pub kind: String,
    /// Such as `Scheduled`.
    pub state: String,
    /// The iDRAC's words, as they came but for their length: whoever shows them masks secrets first, and then cleans them.
    pub message: String,
    /// How far it is, if it says so.
    pub percent: Option<u64>,
    /// The path of the settings that it applies, if it says so.
    pub target: Option<String>,
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobEnd {
    /// It has not ended.
    Pending,
    /// It did what it was to do.
    Good,
    /// It did not, or only in part.
    Bad,
}

/// At least this often a wait says something.
const SPEAK_EVERY: Duration = Duration::from_secs(60);
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

impl Job {
    /// Whether it has ended, and how. A job in an unknown state has not ended.
    pub fn end(&self) -> JobEnd {
        match self.state.as_str() {
            "Completed" => JobEnd::Good,
            "CompletedWithErrors" | "Failed" | "RebootFailed" => JobEnd::Bad,
            _ => JobEnd::Pending,
        }
    }

    /// Whether it waits for the server to be restarted.
    pub fn waits_for_restart(&self) -> bool {
        self.end() == JobEnd::Pending && !matches!(self.state.as_str(), "Running" | "RebootCompleted")
    }

    /// Whether it applies the settings at this path. `device` is what they belong to, for an iDRAC that doesn't say the path.
    pub fn is_for(&self, settings: &str, device: &str) -> bool {
        match &self.target {
            Some(target) => {
                let target = target.trim_end_matches('/');
                // Some say it from the root of the service.
                !target.is_empty() && (target == settings || settings.ends_with(target))
            }
            None => self.name.contains(device),
        }
    }

    fn new(body: &Value) -> Option<Self> {
        let words = |key: &str| body[key].as_str().unwrap_or_default();
        let text = |key: &str| one_line(words(key));
        let (id, state) = (text("Id"), text("JobState"));
        let percent = &body["PercentComplete"];
        let target = text("TargetSettingsURI");
        (!id.is_empty() && !state.is_empty()).then(|| Self {
            id,
            state,
            name: text("Name"),
            kind: text("JobType"),
            message: cut(words("Message"), MOST).into_owned(),
            percent: percent.as_u64().or_else(|| percent.as_str()?.parse().ok()),
            target: (!target.is_empty()).then_some(target),
        })
    }

    fn shown(&self) -> String {
        let percent = self.percent.map_or(String::new(), |percent| format!(", {percent} %"));
        format!("job {} ({}): {}{percent}", self.id, self.name, self.state)
    }
}

impl Client {
    /// All jobs that the iDRAC knows, in its order.
    pub fn jobs(&self) -> Result<Vec<Job>, Error> {
        Ok(self.members(&format!("{MANAGER}/Jobs"))?.iter().filter_map(Job::new).collect())
    }

    /// One job; none if there is none of this id.
    pub fn job(&self, id: &str) -> Result<Option<Job>, Error> {
        let path = format!("{MANAGER}/Jobs/{id}");
        let Some(answer) = self.look_up(&path)? else { return Ok(None) };
        let unusable = || Error::Unusable { path, why: "it has no Id and JobState".into() };
        Job::new(&answer.body).map(Some).ok_or_else(unusable)
    }

    /// The job under way for the settings at this path, if there is one. `device` as for [`Job::is_for`].
    pub fn job_for(&self, settings: &str, device: &str) -> Result<Option<Job>, Error> {
        let is_it = |job: &Job| job.end() == JobEnd::Pending && job.is_for(settings, device);
        Ok(self.jobs()?.into_iter().find(is_it))
    }

    /// Waits until a job has ended well, for so long at most.
    pub fn wait_for_job(&self, id: &str, timeout: Duration) -> Result<Job, Error> {
        let start = self.clock.now();
        let (mut pause, mut said, mut last) = (FIRST_PAUSE, start, None::<Job>);
        loop {
            // While an iDRAC writes it down, it may not be found.
            let found = self.job(id)?;
            if let Some(job) = &found {
                match job.end() {
                    JobEnd::Good => return Ok(job.clone()),
                    JobEnd::Bad => {
                        return Err(Error::JobFailed {
                            job: job.id.clone(),
                            state: job.state.clone(),
                            message: job.message.trim_end_matches('.').into(),
                        });
                    }
                    JobEnd::Pending => {}
                }
            }
            let left = timeout.saturating_sub(self.since(start));
            if left.is_zero() {
                return Err(too_long(id, found.or(last).as_ref(), timeout));
            }
            if found.is_some() && found.as_ref().map(|it| &it.state) != last.as_ref().map(|it| &it.state)
                || self.since(said) >= SPEAK_EVERY
            {
                said = self.clock.now();
                self.say(&found.as_ref().map_or_else(|| format!("job {id}: not found yet"), Job::shown));
            }
            last = found.or(last);
            self.clock.sleep(pause.min(left));
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

fn too_long(id: &str, last: Option<&Job>, timeout: Duration) -> Error {
    let seconds = timeout.as_secs();
    let (state, remedy) = match last {
        None => ("is not in the queue of the iDRAC".to_owned(), "Check the job queue of the iDRAC"),
        Some(job) if job.waits_for_restart() => (
            format!("is still {}", job.state),
            "It starts when the server restarts: check its console, or raise wait_timeout",
        ),
        Some(job) => (format!("is still {}", job.state), "Check the server's console, or raise wait_timeout"),
    };
    Error::TooLong { what: format!("Job {id} {state} after {seconds} s"), remedy: remedy.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn of_a_job_only_its_id_and_its_state_must_be_there() {
        let job = Job::new(&json!({ "Id": "JID_1", "JobState": "Scheduled" })).unwrap();
        assert_eq!((job.end(), job.waits_for_restart(), job.percent), (JobEnd::Pending, true, None));
        assert_eq!(Job::new(&json!({ "Id": "JID_1" })), None);
    }

    #[test]
    fn states_end_a_job_or_do_not() {
        let end = |state: &str| Job { state: state.into(), ..Job::default() }.end();
        for pending in
            ["New", "Scheduled", "Running", "Downloading", "Waiting", "RebootPending", "Unknown", "Whatever"]
        {
            assert_eq!(end(pending), JobEnd::Pending, "{pending}");
        }
        assert_eq!(end("Completed"), JobEnd::Good);
        for bad in ["CompletedWithErrors", "Failed", "RebootFailed"] {
            assert_eq!(end(bad), JobEnd::Bad, "{bad}");
        }
    }

    #[test]
    fn a_job_is_known_by_the_settings_it_applies_and_else_by_its_name() {
        let named = Job { name: "Configure: BIOS.Setup.1-1".into(), ..Job::default() };
        assert!(named.is_for("/redfish/v1/Bios/Settings", "BIOS.Setup"));
        let told = Job { target: Some("/redfish/v1/BootSources/Settings".into()), ..named };
        assert!(!told.is_for("/redfish/v1/Bios/Settings", "BIOS.Setup"));
        assert!(told.is_for("/redfish/v1/BootSources/Settings", "BIOS.Setup"));
    }
}
