//! The API of ARA Records Ansible 1.8, as far as a program needs it to record its own run.
//!
//! ```no_run
//! use ara_client::{Claim, Client, Event, Moment, NewRun, RunStatus, Settings, Status, Uuid};
//!
//! # fn main() -> Result<(), ara_client::Error> {
//! let client = Client::new(Settings::new("http://127.0.0.1:8000"))?;
//! let started = Moment::now();
//! let new = NewRun::new(Uuid::new_v4(), "Update of a vehicle", started);
//! let mut run = client.register(&new, &mut Claim::default())?.run;
//! client.send(&mut run, &Event::new("deploy", "vehicle-1", Status::Ok, started, Moment::now()))?;
//! client.close(&mut run, RunStatus::Completed, Moment::now())?;
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
//! ARA has no idempotency keys, and two equal POSTs make two objects. So nothing is posted whose look-up has not just
//! found it missing, and a POST whose answer is lost is settled by the same look-up, never by a second POST in the dark.
//!
//! A [`Recorder`] writes what is to be told of a run into a spool on disk before it sends it, so that a server that is away costs a run
//! little time and no entry.
#![cfg_attr(test, allow(clippy::disallowed_methods))] // tests lay out by hand what others would
mod client;
mod content;
mod counters;
mod entry;
mod error;
mod event;
#[cfg(test)]
mod fuzz;
mod known;
mod lines;
mod moment;
mod recorder;
mod register;
mod run;
mod spool;
mod spool_lock;

pub use client::{Client, Settings};
pub use entry::Entry;
pub use error::{Error, SpoolError};
pub use event::{Event, Status};
pub use http_exchange::{
    Authorization, Clock, Error as ExchangeError, Kind, ProxyVariables, Secret, SystemClock, TlsSettings,
};
pub use moment::Moment;
pub use recorder::{Recorder, RecorderSettings, RunFound};
pub use run::{Claim, NewRun, Registered, Run, RunStatus};
pub use uuid::Uuid;
