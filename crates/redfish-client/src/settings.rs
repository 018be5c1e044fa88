//! Settings that a job applies at the next start: staged once, with exactly one job.
use crate::{
    Client, Error,
    client::Repeat,
    link::{MANAGER, link},
};
use serde_json::{Value, json};

/// What became of settings that were sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staged {
    /// The job that will apply them; none if they were applied at once.
    pub job: Option<String>,
    /// Which way was taken.
    pub method: &'static str,
}

/// The page of pending settings that belongs to a page of current ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SettingsPage {
    pub(crate) path: String,
    /// Whether a change may say that it is to be applied at the next start, and then makes its job by itself.
    pub(crate) takes_apply_time: bool,
}

impl SettingsPage {
    /// As the page of current settings says.
    pub(crate) fn of(current: &Value, path: &str) -> Self {
        let told = &current["@Redfish.Settings"];
        let times = told["SupportedApplyTimes"].as_array();
        Self {
            path: link(&told["SettingsObject"]).unwrap_or_else(|| format!("{path}/Settings")),
            takes_apply_time: times.is_some_and(|times| times.iter().any(|it| it == "OnReset")),
        }
    }
}

/// The time at which a change is to be applied.
pub(crate) fn on_reset() -> Value {
    json!({ "ApplyTime": "OnReset" })
}

impl Client {
    /// Sends settings and has a job made that applies them. `what` is what a person calls them, `device` as for [`crate::Job::is_for`].
    pub(crate) fn stage(
        &self,
        page: &SettingsPage,
        body: &Value,
        what: &str,
        device: &str,
    ) -> Result<String, Error> {
        let mut body = body.clone();
        if page.takes_apply_time {
            body["@Redfish.SettingsApplyTime"] = on_reset();
        }
        let answer = match self.patch(&page.path, &body) {
            Err(error) if error.says("SYS011") => return Err(self.pending(&page.path, what, device)?),
            other => other?,
        };
        match answer.job_id() {
            Some(job) => Ok(job),
            None => self.plan_job(&page.path, what, device),
        }
    }

    /// Has a job made for settings that are pending without one. A failure leaves them so, and says it.
    pub(crate) fn plan_job(&self, settings: &str, what: &str, device: &str) -> Result<String, Error> {
        self.make_job(settings, what, device).map_err(|error| error.once_staged(what))
    }

    fn make_job(&self, settings: &str, what: &str, device: &str) -> Result<String, Error> {
        let outcome =
            self.post(&format!("{MANAGER}/Jobs"), &json!({ "TargetSettingsURI": settings }), Repeat::Harmful);
        let cause = match outcome {
            Ok(answer) => match answer.job_id() {
                Some(job) => return Ok(job),
                None => "the iDRAC accepted it without naming it.".to_owned(),
            },
            // There is one, or the answer was lost: then it is in the queue.
            Err(error) if error.says("SYS011") || error.may_have_acted() => error.to_string(),
            Err(error) => return Err(error),
        };
        match self.job_for(settings, device)? {
            Some(job) => Ok(job.id),
            None => Err(Error::UnknownOutcome {
                what: format!("a job was created that changes {what}"),
                cause,
                remedy: "Check the job queue of the iDRAC, then run the task again".into(),
            }),
        }
    }

    /// The error for settings that a job is already about to change.
    fn pending(&self, settings: &str, what: &str, device: &str) -> Result<Error, Error> {
        let job = self.job_for(settings, device)?.map_or(String::new(), |job| job.id);
        Ok(Error::JobPending { job, what: what.into() })
    }
}
