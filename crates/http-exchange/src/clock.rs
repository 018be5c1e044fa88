//! Time and chance, injected so that tests neither sleep nor guess.
use std::{
    fmt,
    rc::Rc,
    time::{Duration, Instant, SystemTime},
};

/// What the retries need to know of time and chance.
pub trait Clock {
    /// Time since some fixed moment; never goes back.
    fn now(&self) -> Duration;
    /// The time of day, to read a `Retry-After` date against.
    fn wall(&self) -> SystemTime;
    /// Waits that long.
    fn sleep(&self, time: Duration);
    /// Evenly distributed, from 0 up to but without 1.
    fn random(&self) -> f64;
}

/// The end of the time that a call has, or several together.
#[derive(Clone)]
pub struct Deadline {
    clock: Rc<dyn Clock>,
    /// When the call began, by that clock.
    from: Duration,
    /// How long it may take.
    pub(crate) after: Duration,
}

impl Deadline {
    /// So much time from now on.
    pub(crate) fn new(clock: Rc<dyn Clock>, after: Duration) -> Self {
        Self { from: clock.now(), clock, after }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.clock.now().saturating_sub(self.from)
    }

    /// The time left; nothing once it is over.
    pub fn left(&self) -> Duration {
        self.after.saturating_sub(self.elapsed())
    }

    pub(crate) fn is_over(&self) -> bool {
        self.left().is_zero()
    }
}

impl fmt::Debug for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} from {:?}", self.after, self.from)
    }
}

/// The machine's own clock and chance.
#[derive(Debug)]
pub struct SystemClock(Instant);

impl Default for SystemClock {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, time: Duration) {
        std::thread::sleep(time);
    }

    fn random(&self) -> f64 {
        fastrand::f64()
    }
}
