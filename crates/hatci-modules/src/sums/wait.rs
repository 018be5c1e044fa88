//! Waiting for a state: one process asks again and again, tells what changes, and ends with what it last saw.
use super::connection::failed;
use super::wait_options::{WaitFailure, WaitOptions, ends_no_wait};
use ansible_module::{ErrorKind, Failure};
use hatci_client::{Clock, Error, Kind, Progress, State};
use std::{
    cell::{Cell, RefCell},
    fmt,
    time::Duration,
};

/// At least this often something is said: a task silent for five minutes is killed by some job runners.
const SPEAK_EVERY: Duration = Duration::from_secs(60);
/// After failed looks the pause grows up to this many times the interval.
const SLOWEST: u32 = 8;
/// A server that has answered well is believed that the credentials are bad when the server reports it this often; more might lock them.
const REFUSALS: u32 = 3;

/// What one look at the server showed.
pub(crate) struct Seen {
    pub(crate) state: State,
    pub(crate) reason: Option<String>,
    /// How far it is, in words for a person, such as `45 %, install`.
    pub(crate) progress: Option<String>,
}

impl Seen {
    fn still(&self) -> String {
        format!("still {self}")
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.progress {
            Some(progress) => write!(f, "{}, {progress}", self.state),
            None => write!(f, "{}", self.state),
        }
    }
}

/// How long it took.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Waited {
    pub(crate) polls: u32,
    pub(crate) time: Duration,
}

/// One wait: what for, by which clock, and who hears of its progress.
pub(crate) struct Waiting<'a> {
    /// What is waited for, as a person names it, such as `deployment DEP-1`.
    what: String,
    options: &'a WaitOptions,
    clock: &'a dyn Clock,
    progress: &'a dyn Fn(&str),
    /// For what the task's result is to warn of.
    warn: &'a dyn Fn(&str),
    start: Duration,
    /// When something was last said, by `clock`.
    said: Cell<Duration>,
    /// The states of which the user was told that nothing here knows them.
    unknown: RefCell<Vec<State>>,
}

impl<'a> Waiting<'a> {
    /// Time counts from here.
    pub(crate) fn new(
        what: String,
        options: &'a WaitOptions,
        clock: &'a dyn Clock,
        progress: &'a dyn Fn(&str),
        warn: &'a dyn Fn(&str),
    ) -> Self {
        let start = clock.now();
        Waiting {
            what,
            options,
            clock,
            progress,
            warn,
            start,
            said: Cell::new(start),
            unknown: RefCell::default(),
        }
    }

    /// Looks until a final state. `look` is told how long it may take; `waited` holds what it took, also when this fails.
    pub(crate) fn run(
        &self,
        waited: &mut Waited,
        look: &mut dyn FnMut(Duration) -> Result<Seen, Error>,
    ) -> Result<Seen, Failure> {
        let timeout = Duration::from_secs(self.options.until.wait_timeout);
        let interval = Duration::from_secs(self.options.until.poll_interval);
        let rules = self.options.until.rules();
        let (mut last, mut trouble, mut pause) = (None, None, interval);
        let mut refusals = 0;
        loop {
            let outcome = look(timeout.saturating_sub(self.elapsed()));
            waited.polls += 1;
            waited.time = self.elapsed();
            let mut asked = Duration::ZERO;
            match outcome {
                Ok(seen) => {
                    self.tell(last.as_ref(), &seen, trouble.is_some());
                    match rules.progress(&seen.state) {
                        Progress::Succeeded => return Ok(seen),
                        Progress::Failed => return Err(self.ended_badly(&seen)),
                        Progress::GoesOn => {}
                        Progress::Unknown => self.tell_unknown(&seen.state),
                    }
                    (last, trouble, pause, refusals) = (Some(seen), None, interval, 0);
                }
                Err(error) => {
                    refusals += u32::from(error.kind() == Kind::Auth);
                    match &last {
                        None if !may_pass(error.kind()) => return Err(failed(&error)),
                        Some(last) if refusals == REFUSALS => return Err(refused(&self.what, last, &error)),
                        _ => {}
                    }
                    self.say(&format!("poll failed, trying again. {error}"));
                    asked = error.retry_after().unwrap_or_default();
                    trouble = Some(error);
                    pause = pause.saturating_mul(2).min(interval.saturating_mul(SLOWEST));
                }
            }
            let left = timeout.saturating_sub(waited.time);
            if left.is_zero() {
                return Err(self.timed_out(last.as_ref(), trouble.as_ref(), *waited));
            }
            self.sleep(pause.max(asked).min(left), last.as_ref());
        }
    }

