//! The modules that build a bench from its machines (S3, TrueNAS, iDRAC, OpenShift), and what they share.
#![allow(dead_code)] // until the first module is there

mod phases;
mod server_options;
