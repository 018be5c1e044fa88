//! The modules that build a bench from its machines (S3, TrueNAS, iDRAC, OpenShift), and what they share.
mod phases;
pub(crate) mod s3_artifact;
pub(crate) mod s3_artifact_info;
mod s3_artifact_options;
pub(crate) mod s3_artifact_store;
mod s3_artifact_work;
mod s3_connection;
mod s3_index;
mod s3_metadata;
mod s3_store_options;
mod s3_store_steps;
mod s3_store_survey;
mod server_options;
mod transfer;
