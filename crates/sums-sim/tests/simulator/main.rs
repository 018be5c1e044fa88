//! The simulator over real connections: in this process, and as a program.
#![allow(clippy::disallowed_methods)] // tests lay out by hand what others would

mod client;
mod contract;
mod deployments;
mod faults;
mod idempotency;
mod log;
mod program;
