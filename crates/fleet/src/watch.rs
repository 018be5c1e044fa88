//! A wait for many deployments: whose turn it is, what each look showed, and when it has ended.
use crate::{
    pool::{Next, Work},
    threshold::{Tally, Threshold},
};
use hatci_client::{Progress, State, StateRules};
use std::{cmp::Reverse, collections::BinaryHeap, time::Duration};

/// How a wait for many vehicles goes on, and when it ends.
#[derive(Clone, Debug)]
pub struct Patience {
    /// Between two looks at a vehicle, on average.
    pub interval: Duration,
    /// The longest that is waited for one vehicle, from the first look at it.
    pub each: Duration,
    /// The longest that is waited in all.
    pub all: Duration,
    /// Which states end it.
    pub rules: StateRules,
    /// When so many have failed that nothing new is to be begun. The wait itself goes on.
    pub threshold: Option<Threshold>,
}

/// What a look at a vehicle's deployment showed.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// Its state.
    pub state: State,
    /// The reason, in the server's words.
    pub reason: Option<String>,
    /// How far it is, in words, such as `45 %, install`.
    pub progress: Option<String>,
    /// The server's timestamps, as JSON text.
    pub timestamps: Option<String>,
}

/// A look that showed nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Missed {
    /// Why, in a sentence or two.
    pub why: String,
    /// Whether a vehicle that was never seen can't be seen later, either.
    pub is_final: bool,
    /// Whether the server refused the credentials, which are those of all vehicles.
    pub is_refusal: bool,
    /// How long the server asks to leave it alone.
    pub retry_after: Option<Duration>,
}

/// How the wait for a vehicle ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The update succeeded.
    Succeeded,
    /// The update failed.
    Failed,
    /// It was still going on when the time was up.
    TimedOut,
    /// It could not be seen, and could not be seen any more.
    Lost,
}

/// What is known of one vehicle.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    /// What the last look that showed something showed.
    pub last: Option<Seen>,
    /// Why the last look showed nothing, if it did not.
    pub trouble: Option<String>,
    /// The states it went through, each with the time of the look that first showed it.
    pub states: Vec<(State, Duration)>,
    /// The number of looks.
    pub polls: u32,
    /// The time of the first look.
    pub first: Option<Duration>,
    /// How and when it ended.
    pub end: Option<(End, Duration)>,
    missed_in_a_row: u32,
}

/// After looks that showed nothing the pause grows up to this many times the interval.
const SLOWEST: u32 = 8;
/// A server that has answered well is believed that it refuses the credentials when it says so this often in a row.
const REFUSALS: u32 = 3;
/// The pause between two looks is the interval, give or take this part of it.
const JITTER: f64 = 0.2;
/// Nothing is due: a look that is being made decides.
const LONG: Duration = Duration::from_secs(600);

/// A wait for many vehicles.
pub struct Watch {
    patience: Patience,
    vehicles: Vec<Watched>,
    /// When each is to be looked at, soonest first. One that is being looked at, or has ended, is not in it.
    due: BinaryHeap<Reverse<(Duration, usize)>>,
    being_looked_at: usize,
    /// No vehicle is looked at before: the server has asked for that.
    quiet_until: Duration,
    has_answered: bool,
    refusals: u32,
    tally: Tally,
    random: Box<dyn FnMut() -> f64 + Send>,
    unknown: Vec<State>,
}

impl Watch {
    /// A wait for so many vehicles; each is looked at at once. `random` gives numbers from 0 up to 1.
    pub fn new(vehicles: usize, patience: Patience, random: Box<dyn FnMut() -> f64 + Send>) -> Self {
        Watch {
            patience,
            vehicles: vec![Watched::default(); vehicles],
            due: (0..vehicles).map(|vehicle| Reverse((Duration::ZERO, vehicle))).collect(),
            being_looked_at: 0,
            quiet_until: Duration::ZERO,
            has_answered: false,
            refusals: 0,
            tally: Tally { begun: vehicles, ..Tally::default() },
            random,
            unknown: vec![],
        }
    }

    /// What is known of each vehicle.
    pub fn vehicles(&self) -> &[Watched] {
        &self.vehicles
    }

    /// How many have ended, and how.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// Whether more have failed than may.
    pub fn is_stopped(&self) -> bool {
        self.patience.threshold.is_some_and(|threshold| threshold.is_exceeded(self.tally))
    }

