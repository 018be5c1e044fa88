//! Results that are told as soon as they are known, so that a signal or a panic can still report them.
use crate::Results;
use serde_json::{Map, Value};
use std::{
    sync::{Arc, Mutex, PoisonError, TryLockError},
    time::Duration,
};

/// A module's results, shared between its phases and whatever has to speak when a phase can't.
#[derive(Debug, Default)]
pub struct SharedResults<R>(Arc<Mutex<R>>);

impl<R> Clone for SharedResults<R> {
    fn clone(&self) -> Self {
        SharedResults(Arc::clone(&self.0))
    }
}

impl<R> SharedResults<R> {
    /// Writes into the results.
    pub fn update<T>(&self, write: impl FnOnce(&mut R) -> T) -> T {
        write(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads from the results.
    pub fn read<T>(&self, read: impl FnOnce(&R) -> T) -> T {
        read(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The results of any module, as they are known at this moment.
pub(crate) trait Known: Send + Sync {
    /// Waits at most `patience` for a phase that is just writing: it may be the one that panicked.
    fn known(&self, patience: Duration) -> Map<String, Value>;
}

impl<R: Results + Send> Known for SharedResults<R> {
    fn known(&self, patience: Duration) -> Map<String, Value> {
        const STEP: Duration = Duration::from_millis(1);
        let mut waited = Duration::ZERO;
        loop {
            match self.0.try_lock() {
                Ok(results) => return results.to_map(),
                Err(TryLockError::Poisoned(poisoned)) => return poisoned.into_inner().to_map(),
                Err(TryLockError::WouldBlock) if waited < patience => {
                    std::thread::sleep(STEP);
                    waited += STEP;
                }
                Err(TryLockError::WouldBlock) => return Map::new(),
            }
        }
    }
}
