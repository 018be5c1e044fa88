//! The modules of the Ansible collection hatci.automation: one file each, thin; the work is done by the clients below.
#![cfg_attr(test, allow(clippy::disallowed_methods))] // tests lay out by hand what others would
mod ara_connection;
mod ara_event;
mod ara_recorder;
mod ara_run;
mod ara_run_id;
mod ara_spool;
mod connection;
mod create_event;
mod creation;
mod deploy_event;
mod duties;
mod fix_event;
mod fixedness;
mod info;
mod jumpstarter_client;
mod jumpstarter_device;
mod jumpstarter_exporter_config;
mod jumpstarter_job;
mod jumpstarter_lease;
mod jumpstarter_lease_info;
mod jumpstarter_power;
mod jumpstarter_shell;
mod outcome;
mod run_duty;
mod schedule;
mod test_event;
mod test_event_duty;
mod test_event_update;
mod update_status;
mod verdict;
mod vin;
mod wait;
mod wait_options;
#[cfg(test)]
mod wait_soak;

use ansible_module::{
    Entry,
    docs::{self, ModuleDoc},
    entry,
};
use std::process::ExitCode;

pub use ara_event::AraEvent;
pub use ara_run::AraRun;
pub use create_event::CreateEvent;
pub use deploy_event::DeployEvent;
pub use fix_event::FixEvent;
pub use info::Info;
pub use jumpstarter_exporter_config::JumpstarterExporterConfig;
pub use jumpstarter_lease::JumpstarterLease;
pub use jumpstarter_lease_info::JumpstarterLeaseInfo;
pub use jumpstarter_power::JumpstarterPower;
pub use jumpstarter_shell::JumpstarterShell;
pub use outcome::Outcome;
pub use test_event::TestEvent;
pub use test_event_update::TestEventUpdate;
pub use update_status::UpdateStatus;

/// `main` of a program with these modules: it is one of them, or a process that a module has started for itself.
#[must_use]
pub fn run(modules: &[Entry]) -> ExitCode {
    hardened_host::guard_if_asked()
        .or_else(|| job_guard::run_if_asked(duties::kinds))
        .unwrap_or_else(|| ansible_module::main(env!("CARGO_PKG_VERSION"), modules))
}

/// Names each module once, for its program and for its documentation.
macro_rules! modules {
    ($($module:ident),*) => {
        /// All modules, in the order of their names.
        pub const MODULES: &[Entry] = &[$(entry::<$module>()),*];

        /// The documentation of all modules; no binary needs it.
        #[must_use]
        pub fn docs() -> Vec<ModuleDoc> {
            vec![$(docs::of::<$module>()),*]
        }
    };
}

modules!(
    AraEvent,
    AraRun,
    CreateEvent,
    DeployEvent,
    FixEvent,
    Info,
    Outcome,
    TestEvent,
    TestEventUpdate,
    UpdateStatus,
    JumpstarterExporterConfig,
    JumpstarterLease,
    JumpstarterLeaseInfo,
    JumpstarterPower,
    JumpstarterShell
);
