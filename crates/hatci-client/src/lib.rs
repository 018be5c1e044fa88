//! The HATCI SUMS API: one method per call, typed answers.
//!
//! ```no_run
//! use hatci_client::{Client, EventId, IdempotencyKey, NewDeployment, Settings, Token};
//!
//! # fn main() -> Result<(), hatci_client::Error> {
//! let client = Client::new(Settings::new("https://sums.example.com", Token::new("…")))?;
//! let event = client.event(&EventId::parse("E-1")?)?;
//! if event.is_fixed() {
//!     let new = NewDeployment { event_id: event.id, deployment_count: 1, start_datetime: None, end_datetime: None };
//!     let deployment = client.create_deployment(&new, &IdempotencyKey::random())?;
//!     println!("{} {}", deployment.id, deployment.state);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! | call | method | answer |
//! |---|---|---|
//! | `GET health` | [`Client::health`], [`Client::ping`] | [`Health`], [`Ping`] |
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
//! Every answer keeps the whole JSON object beside its typed fields, and the call's attempts and time. [`Policy`] sets
//! retries and deadline; [`Client::with_policy`] gives a client with another policy on the same connections, and
//! [`Client::on_trouble`] one that reports failed attempts. [`Client::create_event`] explains what a create does
//! when its outcome is in doubt.
mod client;
mod deployment;
mod error;
mod event;
mod fields;
mod id;
mod listing;
mod ping;
mod state;
mod test_event;

pub use client::{Client, Settings};
pub use deployment::{Deployment, NewDeployment};
pub use error::Error;
pub use event::{Ecu, Event, NewEvent, UpdateType};
pub use http_exchange::{
    Acted, Clock, Effort, IdempotencyKey, KeySupport, Kind, Method, Policy, ProxyVariables, SystemClock,
    TlsSettings, Token, Trouble,
};
pub use id::{DeploymentId, EventId, TestEventId};
pub use listing::{ListOf, Listing, MOST_LISTED};
pub use ping::{Health, Ping};
pub use state::{FAILURE, Progress, SUCCESS, State, StateRules};
pub use test_event::{NewTestEvent, Outcome, TestEvent, TestStatus};
