//! The simulator's clock: the machine's time, or one that a test sets by hand.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// The simulator's clock. Clones share the same time.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// Set by hand; `None` means the machine's time.
    hand: Option<Arc<Mutex<SystemTime>>>,
}

impl Clock {
    /// A clock that is stopped at the current time until [`Clock::advance`] moves it.
    pub fn manual() -> Self {
        Self { hand: Some(Arc::new(Mutex::new(SystemTime::now()))) }
    }

    /// Moves a manual clock forward. Has no effect on the machine's clock.
    pub fn advance(&self, by: Duration) {
        if let Some(hand) = &self.hand {
            *hand.lock().unwrap_or_else(PoisonError::into_inner) += by;
        }
    }

    /// The clock's current time.
    pub fn now(&self) -> SystemTime {
        match &self.hand {
            Some(hand) => *hand.lock().unwrap_or_else(PoisonError::into_inner),
            None => SystemTime::now(),
        }
    }
}
