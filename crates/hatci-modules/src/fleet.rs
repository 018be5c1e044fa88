//! The modules that do for many vehicles at once what those of `sums` do for one, and what they share.
mod campaign_file;
mod described;
pub(crate) mod hatci_fleet_close;
pub(crate) mod hatci_fleet_plan;
pub(crate) mod hatci_fleet_status;
pub(crate) mod hatci_fleet_update;
mod live_page;
mod outcomes;
mod progress;
mod record;
mod same_test;
mod status_outcome;
mod steps;
mod update_outcome;
mod work_options;
