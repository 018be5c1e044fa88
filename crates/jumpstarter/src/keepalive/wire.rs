//! What module and keeper say to each other: one JSON object a line, a reply to each request.
use crate::ConfigSource;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long leases are taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Term {
    /// How long a lease outlives its keeper. It is extended every third of it.
    pub(crate) term: Duration,
    /// How long the lease may last in all.
    pub(crate) limit: Duration,
}

/// How a kept lease fares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Health {
    /// Since when the controller has not confirmed that the lease goes on.
    pub(crate) unconfirmed_for: Duration,
    /// How long the controller said that it lasts, as far as that is not over.
    pub(crate) holds_for: Duration,
    /// What the lease is kept with.
    pub(crate) term: Term,
    /// Why the last attempt to extend it failed; none if it did not.
    pub(crate) trouble: Option<String>,
}

impl Health {
    /// Whether the lease is extended as it should be.
    ///
    /// Two thirds of the term: what is left allows for clocks that run differently, and for the work to be stopped.
    pub(crate) fn is_good(&self) -> bool {
        self.unconfirmed_for < self.term.term * 2 / 3
    }

    /// Whether the lease must still hold although the controller has not said so since.
    pub(crate) fn is_trustworthy(&self) -> bool {
        self.is_good() && !self.holds_for.is_zero()
    }
}

/// A lease, told apart from those of other controllers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct LeaseId {
    pub(super) endpoint: String,
    pub(super) namespace: String,
    pub(super) name: String,
}

#[derive(Serialize, Deserialize)]
pub(super) enum Request {
    /// The lease is about to be asked for. Unless it is confirmed on this connection, it is given back when that closes.
    Claim { lease: LeaseId, source: ConfigSource, term: Term },
    /// The lease claimed on this connection is there, as the controller said so long ago, and holds for so long from now on: keep it.
    Confirm { age: Duration, holds_for: Duration },
    /// Keep it no longer.
    Forget { lease: LeaseId },
    /// How is it?
    Ask { lease: LeaseId },
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Reply {
    Done,
    NotKept,
    Kept(Health),
    Failed(String),
}
