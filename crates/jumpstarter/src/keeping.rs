//! How a job has its leases kept: taken for a short term, and extended by its guard.
use crate::{
    Client, Error, Lease, LeaseDuration, job,
    lease_guard::{LeaseGuard, Term},
    patience::REACHING,
};

/// Leases are taken for `term` only, and extended by the job's guard.
#[derive(Debug)]
pub(crate) struct Keeping {
    pub(crate) guard: LeaseGuard,
    pub(crate) term: LeaseDuration,
}

impl Keeping {
    /// How a lease is to be kept that nobody keeps.
    pub(crate) fn term_of(&self, lease: &Lease) -> Term {
        let limit = job::limit(&lease.tags).map_or(lease.duration, |limit| limit.max(lease.duration));
        Term { term: job::term(&lease.tags).unwrap_or(self.term.get()), limit }
    }

    pub(crate) async fn keep(&self, client: &Client, name: &str, term: Term) -> Result<Lease, Error> {
        let claim = self.guard.claim(client, name, term).await?;
        let extend = async || client.extend(name, term.term, term.limit).await;
        let lease = client.patiently(REACHING, extend).await?;
        claim.confirm(&lease)?;
        Ok(lease)
    }
}
