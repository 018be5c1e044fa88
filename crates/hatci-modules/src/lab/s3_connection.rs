//! How the S3 modules reach their server: the options they share, and the client's errors as failures of a task.
use super::server_options::ServerOptions;
use crate::{address::conceal_unusable, error_kind::error_kind};
use ansible_module::{Failure, Options, Results, Secret, Task};
use s3_client::{Client, Credentials, Error, Settings};

/// How to reach an S3 server.
#[derive(Options)]
pub(crate) struct S3Connection {
    /// The S3 server: `https://HOST[:PORT][/PATH]`, or `HOST[:PORT]` for https. Buckets are addressed in the path.
    #[option(env = "S3_ENDPOINT")]
    s3_endpoint: String,
    /// The access key, which names an account and is sent with each request.
    #[option(env = "S3_ACCESS_KEY", no_log = false)]
    s3_access_key: String,
    /// The secret key, which signs the requests and is never sent or shown.
    #[option(env = "S3_SECRET_KEY")]
    s3_secret_key: Secret,
    /// The region to sign for, and to create buckets in. Garage needs its own name; most other servers take the default.
    #[option(default = "us-east-1")]
    region: String,
    #[option(flatten)]
    server: ServerOptions,
}

/// What `error` contains after a call that S3 refused.
#[derive(Results, Default)]
pub(crate) struct S3Failure {
    /// The HTTP status.
    #[result(returned = "when the server answered", sample = 404)]
    status: Option<u32>,
    /// S3's code for the error.
    #[result(returned = "when S3 gave one", sample = "NoSuchBucket")]
    code: Option<String>,
    /// How often the request was sent.
    #[result(returned = "when a request was sent", sample = 4)]
    attempts: Option<u32>,
}

impl S3Connection {
    /// A client for these options. Its warnings become the task's, and repeated attempts are shown as progress.
    pub(crate) fn client(&self, task: &Task) -> Result<Client, Failure> {
        conceal_unusable(&self.s3_endpoint, task);
        task.conceal(self.s3_secret_key.expose());
        let credentials = Credentials {
            access_key: self.s3_access_key.trim().to_owned(),
            secret_key: self.s3_secret_key.clone(),
        };
        let client = Client::new(Settings {
            region: self.region.trim().to_owned(),
            tls: self.server.tls(),
            timeout: self.server.timeout()?,
            policy: self.server.policy()?,
            ..Settings::new(self.s3_endpoint.as_str(), credentials)
        })
        .map_err(|e| failed(&e))?;
        client.warnings().iter().for_each(|warning| task.warn(warning));
        task.set_change_probe(client.acted());
        let task = task.clone();
        Ok(client.on_retry(move |trouble| task.progress(&trouble.to_string())))
    }
}

/// The client's error as the failure of a change, which says whether something was changed all the same.
pub(crate) fn not_done(error: &Error) -> Failure {
    Failure { changed: Some(error.may_have_acted()), ..failed(error) }
}

/// The client's error as the task's failure.
pub(crate) fn failed(error: &Error) -> Failure {
    let attempts = error.stats().attempts;
    let details = S3Failure {
        status: error.status().map(u32::from),
        code: error.code().map(str::to_owned),
        attempts: (attempts > 0).then_some(attempts),
    };
    Failure { details: details.to_map(), ..Failure::new(error_kind(error.kind()), error.to_string()) }
}
