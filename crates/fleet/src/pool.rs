//! Bounded work on many vehicles: some threads take what is due, one at a time each.
use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// What there is to do, and what becomes of it. Time counts from the start of [`run`].
pub trait Work: Send {
    /// What comes of one piece of work.
    type Done: Send;

    /// What a worker that is free is to do.
    fn next(&mut self, now: Duration) -> Next;

    /// The piece of work that this vehicle was taken for is done.
    fn done(&mut self, vehicle: usize, done: Self::Done, now: Duration);
}

/// What a worker is to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Something for this vehicle, which may take so long.
    Do {
        /// Its place in the list.
        vehicle: usize,
        /// How much time there is for it.
        left: Duration,
    },
    /// Nothing for so long, or until another piece of work is done.
    Pause(Duration),
    /// Nothing any more.
    Over,
}

/// Does the work with at most `concurrency` vehicles at once, until it is over.
///
/// `worker` is called once in each thread, and makes what does a piece of work there. `tick` is called in the thread of the caller, about
/// once a `period` and at the end. If no thread can be started, all is done in the thread of the caller.
pub fn run<W: Work, D: FnMut(usize, Duration) -> W::Done>(
    work: W,
    concurrency: usize,
    period: Duration,
    worker: impl Fn() -> D + Sync,
    tick: &mut dyn FnMut(&W, Duration),
) -> W {
    let pool = Pool {
        state: Mutex::new(State { work, at_work: 0, watched_until: None }),
        freed: Condvar::new(),
        ended: Condvar::new(),
        start: Instant::now(),
    };
    thread::scope(|scope| {
        let spawn = |_: &usize| {
            pool.lock().at_work += 1;
            let started = thread::Builder::new().spawn_scoped(scope, || pool.work(worker())).is_ok();
            pool.lock().at_work -= usize::from(!started);
            started
        };
        if (0..concurrency.max(1)).take_while(spawn).count() == 0 {
            pool.lock().at_work += 1;
            pool.work(worker());
        }
        let mut state = pool.lock();
        while state.at_work > 0 {
            state = pool.ended.wait_timeout(state, period).unwrap_or_else(PoisonError::into_inner).0;
            tick(&state.work, pool.start.elapsed());
        }
    });
    let start = pool.start;
    let work = pool.state.into_inner().unwrap_or_else(PoisonError::into_inner).work;
    tick(&work, start.elapsed());
    work
}

struct Pool<W> {
    state: Mutex<State<W>>,
    /// Something may be due that was not before.
    freed: Condvar,
    /// A worker has gone.
    ended: Condvar,
    start: Instant,
}

struct State<W> {
    work: W,
    /// The number of workers.
    at_work: usize,
    /// One worker waits until this time, when the next piece of work is due, and the others wait for that one, so that not all wake for
    /// one piece.
    watched_until: Option<Duration>,
}

impl<W: Work> Pool<W> {
    fn lock(&self) -> MutexGuard<'_, State<W>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self, mut act: impl FnMut(usize, Duration) -> W::Done) {
        let mut state = self.lock();
        loop {
            match state.work.next(self.start.elapsed()) {
                Next::Do { vehicle, left } => {
                    // Another one watches the time meanwhile.
                    self.freed.notify_one();
                    drop(state);
                    let done = act(vehicle, left);
                    state = self.lock();
                    state.work.done(vehicle, done, self.start.elapsed());
                    self.freed.notify_one();
                }
                Next::Pause(time) => {
                    let due = self.start.elapsed().saturating_add(time);
                    if state.watched_until.is_some_and(|until| until <= due) {
                        state = self.freed.wait(state).unwrap_or_else(PoisonError::into_inner);
                        continue;
                    }
                    state.watched_until = Some(due);
                    state = self.freed.wait_timeout(state, time).unwrap_or_else(PoisonError::into_inner).0;
                    state.watched_until = state.watched_until.filter(|until| *until != due);
                }
                Next::Over => break,
            }
        }
        state.at_work -= 1;
        self.freed.notify_all();
        self.ended.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Each vehicle twice, the second time a moment after the first.
    struct Twice {
        due: Vec<(Duration, usize)>,
        done: Vec<usize>,
    }

    impl Work for Twice {
        type Done = ();

        fn next(&mut self, now: Duration) -> Next {
            let Some(&(due, vehicle)) = self.due.iter().min() else {
                let is_over = self.done.iter().all(|times| *times == 2);
                return if is_over { Next::Over } else { Next::Pause(Duration::from_secs(600)) };
            };
            if due > now {
                return Next::Pause(due.saturating_sub(now));
            }
            self.due.retain(|it| *it != (due, vehicle));
            Next::Do { vehicle, left: Duration::MAX }
        }

        fn done(&mut self, vehicle: usize, (): (), now: Duration) {
            self.done[vehicle] += 1;
            if self.done[vehicle] == 1 {
                self.due.push((now + Duration::from_millis(1), vehicle));
            }
        }
    }

    #[test]
    fn everything_is_done_and_never_more_than_allowed_at_once() {
        let vehicles = 50;
        for concurrency in [0, 1, 3, 100] {
            let work = Twice {
                due: (0..vehicles).map(|vehicle| (Duration::ZERO, vehicle)).collect(),
                done: vec![0; vehicles],
            };
            let (now, most, workers) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
            let mut ticks = 0;
            let worker = || {
                workers.fetch_add(1, Ordering::SeqCst);
                |_, _| {
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    thread::yield_now();
                    now.fetch_sub(1, Ordering::SeqCst);
                }
            };
            let work = run(work, concurrency, Duration::from_secs(600), worker, &mut |_, _| ticks += 1);
            assert_eq!(work.done, vec![2; vehicles]);
            assert!(most.into_inner() <= concurrency.max(1));
            assert!(ticks > 0 && workers.into_inner() <= concurrency.max(1));
        }
    }
}
