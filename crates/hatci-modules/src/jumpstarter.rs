//! The modules that lend and use Jumpstarter's benches, and what they share.
mod client;
mod device;
mod exporter_config_file;
mod job;
pub(crate) mod jumpstarter_exporter_config;
pub(crate) mod jumpstarter_lease;
pub(crate) mod jumpstarter_lease_info;
pub(crate) mod jumpstarter_power;
pub(crate) mod jumpstarter_shell;
mod lease_options;
mod lease_results;
mod registration;
