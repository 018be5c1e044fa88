//! From asking for a bench to having it: made once, waited for, never doubled.
use crate::{Client, Condition, Error, Lease, LeaseState, NewLease, Target, job, queue, selector};
use std::{
    mem::{Discriminant, discriminant},
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// How long to keep checking whether a lease exists after the answer to its request was lost.
const SETTLING: Duration = Duration::from_secs(30);
/// Polling starts fast, since a free bench is assigned at once.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// A controller that reads from a cache may not see a new lease at once.
const APPEARING: Duration = Duration::from_secs(3);
/// A job runner may consider a task hung that prints nothing for minutes.
const LONGEST_SILENCE: Duration = Duration::from_secs(60);

/// Callbacks while waiting for a bench.
pub trait Watch {
    /// Shows the user the current state.
    fn tell(&mut self, text: &str);
    /// Returns an error to stop waiting, for instance because nobody needs the bench any more.
    fn go_on(&mut self) -> Result<(), Error>;
}

impl Client {
    /// Creates the lease. If the answer is lost, checks by the lease's name whether it was created.
    pub async fn request(&self, new: &NewLease) -> Result<Lease, Error> {
        let mut in_doubt = false;
        let outcome = self
            .patiently(SETTLING, async || {
                let made = self.create(new).await;
                match made {
                    Err(taken @ Error::NameTaken { .. }) if in_doubt => {
                        let found = self.get_once_it_appears(&new.name).await?;
                        self.check_same(&found, new).await?;
                        if job::is_of_others(&found.tags, &new.tags) { Err(taken) } else { Ok(found) }
                    }
                    other => {
                        in_doubt |= other.as_ref().is_err_and(Error::leaves_doubt);
                        other
                    }
                }
            })
            .await;
        match outcome {
            // These mean that another lease has that name, so this one can't have been created.
            Err(e @ (Error::NotOwner { .. } | Error::Differs { .. } | Error::NameTaken { .. })) => Err(e),
            Err(e) if in_doubt || e.leaves_doubt() => {
                Err(Error::UnknownOutcome { lease: new.name.clone(), why: e.to_string() })
            }
            outcome => outcome,
        }
    }

    /// Gets a lease that is known to exist.
    async fn get_once_it_appears(&self, name: &str) -> Result<Lease, Error> {
        let start = Instant::now();
        loop {
            match self.get(name).await {
                Err(Error::NotFound { .. }) if start.elapsed() < APPEARING => sleep(FIRST_PAUSE).await,
                found => return found,
            }
        }
    }

    /// Checks that an existing lease is the requested one.
    pub async fn check_same(&self, found: &Lease, new: &NewLease) -> Result<(), Error> {
        let owner = self.config().await.name;
        if found.client != owner {
            return Err(Error::NotOwner { lease: found.name.clone() });
        }
        let difference = match &new.target {
            Target::Exporter(wanted) if found.exporter_name.as_ref() != Some(wanted) => {
                Some((found.exporter_name.clone(), wanted))
            }
            Target::Selector(wanted)
                if !found.selector.as_ref().is_some_and(|selector| selector::is_same(selector, wanted)) =>
            {
                Some((found.selector.clone(), wanted))
            }
            _ => None,
        };
        match difference {
            None => Ok(()),
            Some((has, wanted)) => Err(Error::Differs {
                lease: found.name.clone(),
                difference: format!(
                    "it is for {}, not for {wanted}",
                    has.as_deref().unwrap_or("another kind of target")
                ),
            }),
        }
    }

    /// Waits until the lease has an exporter. Does not delete it on failure; the caller does.
    pub async fn wait_until_ready(
        &self,
        name: &str,
        limit: Duration,
        watch: &mut dyn Watch,
    ) -> Result<Lease, Error> {
        let start = Instant::now();
        let mut said: Option<(Discriminant<Look>, Instant)> = None;
        loop {
            watch.go_on()?;
            let look = match self.get(name).await {
                Ok(lease) => match lease.state() {
                    LeaseState::Ready => return Ok(lease),
                    LeaseState::Ended(ended) => return Err(Error::Ended { lease: name.into(), ended }),
                    LeaseState::Pending(None) => Look::New,
                    LeaseState::Pending(Some(reason)) => Look::Waiting(lease.into(), reason),
                },
                Err(Error::NotFound { .. }) if start.elapsed() < APPEARING => Look::New,
                Err(e) if e.is_transient() => Look::Failed(e),
                Err(e) => return Err(e),
            };
            let waited = start.elapsed();
            let is_over = waited >= limit;
            let is_news = match said {
                // A free bench is assigned within moments: print nothing until then.
                None => !matches!(look, Look::New),
                Some((kind, _)) => kind != discriminant(&look),
            };
            let silence = said.map_or(start, |(_, when)| when).elapsed();
            if is_over || is_news || silence >= LONGEST_SILENCE {
                said = Some((discriminant(&look), Instant::now()));
                let text = self.describe(look).await;
                if is_over {
                    return Err(Error::WaitTimeout { lease: name.into(), after: limit, why: text });
                }
                watch.tell(&format!(
                    "lease {name}, waited {} of {} s: {text}",
                    waited.as_secs(),
                    limit.as_secs()
                ));
            }
            let pause = (waited / 20).clamp(FIRST_PAUSE, LONGEST_PAUSE);
            sleep(pause.min(limit.saturating_sub(waited))).await;
        }
    }

    async fn describe(&self, look: Look) -> String {
        match look {
            Look::New => "the controller has not processed it yet".into(),
            Look::Waiting(lease, reason) => queue::describe(self, &lease, &reason).await,
            Look::Failed(e) => e.to_string(),
        }
    }
}

/// The result of polling a pending lease.
enum Look {
    New,
    Waiting(Box<Lease>, Condition),
    Failed(Error),
}

/// A name for a lease whose user chose none.
pub fn lease_name(target: &Target) -> String {
    let about = match target {
        Target::Exporter(name) => name.as_str(),
        Target::Selector(_) => "bench",
    };
    // A Kubernetes object name: lower case, at most 63 characters in all.
    let about: String = about
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .take(40)
        .collect();
    let unique = uuid::Uuid::new_v4().simple().to_string();
    format!("ansible-{}-{}", about.trim_matches('-'), &unique[..12])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_up_name_tells_the_bench_and_is_one_that_kubernetes_takes() {
        let names = ["vehicle_001", "Über/Bench", "-", &"x".repeat(300)];
        for name in names.map(|name| lease_name(&Target::Exporter(name.into()))) {
            let is_taken = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(name.len() <= 63 && name.chars().all(is_taken), "{name}");
        }
        assert!(lease_name(&Target::Exporter("vehicle_001".into())).starts_with("ansible-vehicle-001-"));
        let selector = Target::Selector("a=b".into());
        assert_ne!(lease_name(&selector), lease_name(&selector));
    }
}
