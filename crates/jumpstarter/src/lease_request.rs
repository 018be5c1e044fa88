//! What is asked of a controller about leases.
use crate::{LeaseDuration, Target};
use std::collections::BTreeMap;

/// A lease to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct NewLease {
    /// Its name; chosen before the first attempt, so that a repeated one can't make a second lease.
    pub name: String,
    /// Which bench.
    pub target: Target,
    /// How long from the moment when an exporter is assigned.
    pub duration: LeaseDuration,
    /// At most ten.
    pub tags: BTreeMap<String, String>,
}

/// Which leases to list.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// Also those that have ended. They are kept for ever: there may be many.
    pub ended_too: bool,
    /// Only those with these tags, in Kubernetes' selector syntax; empty: all.
    pub tag_filter: String,
}
