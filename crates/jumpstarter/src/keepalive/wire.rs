//! What module and keeper say to each other: one JSON object a line, a reply to each request.
use crate::ConfigSource;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long leases are taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// How long a lease outlives its keeper. It is extended every third of it.
    pub term: Duration,
    /// How long the lease may last in all.
    pub limit: Duration,
}

/// How a kept lease fares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Since when the controller has not confirmed that the lease goes on.
    pub unconfirmed_for: Duration,
    /// What the lease is kept with.
    pub term: Term,
    /// Why the last attempt to extend it failed; none if it did not.
    pub trouble: Option<String>,
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
    /// The lease claimed on this connection is there: keep it.
    Confirm,
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
