//! The end of the time that a call has.
use std::time::{Duration, Instant};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    start: Instant,
    /// The whole time.
    pub(crate) after: Duration,
}

impl Deadline {
    pub(crate) fn after(after: Duration) -> Self {
        Self { start: Instant::now(), after }
    }

    /// What is left; nothing once it is over.
    pub(crate) fn left(&self) -> Duration {
        self.after.saturating_sub(self.start.elapsed())
    }

    /// What is over of it, up to the whole.
    pub(crate) fn spent(&self) -> Duration {
        self.start.elapsed().min(self.after)
    }

    /// Waits, unless that would pass the end. False: it would, and nothing was waited.
    pub(crate) fn pause(&self, time: Duration) -> bool {
        let fits = time < self.left();
        if fits {
            std::thread::sleep(time);
        }
        fits
    }
}
