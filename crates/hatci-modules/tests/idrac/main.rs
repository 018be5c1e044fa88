//! The modules for iDRACs against stand-ins of two generations, in this process.
#![allow(clippy::disallowed_methods)] // tests lay out by hand what others would
mod boot;
mod good_status;
mod iscsi;
mod media;
mod next_boot;
mod one_job;
mod reports;
mod server;
