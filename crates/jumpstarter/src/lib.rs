//! Jumpstarter: leasing, using and releasing benches.
//!
//! | what | where |
//! |---|---|
//! | the client's configuration, as `jmp` reads it | [`ConfigSource`], [`ClientConfig`] |
//! | the controller's lease calls | [`Client`] |
//! | a job's leases, from requesting a bench to releasing it | [`Leasing`] |
//! | exporter configurations | [`ExporterConfig`] |
//! | commands in a `jmp shell` | [`Shell`] |
//! | what a lease's conditions mean | [`Lease`], [`LeaseState`] |
#![cfg_attr(test, allow(clippy::disallowed_methods))] // tests lay out by hand what others would
mod acquire;
mod address;
mod bench;
mod blocking;
mod client;
mod command_pipes;
mod config;
mod connection;
mod duration;
mod ended;
mod endpoint;
mod environment;
mod error;
mod error_class;
mod exporter_config;
mod exporter_shown;
mod extend;
#[cfg(test)]
mod fuzz;
mod jmp_program;
mod jmp_words;
pub mod job;
mod keeping;
mod lease;
mod lease_duty;
mod lease_guard;
mod lease_request;
mod leasing;
mod lenient;
mod making;
mod messages;
mod patience;
mod proxy;
mod queue;
mod refusal;
mod resolve;
mod running_shell;
mod selector;

mod server_texts;
mod shell;
mod shell_start;
mod tls;
mod way;
mod yaml;

pub use acquire::{Watch, lease_name};
pub use bench::{Exporter, Target};
pub use blocking::BlockingClient;
pub use client::Client;
pub use config::{Choice, ClientConfig, ConfigSource};
pub use duration::LeaseDuration;
pub use ended::Ended;
pub use environment::Environment;
pub use error::Error;
pub use exporter_config::{ExporterConfig, exporter_directories, exporter_file};
pub use hardened_host::Room;
pub use jmp_program::JmpProgram;
pub use job_guard::Owner;
pub use lease::{Condition, Lease, LeaseState};
pub use lease_duty::add_duties;
pub use lease_request::{Listing, NewLease};
pub use leasing::{LeaseHold, Leasing, Renewal};
pub use patience::REACHING;
pub use running_shell::RunningShell;
pub use server_trust::Kind;
pub use shell::{CommandOutput, Device, Shell};
pub use shown_text::Secret;
