//! Work that is done once for each vehicle, or again where that may help.
use crate::{
    pool::{Next, Work},
    threshold::{Tally, Threshold},
};
use std::{collections::VecDeque, time::Duration};

/// What a piece of work came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It is done.
    Good,
    /// It failed for good.
    Failed,
    /// It failed, and may succeed later.
    FailedForNow,
}

/// How much is to be tried.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long one vehicle may take.
    pub each: Duration,
    /// How long all may take.
    pub all: Duration,
    /// How often a vehicle is taken up.
    pub attempts: u32,
    /// With more failures no other vehicle is begun.
    pub threshold: Option<Threshold>,
}

/// Before a vehicle is taken up again, times the number of attempts.
const PAUSE: Duration = Duration::from_secs(1);

/// The work on a list of vehicles, in its order.
pub struct Queue<T> {
    limits: Limits,
    judge: fn(&T) -> Judgement,
    /// When, which, and how many attempts were made.
    waiting: VecDeque<(Duration, usize, u32)>,
    attempts: Vec<u32>,
    done: Vec<Option<T>>,
    at_work: usize,
    tally: Tally,
}

impl<T> Queue<T> {
    /// Work on so many vehicles.
    pub fn new(vehicles: usize, limits: Limits, judge: fn(&T) -> Judgement) -> Self {
        Queue {
            limits,
            judge,
            waiting: (0..vehicles).map(|vehicle| (Duration::ZERO, vehicle, 0)).collect(),
            attempts: vec![0; vehicles],
            done: std::iter::repeat_with(|| None).take(vehicles).collect(),
            at_work: 0,
            tally: Tally::default(),
        }
    }

    /// What came of each vehicle; `None` for one that was not begun.
    pub fn outcomes(&self) -> &[Option<T>] {
        &self.done
    }

    /// How far it is.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// Whether more have failed than may.
    pub fn is_stopped(&self) -> bool {
        self.limits.threshold.is_some_and(|threshold| threshold.is_exceeded(self.tally))
    }
}

impl<T: Send> Work for Queue<T> {
    type Done = T;

    fn next(&mut self, now: Duration) -> Next {
        if now >= self.limits.all {
            self.waiting.clear();
        } else if self.is_stopped() {
            // What was begun is brought to an end.
            self.waiting.retain(|(.., attempts)| *attempts > 0);
        }
        let Some(&(due, vehicle, attempts)) = self.waiting.front() else {
            return if self.at_work == 0 { Next::Over } else { Next::Pause(Duration::from_secs(600)) };
        };
        if due > now {
            return Next::Pause(due.saturating_sub(now));
        }
        self.waiting.pop_front();
        self.at_work += 1;
        self.attempts[vehicle] = attempts + 1;
        self.tally.begun += usize::from(attempts == 0);
        Next::Do { vehicle, left: self.limits.each.min(self.limits.all.saturating_sub(now)) }
    }

    fn done(&mut self, vehicle: usize, done: T, now: Duration) {
        self.at_work -= 1;
        let (judgement, attempts) = ((self.judge)(&done), self.attempts[vehicle]);
        self.done[vehicle] = Some(done);
        let pause = PAUSE * attempts;
        let again = judgement == Judgement::FailedForNow
            && attempts < self.limits.attempts
            && now.saturating_add(pause) < self.limits.all;
        if again {
            self.waiting.push_back((now + pause, vehicle, attempts));
        } else {
            self.tally.finished += 1;
            self.tally.failed += usize::from(judgement != Judgement::Good);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn limits(threshold: Option<&str>) -> Limits {
        let threshold = threshold.and_then(|most| Threshold::parse(most, 0).ok());
        Limits { each: 10 * SECOND, all: 100 * SECOND, attempts: 3, threshold }
    }

    /// Works alone; each piece takes a second and comes to what `act` says of the vehicle and the attempt.
    fn work(vehicles: usize, limits: Limits, act: fn(usize, u32) -> Judgement) -> Queue<Judgement> {
        let mut queue = Queue::new(vehicles, limits, |judgement| *judgement);
        let mut now = Duration::ZERO;
        loop {
            match queue.next(now) {
                Next::Do { vehicle, .. } => {
                    now += SECOND;
                    let attempt = queue.attempts[vehicle];
                    queue.done(vehicle, act(vehicle, attempt), now);
                }
                Next::Pause(time) => now += time,
                Next::Over => return queue,
            }
        }
    }

    #[test]
    fn what_may_succeed_later_is_taken_up_again_after_the_others() {
        let queue = work(3, limits(None), |vehicle, attempt| match (vehicle, attempt) {
            (0, 3) | (1, _) => Judgement::Good,
            _ => Judgement::FailedForNow,
        });
        assert_eq!(queue.attempts, [3, 1, 3]);
        assert_eq!(queue.tally(), Tally { begun: 3, finished: 3, failed: 1 });
        assert_eq!(queue.outcomes()[0], Some(Judgement::Good));
    }

    #[test]
    fn beyond_the_threshold_nothing_new_is_begun() {
        let queue = work(10, limits(Some("1")), |vehicle, _| match vehicle {
            0 => Judgement::Good,
            _ => Judgement::Failed,
        });
        assert!(queue.is_stopped());
        assert_eq!(queue.outcomes().iter().flatten().count(), 3);
    }

    #[test]
    fn when_the_time_is_up_the_rest_is_not_begun() {
        let queue = work(200, limits(None), |_, _| Judgement::Good);
        assert_eq!(queue.tally(), Tally { begun: 100, finished: 100, failed: 0 });
    }
}
