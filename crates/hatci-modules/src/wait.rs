//! Waiting for a state: one process asks again and again, tells what changes, and ends with what it last saw.
use crate::connection::CallFailure;
use ansible_module::{ErrorKind, Failure, Options, Results};
use hatci_client::{Clock, FAILURE, Progress, SUCCESS, State, StateRules};
use serde_json::{Map, Value};
use std::{cell::Cell, fmt, time::Duration};

/// At least this often something is said: a task silent for five minutes is killed by some job runners.
const SPEAK_EVERY: Duration = Duration::from_secs(60);
/// After failed looks the pause grows up to this many times the interval.
const SLOWEST: u32 = 8;

/// When waiting ends.
#[derive(Options)]
pub(crate) struct WaitOptions {
    /// Whether to wait until a state of `success_states` or `failure_states` is reached, and to fail on the latter.
    #[option(default = false)]
    wait: bool,
    /// Seconds to wait at most.
    #[option(default = 3600)]
    wait_timeout: u64,
    /// Seconds between two looks; more after looks that failed.
    #[option(default = 30)]
    poll_interval: u64,
    /// States that end the waiting well; upper and lower case are the same.
    #[option(default = SUCCESS.to_vec())]
    success_states: Vec<String>,
    /// States that end the waiting at once with a failure; a state that stands in both lists is one.
    #[option(default = FAILURE.to_vec())]
    failure_states: Vec<String>,
}

/// What `error` tells of a wait that failed.
#[derive(Results, Default)]
pub(crate) struct WaitFailure {
    /// The last state that was seen.
    #[result(returned = "when it was waited for another", sample = "IN_PROGRESS")]
    state: Option<String>,
    #[result(flatten)]
    call: CallFailure,
}

impl WaitFailure {
    fn seen(state: Option<&State>) -> Map<String, Value> {
        WaitFailure { state: state.map(State::to_string), ..WaitFailure::default() }.to_map()
    }
}

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

/// One waiting: what for, by which clock, and who is told of it.
pub(crate) struct Waiting<'a> {
    /// What is waited for, as a person names it, such as `deployment DEP-1`.
    what: String,
    options: &'a WaitOptions,
    clock: &'a dyn Clock,
    progress: &'a dyn Fn(&str),
    start: Duration,
    /// When something was last said, by `clock`.
    said: Cell<Duration>,
}

impl WaitOptions {
    pub(crate) fn wanted(&self) -> bool {
        self.wait
    }

    /// Refuses what would ask without a pause.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        if self.poll_interval == 0 {
            return Err(Failure::invalid("poll_interval is 0 seconds; give at least 1."));
        }
        Ok(())
    }

    fn rules(&self) -> StateRules {
        let states = |names: &[String]| names.iter().map(State::new).collect();
        StateRules { success: states(&self.success_states), failure: states(&self.failure_states) }
    }
}

impl<'a> Waiting<'a> {
    /// Time counts from here.
    pub(crate) fn new(
        what: String,
        options: &'a WaitOptions,
        clock: &'a dyn Clock,
        progress: &'a dyn Fn(&str),
    ) -> Self {
        let start = clock.now();
        Waiting { what, options, clock, progress, start, said: Cell::new(start) }
    }

