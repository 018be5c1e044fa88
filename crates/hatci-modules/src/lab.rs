//! The modules that build a bench from its machines (S3, TrueNAS, iDRAC, OpenShift), and what they share.

mod age;
mod agent_iso_options;
mod agent_iso_source;
pub(crate) mod openshift_agent_iso;
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
pub(crate) mod s3_artifact;
pub(crate) mod s3_artifact_info;
pub(crate) mod s3_artifact_store;
mod s3_connection;
mod s3_index;
mod s3_metadata;
mod s3_store_steps;
mod s3_store_survey;
mod server_options;
mod transfer;
