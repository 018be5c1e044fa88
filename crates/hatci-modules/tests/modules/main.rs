//! The modules against the simulator, in this process: check mode predicts, a run changes, a second run does not.
#![allow(clippy::disallowed_methods)] // tests lay out by hand what others would
mod fleet;
mod flow;
mod odd_servers;
mod refusals;
#[path = "../../../http-exchange/tests/it/scripted_server.rs"]
#[allow(dead_code, reason = "the exchange's own tests need the rest of it")]
mod scripted_server;
mod sums;
