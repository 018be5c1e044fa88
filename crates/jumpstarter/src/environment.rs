//! The environment variables of a Jumpstarter client, passed on to the guard that extends its leases.
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt, path::PathBuf};

/// Every variable that is read.
const NAMES: [&str; 18] = [
    "HOME",
    "XDG_CONFIG_HOME",
    "JMP_CLIENT_CONFIG_HOME",
    "JMP_NAMESPACE",
    "JMP_NAME",
    "JMP_ENDPOINT",
    "JMP_TOKEN",
    "JMP_TLS",
    "JMP_GRPC_INSECURE",
    "JUMPSTARTER_GRPC_INSECURE",
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "grpc_proxy",
    "https_proxy",
    "http_proxy",
    "no_grpc_proxy",
    "no_proxy",
];

/// Some environment variables. `Debug` shows only names: a value may be a token or a proxy's password.
#[derive(Clone, Default, Serialize, Deserialize, PartialEq, Eq, Hash)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The variables of this process.
    pub fn of_this_process() -> Self {
        Self::of(|name| std::env::var(name).ok())
    }

    /// The variables that `read` returns.
    pub fn of(read: impl Fn(&str) -> Option<String>) -> Self {
        Self(NAMES.into_iter().filter_map(|name| Some((name.to_owned(), read(name)?))).collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        debug_assert!(NAMES.contains(&name), "{name} is missing from NAMES");
        self.0.get(name).map(String::as_str)
    }

    /// The first of these that is set and not empty.
    pub(crate) fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.get(name).filter(|value| !value.is_empty()))
    }

    /// The folder of the user's `jmp` clients and exporters.
    pub fn config_home(&self) -> PathBuf {
        if let Some(home) = self.get("JMP_CLIENT_CONFIG_HOME") {
            return home.into();
        }
        let xdg = self.get("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let home = || self.get("HOME").map(PathBuf::from).or_else(std::env::home_dir).unwrap_or_default();
        xdg.unwrap_or_else(|| home().join(".config")).join("jumpstarter")
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
