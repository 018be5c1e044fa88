//! Tests the simulator over real connections: in this process, and as a program.
#![allow(clippy::disallowed_methods)] // tests create by hand what other programs would

mod client;
mod contract;
mod deployments;
mod faults;
mod idempotency;
mod log;
mod program;
