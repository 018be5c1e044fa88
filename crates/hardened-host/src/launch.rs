//! Starting another program, so that it gets nothing that it needn't have and never outlives whoever started it.
use crate::{
    SystemFault,
    child::{Child, Guard, Guarding, StartError},
    descendants,
    guard::{ARGUMENT, GUARDS, INTERRUPTIBLE, QUIET, REMOVE, REMOVE_LATER},
    place::safe_place,
};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use std::{
    env,
    ffi::{OsStr, OsString},
    io::{self, Read},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

/// Of this process's environment, what is between it and Ansible.
const OURS: &str = "ANSIBLE_MODULE_";

/// The variables that name a place for temporary files.
const PLACES: [&str; 4] = ["TMPDIR", "TEMP", "TMP", "XDG_RUNTIME_DIR"];

/// A program to be started. By default in `/`, with an environment that holds `PATH` alone, and with nothing to read.
///
/// ```no_run
/// use hardened_host::Launch;
/// use std::time::Duration;
///
/// let child = Launch::new("/usr/bin/uname").args(["-m"]).start()?;
/// let (ending, output) = child.finish(Duration::from_secs(5), 1000);
/// # Ok::<_, hardened_host::StartError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Launch {
    program: PathBuf,
    arguments: Vec<OsString>,
    folder: PathBuf,
    environment: Vec<(OsString, OsString)>,
    is_quiet: bool,
    remove: Option<PathBuf>,
    remove_later: Option<PathBuf>,
    interruptible: Option<(PathBuf, Duration)>,
}

impl Launch {
    /// Of the program at this absolute path.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Launch {
            program: program.into(),
            arguments: vec![],
            folder: "/".into(),
            environment: vec![("PATH".into(), "/usr/local/bin:/usr/bin:/bin".into())],
            is_quiet: false,
            remove: None,
            remove_later: None,
            interruptible: None,
        }
    }

    /// Python, so that neither the working folder, nor the environment, nor the user's own packages can bring code into it.
    pub fn isolated_python(interpreter: impl Into<PathBuf>, code: &str) -> Self {
        // It implies -P, which Python knows only since 3.11.
        Launch::new(interpreter).args(["-I", "-B", "-c", code])
    }

    /// A further argument.
    #[must_use]
    pub fn arg(self, argument: impl AsRef<OsStr>) -> Self {
        self.args([argument])
    }

    /// Further arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// With the working folder of this process.
    #[must_use]
    pub fn in_working_folder(mut self) -> Self {
        self.folder = env::current_dir().unwrap_or(self.folder);
        self
    }

    /// With the environment of this process, as its user has it: without what is between it and Ansible, and without places for
    /// temporary files in which another user could exchange them.
    #[must_use]
    pub fn with_environment(mut self) -> Self {
        let is_unsafe = |name: &OsStr, value: &OsStr| {
            PLACES.iter().any(|place| name == *place) && safe_place(Path::new(value)).is_err()
        };
        let is_ours = |name: &OsStr| name.as_encoded_bytes().starts_with(OURS.as_bytes());
        self.environment =
            env::vars_os().filter(|(name, value)| !is_ours(name) && !is_unsafe(name, value)).collect();
        self
    }

    /// Without the environment variables of these names.
    #[must_use]
    pub fn without_env(mut self, names: &[&str]) -> Self {
        self.environment.retain(|(name, _)| !names.iter().any(|other| name == *other));
        self
    }

    /// With this environment variable.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        let name = name.into();
        self.environment.retain(|(other, _)| *other != name);
        self.environment.push((name, value.into()));
        self
    }

    /// Without its standard error.
    #[must_use]
    pub fn quiet(mut self) -> Self {
        self.is_quiet = true;
        self
    }

    /// This folder is removed when all has ended.
    #[must_use]
    pub fn removing(mut self, folder: impl Into<PathBuf>) -> Self {
        self.remove = Some(folder.into());
        self
    }

    /// This folder is removed when the [`Child`] is dropped, or as soon as this process has died: until then, what the program has put
    /// there can be used.
    #[must_use]
    pub fn removing_later(mut self, folder: impl Into<PathBuf>) -> Self {
        self.remove_later = Some(folder.into());
        self
    }

    /// It is ended by one SIGINT, to itself alone, and has this long to end; also if this process is killed. It writes to this private file, so
    /// that it doesn't fail then on a pipe that nobody reads. For programs that must not be stopped half-way; its [`Child`] has no output.
    #[must_use]
    pub fn interruptible(mut self, output: impl Into<PathBuf>, patience: Duration) -> Self {
        self.interruptible = Some((output.into(), patience));
        self
    }

    /// Starts it. Whether the program itself could be started shows in its [`Ending`](crate::Ending).
    pub fn start(self) -> Result<Child, StartError> {
        let failed = |e: &io::Error| StartError {
            program: self.program.clone(),
            fault: SystemFault::of(e),
            is_missing: false,
        };
        // Should its guard be killed, this process is the one to end what that had started.
        descendants::adopt_orphans();
        let mut command = Command::new(own_program().map_err(|e| failed(&e))?);
        command.arg(ARGUMENT);
        command.args(self.is_quiet.then_some(QUIET));
        for (when, folder) in [(REMOVE, &self.remove), (REMOVE_LATER, &self.remove_later)] {
            if let Some(folder) = folder {
                command.arg(when).arg(folder);
            }
        }
        if let Some((output, patience)) = &self.interruptible {
            command.arg(INTERRUPTIBLE).arg(output).arg(patience.as_secs().to_string());
        }
        command.arg("--").arg(&self.program).args(&self.arguments);
        command.env_clear().envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.current_dir(&self.folder).process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut guard = command.spawn().map_err(|e| failed(&e))?;
        let (lifeline, reports, output) = (guard.stdin.take(), guard.stdout.take(), guard.stderr.take());
        let (Some(mut reports), Some(output)) = (reports, output) else {
            return Err(failed(&io::ErrorKind::BrokenPipe.into()));
        };
        let patience = self.interruptible.map_or(Duration::ZERO, |(_, patience)| patience);
        let mut first = [0; GUARDS.len()];
        if reports.read_exact(&mut first).is_err() || first != *GUARDS {
            // This program does not ask first of all whether it is to be a guard, or something has ended it already.
            return Err(failed(&io::Error::other("its guard process did not start")));
        }
        let never_waits = |flags: OFlags| fcntl_setfl(&output, flags | OFlags::NONBLOCK);
        fcntl_getfl(&output).and_then(never_waits).map_err(|e| failed(&e.into()))?;
        Ok(Child {
            program: self.program,
            guard: Guard(Arc::new(Mutex::new(Guarding { process: guard, lifeline, patience }))),
            reports,
            output,
        })
    }
}

/// The file that this process runs, also if it has been replaced since, as by an update of the collection.
fn own_program() -> io::Result<PathBuf> {
    let path = Path::new("/proc/self/exe");
    path.exists().then(|| path.to_owned()).ok_or_else(|| io::ErrorKind::NotFound.into())
}
