//! The modules that build a bench from its machines (S3, TrueNAS, iDRAC, OpenShift), and what they share.
pub(crate) mod idrac_boot;
mod idrac_boot_order;
mod idrac_boot_results;
mod idrac_boot_state;
mod idrac_boot_work;
mod idrac_connection;
pub(crate) mod idrac_info;
pub(crate) mod idrac_iscsi_boot;
mod idrac_iscsi_results;
mod idrac_iscsi_settings;
mod idrac_iscsi_target;
mod idrac_restart;
pub(crate) mod idrac_virtual_media;
mod phases;
mod server_options;
