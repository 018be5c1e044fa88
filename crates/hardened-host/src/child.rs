//! A program that was started: what it writes, how it ends, and how it is ended. Between it and us stands a
//! [guard](crate::guard_if_asked).
use crate::{
    SystemFault, descendants,
    guard::{EXITED, KILLED, NOT_STARTED},
};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::{
    io::{self, Read},
    os::fd::{AsFd, BorrowedFd},
    path::PathBuf,
    process::{ChildStderr, ChildStdin, ChildStdout},
    sync::{Arc, Mutex, PoisonError},
    thread::sleep,
    time::{Duration, Instant},
};

/// A guard needs no longer to end what it guards.
const LONGEST_END: Duration = Duration::from_secs(8);
const TICK: Duration = Duration::from_millis(5);

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

/// A program at work, or one that has ended. When it is dropped, it ends with all that descends from it.
#[derive(Debug)]
pub struct Child {
    pub(crate) program: PathBuf,
    pub(crate) guard: Guard,
    pub(crate) reports: ChildStdout,
    pub(crate) output: ChildStderr,
}

/// A handle to end a [`Child`] from another thread.
#[derive(Debug, Clone)]
pub struct Guard(pub(crate) Arc<Mutex<Guarding>>);

#[derive(Debug)]
pub(crate) struct Guarding {
    pub(crate) process: std::process::Child,
    /// None: it has been cut.
    pub(crate) lifeline: Option<ChildStdin>,
    /// How long the program may take to end once it was interrupted.
    pub(crate) patience: Duration,
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

    /// Waits until it has ended, for at most `patience`; whether it has.
    pub fn has_ended_within(&self, patience: Duration) -> bool {
        let limit = Timespec {
            tv_sec: i64::try_from(patience.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: patience.subsec_nanos().into(),
        };
        let mut watched = [PollFd::new(&self.reports, PollFlags::IN)];
        // An error is a signal: the caller asks again.
        poll(&mut watched, Some(&limit)).is_ok() && !watched[0].revents().is_empty()
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
        let report = self.report();
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

impl Child {
    /// The guard's last line. Its end closes the pipe, so this can't block forever.
    fn report(&mut self) -> String {
        let (mut line, mut byte) = (vec![], [0]);
        loop {
            match self.reports.read(&mut byte) {
                Ok(1..) if byte != *b"\n" => line.extend(byte),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                _ => return String::from_utf8_lossy(&line).into_owned(),
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
    /// Has the program ended, and returns at once.
    pub fn let_end(&self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).lifeline.take());
    }

    /// Ends the program and all its descendants, and returns when that is done.
    pub fn end(&self) {
        let mut guarding = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        drop(guarding.lifeline.take());
        let begun = Instant::now();
        while let Ok(None) = guarding.process.try_wait() {
            if begun.elapsed() > LONGEST_END + guarding.patience {
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
