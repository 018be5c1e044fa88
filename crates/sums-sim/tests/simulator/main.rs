//! The simulator over real connections: in this process, and as a program.

mod client;
mod contract;
mod deployments;
mod faults;
mod idempotency;
mod log;
mod program;
