//! The modules that build a bench from its machines (S3, TrueNAS, iDRAC, OpenShift), and what they share.
#![allow(dead_code)] // until the first module is there

pub(crate) mod idrac_boot;
mod idrac_boot_order;
mod idrac_boot_state;
mod idrac_boot_work;
mod idrac_connection;
pub(crate) mod idrac_info;
pub(crate) mod idrac_iscsi_boot;
mod idrac_iscsi_settings;
mod idrac_restart;
pub(crate) mod idrac_virtual_media;
mod phases;
mod server_options;
