//! The HATCI SUMS API: one method per call, typed answers.
//!
//! ```no_run
//! use hatci_client::{Client, EventId, IdempotencyKey, NewDeployment, Schedule, Settings, Secret};
//!
//! # fn main() -> Result<(), hatci_client::Error> {
//! let client = Client::new(Settings::new("https://sums.example.com", Secret::new("…")))?;
//! let event = client.event(&EventId::parse("E-1")?)?;
//! if event.fixed() == Some(true) {
//!     let new = NewDeployment { event_id: event.id, deployment_count: 1, schedule: Schedule::default() };
//!     let deployment = client.create_deployment(&new, &IdempotencyKey::random())?;
//!     println!("{} {}", deployment.id, deployment.state);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! | call | method | answer |
//! |---|---|---|
//! | `GET health` | [`Client::health`], [`Client::ping`], [`Client::reach`] | [`Health`], [`Ping`] |
//! | `GET vehicles`; `GET events`, `deployments`, `test_events`, where the server has them | [`Client::list`] | [`Listing`] |
//! | `POST events` | [`Client::create_event`] | [`Event`] |
//! | `GET events/ID` | [`Client::event`] | [`Event`] |
//! | `POST events/ID/fix` | [`Client::fix_event`] | [`Event`] |
//! | `POST deployments` | [`Client::create_deployment`] | [`Deployment`] |
//! | `GET deployments/ID` | [`Client::deployment`] | [`Deployment`] |
//! | `POST test_events` | [`Client::create_test_event`] | [`TestEvent`] |
//! | `GET test_events/ID`, where the server has it | [`Client::test_event`] | [`TestEvent`] |
//! | `PATCH test_events/ID` | [`Client::update_test_event`] | [`TestEvent`] |
//!
//! Every answer keeps the whole JSON object beside its typed fields, and how many attempts it took. [`Policy`] says how hard
//! a call tries; [`Client::with_policy`] gives a client of other patience on the same connections, and
//! [`Client::on_retry`] one that tells of failed attempts. What a create does in doubt is said at
//! [`Client::create_event`].
mod client;
mod deployment;
mod error;
mod event;
mod fields;
mod id;
mod listing;
mod ping;
mod schedule;
mod shown_state;
mod state;
mod test_event;
mod trial;
mod vin;

pub use client::{Client, Settings};
pub use deployment::{Deployment, NewDeployment};
pub use error::Error;
pub use event::{Ecu, Event, NewEvent, UpdateType};
pub use fields::{says_failed, text_of};
pub use http_exchange::{
    CallStats, ChangeInFlight, Clock, IdempotencyKey, KeySupport, Kind, Method, Policy, ProxyVariables,
    RecordedAnswer, RetryNotice, Secret, SystemClock, TlsSettings,
};
pub use id::{DeploymentId, EventId, TestEventId};
pub use listing::{ListOf, Listing, MOST_LISTED};
pub use ping::{Health, Ping, is_of_sums};
pub use schedule::Schedule;
pub use state::{FAILURE, Progress, SUCCESS, State, StateRules};
pub use test_event::{NewTestEvent, TestEvent, TestOutcome, TestStatus};
pub use vin::Vin;
