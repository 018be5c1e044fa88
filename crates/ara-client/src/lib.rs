//! The API of ARA Records Ansible 1.8, as far as a program needs it to record its own run.
//!
//! ```no_run
//! use ara_client::{Claim, Client, Event, Moment, NewRun, Outcome, Settings, Status, Uuid};
//!
//! # fn main() -> Result<(), ara_client::Error> {
//! let client = Client::new(Settings::new("http://127.0.0.1:8000"))?;
//! let started = Moment::now();
//! let new = NewRun::new(Uuid::new_v4(), "Update of a vehicle", started);
//! let mut run = client.register(&new, &mut Claim::default())?.run;
//! client.send(&mut run, &Event::new("deploy", "vehicle-1", Status::Ok, started, Moment::now()))?;
//! client.close(&mut run, Outcome::Completed, Moment::now())?;
//! println!("{}", client.page(&run));
//! # Ok(())
//! # }
//! ```
//!
//! ARA calls a run a playbook, which has plays, which have tasks, which have a result for each host. It assigns numeric ids to all
//! of them; only plays and tasks also have a UUID that the client chooses. So a run is identified by the UUID of its
//! play, an event by that of its task:
//!
//! | here | in ARA | identified by |
//! |---|---|---|
//! | a run ([`NewRun`]) | a playbook and one play in it | the play's `uuid`; for people also the label `run:UUID` |
//! | an event ([`Event`]) | a task and its one result | the task's `uuid`, derived from run, host and key |
//!
//! ARA has no idempotency keys, and two equal POSTs create two objects. So nothing is posted unless a lookup has just
//! found it missing, and a POST whose answer is lost is settled by the same lookup, never by a blind second POST.
mod client;
mod content;
mod counters;
mod error;
mod event;
#[cfg(test)]
mod fuzz;
mod moment;
mod register;
mod run;

pub use client::{Client, Settings};
pub use error::Error;
pub use event::{Event, Status};
pub use http_exchange::{
    Authorization, Clock, Error as ExchangeError, Kind, ProxyVariables, SystemClock, TlsSettings, Token,
};
pub use moment::Moment;
pub use run::{Claim, NewRun, Outcome, Registered, Run};
pub use uuid::Uuid;
