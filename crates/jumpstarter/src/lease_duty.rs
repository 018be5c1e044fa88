//! The guard's duty for a lease that lives exactly as long as its job.
//!
//! It is leased for a short term only. The job's guard keeps extending it, and deletes it when the job ends. If guard and
//! job die together, with their container, the lease ends with its term.
use crate::{
    Client, Error, job,
    lease_guard::{Confirmed, Handed, Health, LEASE, Term},
    patience::SPARING,
};
use job_guard::{Closing, Duty, Ending, Kinds, Open, Owner, Work};
use serde_json::Value;
use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::Rc,
    time::Duration,
};
use tokio::time::{Instant, sleep, timeout};

/// A lease is extended so many times within its term.
const TIMES_A_TERM: u32 = 3;
/// The first retry after a failed attempt comes soon, further ones less often.
const SOON: Duration = Duration::from_secs(1);
const LESS_OFTEN: Duration = Duration::from_secs(10);
/// How long the guard tries to delete a lease after the job's end.
const RELEASE_TIME: Duration = Duration::from_secs(60);
/// How long a request may still reach the controller after its module died.
const LATE_ARRIVAL: Duration = Duration::from_secs(3);

/// Registers this kind of duty. The leases of one client configuration share a connection.
pub fn add_duties(kinds: &mut Kinds) {
    let clients = RefCell::new(HashMap::new());
    let make = move |payload: Value, owner: Owner| {
        let handed: Handed = serde_json::from_value(payload).map_err(|e| e.to_string())?;
        let mut clients = clients.borrow_mut();
        if !clients.contains_key(&handed.source) {
            let client = Client::new(handed.source.clone()).map_err(|e| e.to_string())?;
            clients.insert(handed.source.clone(), Rc::new(client));
        }
        let client = clients[&handed.source].clone();
        Ok(Rc::new(LeaseDuty::new(handed, client, owner)) as Rc<dyn Duty>)
    };
    kinds.insert(LEASE, Box::new(make));
}

struct LeaseDuty {
    client: Rc<Client>,
    owner: Owner,
    name: String,
    alias: String,
    term: Cell<Term>,
    /// When to extend it next.
    due: Cell<Instant>,
    failures: Cell<u32>,
    /// Why the last attempt to extend it failed, if it did.
    trouble: RefCell<Option<String>>,
    /// When the controller last confirmed that the lease goes on, and how long from then on.
    confirmed: Cell<Option<(Instant, Duration)>>,
}

impl LeaseDuty {
    /// A duty for a lease that may or may not exist yet.
    fn new(handed: Handed, client: Rc<Client>, owner: Owner) -> Self {
        LeaseDuty {
            client,
            owner,
            name: handed.name,
            alias: handed.alias,
            term: handed.term.into(),
            due: Instant::now().into(),
            failures: Cell::default(),
            trouble: RefCell::default(),
            confirmed: Cell::default(),
        }
    }

    fn health(&self) -> Health {
        let term = self.term.get();
        let (unconfirmed_for, held_for) = match self.confirmed.get() {
            Some((asked, holds_for)) => (asked.elapsed(), holds_for),
            None => (term.term, Duration::ZERO),
        };
        let holds_for = held_for.saturating_sub(unconfirmed_for);
        Health { unconfirmed_for, holds_for, term, trouble: self.trouble.borrow().clone() }
    }

    /// Records the controller's confirmation.
    fn note(&self, said: Confirmed) {
        let now = Instant::now();
        self.confirmed.set(Some((now.checked_sub(said.age).unwrap_or(now), said.age + said.holds_for)));
        self.trouble.take();
    }

    async fn extend(&self) -> bool {
        let term = self.term.get();
        let longest = term.interval();
        let outcome = match timeout(longest, self.client.extend(&self.name, term.term, term.limit)).await {
            Ok(Ok(extended)) => Ok(extended),
            Ok(Err(e)) if is_final(&e) => {
                job_guard::log(&format!("lease {}: {e}", self.name));
                return false;
            }
            Ok(Err(e)) => Err(e.to_string()),
            Err(_) => {
                self.client.disconnect().await;
                Err(format!("no answer within {} s", longest.as_secs_f64()))
            }
        };
        self.failures.set(if outcome.is_err() { self.failures.get() + 1 } else { 0 });
        let had_trouble = self.trouble.borrow().is_some();
        match outcome {
            Ok(extended) => {
                if had_trouble {
                    job_guard::log(&format!("lease {}: extended again", self.name));
                }
                self.note(Confirmed::of(&extended));
            }
            Err(why) => {
                if !had_trouble {
                    job_guard::log(&format!("lease {}: not extended: {why}", self.name));
                }
                self.trouble.replace(Some(why));
            }
        }
        self.due.set(Instant::now() + term.pause_after(self.failures.get()));
        true
    }

