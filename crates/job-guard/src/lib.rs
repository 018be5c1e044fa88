//! The guard of a job: one small process that lives slightly longer than the job's own process.
//!
//! A job opens things that must be closed: leases, test events, records. It hands the guard a duty for each, and the guard looks
//! after it while the job runs. When the job's process ends, for whatever reason, the guard closes what is still open, and exits.
//!
//! ```text
//! module ── claim ──> guard          before the request
//!        ── request ──> its server
//!        ── confirm ──> guard        it exists: look after it
//!                       guard ── what is due ──> its server
//! module ── forget ──> guard         it is closed
//! job ends ─────────── guard ── close what is left ──> its server
//! ```
//!
//! If a connection closes before its claim is confirmed, the module has died; the guard then closes what was claimed.
//! The guard listens on a socket in a folder that only this user can enter, and receives duties only through it. A guard
//! that is killed leaves its duties in the job's memory, an unnamed file that the job's process holds; see [`MEMORY`].
//!
//! This crate doesn't know what is guarded: that is a [`Duty`], made by one of the program's [`Kinds`].
#![cfg_attr(test, allow(clippy::disallowed_methods))] // tests create by hand what other processes would
mod closing;
mod duty;
mod error;
mod guard;
mod held;
mod link;
mod memory;
mod notes;
mod owner;
mod place;
mod process;
mod wire;

pub use duty::{Closing, Duty, Ending, Kinds, Open, Work, in_thread};
pub use error::Error;
pub use guard::log;
pub use link::{Claim, JobGuard};
pub use memory::MEMORY;
pub use notes::delivered;
pub use owner::{JobState, Owner, boot_id};
pub use process::run_if_asked;
pub use wire::Id;
