//! The modules that put runs on record in ARA, and what they share.
pub(crate) mod ara_event;
pub(crate) mod ara_run;
mod connection;
pub(crate) mod handed_run;
pub(crate) mod run_duty;
pub(crate) mod run_id;
mod run_results;
