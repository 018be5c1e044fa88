//! What every module of a bench's machines returns of its three phases, so that a playbook reads them all in the same way.
use ansible_module::Results;
use serde_json::{Map, Value};

/// The three phases of a task.
#[derive(Results, Default)]
pub(crate) struct Phases {
    /// The state before the task changed anything.
    #[result(returned = "when the server answered", sample = { "exists": false })]
    pub(crate) discovery: Option<Map<String, Value>>,
    /// What the task did, or would do in check mode.
    #[result(returned = "when the server answered")]
    pub(crate) processing: Option<Processing>,
    /// The outcome.
    #[result(returned = "when the outcome was checked")]
    pub(crate) housekeeping: Option<Housekeeping>,
}

/// What a task did.
#[derive(Results, Default)]
pub(crate) struct Processing {
    /// The steps, in their order.
    #[result(returned = "always", sample = ["create zvol tank/bench1", "create target bench1"])]
    pub(crate) actions: Vec<String>,
    /// What exists now because of this task.
    #[result(returned = "when something was created", sample = { "target": "bench1" })]
    pub(crate) made: Option<Map<String, Value>>,
}

/// What a task found afterwards.
#[derive(Results, Default)]
pub(crate) struct Housekeeping {
    /// Whether the requested state was reached.
    #[result(returned = "when that can be known", sample = true)]
    pub(crate) verified: Option<bool>,
    /// What does not stop the bench, but should be checked.
    #[result(returned = "always", sample = [])]
    pub(crate) warnings: Vec<String>,
}
