//! What `jmp shell` is to run, for which device, and what came of each command.
use crate::{Choice, JmpProgram};
use hardened_host::Room;
use std::{ffi::OsString, fmt, path::PathBuf};

/// Where the commands find their device.
#[derive(Debug, Clone)]
pub enum Device {
    /// A local exporter, by name.
    Exporter(String),
    /// A local exporter, by its file.
    ExporterConfig(PathBuf),
    /// The bench of a lease.
    Lease {
        /// The lease's name.
        name: String,
        /// The client that owns it.
        client: Choice,
    },
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Device::Exporter(name) => write!(f, "the exporter {name} of this machine"),
            Device::ExporterConfig(path) => write!(f, "the exporter of {}", path.display()),
            Device::Lease { name, .. } => write!(f, "the bench of the lease {name}"),
        }
    }
}

impl Device {
    /// What names it to `jmp shell`; in one word each, so that a name can begin with `-`.
    pub(crate) fn options(&self) -> Vec<OsString> {
        let joined = |option: &str, value: &dyn AsRef<std::ffi::OsStr>| {
            let mut word = OsString::from(option);
            word.push(value);
            word
        };
        match self {
            Device::Exporter(name) => vec![joined("--exporter=", name)],
            Device::ExporterConfig(path) => vec![joined("--exporter-config=", path)],
            Device::Lease { name, client } => {
                let client = match client {
                    Choice::File(path) => Some(joined("--client-config=", path)),
                    Choice::Client(alias) => Some(joined("--client=", alias)),
                    Choice::Default => None,
                };
                client.into_iter().chain([joined("--lease=", name)]).collect()
            }
        }
    }
}

/// A `jmp shell` to start.
#[derive(Debug, Clone)]
pub struct Shell {
    /// Which `jmp`.
    pub jmp: JmpProgram,
    /// Which device.
    pub device: Device,
    /// Run in turn, each as a script of `sh`.
    pub commands: Vec<String>,
    /// Whether to stop after a command that fails.
    pub stops_at_failure: bool,
    /// How much of their output is kept in all.
    pub room: Room,
}

/// A command that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandOutput {
    /// As it was given.
    pub command: String,
    /// Its exit code; 128 and more for a signal; 124 if it timed out.
    pub code: i32,
    /// Its standard output, as far as there was room.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
    /// How many bytes were dropped for lack of room.
    pub left_out: u64,
    /// The last line of its standard error, or else of its output, even if there was no room for it.
    pub last_line: String,
}