    /// Looks until a final state. `look` is told how long it may take; `waited` holds what it took, also when this fails.
    pub(crate) fn run(
        &self,
        waited: &mut Waited,
        look: &mut dyn FnMut(Duration) -> Result<Seen, Failure>,
    ) -> Result<Seen, Failure> {
        let timeout = Duration::from_secs(self.options.wait_timeout);
        let interval = Duration::from_secs(self.options.poll_interval);
        let rules = self.options.rules();
        let (mut last, mut trouble, mut pause) = (None, None, interval);
        loop {
            let outcome = look(timeout.saturating_sub(self.elapsed()));
            waited.polls += 1;
            waited.time = self.elapsed();
            match outcome {
                Ok(seen) => {
                    self.tell(last.as_ref(), &seen, trouble.is_some());
                    match rules.progress(&seen.state) {
                        Progress::Succeeded => return Ok(seen),
                        Progress::Failed => return Err(self.ended_badly(&seen)),
                        Progress::GoesOn => {}
                    }
                    (last, trouble, pause) = (Some(seen), None, interval);
                }
                Err(failure) if may_pass(failure.kind) => {
                    self.say(&format!("no answer, asking again. {}", failure.msg));
                    trouble = Some(failure);
                    pause = pause.saturating_mul(2).min(interval.saturating_mul(SLOWEST));
                }
                Err(failure) => return Err(failure),
            }
            let left = timeout.saturating_sub(waited.time);
            if left.is_zero() {
                return Err(self.timed_out(last.as_ref(), trouble.as_ref(), *waited));
            }
            self.sleep(pause.min(left), last.as_ref());
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
                self.say(&last.map_or("not seen yet".into(), Seen::still));
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

    fn say(&self, text: &str) {
        self.said.set(self.clock.now());
        (self.progress)(&format!("{} after {}: {text}", self.what, seconds(self.elapsed())));
    }

    fn ended_badly(&self, seen: &Seen) -> Failure {
        let reason = seen.reason.as_deref().unwrap_or("the server gives no reason");
        let msg = format!(
            "The {} ended as {}: {reason}. Look at the vehicle before you deploy again.",
            self.what, seen.state
        );
        Failure { details: WaitFailure::seen(Some(&seen.state)), ..Failure::new(ErrorKind::Failed, msg) }
    }

    fn timed_out(&self, last: Option<&Seen>, trouble: Option<&Failure>, waited: Waited) -> Failure {
        let state = last.map_or("never seen", |seen| seen.state.as_str());
        let trouble =
            trouble.map_or(String::new(), |failure| format!(" The last look failed: {}", failure.msg));
        let msg = format!(
            "The {} was {state} when the time was up: asked {} times in {}.{trouble} It may still be going on: look at the vehicle, or wait again with a larger wait_timeout.",
            self.what,
            waited.polls,
            seconds(waited.time)
        );
        let details = WaitFailure::seen(last.map(|seen| &seen.state));
        Failure { details, ..Failure::new(ErrorKind::Timeout, msg) }
    }
}

/// Whether the next look may go better although this one failed so.
fn may_pass(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Unavailable
            | ErrorKind::Timeout
            | ErrorKind::RateLimited
            | ErrorKind::Protocol
            | ErrorKind::Tls
    )
}

fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::time::SystemTime;

    /// Time passes only while somebody sleeps.
    #[derive(Default)]
    struct Sleeps(Cell<Duration>);

    impl Clock for Sleeps {
        fn now(&self) -> Duration {
            self.0.get()
        }
        fn wall(&self) -> SystemTime {
            SystemTime::UNIX_EPOCH
        }
        fn sleep(&self, time: Duration) {
            self.0.set(self.0.get() + time);
        }
        fn random(&self) -> f64 {
            0.5
        }
    }

    /// Outcome, what it took, what was told, and how long each look was given.
    fn wait(
        wait_timeout: u64,
        poll_interval: u64,
        mut looks: impl FnMut(u32) -> Result<Seen, Failure>,
    ) -> (Result<Seen, Failure>, Waited, Vec<String>, Vec<u64>) {
        let states = |names: [&str; 3]| names.map(str::to_owned).to_vec();
        let options = WaitOptions {
            wait: true,
            wait_timeout,
            poll_interval,
            success_states: states(SUCCESS),
            failure_states: states(FAILURE),
        };
        let (told, given, clock) = (RefCell::new(vec![]), RefCell::new(vec![]), Sleeps::default());
        let tell = |text: &str| told.borrow_mut().push(text.to_owned());
        let mut waited = Waited::default();
        let outcome =
            Waiting::new("deployment D".into(), &options, &clock, &tell).run(&mut waited, &mut |left| {
                given.borrow_mut().push(left.as_secs());
                let number = given.borrow().len();
                looks(u32::try_from(number).unwrap())
            });
        (outcome, waited, told.into_inner(), given.into_inner())
    }

    #[expect(clippy::unnecessary_wraps, reason = "it stands beside `trouble`")]
    fn seen(state: &str, progress: Option<&str>) -> Result<Seen, Failure> {
        let reason = (state == "failed").then(|| "battery low".to_owned());
        Ok(Seen { state: State::new(state), reason, progress: progress.map(str::to_owned) })
    }

