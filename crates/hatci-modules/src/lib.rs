//! The modules of the Ansible collection hatci.automation: one file each, thin; the work is done by the clients below.
#![cfg_attr(test, allow(clippy::disallowed_methods))] // tests lay out by hand what others would
mod address;
mod ara;
mod duties;
mod environment;
mod error_kind;
mod fleet;
mod jumpstarter;
mod lab;
mod seconds;
mod sums;

use ansible_module::{
    ArgumentSpec, Entry, Options,
    docs::{self, ModuleDoc},
    entry,
};
use ara::{handed_run, run_duty};
use fleet::campaign_lock;
use job_guard::Kinds;
use std::process::ExitCode;
use sums::{guarded, test_event_duty};

/// `main` of a program with these modules: it is one of them, or a process that a module has started for itself.
#[must_use]
pub fn run(modules: &[Entry]) -> ExitCode {
    hardened_host::guard_if_asked()
        .or_else(|| job_guard::run_if_asked(kinds_of_duties))
        .unwrap_or_else(|| ansible_module::main(env!("CARGO_PKG_VERSION"), modules, job_guard::delivered))
}

/// What the modules may hand to the guard of their job.
fn kinds_of_duties() -> Kinds {
    let mut kinds = Kinds::new();
    ::jumpstarter::add_duties(&mut kinds);
    kinds.insert(handed_run::RUN, Box::new(run_duty::make));
    kinds.insert(campaign_lock::CAMPAIGN, Box::new(campaign_lock::make));
    kinds.insert(guarded::TEST_EVENT, Box::new(test_event_duty::make));
    kinds
}

/// The options by which every module reaches the SUMS API, for plugins that do the same.
#[must_use]
pub fn connection_options() -> ArgumentSpec {
    sums::connection::Connection::spec()
}

/// Names each module once, for its program and for its documentation.
macro_rules! modules {
    ($($family:ident::$file:ident::$module:ident,)*) => {
        $(pub use $family::$file::$module;)*

        /// All modules, in the order of their names.
        pub const MODULES: &[Entry] = &[$(entry::<$module>()),*];

        /// The documentation of all modules; no binary needs it.
        #[must_use]
        pub fn docs() -> Vec<ModuleDoc> {
            vec![$(docs::of::<$module>()),*]
        }
    };
}

// build.rs writes it: each file in a family's folder that has its examples beside it.
include!(concat!(env!("OUT_DIR"), "/modules.rs"));

#[cfg(test)]
mod tests {
    #[test]
    fn no_module_contradicts_itself() {
        for doc in super::docs() {
            assert_eq!(doc.spec.lint(), Vec::<String>::new(), "{}", doc.name);
        }
    }

    #[test]
    fn a_module_is_named_as_its_file_and_its_program() {
        // build.rs goes by the files.
        let files = include_str!(concat!(env!("OUT_DIR"), "/modules.rs"));
        for module in super::MODULES {
            assert!(files.contains(&format!("::{}::", module.name)), "{}", module.name);
        }
    }
}
