//! What is the same for all vehicles of a campaign, and what to do where its outcome is unknown.
use crate::{
    duties::Arguments,
    sums::{connection::Connection, in_doubt},
};
use ansible_module::{ErrorKind, Failure, Task};
use hatci_client::IdempotencyKey;
use serde_json::Value;

/// How the remedy begins that the client gives for a create of unknown outcome.
const REMEDY_IN_DOUBT: &str = "Check on the server whether it exists";

/// What is the same for all vehicles of a campaign.
pub(crate) struct Campaign {
    pub(crate) id: String,
    pub(crate) ansible_job_id: String,
    pub(crate) git_sha: String,
    pub(crate) suite_name: String,
    pub(crate) close_with_job: bool,
    /// Whether the server is known to honour idempotency keys.
    pub(crate) keys_are_honoured: bool,
    /// Whether a resume file keeps where it stands.
    pub(crate) has_file: bool,
    /// How to reach the server, as the modules take it.
    pub(crate) connection: Arguments,
}

impl Campaign {
    /// For steps that create nothing.
    pub(crate) fn of_connection(task: &Task) -> Self {
        Campaign {
            id: String::new(),
            ansible_job_id: String::new(),
            git_sha: String::new(),
            suite_name: String::new(),
            close_with_job: false,
            keys_are_honoured: false,
            has_file: false,
            connection: connection(task),
        }
    }

    /// What to do about a vehicle of which it is not known what exists.
    pub(crate) fn remedy_in_doubt(&self) -> &'static str {
        in_doubt::remedy(self.keys_are_honoured, self.has_file)
    }

    /// For each create the same key, whoever asks for it.
    pub(crate) fn key(&self, host: &str, step: &str) -> Value {
        IdempotencyKey::of_step(&self.id, host, step).to_string().into()
    }

    /// A failure of one of its steps, with the campaign's own remedy: nobody can give a key there, since they are made of its id.
    pub(crate) fn with_its_remedy(&self, failure: Failure) -> Failure {
        let in_doubt =
            failure.msg.find(REMEDY_IN_DOUBT).filter(|_| failure.kind == ErrorKind::UnknownOutcome);
        match in_doubt {
            Some(at) => {
                Failure { msg: format!("{}{}", &failure.msg[..at], self.remedy_in_doubt()), ..failure }
            }
            None => failure,
        }
    }
}

/// The options of the connection, for [`Campaign::connection`].
pub(crate) fn connection(task: &Task) -> Arguments {
    task.options_of::<Connection>()
}