    fn elapsed(&self) -> Duration {
        self.clock.now().saturating_sub(self.start)
    }

    /// In slices, so that nobody thinks that the task is dead.
    fn sleep(&self, time: Duration, last: Option<&Seen>) {
        let end = self.clock.now().saturating_add(time);
        loop {
            let now = self.clock.now();
            if now >= end {
                return;
            }
            if now >= self.said.get() + SPEAK_EVERY {
                self.say(&last.map_or("not read yet".into(), Seen::still));
            }
            self.clock.sleep((self.said.get() + SPEAK_EVERY).min(end).saturating_sub(now));
        }
    }

    fn tell(&self, last: Option<&Seen>, now: &Seen, after_trouble: bool) {
        match last {
            Some(last) if last.state != now.state => self.say(&format!("{} -> {now}", last.state)),
            Some(_) if !after_trouble => {}
            Some(_) => self.say(&now.still()),
            None => self.say(&now.to_string()),
        }
    }

    /// Once for each state, at once and in the result: the wait may be going on for nothing.
    fn tell_unknown(&self, state: &State) {
        if self.unknown.borrow().contains(state) {
            return;
        }
        self.unknown.borrow_mut().push(state.clone());
        let text = ends_no_wait(state);
        self.say(&text);
        (self.warn)(&format!("The {}: {text}.", self.what));
    }

    fn say(&self, text: &str) {
        self.said.set(self.clock.now());
        (self.progress)(&format!("{} after {}: {text}", self.what, seconds(self.elapsed())));
    }

    fn ended_badly(&self, seen: &Seen) -> Failure {
        let reason = seen.reason.as_deref().unwrap_or("the server gives no reason");
        let msg = format!(
            "The {} ended as {}: {reason}. Check the vehicle before you deploy again.",
            self.what, seen.state
        );
        Failure { details: WaitFailure::seen(Some(&seen.state)), ..Failure::new(ErrorKind::Failed, msg) }
    }

    fn timed_out(&self, last: Option<&Seen>, trouble: Option<&Error>, waited: Waited) -> Failure {
        let what = &self.what;
        let how = match last {
            Some(seen) => format!("The wait for the {what} timed out in state {}", seen.state),
            None => format!("The {what} could not be read before the timeout"),
        };
        let polled = match waited.polls {
            1 => "polled once".to_owned(),
            polls => format!("polled {polls} times in {}", seconds(waited.time)),
        };
        let trouble = trouble.map_or(String::new(), |error| format!(" The last poll failed: {error}"));
        let msg = format!(
            "{how}: {polled}.{trouble} It may still be running; check the vehicle, or wait again with a larger wait_timeout (in playbooks: hatci_poll_timeout_seconds)."
        );
        let details = WaitFailure::seen(last.map(|seen| &seen.state));
        Failure { details, ..Failure::new(ErrorKind::Timeout, msg) }
    }
}

/// Whether the next look may go better although the first ones failed so.
///
/// Once a look went well, every other failure may pass, too: id, address and credentials were good, and the vehicle is still being
/// updated while a server is rolled out or replaced.
pub(crate) fn may_pass(kind: Kind) -> bool {
    matches!(kind, Kind::Unavailable | Kind::Timeout | Kind::RateLimited | Kind::Protocol | Kind::Tls)
}

/// The end of a waiting on a server that doesn't take the credentials any more.
fn refused(what: &str, last: &Seen, error: &Error) -> Failure {
    let failure = failed(error).with("state", last.state.as_str());
    let msg = format!(
        "The {what} was {} when last read; since then the server refused the credentials {REFUSALS} times. {}",
        last.state, failure.msg
    );
    Failure { msg, ..failure }
}

fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs())
}

#[cfg(test)]
mod tests;
