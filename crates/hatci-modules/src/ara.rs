//! The modules that put runs on record in ARA, and what they share.
pub(crate) mod ara_event;
pub(crate) mod ara_run;
mod connection;
mod recorder;
pub(crate) mod run_duty;
mod run_id;
mod spool;
