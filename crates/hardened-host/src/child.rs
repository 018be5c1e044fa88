//! Starts child processes that inherit only what they need and never outlive the process that started them.
//!
//! Between parent and child stands a [guard](crate::guard_if_asked).
use crate::{
    SystemFault, descendants,
    guard::{ARGUMENT, EXITED, GUARDS, KILLED, NOT_STARTED, QUIET, REMOVE},
};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::{OFlags, fcntl_getfl, fcntl_setfl},
};
use std::{
    env,
    ffi::{OsStr, OsString},
    io::{self, Read},
    os::{
        fd::{AsFd, BorrowedFd},
        unix::process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{ChildStderr, ChildStdin, ChildStdout, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread::sleep,
    time::{Duration, Instant},
};

/// The prefix of the environment variables between this process and Ansible.
const OURS: &str = "ANSIBLE_MODULE_";
/// The longest a guard takes to end what it guards.
const LONGEST_END: Duration = Duration::from_secs(8);
const TICK: Duration = Duration::from_millis(5);

/// A program to start. By default it runs in `/`, with only `PATH` in its environment, and without input.
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
}

/// Why a program was not started.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot start {}: {}", program.display(), fault.cause())]
pub struct StartError {
    /// The program.
    pub program: PathBuf,
    /// The system's error.
    pub fault: SystemFault,
    /// Whether there is no such program.
    pub is_missing: bool,
}

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// It exited with this status.
    Exited(i32),
    /// By this signal; 0 if its guard ended it because it timed out.
    Killed(i32),
    /// It was never started.
    NotStarted(StartError),
    /// Its guard was killed, and the program with it.
    GuardDied,
}