    fn trouble(kind: ErrorKind) -> Result<Seen, Failure> {
        Err(Failure::new(kind, "No way."))
    }

    #[test]
    fn each_change_is_told_once() {
        let (outcome, waited, told, _) = wait(100, 10, |look| match look {
            1 | 2 => seen("PENDING", None),
            3 | 4 => seen("IN_PROGRESS", Some("50 %, install")),
            _ => seen("complete", None),
        });
        assert_eq!(outcome.ok().map(|seen| seen.state), Some(State::new("COMPLETE")));
        assert_eq!((waited.polls, waited.time.as_secs()), (5, 40));
        assert_eq!(
            told,
            [
                "deployment D after 0 s: PENDING",
                "deployment D after 20 s: PENDING -> IN_PROGRESS, 50 %, install",
                "deployment D after 40 s: IN_PROGRESS -> complete",
            ]
        );
    }

    #[test]
    fn nobody_waits_longer_than_a_minute_for_a_word() {
        let (outcome, _, told, _) = wait(300, 150, |_| seen("IN_PROGRESS", None));
        assert!(outcome.is_err());
        let times: Vec<_> = told.iter().map(|line| line.split(' ').nth(3).unwrap().to_owned()).collect();
        assert_eq!(times, ["0", "60", "120", "180", "240"]);
    }

    #[test]
    fn a_failure_state_ends_it_at_once_with_the_reason() {
        let (outcome, waited, ..) = wait(100, 10, |_| seen("failed", None));
        let failure = outcome.err().unwrap();
        assert_eq!((failure.kind, waited.polls), (ErrorKind::Failed, 1));
        assert!(failure.msg.contains("ended as failed: battery low"), "{}", failure.msg);
    }

    #[test]
    fn when_the_time_is_up_it_says_what_it_last_saw() {
        let (outcome, waited, _, given) = wait(25, 10, |_| seen("IN_PROGRESS", None));
        let failure = outcome.err().unwrap();
        assert_eq!((failure.kind, waited.polls, waited.time.as_secs()), (ErrorKind::Timeout, 4, 25));
        assert_eq!(given, [25, 15, 5, 0]);
        for word in ["IN_PROGRESS", "4 times", "25 s", "wait_timeout"] {
            assert!(failure.msg.contains(word), "{}", failure.msg);
        }
    }

    #[test]
    fn trouble_is_told_slows_the_looks_and_passes() {
        let (outcome, waited, told, _) = wait(1000, 10, |look| match look {
            1 | 6 => seen("IN_PROGRESS", None),
            2 => trouble(ErrorKind::Unavailable),
            3 => trouble(ErrorKind::Timeout),
            4 => trouble(ErrorKind::Protocol),
            5 => trouble(ErrorKind::RateLimited),
            _ => seen("SUCCESS", None),
        });
        assert!(outcome.is_ok());
        // 10, then twice as much after each failure up to eightfold, then 10 again.
        assert_eq!((waited.polls, waited.time.as_secs()), (7, 10 + 20 + 40 + 80 + 80 + 10));
        assert!(told.contains(&"deployment D after 10 s: no answer, asking again. No way.".to_owned()));
        assert!(told.contains(&"deployment D after 230 s: still IN_PROGRESS".to_owned()), "{told:?}");
    }

    #[test]
    fn trouble_to_the_end_is_named() {
        let (outcome, waited, ..) = wait(100, 10, |_| trouble(ErrorKind::Unavailable));
        let failure = outcome.err().unwrap();
        assert_eq!((failure.kind, waited.time.as_secs()), (ErrorKind::Timeout, 100));
        assert!(failure.msg.contains("never seen") && failure.msg.contains("No way."), "{}", failure.msg);
    }

    #[test]
    fn what_no_patience_cures_ends_it_at_once() {
        for kind in [ErrorKind::Auth, ErrorKind::NotFound, ErrorKind::Invalid] {
            let (outcome, waited, ..) = wait(100, 10, |_| trouble(kind));
            assert_eq!((outcome.err().map(|failure| failure.kind), waited.polls), (Some(kind), 1));
        }
    }
}
