//! The options of `idrac_boot`.
use super::idrac_boot_work::Once;
use super::idrac_connection::IdracConnection;
use super::idrac_restart::RestartOptions;
use ansible_module::Options;
use serde_json::{Map, Value};

/// Set what a server boots from, and its BIOS, through its iDRAC
///
/// Boot order and BIOS settings are applied by a job of the iDRAC that runs when the server restarts. If such a job is already waiting, a
/// run sends nothing again; if it would set other values, the task fails with `conflict` and names the job.
///
/// # Notes
///
/// - A one-time boot (`once`) is used up by the next restart. With a `reset`, each run of the task sets it again.
/// - `once: virtual_cd` is a setting of the iDRAC itself: an iDRAC8 would boot from the drive in the server otherwise. If the iDRAC does
///   not show it, each run of the task sets it again.
///
/// # See also
///
/// - `idrac_virtual_media`: Insert the image to boot from.
#[derive(Options)]
pub struct BootOptions {
    /// What to boot from first, in order. Everything else follows in its present order.
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