impl Launch {
    /// The program at this absolute path.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Launch {
            program: program.into(),
            arguments: vec![],
            folder: "/".into(),
            environment: vec![("PATH".into(), "/usr/local/bin:/usr/bin:/bin".into())],
            is_quiet: false,
            remove: None,
        }
    }

    /// Python, isolated: neither the working folder, nor the environment, nor the user's own packages can bring code into it.
    pub fn isolated_python(interpreter: impl Into<PathBuf>, code: &str) -> Self {
        // It implies -P, which only Python 3.11 and later accept.
        Launch::new(interpreter).args(["-I", "-B", "-c", code])
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(self, argument: impl AsRef<OsStr>) -> Self {
        self.args([argument])
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// Uses the working folder of this process.
    #[must_use]
    pub fn in_working_folder(mut self) -> Self {
        self.folder = env::current_dir().unwrap_or(self.folder);
        self
    }

    /// Uses the environment of this process, without the variables between it and Ansible.
    #[must_use]
    pub fn with_environment(mut self) -> Self {
        let is_ours = |name: &OsStr| name.as_encoded_bytes().starts_with(OURS.as_bytes());
        self.environment = env::vars_os().filter(|(name, _)| !is_ours(name)).collect();
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        let name = name.into();
        self.environment.retain(|(other, _)| *other != name);
        self.environment.push((name, value.into()));
        self
    }

    /// Discards its standard error.
    #[must_use]
    pub fn quiet(mut self) -> Self {
        self.is_quiet = true;
        self
    }

    /// Removes this folder after all of its processes have ended.
    #[must_use]
    pub fn removing(mut self, folder: impl Into<PathBuf>) -> Self {
        self.remove = Some(folder.into());
        self
    }

    /// Starts it. Whether the program itself could be started shows in its [`Ending`].
    pub fn start(self) -> Result<Child, StartError> {
        let failed = |e: &io::Error| StartError {
            program: self.program.clone(),
            fault: SystemFault::of(e),
            is_missing: false,
        };
        // If the guard is killed, this process must end what the guard had started.
        descendants::adopt_orphans();
        let mut command = Command::new(own_program().map_err(|e| failed(&e))?);
        command.arg(ARGUMENT);
        command.args(self.is_quiet.then_some(QUIET));
        if let Some(folder) = &self.remove {
            command.arg(REMOVE).arg(folder);
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
        let mut first = [0; GUARDS.len()];
        if reports.read_exact(&mut first).is_err() || first != *GUARDS {
            // This program does not call `guard_if_asked` first, or something has ended the guard already.
            return Err(failed(&io::Error::other("its guard did not start")));
        }
        let never_waits = |flags: OFlags| fcntl_setfl(&output, flags | OFlags::NONBLOCK);
        fcntl_getfl(&output).and_then(never_waits).map_err(|e| failed(&e.into()))?;
        Ok(Child {
            program: self.program,
            guard: Guard(Arc::new(Mutex::new(Guarding { process: guard, lifeline }))),
            reports,
            output,
        })
    }
}

/// The file of this process's program, even if it has been replaced since, for example by an update of the collection.
fn own_program() -> io::Result<PathBuf> {
    let path = Path::new("/proc/self/exe");
    path.exists().then(|| path.to_owned()).ok_or_else(|| io::ErrorKind::NotFound.into())
}

/// A running or ended program. When dropped, it ends with all its descendants.
#[derive(Debug)]
pub struct Child {
    program: PathBuf,
    guard: Guard,
    reports: ChildStdout,
    output: ChildStderr,
}

/// A handle to end a [`Child`] from another thread.
#[derive(Debug, Clone)]
pub struct Guard(Arc<Mutex<Guarding>>);

#[derive(Debug)]
struct Guarding {
    process: std::process::Child,
    /// `None` if it has been cut.
    lifeline: Option<ChildStdin>,
}

impl Child {
    /// Readable when there is output: standard output and error, in order.
    pub fn written(&self) -> BorrowedFd<'_> {
        self.output.as_fd()
    }

    /// Readable when all has ended.
    pub fn ended(&self) -> BorrowedFd<'_> {
        self.reports.as_fd()
    }

    /// A handle to end it.
    pub fn guard(&self) -> Guard {
        self.guard.clone()
    }

    /// Waits for at most `patience`, and returns the first `most` bytes of its output; the rest is read and discarded.
    pub fn finish(mut self, patience: Duration, most: usize) -> (Ending, Vec<u8>) {
        let begun = Instant::now();
        let mut all = vec![];
        let mut is_over = false;
        loop {
            self.read_all(&mut |piece| all.extend_from_slice(&piece[..piece.len().min(most - all.len())]));
            let left = patience.saturating_sub(begun.elapsed());
            if is_over || left.is_zero() {
                break;
            }
            let limit = Timespec {
                tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: left.subsec_nanos().into(),
            };
            let mut watched = [&self.output.as_fd(), &self.reports.as_fd()]
                .map(|it| PollFd::from_borrowed_fd(*it, PollFlags::IN));
            // An error is a signal; the loop checks again.
            let _ = poll(&mut watched, Some(&limit));
            // Not when the output closes: processes that outlive the guard may hold it open.
            is_over = !watched[1].revents().is_empty();
        }
        if !is_over {
            self.guard.end();
        }
        (self.ending(), all)
    }

    /// Reads what has been written so far; of a program that never pauses, only a part.
    pub fn read_all(&mut self, take: &mut dyn FnMut(&[u8])) {
        const PIECES_AT_ONCE: usize = 64;
        let mut piece = [0; 16 << 10];
        for _ in 0..PIECES_AT_ONCE {
            match self.output.read(&mut piece) {
                Ok(read @ 1..) => take(&piece[..read]),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Ok(0) | Err(_) => return,
            }
        }
    }

    /// Waits until it and all its descendants have ended, and says how. Call only once.
    pub fn ending(&mut self) -> Ending {
        let mut report = String::new();
        // The guard's end closes the pipe, so this can't block forever.
        let _ = self.reports.read_to_string(&mut report);
        let mut words = report.split_ascii_whitespace();
        let what = words.next();
        let number = words.next().and_then(|number| number.parse().ok()).unwrap_or_default();
        match what {
            Some(EXITED) => Ending::Exited(number),
            Some(KILLED) => Ending::Killed(number),
            Some(NOT_STARTED) => Ending::NotStarted(StartError {
                program: self.program.clone(),
                fault: SystemFault::of_number(number),
                is_missing: number == rustix::io::Errno::NOENT.raw_os_error(),
            }),
            _ => {
                descendants::end_all();
                Ending::GuardDied
            }
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.guard.end();
    }
}

impl Guard {
    /// Ends the program and all its descendants, and returns when that is done.
    pub fn end(&self) {
        let mut guarding = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        drop(guarding.lifeline.take());
        let begun = Instant::now();
        while let Ok(None) = guarding.process.try_wait() {
            if begun.elapsed() > LONGEST_END {
                // The guard is stopped by a signal.
                let _ = guarding.process.kill();
                let _ = guarding.process.wait();
                descendants::end_all();
                return;
            }
            sleep(TICK);
        }
    }
}
