//! Time and chance, injected so that tests neither sleep nor guess.
use std::time::{Duration, Instant, SystemTime};

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
