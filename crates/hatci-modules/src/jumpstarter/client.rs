//! How the Jumpstarter modules find their client: the options they share, and the client's errors as failures.
use crate::error_kind::error_kind;
use ansible_module::{Failure, Options, Task};
use jumpstarter::{Choice, ConfigSource, Environment, Error};
use std::path::PathBuf;

/// Which Jumpstarter client to use.
///
/// Without these options it is the one that the environment describes (`JMP_NAMESPACE`, `JMP_NAME`, `JMP_ENDPOINT`,
/// `JMP_TOKEN`), else the user's current client, as for `jmp` itself.
#[derive(Options)]
#[options(mutually_exclusive(client_config, client))]
pub(crate) struct JumpstarterClient {
    /// The client's configuration file, as written by `jmp config client create`.
    client_config: Option<PathBuf>,
    /// The name of one of this user's clients, as listed by `jmp config client list`.
    client: Option<String>,
}

impl JumpstarterClient {
    /// What makes `jmp` be the same client: options for its command line, each with a space before it.
    pub(crate) fn as_arguments(&self) -> String {
        match (&self.client_config, &self.client) {
            (Some(path), _) => format!(" --client-config {}", path.display()),
            (None, Some(alias)) => format!(" --client {alias}"),
            (None, None) => String::new(),
        }
    }

    /// Where its configuration is. What is secret in it is a secret of the task from here on.
    pub(crate) fn source(&self, task: &Task) -> ConfigSource {
        let choice = match (&self.client_config, &self.client) {
            // The keeper of leases reads it again, from another directory.
            (Some(path), _) => Choice::File(std::path::absolute(path).unwrap_or(path.clone())),
            (None, Some(alias)) => Choice::Client(alias.clone()),
            (None, None) => Choice::Default,
        };
        let source = ConfigSource { choice, environment: Environment::of_this_process() };
        // One that can't be read is told of where it is needed.
        if let Ok(config) = source.load() {
            config.secrets().iter().for_each(|secret| task.conceal(secret.expose()));
        }
        source
    }
}

/// The client's error as the task's failure.
pub(crate) fn failed(error: &Error) -> Failure {
    Failure::new(error_kind(error.kind()), error.to_string())
}
