//! How the ARA modules reach the server and which run they mean: the options they share, and their errors as failures.
use super::run_id;
use crate::{error_kind::error_kind, seconds::seconds};
use ansible_module::{Failure, Options, Secret, Task};
use ara_client::{
    Authorization, Client, Error, Moment, NewRun, Recorder, RecorderSettings, Settings, TlsSettings, Uuid,
};
use serde_json::{Map, Value};
use std::path::PathBuf;

/// How to reach an ARA server, and what to do while it can't be reached.
#[derive(Options)]
#[options(
    mutually_exclusive(ara_api_token, ara_api_username),
    required_together(ara_api_username, ara_api_password)
)]
pub(crate) struct AraConnection {
    /// Base URL of the ARA server.
    #[option(env = "ARA_API_SERVER", default = "http://127.0.0.1:8000")]
    ara_api_base_url: String,
    /// A token for a proxy in front of ARA, sent as a bearer token and never shown. ARA itself knows only user and password.
    ara_api_token: Option<Secret>,
    /// The user, if the server requires a login.
    #[option(env = "ARA_API_USERNAME")]
    ara_api_username: Option<String>,
    /// The user's password.
    #[option(env = "ARA_API_PASSWORD")]
    ara_api_password: Option<Secret>,
    /// Whether to check the certificate of an https server.
    #[option(default = true)]
    ara_verify_ssl: bool,
    /// PEM file with certificate authorities to trust in addition to the system's, or with the server's own certificate.
    ara_ca_path: Option<PathBuf>,
    /// Maximum delay of a whole run in seconds if ARA is unreachable, slow or broken. After that, its events go only to the spool.
    #[option(default = 2)]
    timeout: u64,
    /// How often a request is retried after a transient failure; 0 turns retries off.
    #[option(default = 3)]
    retries: u32,
    /// Whether the task fails if ARA can't be reached. Otherwise each run warns once.
    #[option(default = false)]
    fail_on_error: bool,
    /// Folder for unsent events. The next run that reaches the server sends them.
    #[option(default = "~/.ansible/hatci_ara")]
    spool: PathBuf,
}

/// Which run, and what ARA is told of it when this task is the first to speak of it.
#[derive(Options)]
pub(crate) struct RunOptions {
    /// The run's id: a UUID, or any other text, which always maps to the same UUID.
    ///
    /// By default, all tasks of one `ansible-playbook` belong to one run.
    pub(crate) run_id: Option<String>,
    /// The run's name in ARA.
    #[option(default = "hatci.automation", aliases("name"))]
    pub(crate) run_name: String,
    /// Labels of the run in ARA.
    #[option(default = [])]
    pub(crate) labels: Vec<String>,
    /// Kept with the run, as the record `metadata`.
    pub(crate) metadata: Option<Map<String, Value>>,
}

impl AraConnection {
    /// Checks the options. Nothing is sent.
    fn settings(&self) -> Result<RecorderSettings, Failure> {
        let patience = seconds("timeout", self.timeout)?;
        let mut settings = Settings::new(&self.ara_api_base_url);
        settings.authorization = match (&self.ara_api_token, &self.ara_api_username, &self.ara_api_password) {
            (Some(token), _, _) => Authorization::Bearer(token.clone()),
            (None, Some(username), Some(password)) => {
                Authorization::Basic { username: username.clone(), password: password.clone() }
            }
            _ => Authorization::None,
        };
        settings.tls = TlsSettings {
            verify: self.ara_verify_ssl,
            ca_path: self.ara_ca_path.clone(),
            ..TlsSettings::default()
        };
        settings.timeout = patience;
        settings.retries = self.retries;
        let client = Client::new(settings).map_err(|e| {
            let why =
                "This run can't be recorded in ARA: check ara_api_base_url and the options given with it.";
            Failure::new(error_kind(e.kind()), format!("{why} {e}"))
        })?;
        // What is for one server must never reach another.
        let server = run_id::given(self.ara_api_base_url.trim_end_matches('/')).to_string();
        Ok(RecorderSettings {
            client,
            patience,
            fail_on_error: self.fail_on_error,
            spool: self.spool.join(server),
        })
    }

    /// The recorder of the run that these options name. Nothing is sent yet.
    pub(crate) fn recorder(&self, run: RunOptions, task: &Task) -> Result<Recorder, Failure> {
        let id = match run.run_id.as_deref().map(str::trim) {
            Some(text) if !text.is_empty() => run_id::given(text),
            _ => run_id::of_this_playbook().unwrap_or_else(Uuid::new_v4),
        };
        let start = NewRun {
            labels: run.labels.iter().map(|label| task.mask_text(label)).collect(),
            metadata: masked(run.metadata.unwrap_or_default(), task),
            ansible_version: task
                .ansible_key("version")
                .and_then(Value::as_str)
                .unwrap_or("unknown")
                .to_owned(),
            controller: hardened_host::read_kernel_file("/proc/sys/kernel/hostname")
                .unwrap_or_default()
                .trim()
                .to_owned(),
            user: std::env::var("USER").unwrap_or_default(),
            ansible_play: run_id::of_play(task),
            ..NewRun::new(id, task.mask_text(&run.run_name), Moment::now())
        };
        let warning = task.clone();
        Ok(Recorder::new(self.settings()?, start, move |text| warning.warn(text)))
    }
}

/// These details without the task's secrets, which nobody is to read in ARA or in the spool: not as keys either.
pub(crate) fn masked(details: Map<String, Value>, task: &Task) -> Map<String, Value> {
    fn mask_keys(value: Value, task: &Task) -> Value {
        match value {
            Value::Object(entries) => Value::Object(
                entries
                    .into_iter()
                    .map(|(key, value)| (task.mask_text(&key), mask_keys(value, task)))
                    .collect(),
            ),
            Value::Array(items) => items.into_iter().map(|item| mask_keys(item, task)).collect(),
            other => other,
        }
    }
    let mut value = Value::Object(details);
    task.mask(&mut value);
    match mask_keys(value, task) {
        Value::Object(details) => details,
        // An object stays one.
        _ => Map::new(),
    }
}

/// The client's error as the task's failure.
pub(crate) fn failed(error: &Error) -> Failure {
    let failure = Failure::new(error_kind(error.kind()), error.to_string());
    match error.exchange().and_then(ara_client::ExchangeError::status) {
        Some(status) => failure.with("status", status),
        None => failure,
    }
}
