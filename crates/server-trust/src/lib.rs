//! Trust for TLS connections: certificates, roots and keys, read in the formats people use and verified in one place.
//!
//! | what | where |
//! |---|---|
//! | the rustls configuration of a connection | [`client_config`] |
//! | which certificates are trusted, and why that is safe | [`Trust`] |
//! | the certificates of a CA file | [`Certificates`] |
//! | the roots of this machine | [`SystemRoots`] |
//! | who we are | [`Identity`] |
//! | which servers need no proxy, as far as that is the same for all | [`network_has`] |
//! | why there is no trust, and what to do about it | [`Refusal`] |
//! | of what sort any failure of a client is | [`Kind`] |
#![cfg_attr(test, allow(clippy::disallowed_methods))] // tests lay out by hand what others would
mod certificate;
mod certificates;
mod client_config;
mod file;
#[cfg(test)]
mod fuzz;
mod handshake;
mod identity;
mod judge;
mod key;
mod kind;
mod network;
mod p521_exchange;
mod pem;
mod provider;
mod pss;
mod reasons;
mod refusal;
mod system_roots;
mod unverified;

pub use certificates::Certificates;
pub use client_config::{Trust, client_config};
pub use handshake::{handshake_refusal, refuses_our_certificate};
pub use identity::Identity;
pub use kind::Kind;
pub use network::network_has;
pub use refusal::Refusal;
pub use system_roots::SystemRoots;
