//! What `idrac_boot` returns.
use super::phases::{Housekeeping, Phases};
use ansible_module::Results;

/// What `idrac_boot` returns.
#[derive(Results, Default)]
pub struct BootResults {
    /// The ids of the boot order as it is or, if it is `pending`, as it will be.
    #[result(returned = "when order is given", sample = ["Boot0004", "Boot0001"])]
    pub(crate) order: Option<Vec<String>>,
    /// Whether something waits for a restart: a job, or the one-time boot.
    #[result(returned = "when the iDRAC answered", sample = true)]
    pub(crate) pending: Option<bool>,
    /// The job that makes the changes; with several, the last one.
    #[result(returned = "when there is one", sample = "JID_123456789012")]
    pub(crate) job: Option<String>,
    /// The power state.
    #[result(returned = "when the iDRAC answered", sample = "On")]
    pub(crate) power: Option<String>,
    /// Which methods were used, such as `boot_sources` and `scp_import` on an iDRAC8, `boot_order` and `idrac_attributes` on an iDRAC9.
    #[result(returned = "when something was changed", sample = "boot_sources, graceful_restart")]
    pub(crate) method: Option<String>,
    #[result(flatten)]
    pub(crate) phases: Phases,
}

impl BootResults {
    /// Adds a step to those that were done, with the way that was taken.
    pub(crate) fn did(&mut self, action: &str, method: &str, job: Option<&String>) {
        self.phases.processing.get_or_insert_default().actions.push(action.into());
        let methods = self.method.take().into_iter().chain([method.to_owned()]);
        self.method = Some(methods.collect::<Vec<_>>().join(", "));
        self.job = job.cloned().or(self.job.take());
    }

    /// Adds a step of which only the first half was done.
    pub(crate) fn left_without_job(&mut self, action: &str) {
        self.phases.processing.get_or_insert_default().actions.push(format!("{action}, without a job"));
    }

    /// Says whether everything is as asked for.
    pub(crate) fn verified(&mut self, verified: bool, warnings: Vec<String>) {
        self.phases.housekeeping = Some(Housekeeping { verified: Some(verified), warnings });
    }
}
