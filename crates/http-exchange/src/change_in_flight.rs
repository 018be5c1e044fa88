//! Whether a change may have been made, seen from outside while the call for it goes on.
use crate::connector::Sent;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Knows at any moment whether the server may have carried out the last call that was no GET.
///
/// For whoever ends a process in the middle of it, so from any thread.
#[derive(Clone, Debug, Default)]
pub struct ChangeInFlight {
    /// Of the attempt that is being made.
    sent: Sent,
    /// In an attempt that has failed.
    before: Arc<AtomicBool>,
}

impl ChangeInFlight {
    pub(crate) fn new(sent: Sent) -> Self {
        Self { sent, before: Arc::default() }
    }

    /// False as long as none of the request has left, and after each refusal.
    pub fn may_have(&self) -> bool {
        self.sent.get() || self.before.load(Ordering::SeqCst)
    }

    /// No attempt is being made; whether one of those before may have been carried out.
    pub(crate) fn set(&self, may_have: bool) {
        self.before.store(may_have, Ordering::SeqCst);
        self.sent.reset();
    }
}
