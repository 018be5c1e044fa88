//! The import of a server configuration profile: the one way in which an iDRAC8 takes some of its own settings.
use crate::{
    Client, Error, JobEnd,
    client::Repeat,
    link::{MANAGER, action},
};
use serde_json::json;
use std::time::Duration;

/// An import of a few attributes takes seconds; an iDRAC8 that is busy needs more.
const LONGEST: Duration = Duration::from_secs(300);

impl Client {
    /// Imports attributes of the iDRAC, which are applied at once, and waits for it. Doing it twice is the same as doing it once.
    pub(crate) fn import_attributes(&self, attributes: &[(&str, &str)]) -> Result<(), Error> {
        let manager = self.get(MANAGER)?.body;
        let target =
            action(&manager["Actions"], "ImportSystemConfiguration").ok_or_else(|| Error::Unsupported {
                what: "This iDRAC can't import a server configuration profile".into(),
                remedy: "Update its firmware, and check its licence".into(),
            })?;
        let body = json!({
            "ImportBuffer": profile(attributes),
            "ShutdownType": "NoReboot",
            "ShareParameters": { "Target": ["IDRAC"] },
        });
        let answer = self.post(&target, &body, Repeat::Harmless)?;
        let job = match answer.job_id() {
            Some(job) => job,
            None => self.import_under_way()?,
        };
        self.wait_for_job(&job, LONGEST).map(drop)
    }

    fn import_under_way(&self) -> Result<String, Error> {
        let jobs = self.jobs()?;
        let import =
            jobs.into_iter().find(|job| job.end() == JobEnd::Pending && job.kind == "ImportConfiguration");
        import.map(|job| job.id).ok_or_else(|| Error::UnknownOutcome {
            what: "the profile was imported".into(),
            cause: "the iDRAC accepted it, but named no job.".into(),
            remedy: "Check the job queue of the iDRAC, then run the task again".into(),
        })
    }
}

/// The profile as an iDRAC reads it. No name or value needs to be escaped.
fn profile(attributes: &[(&str, &str)]) -> String {
    let lines =
        attributes.iter().map(|(name, value)| format!("<Attribute Name=\"{name}\">{value}</Attribute>"));
    let lines: String = lines.collect();
    format!(
        "<SystemConfiguration><Component FQDD=\"iDRAC.Embedded.1\">{lines}</Component></SystemConfiguration>"
    )
}
