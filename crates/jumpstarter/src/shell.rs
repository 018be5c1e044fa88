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
    /// Whatever this lease holds.
    Lease {
        /// The lease's name.
        name: String,
        /// Whose lease it is.
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

/// A `jmp shell` to be started.
#[derive(Debug, Clone)]
pub struct Shell {
    /// Which `jmp`.
    pub jmp: JmpProgram,
    /// Which device.
    pub device: Device,
    /// One after the other, each as a script of `sh`.
    pub commands: Vec<String>,
    /// Whether a command that fails is the last.
    pub stops_at_failure: bool,
    /// How much of what all of them write is kept.
    pub room: Room,
}

/// A command that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandOutput {
    /// As it was given.
    pub command: String,
    /// Its exit code; 128 and more: a signal; 124: it ran into the timeout.
    pub code: i32,
    /// All that it wrote, as far as there was room.
    pub stdout: String,
    /// What it wrote as errors.
    pub stderr: String,
    /// How many bytes there was no room for.
    pub left_out: u64,
    /// The last line that it wrote as an error, or else at all, also if there was no room for it.
    pub last_line: String,
}
