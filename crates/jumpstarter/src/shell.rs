//! Commands in a `jmp shell`, each with its true exit code and its own output.
//!
//! `jmp shell` exits with 0 for a local exporter whatever the command did, and writes its log between the command's output. So
//! one shell runs a small script, which runs the commands one after the other, each with its output in files of its own.
use crate::{
    Choice, Error, JmpProgram,
    log_lines::without_log_lines,
    shell_guard::{MARK, ShellGuard},
};
use std::{
    fmt,
    fs::File,
    io::Read,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// Runs every further argument as a command: N.out, N.err, and N.rc when it has ended. Stops after a failure if $2 says so.
const SCRIPT: &str = r#"
directory=$1 stop=$2 number=0
shift 2
for command
do
    sh -c "$command" </dev/null >"$directory/$number.out" 2>"$directory/$number.err"
    code=$?
    echo $code >"$directory/code"
    mv "$directory/code" "$directory/$number.rc"
    [ $code = 0 ] || [ $stop = no ] || break
    number=$((number + 1))
done
"#;
/// Between two looks at what has ended.
const TICK: Duration = Duration::from_millis(20);
/// What `jmp` gets at least to leave by itself.
const GRACE: Duration = Duration::from_secs(1);
/// The bytes of a command's stdout, or stderr, after which the rest is cut off.
pub const LARGEST_OUTPUT: u64 = 8 << 20;
/// So much of what `jmp` said is told when it fails.
const LAST_WORDS: usize = 5;

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

/// A `jmp shell` to be started.
#[derive(Debug, Clone)]
pub struct Shell {
    /// Which `jmp`.
    pub jmp: JmpProgram,
    /// Which device.
    pub device: Device,
    /// One after the other, by `sh -c`.
    pub commands: Vec<String>,
    /// Whether a command that fails is the last.
    pub stops_at_failure: bool,
}

/// A command that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// As it was given.
    pub command: String,
    /// Its exit code; 128 and more: a signal.
    pub code: i32,
    /// What it wrote, without log lines.
    pub stdout: String,
    /// What it wrote as errors.
    pub stderr: String,
    /// Whether it wrote more than is here.
    pub is_cut: bool,
}

/// A `jmp shell` at work.
#[derive(Debug)]
pub struct RunningShell {
    shell: Shell,
    files: TempDir,
    child: Child,
    guard: ShellGuard,
}

impl Shell {
    /// Starts it, with nothing to read and in a process group of its own.
    pub fn start(self) -> Result<RunningShell, Error> {
        let not_started =
            |why: std::io::Error| Error::Program { program: "jmp".into(), why: why.to_string() };
        let files = tempfile::Builder::new().prefix("jmp-shell-").tempdir().map_err(not_started)?;
        let create = |name: &str| File::create(files.path().join(name)).map_err(not_started);
        let mut command = self.jmp.command();
        command.args(["--log-level", "ERROR", "shell"]);
        match &self.device {
            Device::Exporter(name) => command.args(["--exporter", name]),
            Device::ExporterConfig(path) => command.arg("--exporter-config").arg(path),
            Device::Lease { name, client } => {
                match client {
                    Choice::File(path) => command.arg("--client-config").arg(path),
                    Choice::Client(alias) => command.args(["--client", alias]),
                    Choice::Default => &mut command,
                };
                command.args(["--lease", name])
            }
        };
        command.args(["--", "sh", "-c", SCRIPT, "sh"]);
        command.arg(files.path()).arg(if self.stops_at_failure { "yes" } else { "no" }).args(&self.commands);
        command.stdin(Stdio::null()).stdout(create("jmp.out")?).stderr(create("jmp.err")?).process_group(0);
        let mut child = command.env(MARK, files.path()).spawn().map_err(not_started)?;
        let guard = ShellGuard::start(files.path(), child.id()).map_err(|why| {
            // It has hardly begun.
            let _ = child.kill();
            not_started(why)
        })?;
        Ok(RunningShell { shell: self, files, child, guard })
    }
}

impl RunningShell {
    /// Waits for the commands; `tell` is called with each as it ends. After `patience` everything that was started is ended.
    pub fn wait(mut self, patience: Duration, tell: &mut dyn FnMut(Ran)) -> Result<(), Error> {
        let start = Instant::now();
        let mut told = 0;
        loop {
            let status = self.child.try_wait().map_err(|e| Error::Shell { why: e.to_string() })?;
            while let Some(ran) = self.ran(told) {
                let failed = ran.code != 0;
                tell(ran);
                told += 1;
                if told == self.shell.commands.len() || (failed && self.shell.stops_at_failure) {
                    // `jmp` may take its time to leave; its exit code says nothing that is not known.
                    self.leave(patience.saturating_sub(start.elapsed()).max(GRACE));
                    return Ok(());
                }
            }
            if let Some(status) = status {
                // Without `jmp` the commands have no device any more.
                self.guard.end();
                return Err(self.failed(format!("{status}; {}", self.last_words())));
            }
            if start.elapsed() >= patience {
                self.guard.end();
                return Err(self.timed_out(told, patience));
            }
            sleep(TICK);
        }
    }

    /// Ends everything from another thread, when the process is to end.
    pub fn stopper(&self) -> impl FnOnce() + Send + 'static {
        let guard = self.guard.clone();
        move || guard.end()
    }

    fn leave(mut self, patience: Duration) {
        let start = Instant::now();
        while let Ok(None) = self.child.try_wait() {
            if start.elapsed() >= patience {
                self.guard.end();
            }
            sleep(TICK);
        }
        self.guard.dismiss();
    }

    /// The command of this number, if it has ended.
    fn ran(&self, number: usize) -> Option<Ran> {
        let file = |kind: &str| self.files.path().join(format!("{number}.{kind}"));
        let code = std::fs::read_to_string(file("rc")).ok()?;
        let (stdout, stderr) = (file("out"), file("err"));
        let is_long = |path: &PathBuf| path.metadata().is_ok_and(|found| found.len() > LARGEST_OUTPUT);
        Some(Ran {
            command: self.shell.commands.get(number)?.clone(),
            code: code.trim().parse().ok()?,
            is_cut: is_long(&stdout) || is_long(&stderr),
            stdout: without_log_lines(&read(&stdout)),
            stderr: read(&stderr),
        })
    }

    fn timed_out(&self, told: usize, after: Duration) -> Error {
        match self.shell.commands.get(told) {
            Some(command) if self.has_begun(told) => {
                Error::CommandTimeout { command: command.clone(), after }
            }
            _ => self.failed(format!("it took more than {} s; {}", after.as_secs_f64(), self.last_words())),
        }
    }

    fn has_begun(&self, number: usize) -> bool {
        self.files.path().join(format!("{number}.out")).exists()
    }

    fn failed(&self, why: String) -> Error {
        if self.has_begun(0) {
            Error::Shell { why }
        } else {
            Error::NoDevice { device: self.shell.device.to_string(), why }
        }
    }

    /// The end of what `jmp` itself said.
    fn last_words(&self) -> String {
        let said =
            [read(&self.files.path().join("jmp.out")), read(&self.files.path().join("jmp.err"))].concat();
        let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let last = lines[lines.len().saturating_sub(LAST_WORDS)..].join(" / ");
        if last.is_empty() { "it said nothing".into() } else { last }
    }
}

fn read(path: &Path) -> String {
    let mut bytes = Vec::new();
    // What can't be read is not there.
    let _ = File::open(path).and_then(|file| file.take(LARGEST_OUTPUT).read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}
