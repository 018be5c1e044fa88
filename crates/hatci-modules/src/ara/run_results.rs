//! What the ARA modules return of a run.
use ansible_module::Results;
use ara_client::RunFound;

/// Where the run can be found.
#[derive(Results, Default)]
pub(crate) struct RunResults {
    /// The run's id.
    #[result(returned = "always", sample = "0b5e1c9e-6a3f-4d55-9c39-2f9f6c3a1b77")]
    pub(crate) run_id: Option<String>,
    /// ARA's id of the playbook.
    #[result(returned = "when ARA knows the run", sample = 17)]
    playbook_id: Option<u64>,
    /// The run's page in ARA.
    #[result(returned = "when ARA knows the run", sample = "http://127.0.0.1:8000/playbooks/17.html")]
    url: Option<String>,
    /// The number of unsent entries of this run.
    #[result(returned = "when there was something to send", sample = 0)]
    pub(crate) waiting: Option<u64>,
}

impl From<RunFound> for RunResults {
    fn from(found: RunFound) -> Self {
        Self {
            run_id: Some(found.run.to_string()),
            playbook_id: found.playbook,
            url: found.url,
            waiting: found.waiting.map(|waiting| waiting as u64),
        }
    }
}
