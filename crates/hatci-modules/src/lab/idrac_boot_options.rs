//! The options of `idrac_boot`.
use super::idrac_boot_work::Once;
use super::idrac_connection::IdracConnection;
use super::idrac_restart::RestartOptions;
use ansible_module::Options;
use serde_json::{Map, Value};

/// Set what a server boots from, and its BIOS, over its iDRAC
///
/// Boot order and BIOS settings are applied by a job of the iDRAC that runs when the server restarts. A run while such a job waits finds
/// it and sends nothing again; if it is to set other values, the task fails with `conflict` and names the job.
///
/// # Notes
///
/// - A one-time boot (`once`) is used up by the next restart. With a `reset`, each run of the task sets it anew.
/// - `once: virtual_cd` is a setting of the iDRAC itself: an iDRAC8 would boot from the drive in the server otherwise. Where the iDRAC does
///   not show it, each run of the task sets it anew.
///
/// # See also
///
/// - `idrac_virtual_media`: Insert the image to boot from.
#[derive(Options)]
pub struct BootOptions {
    /// What to boot from first, in order. Everything else follows as it was.
    ///
    /// An id, a name, or a part of a name such as `iSCSI`, which stands for all entries with that part.
    pub(crate) order: Option<Vec<String>>,
    /// What to boot from at the next start only.
    pub(crate) once: Option<Once>,
    /// Settings of the BIOS by their names, such as `BootMode`. Other settings stay as they are.
    pub(crate) bios: Option<Map<String, Value>>,
    #[option(flatten)]
    pub(crate) restart: RestartOptions,
    /// Maximum wait for the jobs in seconds.
    #[option(default = 1800)]
    pub(crate) wait_timeout: u64,
    #[option(flatten)]
    pub(crate) connection: IdracConnection,
}