    /// The states that no rule knows.
    pub fn unknown_states(&self) -> &[State] {
        &self.unknown
    }

    fn end(&mut self, vehicle: usize, end: End, now: Duration) {
        self.vehicles[vehicle].end = Some((end, now));
        self.tally.finished += 1;
        self.tally.failed += usize::from(end != End::Succeeded);
    }

    fn end_all(&mut self, end: End, now: Duration) {
        for Reverse((_, vehicle)) in std::mem::take(&mut self.due) {
            self.end(vehicle, end, now);
        }
    }

    /// When the time for this vehicle is up.
    fn last_moment(&self, vehicle: usize) -> Duration {
        let first = self.vehicles[vehicle].first.unwrap_or_default();
        first.saturating_add(self.patience.each).min(self.patience.all)
    }

    /// How this vehicle's wait ends, now that this was seen; `None` if it goes on.
    fn take(&mut self, vehicle: usize, seen: Seen, now: Duration) -> Option<End> {
        (self.has_answered, self.refusals) = (true, 0);
        let watched = &mut self.vehicles[vehicle];
        (watched.trouble, watched.missed_in_a_row) = (None, 0);
        if watched.last.as_ref().is_none_or(|last| last.state != seen.state) {
            watched.states.push((seen.state.clone(), now));
        }
        let progress = self.patience.rules.progress(&seen.state);
        if progress == Progress::Unknown && !self.unknown.contains(&seen.state) {
            self.unknown.push(seen.state.clone());
        }
        watched.last = Some(seen);
        match progress {
            Progress::Succeeded => Some(End::Succeeded),
            Progress::Failed => Some(End::Failed),
            Progress::GoesOn | Progress::Unknown => None,
        }
    }

    /// The same for a look that showed nothing.
    fn miss(&mut self, vehicle: usize, missed: Missed, now: Duration) -> Option<End> {
        let watched = &mut self.vehicles[vehicle];
        watched.missed_in_a_row += 1;
        watched.trouble = Some(missed.why);
        if let Some(time) = missed.retry_after {
            let longest = self.patience.interval.saturating_mul(SLOWEST);
            self.quiet_until = self.quiet_until.max(now.saturating_add(time.min(longest)));
        }
        if missed.is_refusal {
            self.refusals += 1;
            // More attempts might lock them.
            if self.refusals >= REFUSALS || !self.has_answered {
                self.end_all(End::Lost, now);
                return Some(End::Lost);
            }
        }
        (missed.is_final && self.vehicles[vehicle].last.is_none()).then_some(End::Lost)
    }

    fn pause(&mut self, vehicle: usize) -> Duration {
        let doublings = self.vehicles[vehicle].missed_in_a_row.min(SLOWEST.ilog2());
        let jitter = 1.0 + JITTER * (2.0 * (self.random)() - 1.0);
        self.patience.interval.saturating_mul(1 << doublings).mul_f64(jitter)
    }
}

impl Work for Watch {
    type Done = Result<Seen, Missed>;

    fn next(&mut self, now: Duration) -> Next {
        if now >= self.patience.all {
            self.end_all(End::TimedOut, now);
        }
        let Some(&Reverse((due, vehicle))) = self.due.peek() else {
            return if self.being_looked_at == 0 { Next::Over } else { Next::Pause(LONG) };
        };
        // One more look when the time is up is worth more than the quiet.
        let due = due.max(self.quiet_until.min(self.last_moment(vehicle)));
        if due > now {
            return Next::Pause(due.saturating_sub(now).min(LONG));
        }
        self.due.pop();
        self.being_looked_at += 1;
        self.vehicles[vehicle].first.get_or_insert(now);
        Next::Do { vehicle, left: self.last_moment(vehicle).saturating_sub(now) }
    }

    fn done(&mut self, vehicle: usize, done: Result<Seen, Missed>, now: Duration) {
        self.being_looked_at -= 1;
        self.vehicles[vehicle].polls += 1;
        let end = match done {
            Ok(seen) => self.take(vehicle, seen, now),
            Err(missed) => self.miss(vehicle, missed, now),
        };
        let is_up = now >= self.last_moment(vehicle);
        if let Some(end) = end.or(is_up.then_some(End::TimedOut)) {
            return self.end(vehicle, end, now);
        }
        let due = now.saturating_add(self.pause(vehicle)).min(self.last_moment(vehicle));
        self.due.push(Reverse((due, vehicle)));
    }
}

#[cfg(test)]
mod tests;
