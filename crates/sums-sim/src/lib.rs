//! A simulated SUMS server for the demo and the tests; never shipped.
//!
//! It implements the contract of `collection/docs/openapi.yaml` with a store in memory, advances deployments by a clock
//! that a test may control, and can break connections, delay answers and reject requests. Two ways to run it:
//!
//! - as a program: `sums-sim --listen 127.0.0.1:0`, whose first line on stdout is its URL;
//! - inside a test: [`spawn`] starts it in a thread and returns a [`Server`].
//!
//! ```
//! let server = sums_sim::spawn(sums_sim::Options::default()).unwrap();
//! assert!(server.url().starts_with("http://127.0.0.1:"));
//! assert!(server.state().events.is_empty());
//! ```
#![allow(clippy::disallowed_methods)] // runs only on developers' machines

mod answer;
mod auth;
mod bodies;
mod clock;
mod connection;
mod deployment_clock;
mod faults;
mod idempotency;
mod injection;
mod keys;
mod log;
mod options;
mod routes;
mod server;
mod sim;
mod store;
mod views;
mod visibility;

pub use clock::Clock;
pub use deployment_clock::Scenario;
pub use faults::{Fault, FaultRule};
pub use log::LogEntry;
pub use options::{IdStyle, Options, VehicleOption, VehicleScenario};
pub use server::{Error, Server, spawn};
pub use views::State;
