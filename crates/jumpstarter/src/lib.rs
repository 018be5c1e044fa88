//! Jumpstarter: leasing, using and releasing benches.
//!
//! | what | where |
//! |---|---|
//! | the client's configuration, as `jmp` reads it | [`ConfigSource`], [`ClientConfig`] |
//! | the controller's lease calls | [`Client`] |
//! | a job's leases, from requesting a bench to releasing it | [`Leasing`] |
//! | exporter configurations | [`ExporterConfig`] |
//! | commands in a `jmp shell` | [`Shell`] |
//! | the meaning of a lease's conditions | [`Lease`], [`State`] |
#![cfg_attr(test, allow(clippy::disallowed_methods))] // tests create by hand what other programs would
mod acquire;
mod address;
mod blocking;
mod client;
mod config;
mod connection;
mod duration;
mod endpoint;
mod environment;
mod error;
mod exporter_config;
mod exporter_shown;
mod extend;
#[cfg(test)]
mod fuzz;
mod jmp_program;
pub mod job;
mod lease;
mod lease_duty;
mod lease_guard;
mod leasing;
mod lenient;
mod messages;
mod patience;
mod proxy;
mod queue;
mod refusal;
mod resolve;
mod running_shell;
mod selector;
mod shell;
mod tls;
mod token;
mod way;
mod yaml;

pub use acquire::{Watch, lease_name};
pub use blocking::BlockingClient;
pub use client::{Client, Exporter, Listing, NewLease, Target};
pub use config::{Choice, ClientConfig, ConfigSource};
pub use duration::LeaseDuration;
pub use environment::Environment;
pub use error::{Error, Kind};
pub use exporter_config::{ExporterConfig, exporter_directories, exporter_file};
pub use hardened_host::Room;
pub use jmp_program::JmpProgram;
pub use job_guard::Owner;
pub use lease::{Condition, Ended, Lease, State};
pub use lease_duty::add_duties;
pub use leasing::{Leasing, Renewal, Standing};
pub use patience::REACHING;
pub use running_shell::RunningShell;
pub use shell::{Device, Ran, Shell};
pub use token::Token;
