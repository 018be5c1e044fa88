//! Leases that live exactly as long as their job.
//!
//! A lease is taken for a short term only. One small process per job, the keeper, extends the leases of its job again and again, for
//! as long as the job's process (`ansible-playbook`) lives. When that process ends, by whatever signal, the keeper
//! gives the leases back and ends. When keeper and job die together, with their container, the leases end with their term.
//!
//! ```text
//! module ── claim ──> keeper          before the lease is asked for
//!        ── request, wait ──> controller
//!        ── confirm ──> keeper        the lease is ready: keep it
//!                       keeper ── extend, every third of the term ──> controller
//! ```
//!
//! A claim that is not confirmed before its connection closes means that the module died while it waited: the keeper
//! gives that lease back. The keeper is found by a socket in a directory that only this user can enter.
mod keeper;
mod kept;
mod link;
mod place;
mod process;
mod wire;

pub(crate) use link::Keepalive;
pub use process::run_if_asked;
pub(crate) use wire::{Health, Term};
