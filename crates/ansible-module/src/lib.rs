//! Ansible's side of a module: a struct of options, a struct of results and three phases make a binary that Ansible runs.
#![cfg_attr(test, allow(clippy::disallowed_methods))] // tests lay out by hand what others would
#![doc = include_str!("../README.md")]

// The derives write `::ansible_module`, also in here.
extern crate self as ansible_module;

mod absent;
pub mod answer;
pub mod coerce;
mod deprecation;
pub mod docs;
pub mod env;
mod failure;
#[cfg(test)]
mod fuzz;
mod help;
mod hooks;
mod info_module;
mod job;
mod lint;
mod list_text;
mod module;
pub mod options;
mod plain_text;
mod program;
mod progress;
mod python;
pub mod results;
pub mod secrets;
mod shared_results;
pub mod spec;
mod task;
mod termination;
pub mod unfit;
mod url_secrets;
mod validate;

pub use ansible_module_derive::{Choices, Options, Results};
pub use answer::Answer;
pub use deprecation::Deprecation;
pub use env::{Env, NoEnv, ProcessEnv};
pub use failure::{ErrorKind, Failure};
pub use hooks::Hook;
pub use info_module::InfoModule;
pub use job::{OWNER, owner};
pub use module::{Module, Part, Plan, run, run_part};
pub use options::{OptionType, Options, Secret};
pub use program::{Entry, entry, main};
pub use progress::PROGRESS_FD;
pub use results::{ResultType, Results, Return};
pub use secrets::Secrets;
pub use shared_results::SharedResults;
pub use spec::*;
pub use task::Task;
pub use validate::{Fault, Validated, validate};

/// What the derives' code names.
#[doc(hidden)]
pub use serde_json as __json;
