//! How every module reaches the SUMS API: the options all of them share, and what they return of the exchange.
use crate::{address::conceal_unusable, error_kind::error_kind, seconds::seconds};
use ansible_module::{Choices, Failure, Module, Options, Results, Secret, Task};
use hatci_client::{Client, Error, KeySupport, Policy, Settings, TlsSettings};
use std::{path::PathBuf, time::Duration};

/// How to reach the HATCI SUMS API.
#[derive(Options)]
pub(crate) struct Connection {
    /// Base URL of the HATCI SUMS API, such as `https://sums.example.com`.
    #[option(env = "HATCI_BASE_URL")]
    hatci_base_url: String,
    /// API token, sent as a bearer token and never shown.
    #[option(env = "HATCI_TOKEN")]
    hatci_token: Secret,
    /// Whether to check the server's certificate.
    ///
    /// Without the check the token is exposed to anyone on the network path; a warning is issued each time.
    #[option(default = true)]
    verify_tls: bool,
    /// PEM file with certificate authorities to trust in addition to those of the system.
    hatci_ca_path: Option<PathBuf>,
    /// Whether to trust only `hatci_ca_path`, not the system's certificate authorities.
    #[option(default = false)]
    hatci_ca_only: bool,
    /// PEM file with the client certificate, followed by its intermediates.
    client_cert: Option<PathBuf>,
    /// PEM file with the unencrypted key of `client_cert`, as PKCS#8, SEC1 or PKCS#1.
    client_key: Option<PathBuf>,
    /// Timeout of one request in seconds, from the name lookup to the last byte of the answer.
    #[option(default = 30)]
    timeout: u64,
    /// How often a request is retried after a transient failure; 0 turns retries off.
    ///
    /// Reading, fixing and updating are retried; creating only if the server is known to honour idempotency keys.
    #[option(default = 3)]
    retries: u32,
    /// Whether the server honours idempotency keys, that is, creates only one object for several requests with the same key.
    ///
    /// Controls how a create is handled when its answer is lost.
    #[option(default = Keys::Auto)]
    idempotency_keys: Keys,
    /// Seconds from the start of a call during which a 404 counts as "not yet"; 0 makes it final at once.
    ///
    /// For servers that show a new object only after a while. User-supplied IDs must exist immediately.
    #[option(default = 0)]
    not_found_grace: u64,
    /// Timeout of one call in seconds, including all retries and the pauses between them. A list counts as one call, however many
    /// pages it has.
    #[option(default = 120)]
    deadline: u64,
}

#[derive(Choices, Clone, Copy)]
enum Keys {
    /// Detected: honoured if the server echoes a key; otherwise `/health` is probed with one. If so, the create is retried; otherwise
    /// it ends as `unknown_outcome`.
    Auto,
    /// Honoured, even if the server never shows it: the create is retried with the same key.
    Honoured,
    /// Not honoured: the create is never retried, and the server is not probed.
    Ignored,
}

/// What the exchange took, returned where one request was not enough.
#[derive(Results, Default, Clone, Copy)]
pub(crate) struct CallStats {
    /// The number of requests sent for the call that needed the most.
    #[result(returned = "when a request was retried", sample = 2)]
    attempts: Option<u32>,
    /// How long that call took, in seconds, including pauses.
    #[result(returned = "when a request was retried", sample = 1.25)]
    elapsed: Option<f64>,
}

/// What `error` contains after a failed call.
#[derive(Results, Default)]
pub(crate) struct CallFailure {
    /// The HTTP status.
    #[result(returned = "when the server answered", sample = 503)]
    status: Option<u32>,
    /// The method of the request.
    #[result(returned = "when a request was to be sent", sample = "POST")]
    method: Option<String>,
    /// The URL of the request, without user and query.
    #[result(returned = "when a request was to be sent", sample = "https://sums.example.com/api/v1/events")]
    url: Option<String>,
    /// How often the request was sent.
    #[result(returned = "when a request was to be sent", sample = 4)]
    attempts: Option<u32>,
    /// How long all attempts took, in seconds, including pauses.
    #[result(returned = "when a request was to be sent", sample = 2.5)]
    elapsed: Option<f64>,
    /// The beginning of the server's answer.
    #[result(returned = "when the server sent text", sample = "maintenance until 06:00")]
    server_text: Option<String>,
}

