//! How every module reaches an iDRAC: the options all of them share, and what they return of a failure.
use super::server_options::ServerOptions;
use crate::{address::conceal_unusable, error_kind::error_kind};
use ansible_module::{Failure, Options, Results, Secret, Task};
use redfish_client::{Client, Error, Settings};

/// How to reach the iDRAC.
#[derive(Options)]
pub(crate) struct IdracConnection {
    /// Address of the iDRAC, such as `https://idrac-bench1.example.com`.
    #[option(env = "IDRAC_URL")]
    idrac_url: String,
    /// A user of the iDRAC that may configure it.
    #[option(env = "IDRAC_USERNAME")]
    idrac_username: String,
    /// The user's password. A refused login is never retried, because an iDRAC blocks an address after a few failures.
    #[option(env = "IDRAC_PASSWORD")]
    idrac_password: Secret,
    #[option(flatten)]
    server: ServerOptions,
}

/// What `error` contains after a failed call.
#[derive(Results, Default)]
pub(crate) struct IdracFailure {
    /// The HTTP status.
    #[result(returned = "when the iDRAC answered", sample = 400)]
    status: Option<u32>,
    /// The method of the request.
    #[result(returned = "when the iDRAC refused the request", sample = "PATCH")]
    method: Option<String>,
    /// The URL of the request, without user and query.
    #[result(
        returned = "when the iDRAC refused the request",
        sample = "https://idrac-bench1.example.com/redfish/v1/Systems/System.Embedded.1"
    )]
    url: Option<String>,
    /// How often the request was sent.
    #[result(returned = "when the iDRAC refused the request", sample = 1)]
    attempts: Option<u32>,
    /// The ids of the iDRAC's messages, without their versions.
    #[result(returned = "when the iDRAC refused the request", sample = ["SYS011"])]
    message_ids: Option<Vec<String>>,
    /// The job that is in the way or failed.
    #[result(returned = "when the failure is about a job", sample = "JID_123456789012")]
    job: Option<String>,
}

impl IdracConnection {
    /// A client for these options. Its warnings become the task's, and waits for an iDRAC that is not ready are shown as progress.
    pub(crate) fn client(&self, task: &Task) -> Result<Client, Failure> {
        conceal_unusable(&self.idrac_url, task);
        let mut settings =
            Settings::new(self.idrac_url.as_str(), self.idrac_username.as_str(), self.idrac_password.clone());
        settings.tls = self.server.tls();
        settings.timeout = self.server.timeout()?;
        settings.deadline = self.server.policy()?.deadline;
        let shown = task.clone();
        let client = Client::new(settings, move |text| shown.progress(text)).map_err(|e| failed(&e))?;
        client.secrets().for_each(|secret| task.conceal(secret));
        client.warnings().iter().for_each(|warning| task.warn(warning));
        Ok(client)
    }
}

/// Keeps the secrets of an image's address from being shown: a password, and a query, which often signs it.
pub(crate) fn conceal_image(image: &str, task: &Task) {
    // A shorter one signs nothing, and would be found by chance in other texts.
    let query = image.split_once('?').map(|(_, query)| query).filter(|it| it.len() >= 8);
    shown_text::url_secret(image).into_iter().chain(query).for_each(|secret| task.conceal(secret));
}

/// The client's error as the task's failure.
pub(crate) fn failed(error: &Error) -> Failure {
    let refusal = error.refusal();
    let details = IdracFailure {
        status: error.status().map(u32::from),
        method: refusal.map(|it| it.method().to_owned()),
        url: refusal.map(|it| it.url().to_owned()),
        attempts: refusal.map(redfish_client::Refusal::attempts),
        message_ids: refusal.map(|it| it.messages().iter().map(|message| message.id.clone()).collect()),
        job: match error {
            Error::JobPending { job, .. } | Error::JobFailed { job, .. } if !job.is_empty() => {
                Some(job.clone())
            }
            _ => None,
        },
    };
    Failure { details: details.to_map(), ..Failure::new(error_kind(error.kind()), error.to_string()) }
}

/// As [`failed`], in the middle of a change: the task is `changed` only if something was done before, or the iDRAC may have acted.
pub(crate) fn failed_after(acted: bool, error: &Error) -> Failure {
    Failure { changed: Some(acted || error.may_have_acted()), ..failed(error) }
}
