//! Making a lease last longer, never shorter.
use crate::{Client, Error, Lease, LeaseState};
use std::time::Duration;

impl Client {
    /// Makes the lease last for `term` from now on, but no longer than `limit` in all.
    ///
    /// It is never shortened. A lease that has ended, or belongs to another client, is an error. All times are the controller's.
    pub async fn extend(&self, name: &str, term: Duration, limit: Duration) -> Result<Lease, Error> {
        let lease = self.usable(self.get(name).await?).await?;
        let total = lease.total_for(term, lease.duration).min(limit);
        if total <= lease.duration {
            return Ok(lease);
        }
        // The controller reports success even for a lease that has just ended.
        self.usable(self.set_duration(name, total).await?).await
    }

    /// Returns the lease if it belongs to this client and has not ended.
    pub async fn usable(&self, lease: Lease) -> Result<Lease, Error> {
        if lease.client != self.config().await.name {
            return Err(Error::NotOwner { lease: lease.name });
        }
        match lease.state() {
            LeaseState::Ended(ended) => Err(Error::Ended { lease: lease.name, ended }),
            LeaseState::Ready | LeaseState::Pending(_) => Ok(lease),
        }
    }
}

impl Lease {
    /// The total duration needed to last for `time` from now on; at least `least`. In whole seconds, as users know durations.
    pub(crate) fn total_for(&self, time: Duration, least: Duration) -> Duration {
        let until_then = self.effective_duration.unwrap_or_default().saturating_add(time);
        let seconds = until_then.as_secs().saturating_add(u64::from(until_then.subsec_nanos() > 0));
        Duration::from_secs(seconds).max(least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lease::tests::lease_with;

    #[test]
    fn the_total_counts_from_the_begin_and_never_shrinks() {
        // It lasts 1800 s and has run for 4.5 s.
        let lease = lease_with(&[("Ready", true, "Ready")]);
        let total = |time| lease.total_for(Duration::from_secs(time), lease.duration).as_secs();
        assert_eq!(total(3600), 3605);
        assert_eq!(total(60), 1800);
    }
}
