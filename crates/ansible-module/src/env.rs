//! Where environment fallbacks and `$VAR` in paths come from; a test gives its own.

/// A source of environment variables.
pub trait Env {
    /// The variable's text; `None` if it is not set. Bytes that are not UTF-8 become U+FFFD.
    fn get(&self, name: &str) -> Option<String>;
}

/// This process's environment.
#[derive(Debug, Clone, Copy)]
pub struct ProcessEnv;

impl Env for ProcessEnv {
    fn get(&self, name: &str) -> Option<String> {
        std::env::var_os(name).map(|v| v.to_string_lossy().into_owned())
    }
}

/// No variable is set.
#[derive(Debug, Clone, Copy)]
pub struct NoEnv;

impl Env for NoEnv {
    fn get(&self, _: &str) -> Option<String> {
        None
    }
}
