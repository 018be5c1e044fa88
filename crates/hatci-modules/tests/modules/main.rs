//! The modules against the simulator, in this process: check mode predicts, a run changes, a second run does not.
#![allow(clippy::disallowed_methods)] // tests lay out by hand what others would
mod bench_texts;
mod cut_texts;
mod fleet;
mod fleet_file;
mod flow;
mod lives;
mod no_health;
mod odd_servers;
mod refusals;
mod refused_fields;
mod stray_answers;
mod sums;
mod truenas;
