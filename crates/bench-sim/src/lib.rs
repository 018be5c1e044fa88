//! Stand-ins for what a bench is built from and what can't run in a test: S3, `TrueNAS`, iDRAC, `openshift-install`. Never shipped.
//!
//! Each is a folder of its own and knows nothing of the others.
#![allow(clippy::disallowed_methods)] // runs only on developers' machines

pub mod idrac;
pub mod mirror;
pub mod openshift_install;
pub mod s3;
pub mod truenas;