    async fn give_back(&self, patience: Duration) -> Result<Option<String>, String> {
        let delete = async || self.client.delete(&self.name).await;
        match self.client.at_pace(SPARING, patience, delete).await {
            Ok(true) => Ok(Some(format!("The lease {} was released.", self.name))),
            Ok(false) => Ok(None),
            Err(e) => Err(e.to_string()),
        }
    }

    /// Deletes a lease that may or may not exist, and whose name another client may have taken.
    async fn give_back_if_ours(&self, patience: Duration) -> Result<Option<String>, String> {
        let look = async || self.client.get(&self.name).await;
        let mut found = self.client.at_pace(SPARING, patience, look).await;
        if matches!(found, Err(Error::NotFound { .. })) {
            sleep(LATE_ARRIVAL).await;
            found = self.client.at_pace(SPARING, patience, look).await;
        }
        match found {
            Ok(found) if job::is_of_another(&found.tags, self.owner) => Ok(None),
            Ok(_) => self.give_back(patience).await,
            Err(Error::NotFound { .. }) => Ok(None),
            Err(e) => Err(e.to_string()),
        }
    }
}

impl Duty for LeaseDuty {
    fn open(&self) -> Option<Open> {
        Some(Open {
            what: format!("the lease {}", self.name),
            remedy: format!(
                "If it has not ended by itself, release it with: jmp delete leases --client {} {}",
                self.alias, self.name
            ),
        })
    }

    fn renew(&self, payload: Value) -> Result<(), String> {
        let handed: Handed = serde_json::from_value(payload).map_err(|e| e.to_string())?;
        self.term.set(handed.term);
        Ok(())
    }

    fn confirm(&self, payload: Value) -> Result<(), String> {
        let is_first = self.confirmed.get().is_none();
        self.note(serde_json::from_value(payload).map_err(|e| e.to_string())?);
        if is_first {
            self.due.set(Instant::now() + self.term.get().first_pause(&self.health()));
        }
        Ok(())
    }

    fn health(&self) -> Value {
        serde_json::to_value(self.health()).unwrap_or_default()
    }

    fn due(&self) -> Option<Instant> {
        Some(self.due.get())
    }

    fn attend(&self) -> Work<'_, bool> {
        Box::pin(self.extend())
    }

    fn close<'a>(&'a self, closing: &'a Closing) -> Work<'a, Result<Option<String>, String>> {
        let patience = if closing.ending == Ending::Abandoned { self.term.get().term } else { RELEASE_TIME };
        Box::pin(async move {
            match self.confirmed.get() {
                Some(_) => self.give_back(patience).await,
                None => self.give_back_if_ours(patience).await,
            }
        })
    }

    fn patience(&self) -> Duration {
        RELEASE_TIME
    }
}

impl Term {
    /// How often a lease is extended.
    fn interval(self) -> Duration {
        self.term / TIMES_A_TERM
    }

    /// How long to wait before the first extension: less if the bench was assigned a while ago.
    fn first_pause(self, health: &Health) -> Duration {
        health.holds_for.saturating_sub(self.interval() * (TIMES_A_TERM - 1)).min(self.interval())
    }

    /// How long to wait before the next extension, after this many failures in a row.
    fn pause_after(self, failures: u32) -> Duration {
        match failures {
            0 => self.interval(),
            n => (SOON * n).min(LESS_OFTEN).min(self.interval()),
        }
    }
}

/// Whether retrying is pointless.
fn is_final(error: &Error) -> bool {
    matches!(error, Error::Ended { .. } | Error::NotFound { .. } | Error::NotOwner { .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERM: Term = Term { term: Duration::from_secs(60), limit: Duration::from_secs(3600) };

    fn health(holds_for: u64) -> Health {
        let (unconfirmed_for, holds_for) = (Duration::ZERO, Duration::from_secs(holds_for));
        Health { unconfirmed_for, holds_for, term: TERM, trouble: None }
    }

    #[test]
    fn a_lease_is_extended_every_third_of_its_term_and_sooner_if_it_was_seen_late() {
        for (holds_for, seconds) in [(3600, 20), (60, 20), (50, 10), (40, 0), (2, 0), (0, 0)] {
            assert_eq!(TERM.first_pause(&health(holds_for)).as_secs(), seconds, "{holds_for}");
        }
    }

    #[test]
    fn after_failures_it_is_tried_soon_again_and_then_less_often() {
        assert_eq!([0, 1, 5, 100].map(|failures| TERM.pause_after(failures).as_secs()), [20, 1, 5, 10]);
    }
}
