//! Ansible's side of a module.
pub mod coerce;
pub mod python;
pub mod secrets;
pub mod spec;
pub mod validate;
pub use secrets::Secrets;
pub use spec::*;
pub use validate::{Fault, Validated, validate};

/// Where fallbacks and `$VAR` come from; a test gives its own.
pub trait Env {
    fn get(&self, name: &str) -> Option<String>;
}
pub struct ProcessEnv;
impl Env for ProcessEnv {
    fn get(&self, name: &str) -> Option<String> {
        std::env::var_os(name).map(|v| v.to_string_lossy().into_owned())
    }
}
pub struct NoEnv;
impl Env for NoEnv {
    fn get(&self, _: &str) -> Option<String> {
        None
    }
}
pub mod docs;
pub mod module;
pub mod options;
pub use module::{Failure, Module, Plan, Task};
pub use options::{OptionType, Options, ResultType, Results, Return, Secret};

pub use ansible_module_derive::{Choices, Options, Results};
#[doc(hidden)]
pub use serde_json as __json;
