//! What `idrac_iscsi_boot` returns, and how it is found out.
use super::idrac_iscsi_settings::Reading;
use super::phases::{Housekeeping, Phases};
use ansible_module::{Choices, Results};

/// What `idrac_iscsi_boot` returns.
#[derive(Results, Default)]
pub struct IscsiBootResults {
    /// Whether the settings are in force.
    #[result(returned = "when the iDRAC answered", sample = true)]
    pub(crate) applied: Option<bool>,
    /// Whether something waits for a restart.
    #[result(returned = "when the iDRAC answered", sample = false)]
    pub(crate) pending: Option<bool>,
    /// Whether the settings were read back as requested: `yes`, `no` or `unknown`.
    #[result(returned = "when the iDRAC answered", sample = "yes")]
    pub(crate) verified: Option<String>,
    /// The jobs of this task, or the waiting one.
    #[result(returned = "when the iDRAC answered", sample = ["JID_123456789012"])]
    pub(crate) jobs: Option<Vec<String>>,
    #[result(flatten)]
    pub(crate) phases: Phases,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum Verified {
    /// The settings read back as they should be.
    Yes,
    /// They read back otherwise.
    No,
    /// They are not applied yet, or the firmware doesn't show them.
    Unknown,
}

impl Verified {
    /// None: it can't be known.
    fn known(self) -> Option<bool> {
        match self {
            Self::Yes => Some(true),
            Self::No => Some(false),
            Self::Unknown => None,
        }
    }
}

impl IscsiBootResults {
    /// Fills in how the settings read back, while something `waits` for a restart or not.
    pub(crate) fn report(&mut self, reading: Reading, waits: bool, jobs: &[String]) {
        let verified = match reading {
            _ if waits => Verified::Unknown,
            Reading::Same => Verified::Yes,
            Reading::Blank => Verified::Unknown,
            Reading::Other => Verified::No,
        };
        let mut warnings = vec![];
        if waits {
            warnings.extend(jobs.last().map(|job| format!("Job {job} waits until the server is restarted.")));
        } else if reading == Reading::Blank {
            warnings.push("The iDRAC does not show all settings, so they could not be compared.".into());
        }
        self.applied = Some(!waits && reading != Reading::Other);
        self.pending = Some(waits);
        self.verified = Some(verified.as_str().into());
        self.jobs = Some(jobs.to_vec());
        self.phases.housekeeping = Some(Housekeeping { verified: verified.known(), warnings });
    }

    /// Adds a step to those that were done.
    pub(crate) fn did(&mut self, action: String) {
        self.phases.processing.get_or_insert_default().actions.push(action);
    }
}
