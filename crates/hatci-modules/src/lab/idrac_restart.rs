//! Restarting a server so that its jobs run, and waiting for them.
use super::idrac_connection::failed_after;
use ansible_module::{Choices, ErrorKind, Failure, Options, Task};
use redfish_client::{Client, Error, NextBoot};
use std::time::{Duration, Instant};

/// When to restart the server.
#[derive(Choices, Clone, Copy, PartialEq)]
pub(crate) enum Reset {
    /// Never. What needs a restart waits for one, and `pending` says so.
    Never,
    /// If something waits for a restart. A server that is off is switched on.
    IfNeeded,
    /// Always.
    Always,
}

/// Whether and how long to wait.
#[derive(Options)]
pub(crate) struct RestartOptions {
    /// Whether to restart the server so that the changes take effect.
    #[option(default = Reset::Never)]
    pub(crate) reset: Reset,
    /// Whether to wait, after a restart, until the jobs that make the changes have ended, and a one-time boot has been used.
    ///
    /// An operating system that ignores a graceful restart for five minutes is then restarted by force.
    #[option(default = true)]
    pub(crate) wait: bool,
}

impl RestartOptions {
    /// Whether a job that runs already, because somebody has restarted the server, is waited for.
    pub(crate) fn waits_for_others(&self) -> bool {
        self.wait && self.reset != Reset::Never
    }
}

/// Restarts the server, and returns the words for how. If the answer is lost, `has_happened` looks for a sign of it.
pub(crate) fn restart(
    client: &Client,
    has_happened: &dyn Fn() -> Result<bool, Error>,
) -> Result<&'static str, Failure> {
    let error = match client.restart() {
        Err(error @ Error::UnknownOutcome { .. }) => error,
        Err(error) => return Err(failed_after(true, &error)),
        Ok(how) => return Ok(how),
    };
    let end = Instant::now() + LONGEST_DOUBT;
    loop {
        if has_happened().map_err(|e| failed_after(true, &e))? {
            return Ok("restart_with_lost_answer");
        }
        if Instant::now() >= end {
            return Err(failed_after(true, &error));
        }
        std::thread::sleep(PAUSE);
    }
}

/// Whether one of these jobs no longer waits for a restart.
pub(crate) fn has_begun(client: &Client, jobs: &[String]) -> Result<bool, Error> {
    for id in jobs {
        if client.job(id)?.is_some_and(|job| !job.waits_for_restart()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Waits until a restart has begun, as `has_happened` sees it. A graceful one may be ignored, if no operating system runs or if it hangs:
/// then the server is restarted without asking it. Returns how long that took.
pub(crate) fn wait_for_restart(
    how: &str,
    client: &Client,
    timeout: Duration,
    task: &Task,
    has_happened: &dyn Fn() -> Result<bool, Error>,
) -> Result<Duration, Failure> {
    let start = Instant::now();
    let patience = SHUTDOWN.min(timeout / 2);
    while how == GRACEFUL && !has_happened().map_err(|e| failed_after(true, &e))? {
        if start.elapsed() >= patience {
            task.warn(format!(
                "The operating system ignored a graceful restart for {} s, so the server was restarted without it.",
                patience.as_secs()
            ));
            client.force_restart().map_err(|e| failed_after(true, &e))?;
            break;
        }
        std::thread::sleep(PAUSE);
    }
    Ok(start.elapsed())
}

/// Waits until all of these jobs have ended well, for so long together.
pub(crate) fn wait_for_jobs(client: &Client, jobs: &[String], timeout: Duration) -> Result<(), Failure> {
    let start = Instant::now();
    for id in jobs {
        let left = timeout.saturating_sub(start.elapsed());
        client.wait_for_job(id, left).map_err(|e| failed_after(true, &e))?;
    }
    Ok(())
}

/// Waits until a one-time boot that was set is used.
pub(crate) fn wait_for_next_boot(client: &Client, next: NextBoot, timeout: Duration) -> Result<(), Failure> {
    let start = Instant::now();
    while client.next_boot().map_err(|e| failed_after(true, &e))?.is(next) == Some(true) {
        if start.elapsed() >= timeout {
            let msg = format!(
                "The server did not use the one-time boot from {} within {} s of its restart. Check its console: it may have stopped before booting. If it is only slow, raise wait_timeout.",
                next.word(),
                timeout.as_secs()
            );
            return Err(Failure { changed: Some(true), ..Failure::new(ErrorKind::Timeout, msg) });
        }
        std::thread::sleep(PAUSE);
    }
    Ok(())
}

/// The client's word for a restart that the operating system may ignore.
const GRACEFUL: &str = "graceful_restart";
/// How long an operating system may take to shut down.
const SHUTDOWN: Duration = Duration::from_secs(300);
/// A restart whose answer is lost shows within this time.
const LONGEST_DOUBT: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(250);
