//! A clock that jumps instead of waiting, or passes whenever somebody looks at it, and chance that always says the same.
use http_exchange::Clock;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::{Duration, SystemTime},
};

/// Starts at 0; 1994-11-06 08:49:37 UTC on the wall.
#[derive(Debug, Default)]
pub struct FakeClock {
    now: Cell<Duration>,
    /// What passes whenever somebody looks at it.
    pace: Duration,
    sleeps: RefCell<Vec<Duration>>,
}

impl FakeClock {
    /// A clock at 0.
    pub fn new() -> Rc<Self> {
        Rc::default()
    }

    /// A clock at 0 on which so much time passes whenever somebody looks at it.
    pub fn passing(pace: Duration) -> Rc<Self> {
        Rc::new(Self { pace, ..Self::default() })
    }

    /// The waits so far, in milliseconds.
    pub fn sleeps(&self) -> Vec<u128> {
        self.sleeps.borrow().iter().map(Duration::as_millis).collect()
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Duration {
        self.now.set(self.now.get() + self.pace);
        self.now.get()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777) + self.now.get()
    }

    fn sleep(&self, time: Duration) {
        self.now.set(self.now.get() + time);
        self.sleeps.borrow_mut().push(time);
    }

    fn random(&self) -> f64 {
        0.5
    }
}
