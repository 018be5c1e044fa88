//! The modules for environments as versioned packages, and for what is built from their outputs.
pub(crate) mod environment_check;
pub(crate) mod environment_info;
pub(crate) mod environment_outputs;
pub(crate) mod environment_seed;
mod place_options;
mod terraform_events;
pub(crate) mod terraform_phase;
mod terraform_run;
mod terraform_secrets;
mod terraform_values;
