//! A lease that is claimed or kept: how far it can be relied on, and when it is to be extended next.
use super::wire::{Health, Term};
use crate::Client;
use std::{
    rc::Rc,
    time::{Duration, Instant},
};
use tokio::task::AbortHandle;

/// A lease is extended so many times within its term.
const TIMES_A_TERM: u32 = 3;
/// After a failed attempt the next comes soon, and then less often.
pub(super) const SOON: Duration = Duration::from_secs(1);
const LESS_OFTEN: Duration = Duration::from_secs(10);

pub(super) struct Kept {
    pub(super) client: Rc<Client>,
    pub(super) term: Term,
    /// Why the last attempt to extend it failed; none if it did not.
    pub(super) trouble: Option<String>,
    /// Extends it; none while it is only claimed.
    pub(super) task: Option<AbortHandle>,
    /// When the controller was last asked that said that the lease goes on, and how long from then on.
    confirmed: Option<(Instant, Duration)>,
}

impl Kept {
    /// One that may or may not be made now.
    pub(super) fn claimed(client: Rc<Client>, term: Term) -> Self {
        Kept { client, term, trouble: None, task: None, confirmed: None }
    }

    /// The controller was asked so long ago, and said that it holds for so long from now on.
    pub(super) fn confirm(&mut self, age: Duration, holds_for: Duration) {
        let now = Instant::now();
        self.confirmed = Some((now.checked_sub(age).unwrap_or(now), age + holds_for));
        self.trouble = None;
    }

    pub(super) fn health(&self) -> Health {
        let (unconfirmed_for, held_for) = match self.confirmed {
            Some((asked, holds_for)) => (asked.elapsed(), holds_for),
            None => (self.term.term, Duration::ZERO),
        };
        Health {
            unconfirmed_for,
            holds_for: held_for.saturating_sub(unconfirmed_for),
            term: self.term,
            trouble: self.trouble.clone(),
        }
    }
}

impl Term {
    /// How often a lease is extended.
    pub(super) fn interval(self) -> Duration {
        self.term / TIMES_A_TERM
    }

    /// How long to wait until a lease is extended for the first time: less where its bench was had a while ago.
    pub(super) fn first_pause(self, health: &Health) -> Duration {
        health.holds_for.saturating_sub(self.interval() * (TIMES_A_TERM - 1)).min(self.interval())
    }

    /// How long to wait until it is extended next, after so many failures in a row.
    pub(super) fn pause_after(self, failures: u32) -> Duration {
        match failures {
            0 => self.interval(),
            n => (SOON * n).min(LESS_OFTEN).min(self.interval()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERM: Term = Term { term: Duration::from_secs(60), limit: Duration::from_secs(3600) };

    fn health(holds_for: u64) -> Health {
        let (unconfirmed_for, holds_for) = (Duration::ZERO, Duration::from_secs(holds_for));
        Health { unconfirmed_for, holds_for, term: TERM, trouble: None }
    }

    #[test]
    fn a_lease_is_extended_every_third_of_its_term_and_sooner_if_it_was_seen_late() {
        for (holds_for, seconds) in [(3600, 20), (60, 20), (50, 10), (40, 0), (2, 0), (0, 0)] {
            assert_eq!(TERM.first_pause(&health(holds_for)).as_secs(), seconds, "{holds_for}");
        }
    }

    #[test]
    fn after_failures_it_is_tried_soon_again_and_then_less_often() {
        assert_eq!([0, 1, 5, 100].map(|failures| TERM.pause_after(failures).as_secs()), [20, 1, 5, 10]);
    }
}
