//! The process between a module and a program that it starts: it ends the program and all its descendants as soon as the
//! program has ended or the module has died, for whatever reason.
//!
//! It is another instance of the module's own program. Its standard input is a lifeline: nothing is ever written to it, and
//! when it closes, the module has died or wants the program to end. It reports to its standard output, one line each. Its standard
//! error becomes the output of the guarded program.
use crate::{Access, descendants, open_file};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    process::{
        DumpableBehavior, Pid, PidfdFlags, Resource, Rlimit, Signal, WaitStatus, kill_process, pidfd_open,
        set_dumpable_behavior, setrlimit,
    },
};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::{
    ffi::{OsStr, OsString},
    io::{Write, stdin, stdout},
    os::{fd::AsFd, unix::process::CommandExt},
    path::PathBuf,
    process::{Command, ExitCode, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

/// The first argument that makes a program the guard of another.
pub(crate) const ARGUMENT: &str = "--guard";
/// Before the program: discard its standard error.
pub(crate) const QUIET: &str = "--quiet";
/// Before the program: a folder to remove at the end.
pub(crate) const REMOVE: &str = "--remove";
/// Before the program: the file that takes its output, and how many seconds it has to end after one SIGINT.
pub(crate) const INTERRUPTIBLE: &str = "--interruptible";
/// The guard's first report.
pub(crate) const GUARDS: &[u8; 7] = b"guards\n";
/// The guard's last report, followed by a number: the exit code, the signal, or the system's error.
pub(crate) const EXITED: &str = "exited";
pub(crate) const KILLED: &str = "killed";
pub(crate) const NOT_STARTED: &str = "not-started";

/// Runs the guard if the program was started as one; `None` if it was not. Must come first in `main` of every program that starts
/// others with a [`Child`](crate::Child).
pub fn guard_if_asked() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().as_deref() != Some(OsStr::new(ARGUMENT)) {
        return None;
    }
    let mut job = Job::default();
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some(QUIET) => job.is_quiet = true,
            Some(REMOVE) => job.remove = arguments.next().map(PathBuf::from),
            Some(INTERRUPTIBLE) => {
                job.output = arguments.next().map(PathBuf::from);
                let seconds = arguments.next().and_then(|seconds| seconds.to_str()?.parse().ok());
                job.patience = seconds.map(Duration::from_secs);
            }
            _ => {
                // `--`
                job.words = arguments.collect();
                break;
            }
        }
    }
    say(GUARDS);
    let Ending(what, number) = job.guard();
    say(format!("{what} {number}\n").as_bytes());
    Some(ExitCode::SUCCESS)
}

#[derive(Default)]
struct Job {
    is_quiet: bool,
    remove: Option<PathBuf>,
    /// None: the guard's own.
    output: Option<PathBuf>,
    /// None: it is ended at once.
    patience: Option<Duration>,
    words: Vec<OsString>,
}

/// How the program ended, as reported.
struct Ending(&'static str, i32);

impl Job {
    fn guard(&self) -> Ending {
        prepare();
        let ending = self.run();
        descendants::end_all();
        if let Some(folder) = &self.remove {
            // If it fails, a folder is left that nobody but its user can enter.
            let _ = std::fs::remove_dir_all(folder);
        }
        ending
    }

    fn run(&self) -> Ending {
        let failed = |e: std::io::Error| Ending(NOT_STARTED, e.raw_os_error().unwrap_or_default());
        let Some((program, arguments)) = self.words.split_first() else {
            return Ending(NOT_STARTED, rustix::io::Errno::INVAL.raw_os_error());
        };
        let file = self.output.as_deref().map(|path| open_file(path, Access::Append)).transpose();
        let file = match file {
            Ok(file) => file,
            Err(e) => return failed(e),
        };
        let output = || match &file {
            Some(file) => file.as_fd().try_clone_to_owned(),
            None => std::io::stderr().as_fd().try_clone_to_owned(),
        };
        let stdio = || output().map(Stdio::from);
        let (Ok(out), Ok(err)) = (stdio(), stdio()) else {
            return Ending(NOT_STARTED, rustix::io::Errno::MFILE.raw_os_error());
        };
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(out).process_group(0);
        command.stderr(if self.is_quiet { Stdio::null() } else { err });
        match command.spawn() {
            Ok(child) => {
                let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
                pid.map_or(Ending(KILLED, 0), |pid| attend(pid, self.patience))
            }
            Err(e) => failed(e),
        }
    }
}

fn say(text: &[u8]) {
    // The reader may be gone.
    let _ = stdout().write_all(text).and_then(|()| stdout().flush());
}

/// Keeps nothing of the module but what it was given: no descriptor, and no core dump with secrets. Only SIGKILL can end it.
fn prepare() {
    crate::descriptors::close_others();
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    descendants::adopt_orphans();
    for signal in [SIGTERM, SIGINT, SIGHUP] {
        // The lifeline says when to end. A handler, unlike an ignored signal, is not inherited.
        let _ = signal_hook::flag::register(signal, Arc::default());
    }
}

/// Waits until the program has ended, or the lifeline has been cut; with `patience`, the program is then interrupted, once, and has that long to end.
fn attend(program: Pid, patience: Option<Duration>) -> Ending {
    const LOOK_EVERY: Timespec = Timespec { tv_sec: 0, tv_nsec: 200_000_000 };
    let lifeline = stdin();
    let mut interrupted_at: Option<Instant> = None;
    // Without it, poll.
    let descriptor = pidfd_open(program, PidfdFlags::empty()).ok();
    loop {
        let mut ended: Option<WaitStatus> = None;
        descendants::collect(&mut |pid, status| {
            if pid == program {
                ended = Some(status);
            }
        });
        if let Some(status) = ended {
            return match status.terminating_signal() {
                Some(signal) => Ending(KILLED, signal),
                None => Ending(EXITED, status.exit_status().unwrap_or_default()),
            };
        }
        let mut watched = vec![];
        if interrupted_at.is_none() {
            watched.push(PollFd::new(&lifeline, PollFlags::IN));
        }
        watched.extend(descriptor.as_ref().map(|descriptor| PollFd::new(descriptor, PollFlags::IN)));
        let is_cut = poll(&mut watched, Some(&LOOK_EVERY)).is_ok()
            && interrupted_at.is_none()
            && !watched[0].revents().is_empty();
        match (patience, interrupted_at) {
            (None, _) if is_cut => return Ending(KILLED, 0),
            (Some(patience), Some(at)) if at.elapsed() > patience => return Ending(KILLED, 0),
            (Some(_), None) if is_cut => {
                interrupted_at = Some(Instant::now());
                // Only to itself: it has to end what it has started in its own order.
                let _ = kill_process(program, Signal::INT);
            }
            _ => {}
        }
    }
}
