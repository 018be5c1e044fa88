//! Retries calls while that may help and there is time.
use crate::{Client, Error, Lease, Listing};
use std::{iter::successors, time::Duration};
use tokio::time::{Instant, sleep, timeout_at};

/// How long to keep trying to reach the controller when its answer is needed.
pub const REACHING: Duration = Duration::from_secs(15);

/// How long to wait between two attempts: at first, and at most. Each pause is twice the one before.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    first: Duration,
    longest: Duration,
}

/// Somebody waits for the answer.
const PROMPT: Pace = Pace { first: Duration::from_millis(50), longest: Duration::from_secs(2) };
/// Nobody does, and a controller in trouble is spared. One that comes back is noticed within ten seconds.
pub(crate) const SPARING: Pace = Pace { first: Duration::from_secs(1), longest: Duration::from_secs(8) };

impl Pace {
    /// The pauses, one after the other. Jittered, so that jobs cut off by a restart don't all retry at once.
    fn pauses(self) -> impl Iterator<Item = Duration> {
        let next = move |pause: &Duration| Some((*pause * 2).min(self.longest));
        successors(Some(self.first), next).map(|pause| pause.mul_f64(f64::midpoint(1.0, fastrand::f64())))
    }
}

impl Client {
    /// Retries `attempt` after transient errors, for at most `patience`; then returns the last error.
    pub(crate) async fn patiently<T>(
        &self,
        patience: Duration,
        attempt: impl AsyncFnMut() -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.at_pace(PROMPT, patience, attempt).await
    }

    /// The same with these pauses.
    pub(crate) async fn at_pace<T>(
        &self,
        pace: Pace,
        patience: Duration,
        mut attempt: impl AsyncFnMut() -> Result<T, Error>,
    ) -> Result<T, Error> {
        let deadline = Instant::now() + patience;
        let mut pauses = pace.pauses();
        loop {
            let error = match timeout_at(deadline, attempt()).await {
                Ok(Err(error)) if error.is_transient() => error,
                Ok(outcome) => return outcome,
                Err(_) => Error::Timeout {
                    endpoint: self.config().await.endpoint,
                    after: patience,
                    // Nothing is sent before there is a connection.
                    sent: self.is_connected().await,
                },
            };
            let pause = pauses.next().unwrap_or(pace.longest);
            if Instant::now() + pause >= deadline {
                return Err(error);
            }
            sleep(pause).await;
        }
    }

    /// [`get`](Client::get), with retries.
    pub async fn get_patiently(&self, name: &str, patience: Duration) -> Result<Lease, Error> {
        self.patiently(patience, async || self.get(name).await).await
    }

    /// [`leases`](Client::leases), with retries.
    pub async fn leases_patiently(&self, listing: &Listing, patience: Duration) -> Result<Vec<Lease>, Error> {
        self.patiently(patience, async || self.leases(listing).await).await
    }

    /// [`delete`](Client::delete), with retries: a lost reply does no harm.
    pub async fn delete_patiently(&self, name: &str, patience: Duration) -> Result<bool, Error> {
        self.patiently(patience, async || self.delete(name).await).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_nobody_waits_a_controller_in_trouble_is_asked_less_and_less_often() {
        let whole = [1, 2, 4, 8, 8, 8].map(Duration::from_secs);
        for (pause, whole) in SPARING.pauses().zip(whole) {
            assert!((whole / 2..=whole).contains(&pause), "{pause:?} of {whole:?}");
        }
        assert!(PROMPT.pauses().take(100).all(|pause| pause <= Duration::from_secs(2)));
    }
}
