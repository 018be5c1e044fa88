//! The Redfish service of Dell's iDRACs, as far as a bench needs it.
//!
//! An iDRAC8 (generation 13 and older) and an iDRAC9 or later do the same things in different ways; [`Client`] has one method for each
//! thing, and says which way it took.
//!
//! | what | methods |
//! |---|---|
//! | who answers | [`Client::identity`], [`Client::system`] |
//! | boot order | [`Client::boot_order`], [`Client::stage_boot_order`] |
//! | one-time boot | [`Client::next_boot`], [`Client::clear_other_next_boot`], [`Client::set_next_boot`] |
//! | BIOS | [`Client::bios`], [`Client::stage_bios`] |
//! | iSCSI of a NIC | [`Client::nic_function`], [`Client::stage_iscsi`] |
//! | virtual CD | [`Client::virtual_cd`], [`Client::insert`], [`Client::eject`] |
//! | jobs | [`Client::jobs`], [`Client::job`], [`Client::wait_for_job`] |
//! | power | [`Client::system`], [`Client::restart`] |
//!
//! # Settings are staged
//!
//! Boot order, BIOS and NIC settings are applied by a job that runs when the server starts. Staging makes that job, once: if the iDRAC
//! says that there is one already, it is looked up and never made twice.
//!
//! # What is sent again
//!
//! An iDRAC that is not ready (SWC0700, SYS518, 503, no connection after it was reset) is asked again until the deadline of the call.
//! A read and a change of given values are also sent again when their answer was lost; anything else then ends as
//! [`Kind::UnknownOutcome`], or is settled by reading back. A refused login is final for the whole client: an iDRAC blocks the address
//! after a few.
mod answer;
mod bios;
mod boot_order;
mod calls;
mod client;
mod error;
mod identity;
mod iscsi;
mod jobs;
mod link;
mod members;
mod message;
mod next_boot;
mod order_job;
mod power;
mod profile;
mod settings;
mod virtual_media;

pub use bios::{Bios, BiosFault};
pub use boot_order::{BootEntry, BootOrder};
pub use client::{Client, Settings};
pub use error::{Error, Refusal};
pub use http_exchange::{Clock, Kind, ProxyVariables, Secret, SystemClock, TlsSettings};
pub use identity::{Identity, Idrac, System};
pub use iscsi::NicFunction;
pub use jobs::{Job, JobEnd};
pub use message::Message;
pub use next_boot::{NextBoot, NextBootState};
pub use order_job::OrderJob;
pub use settings::Staged;
pub use virtual_media::{Medium, VirtualCd};
