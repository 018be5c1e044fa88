//! The API of TrueNAS as far as iSCSI needs it: one method per call, typed answers.
//!
//! A [`Client`] is one TrueNAS. The first call asks it which versions of the API it serves, without a login, and picks the way:
//!
//! | release | way | why |
//! |---|---|---|
//! | 25.04 and later | JSON-RPC 2.0 over WebSocket at `/api/vX.Y.Z`, the newest version that is served and known here | the server converts for older versions, so renames don't matter |
//! | 24.10 and earlier | REST at `/api/v2.0` | there is nothing else; 26 has no REST any more |
//!
//! | what | where |
//! |---|---|
//! | where, who, how long | [`Settings`] |
//! | zvols | [`Volume`] |
//! | targets, extents, and which is which | [`Target`], [`Extent`], [`Mapping`] |
//! | who may log in, and where | [`Portal`], [`Initiator`], [`Auth`] |
//! | the service and who is logged in | [`Service`], [`Global`], [`Session`] |
//! | the machine | [`Pool`], and [`Client::system`] |
//! | why it failed, and a stable word for it | [`Error`], [`Kind`] |
//!
//! # What keeps the key safe
//!
//! TrueNAS revokes a key for good that arrives unencrypted from elsewhere. So nothing is sent to an `http://` address unless it is on
//! this machine; no redirect is followed; no proxy is used for such an address. Of an error the member `trace` is never read: it holds
//! the parameters of the call.
//!
//! # What is sent twice
//!
//! A read that got no answer is sent again on a new connection, and so are updates, deletions and starts, which come to the same
//! when done twice. A create is not: the connection's end cancels it, or not. Each row that is created here has a natural key,
//! so the client checks whether the row is there now, and only if it isn't sends the create a second time.
#![cfg_attr(test, allow(clippy::disallowed_methods))] // tests lay out by hand what others would
mod access;
mod ask;
mod client;
mod deadline;
mod error;
mod extent;
mod fields;
mod jobs;
mod login;
mod machine;
mod refusal;
mod rest;
mod rpc;
mod service;
mod settings;
mod socket;
mod target;
mod versions;
mod volume;

pub use access::{Auth, Initiator, Portal};
pub use client::Client;
pub use error::Error;
pub use extent::{Extent, Mapping, NewExtent};
pub use http_exchange::{Kind, Policy, ProxyVariables, Secret, TlsSettings};
pub use machine::Pool;
pub use refusal::Refusal;
pub use service::{Global, Service, Session};
pub use settings::Settings;
pub use target::{Group, NewTarget, Target};
pub use volume::{NewVolume, Volume};