impl Connection {
    /// A client for these options. Its warnings become the task's, and retries are shown as progress.
    pub(crate) fn client(&self, task: &Task) -> Result<Client, Failure> {
        conceal_unusable(&self.hatci_base_url, task);
        let client = self.further_client()?;
        client.secrets().for_each(|secret| task.conceal(secret));
        client.warnings().iter().for_each(|warning| task.warn(warning));
        let acted = client.acted();
        task.set_change_probe(move || acted.may_have());
        let task = task.clone();
        Ok(client.on_retry(move |trouble| task.progress(&trouble.to_string())))
    }

    /// The host of the server, without its port.
    pub(crate) fn host(&self) -> String {
        let (_, rest) = self.hatci_base_url.split_once("://").unwrap_or_default();
        rest.split(['/', ':']).next().unwrap_or_default().to_owned()
    }

    /// Whether the user says that the server honours idempotency keys, or that it doesn't.
    pub(crate) fn keys_by_user(&self) -> Option<bool> {
        match self.idempotency_keys {
            Keys::Auto => None,
            Keys::Honoured => Some(true),
            Keys::Ignored => Some(false),
        }
    }

    /// One more client for these options, of a task that has one: with a connection of its own, for a thread of its own. It is silent.
    pub(crate) fn further_client(&self) -> Result<Client, Failure> {
        self.client_with(self.hatci_token.clone())
    }

    /// As [`Connection::further_client`], with another token.
    pub(crate) fn client_with(&self, token: Secret) -> Result<Client, Failure> {
        let mut settings = Settings::new(self.hatci_base_url.as_str(), token);
        settings.tls = TlsSettings {
            verify: self.verify_tls,
            ca_path: self.hatci_ca_path.clone(),
            ca_only: self.hatci_ca_only,
            client_cert: self.client_cert.clone(),
            client_key: self.client_key.clone(),
        };
        settings.keys = match self.idempotency_keys {
            Keys::Auto => KeySupport::Auto,
            Keys::Honoured => KeySupport::Honoured,
            Keys::Ignored => KeySupport::Ignored,
        };
        settings.timeout = seconds("timeout", self.timeout)?;
        settings.policy = Policy {
            retries: self.retries,
            deadline: seconds("deadline", self.deadline)?,
            not_found_grace: Duration::from_secs(self.not_found_grace),
        };
        Client::new(settings).map_err(|e| failed(&e))
    }
}

impl CallStats {
    /// Keeps the greater of the two.
    pub(crate) fn add(&mut self, stats: hatci_client::CallStats) {
        if stats.attempts > self.attempts.unwrap_or(1) {
            self.attempts = Some(stats.attempts);
            self.elapsed = Some((stats.elapsed.as_secs_f64() * 1e3).round() / 1e3);
        }
    }
}

/// A module that speaks to SUMS over a client that is there already.
pub(crate) trait OnClient: Module {
    /// As [`Module::new`].
    fn on(client: Client, options: Self::Options, task: &Task) -> Result<Self, Failure>;
}

/// The client's error as the task's failure.
pub(crate) fn failed(error: &Error) -> Failure {
    let exchange = error.exchange();
    let stats = exchange.map(|_| error.stats());
    let details = CallFailure {
        status: error.status().map(u32::from),
        method: exchange.and_then(|it| Some(it.method()?.as_str().to_owned())),
        url: exchange.and_then(|it| it.url()).map(str::to_owned),
        attempts: stats.map(|it| it.attempts),
        elapsed: stats.map(|it| it.elapsed.as_secs_f64()),
        server_text: error.server_text().map(str::to_owned),
    };
    Failure { details: details.to_map(), ..Failure::new(error_kind(error.kind()), error.to_string()) }
}

/// As [`failed`], for a call that changes something: the task is `changed` only if the server may have acted.
pub(crate) fn failed_to_change(error: &Error) -> Failure {
    Failure { changed: Some(error.may_have_acted()), ..failed(error) }
}
