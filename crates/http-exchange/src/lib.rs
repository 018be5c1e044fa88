//! One HTTP exchange done safely: what every client of a JSON API needs and none should write twice.
//!
//! A [`Server`] is one base URL with its credentials, trust, proxy and open connections.
//! [`Server::exchange`] sends one [`Call`] and answers with a [`Reply`] or an [`Error`]; in between it follows
//! redirects within the origin, bounds what it reads, and repeats what may be repeated.
//!
//! | what | where |
//! |---|---|
//! | which failures are repeated, how long to wait, what doubt means | [`Policy`], [`Repeat`] |
//! | which proxy | [`ProxyVariables`] |
//! | which certificates are trusted | [`TlsSettings`] |
//! | why it failed, what to do, and a stable word for it | [`Error`], [`Fault`], [`Kind`] |
//!
//! Limits that nobody needs to set: bodies of 8 MiB (after decompression), 128 response headers within 32 KiB,
//! 5 redirects, JSON nested 128 deep.
mod attempt;
mod authorization;
mod base_url;
mod call;
mod clock;
mod connector;
mod error;
mod fault;
mod forward;
mod no_proxy;
mod proxy;
mod redirect;
mod retry;
mod retry_after;
mod secure;
mod server;
mod server_text;
mod tls;
mod transport_fault;
mod trust;

pub use authorization::{Authorization, Token};
pub use call::{Call, Effort, IdempotencyKey, Method, Repeat, Reply};
pub use clock::{Clock, SystemClock};
pub use error::Error;
pub use fault::{Fault, Kind};
pub use proxy::ProxyVariables;
pub use retry::{Policy, Trouble};
pub use server::{Server, Settings};
pub use tls::TlsSettings;
