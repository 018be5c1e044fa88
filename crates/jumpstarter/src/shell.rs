//! Commands in a `jmp shell`, each with its true exit code and its own output.
//!
//! `jmp shell` exits with 0 for a local exporter whatever the command did, and writes its log between the command's output. So
//! one shell runs a small script, which runs the commands one after the other, each with its output in pipes of its own, to which
//! `jmp` never writes. The script and the commands are files in a folder that no other user can enter: a command line can be seen by
//! everybody. Nothing that a command writes ever is in a file.
use crate::{Choice, Error, JmpProgram, running_shell::RunningShell};
use hardened_host::{FreshFolder, Room};
use std::{ffi::OsString, fmt, path::PathBuf};

/// Runs the commands 0.sh, 1.sh and so on, $2 of them, and tells of each when it begins and how it ended. Stops after a failure if
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
pub struct Ran {
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

impl Shell {
    /// Starts it, in the working folder of this process and with nothing to read.
    pub fn start(self) -> Result<RunningShell, Error> {
        if let Some(command) = self.commands.iter().find(|command| command.contains('\0')) {
            return Err(Error::Command { command: command.replace('\0', "\u{fffd}") });
        }
        let refused = |e| Error::private("The commands for `jmp shell` can't be prepared", &e);
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
