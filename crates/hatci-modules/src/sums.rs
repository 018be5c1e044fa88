//! The modules that speak to the SUMS API, and what they share.
pub(crate) mod connection;
pub(crate) mod creation;
mod failed_task;
pub(crate) mod guarded;
pub(crate) mod hatci_contract;
pub(crate) mod hatci_create_event;
pub(crate) mod hatci_deploy_event;
pub(crate) mod hatci_deployment_info;
pub(crate) mod hatci_event_info;
pub(crate) mod hatci_fix_event;
pub(crate) mod hatci_info;
pub(crate) mod hatci_outcome;
pub(crate) mod hatci_report;
pub(crate) mod hatci_test_event;
pub(crate) mod hatci_test_event_info;
pub(crate) mod hatci_test_event_update;
pub(crate) mod hatci_update_status;
mod lookup;
mod own_test_event;
pub(crate) mod report_files;
pub(crate) mod report_input;
pub(crate) mod test_event_duty;
mod vin;
pub(crate) mod wait;
pub(crate) mod wait_options;
#[cfg(test)]
mod wait_soak;
