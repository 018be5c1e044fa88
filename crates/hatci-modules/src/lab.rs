//! The modules that build a bench from its machines (S3, TrueNAS, iDRAC, OpenShift), and what they share.
mod phases;
mod server_options;
mod truenas_connection;
pub(crate) mod truenas_info;
pub(crate) mod truenas_iscsi_target;
mod truenas_session;
