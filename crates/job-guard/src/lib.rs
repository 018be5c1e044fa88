//! The guard of a job: one small process that lives as long as the job's own process does, and a moment longer.
//!
//! A job opens things that have to be closed: leases, test events, records. The guard is handed a duty for each, and takes care
//! of it while the job runs. When the job's process ends, by whatever signal, the guard closes what is still open, and ends.
//!
//! ```text
//! module ── claim ──> guard          before the thing is asked for
//!        ── request ──> its server
//!        ── confirm ──> guard        it is there: take care of it
//!                       guard ── what is due ──> its server
//! module ── forget ──> guard         it is closed
//! job ends ─────────── guard ── close what is left ──> its server
//! ```
//!
//! A claim that is not confirmed before its connection closes means that the module died meanwhile: the guard closes that one.
//! The guard is found by a socket in a folder that only this user can enter. What it is handed goes over that socket only. A guard
//! that was killed leaves its duties in the job's memory: a file without a name that the job's process holds; see [`MEMORY`].
//!
//! This crate knows nothing of what is guarded: that is a [`Duty`], made by one of the program's [`Kinds`].
#![cfg_attr(test, allow(clippy::disallowed_methods))] // tests lay out by hand what others would
mod closing;
mod duty;
mod error;
mod guard;
mod held;
mod link;
mod memory;
mod owner;
mod place;
mod process;
mod wire;

pub use duty::{Closing, Duty, Ending, Kinds, Open, Work, in_thread};
pub use error::Error;
pub use guard::log;
pub use link::{Claim, JobGuard};
pub use memory::MEMORY;
pub use owner::{JobState, Owner, boot_id};
pub use process::run_if_asked;
pub use wire::Id;
