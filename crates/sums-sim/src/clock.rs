//! The time the simulator lives by: the machine's, or one that a test moves by hand.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// Tells the simulator the time. Clones tell the same time.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// Set by hand; none means the machine's own time.
    hand: Option<Arc<Mutex<SystemTime>>>,
}

impl Clock {
    /// A clock that stands still, at the present time, until [`Clock::advance`] moves it.
    pub fn manual() -> Self {
        Self { hand: Some(Arc::new(Mutex::new(SystemTime::now()))) }
    }

    /// Moves a manual clock forward. The machine's own clock stays as it is.
    pub fn advance(&self, by: Duration) {
        if let Some(hand) = &self.hand {
            *hand.lock().unwrap_or_else(PoisonError::into_inner) += by;
        }
    }

    /// The time this clock shows.
    pub fn now(&self) -> SystemTime {
        match &self.hand {
            Some(hand) => *hand.lock().unwrap_or_else(PoisonError::into_inner),
            None => SystemTime::now(),
        }
    }
}
