//! The options of `idrac_iscsi_boot`.
use super::idrac_connection::IdracConnection;
use super::idrac_iscsi_target::{ChapOptions, IscsiState, TargetOptions, UpdateSecret};
use super::idrac_restart::RestartOptions;
use ansible_module::Options;

/// Make a network function of a server boot from an iSCSI target
///
/// The settings are applied by jobs of the iDRAC that run when the server restarts. An iDRAC8 takes them in up to three steps with
/// restarts in between: with `reset: if_needed`, one run does them all; without it, each run does the next one. If a job is already
/// waiting, a run sends nothing again; if it would set other values, the task fails with `conflict` and names the job.
///
/// # Notes
///
/// - An iDRAC never shows a CHAP secret, so a changed one is not noticed: set `update_secret` to `always` to send it.
/// - Some firmware shows blanks after the settings are applied. Then `verified` is `unknown`.
///
/// # See also
///
/// - `idrac_boot`: Boot from it first.
#[derive(Options)]
#[options(required_if(state = IscsiState::Present, all(target)))]
pub struct IscsiBootOptions {
    /// The network function, such as `NIC.Integrated.1-1-1`.
    pub(crate) function: String,
    /// Whether the function gets its own address by DHCP.
    #[option(default = true)]
    pub(crate) dhcp: bool,
    /// The target to boot from.
    pub(crate) target: Option<TargetOptions>,
    /// The name of the initiator. Defaults to that of the adapter.
    pub(crate) initiator: Option<String>,
    /// The login for the target, if it requires one.
    pub(crate) chap: Option<ChapOptions>,
    /// When to send the CHAP secret.
    #[option(default = UpdateSecret::OnCreate, no_log = false)]
    pub(crate) update_secret: UpdateSecret,
    #[option(flatten)]
    pub(crate) restart: RestartOptions,
    /// Whether the function should boot from the target.
    #[option(default = IscsiState::Present)]
    pub(crate) state: IscsiState,
    #[option(flatten)]
    pub(crate) connection: IdracConnection,
}
