//! Servers that a command starts, and stops when it ends.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use fs_err as fs;
use rustix::process::{Pid, Signal, kill_process};

use crate::error::{Error, Result};
use crate::process;

/// How long a server may take to start: a Python program takes seconds the first time.
const START: Duration = Duration::from_secs(60);
/// How long it may take to exit after SIGTERM.
const STOP: Duration = Duration::from_secs(10);
/// The polling interval.
const TICK: Duration = Duration::from_millis(20);

/// A running server; dropping it stops it.
pub(crate) struct Server {
    child: Child,
    /// The files for its output: `NAME.out` and `NAME.err`.
    out: PathBuf,
    err: PathBuf,
    keep: bool,
}

impl Server {
    /// Starts a server that writes into `folder`. With `keep` it outlives this process.
    pub(crate) fn start(name: &str, mut command: Command, folder: &Path, keep: bool) -> Result<Self> {
        let (out, err) = (folder.join(format!("{name}.out")), folder.join(format!("{name}.err")));
        command.stdout(fs::File::create(&out)?.into_parts().0).stderr(fs::File::create(&err)?.into_parts().0);
        // A pipe lets a server notice that this process is gone.
        command.stdin(if keep { Stdio::null() } else { Stdio::piped() });
        let child = command.spawn().map_err(|source| process::not_started(&command, source))?;
        Ok(Self { child, out, err, keep })
    }

    /// Waits for the first `N` lines of its output.
    pub(crate) fn told<const N: usize>(&mut self) -> Result<[String; N]> {
        let out = self.out.clone();
        self.once(|| {
            let text = fs::read_to_string(&out)?;
            let whole = text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
            Ok(whole.take(N).map(str::to_owned).collect::<Vec<_>>().try_into().ok())
        })
    }

    /// Waits until it has written these words to stderr.
    pub(crate) fn said(&mut self, words: &str) -> Result<()> {
        let err = self.err.clone();
        self.once(|| Ok(fs::read_to_string(&err)?.contains(words).then_some(())))
    }

    fn once<T>(&mut self, look: impl Fn() -> Result<Option<T>>) -> Result<T> {
        let started = Instant::now();
        loop {
            if let Some(found) = look()? {
                return Ok(found);
            }
            if started.elapsed() > START || self.child.try_wait()?.is_some() {
                return Err(Error::Tree(format!("a server did not start; see {}", self.err.display())));
            }
            sleep(TICK);
        }
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    /// Uses SIGTERM first: `jmp run` has a child process, which SIGKILL would leave behind.
    fn drop(&mut self) {
        if self.keep {
            return;
        }
        // These fail only if it has ended already.
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let asked = Instant::now();
        while asked.elapsed() < STOP && matches!(self.child.try_wait(), Ok(None)) {
            sleep(TICK);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(script: &str, folder: &Path) -> Server {
        let mut sh = Command::new("sh");
        sh.args(["-c", script]);
        Server::start("it", sh, folder, false).expect("there is a shell")
    }

    #[test]
    fn what_it_tells_and_says_is_waited_for() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let mut server =
            server("echo one; echo two; echo three; echo ready >&2; exec sleep 60", folder.path());
        assert_eq!(server.told::<2>().expect("it tells"), ["one", "two"]);
        server.said("ready").expect("it says so");
    }

    #[test]
    fn one_that_ends_before_it_is_ready_is_not_waited_for() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let error = server("echo one", folder.path()).told::<2>().expect_err("it ends too early");
        assert!(error.to_string().contains("it.err"), "{error}");
    }
}
