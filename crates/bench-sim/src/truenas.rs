//! A stand-in for TrueNAS: storage pools and iSCSI over the API of releases 24.10 to 26, with their differences, refusals and faults.
//!
//! What a zvol holds isn't there, unless tgt is given as a real data path. The API's rules are those of the middleware's sources.
mod access;
mod data_path;
mod dataset;
mod fault;
mod iscsi;
mod methods;
mod options;
mod query;
mod refused;
mod rest;
mod rpc;
mod schema;
mod server;
mod service;
mod store;
mod wire;

pub use fault::Fault;
pub use options::{Options, Release};
pub use server::{Server, spawn};
