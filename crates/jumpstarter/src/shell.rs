//! Runs commands in a `jmp shell`, each with its true exit code and its own output.
//!
//! `jmp shell` exits with 0 for a local exporter whatever the command did, and mixes its log into the command's output. So
//! one shell runs a small script, which runs the commands in turn, each with its output in pipes of its own that
//! `jmp` never writes to. The script and the commands are files in a folder that no other user can enter, since every user
//! can see a command line. A command's output is never written to a file.
use crate::{Choice, Error, JmpProgram, running_shell::RunningShell};
use hardened_host::{FreshFolder, Room};
use std::{ffi::OsString, fmt, path::PathBuf};

/// Runs the commands 0.sh, 1.sh and so on, $2 of them, and reports the beginning and end of each. Stops after a failure if
/// $3 says so.
const SCRIPT: &str = r#"
directory=$1 count=$2 stop=$3 number=0
exec 9>"$directory/told"
while [ "$number" -lt "$count" ]
do
    echo "begun $number 0" >&9
    /bin/sh "$directory/$number.sh" </dev/null >"$directory/$number.out" 2>"$directory/$number.err" 9>&-
    code=$?
    echo "ended $number $code" >&9
    [ "$code" = 0 ] || [ "$stop" = no ] || break
    number=$((number + 1))
done
"#;

/// The device that the commands use.
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
    /// The options of `jmp shell` for it; one word each, so that a name can begin with `-`.
    fn options(&self) -> Vec<OsString> {
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
pub struct Ran {
    /// The command as given.
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

impl Shell {
    /// Starts it, in the working folder of this process and without input.
    pub fn start(self) -> Result<RunningShell, Error> {
        if let Some(command) = self.commands.iter().find(|command| command.contains('\0')) {
            return Err(Error::Command { command: command.replace('\0', "\u{fffd}") });
        }
        let refused = |e| Error::private("Cannot prepare the commands for `jmp shell`", &e);
        let folder = FreshFolder::new("jmp-shell-").map_err(refused)?;
        let script = folder.write("script", SCRIPT.as_bytes()).map_err(refused)?;
        for (number, command) in self.commands.iter().enumerate() {
            folder.write(&format!("{number}.sh"), format!("{command}\n").as_bytes()).map_err(refused)?;
            for kind in ["out", "err"] {
                folder.make_pipe(&format!("{number}.{kind}")).map_err(refused)?;
            }
        }
        folder.make_pipe("told").map_err(refused)?;
        let told = folder.open_pipe("told").map_err(refused)?;
        let launch = self.jmp.launch().in_working_folder().removing(folder.path());
        let launch = launch.args(["--log-level", "ERROR", "shell"]).args(self.device.options());
        let launch = launch.args(["--", "/bin/sh"]).arg(script).arg(folder.path());
        let launch = launch.arg(self.commands.len().to_string());
        let launch = launch.arg(if self.stops_at_failure { "yes" } else { "no" });
        let child = launch.start().map_err(|e| Error::start(&e))?;
        RunningShell::new(self, folder, told, child)
    }
}
