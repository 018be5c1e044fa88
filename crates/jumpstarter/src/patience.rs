//! Trying again while it may help and there is time.
use crate::{Client, Error, Lease, Listing};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

/// How long is tried to reach the controller where its word is needed.
pub const REACHING: Duration = Duration::from_secs(15);
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

impl Client {
    /// Repeats `attempt` after errors that may pass, for at most `patience`; then the last error is the answer.
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
                    // Before there is a connection nothing is sent.
                    sent: self.is_connected().await,
                },
            };
            // Full jitter, so that the jobs that a restart has cut off don't all come back at once.
            let jittered = pause.mul_f64(fastrand::f64());
            if Instant::now() + jittered >= deadline {
                return Err(error);
            }
            sleep(jittered).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// [`get`](Client::get), repeated.
    pub async fn get_patiently(&self, name: &str, patience: Duration) -> Result<Lease, Error> {
        self.patiently(patience, async || self.get(name).await).await
    }

    /// [`leases`](Client::leases), repeated.
    pub async fn leases_patiently(&self, listing: &Listing, patience: Duration) -> Result<Vec<Lease>, Error> {
        self.patiently(patience, async || self.leases(listing).await).await
    }

    /// [`delete`](Client::delete), repeated: a reply that was lost does no harm.
    pub async fn delete_patiently(&self, name: &str, patience: Duration) -> Result<bool, Error> {
        self.patiently(patience, async || self.delete(name).await).await
    }
}
