//! Retries calls while that may help and there is time.
use crate::{Client, Error, Lease, Listing};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

/// How long to keep trying to reach the controller when its answer is needed.
pub const REACHING: Duration = Duration::from_secs(15);
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

impl Client {
    /// Retries `attempt` after transient errors, for at most `patience`; then returns the last error.
    pub(crate) async fn patiently<T>(
        &self,
        patience: Duration,
        mut attempt: impl AsyncFnMut() -> Result<T, Error>,
    ) -> Result<T, Error> {
        let deadline = Instant::now() + patience;
        let mut pause = FIRST_PAUSE;
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
            // Full jitter, so that jobs cut off by a restart don't all retry at once.
            let jittered = pause.mul_f64(fastrand::f64());
            if Instant::now() + jittered >= deadline {
                return Err(error);
            }
            sleep(jittered).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
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
