//! A stand-in for the iDRAC of a Dell server: the part of its Redfish service that a bench needs, with the quirks of two generations.
//!
//! Generation 13 is an iDRAC8 (firmware 2.x), generation 14 an iDRAC9. They differ in the paths of virtual media, in how the boot order
//! is set, in which settings make a job by themselves, and in the order in which a NIC's iSCSI settings may be given. A
//! [`Scenario`] adds what users have reported of real ones.
mod answers;
mod bios;
mod boot;
mod job;
mod jobs;
mod machine;
mod managers;
mod media;
mod nics;
mod options;
mod request;
mod routes;
mod scenarios;
mod server;
mod system;

pub use options::{Generation, IdracOptions};
pub use request::Request;
pub use scenarios::Scenario;
pub use server::{IdracServer, spawn};
