//! What all handlers share.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use crate::Options;
use crate::faults::Faults;
use crate::keys::Keys;
use crate::log::Log;
use crate::store::Store;
use crate::views::View;

/// One simulated server.
pub(crate) struct Sim {
    pub(crate) options: Options,
    pub(crate) faults: Faults,
    pub(crate) keys: Keys,
    pub(crate) log: Log,
    pub(crate) store: Mutex<Store>,
}

impl Sim {
    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> SystemTime {
        self.options.clock.now()
    }

    pub(crate) fn view<'a>(&self, store: &'a Store) -> View<'a> {
        View { store, style: self.options.id_style, now: self.now() }
    }
}
