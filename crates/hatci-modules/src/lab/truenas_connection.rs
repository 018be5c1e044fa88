//! How the TrueNAS modules reach the server: the options they share, and the client's errors as failures.
use super::server_options::ServerOptions;
use crate::{address::conceal_unusable, error_kind::error_kind};
use ansible_module::{Failure, Options, Results, Secret, Task};
use truenas_client::{Client, Error, Settings};

/// How to reach TrueNAS.
#[derive(Options)]
pub(crate) struct TruenasConnection {
    /// URL of TrueNAS without a path, such as `https://truenas.example.com`. `http://` is refused unless it is this machine.
    ///
    /// TrueNAS permanently revokes an API key that arrives unencrypted. From 25.04 on, the JSON-RPC API over WebSocket is used, in the
    /// newest version that the server and this module know; REST only for 24.10 and earlier.
    #[option(env = "TRUENAS_URL")]
    truenas_url: String,
    /// API key, never shown.
    #[option(env = "TRUENAS_API_KEY")]
    truenas_api_key: Secret,
    /// The user that the API key belongs to. With it, TrueNAS says why it rejects a key; from release 27 on, it is required.
    ///
    /// Not used for 24.10 and earlier, where keys don't belong to users.
    truenas_username: Option<String>,
    #[option(flatten)]
    server: ServerOptions,
}

/// What `error` contains after a failed call.
#[derive(Results, Default)]
pub(crate) struct TruenasFailure {
    /// The HTTP status.
    #[result(returned = "when TrueNAS answered over HTTP", sample = 502)]
    status: Option<u32>,
    /// What TrueNAS says, in one line.
    #[result(
        returned = "when TrueNAS refused a call",
        sample = "name: Target with this name already exists"
    )]
    server_text: Option<String>,
    /// The fields of the call that TrueNAS objects to.
    #[result(returned = "when TrueNAS names fields", sample = ["volsize"])]
    fields: Option<Vec<String>>,
    /// The initiators that are logged in.
    #[result(returned = "when their sessions forbid the change", sample = ["iqn.1994-05.com.redhat:bench1"])]
    initiators: Option<Vec<String>>,
}

impl TruenasConnection {
    /// A client for these options. Its warnings become the task's, and waits are shown as progress. Nothing is sent yet.
    pub(crate) fn client(&self, task: &Task) -> Result<Client, Failure> {
        conceal_unusable(&self.truenas_url, task);
        let settings = Settings {
            username: self.truenas_username.clone(),
            tls: self.server.tls(),
            timeout: self.server.timeout()?,
            policy: self.server.policy()?,
            ..Settings::new(self.truenas_url.trim(), self.truenas_api_key.clone())
        };
        let progress = task.clone();
        let client = Client::new(settings, move |text| progress.progress(text)).map_err(|e| failed(&e))?;
        task.conceal(self.truenas_api_key.expose());
        client.warnings().iter().for_each(|warning| task.warn(warning));
        task.set_change_probe(client.acted());
        Ok(client)
    }
}

/// The client's error as the task's failure.
pub(crate) fn failed(error: &Error) -> Failure {
    let refusal = error.refusal();
    let details = TruenasFailure {
        status: error.status().map(u32::from),
        server_text: refusal.map(|refusal| refusal.text.clone()).filter(|text| !text.is_empty()),
        fields: refusal.map(|refusal| refusal.fields.clone()).filter(|fields| !fields.is_empty()),
        initiators: None,
    };
    Failure { details: details.to_map(), ..Failure::new(error_kind(error.kind()), error.to_string()) }
}
