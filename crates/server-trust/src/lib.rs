//! Trust for TLS connections: certificates, roots and keys, read in the formats people use and verified in one place.
//!
//! | what | where |
//! |---|---|
//! | the rustls configuration of a connection | [`client_config`] |
//! | which certificates are trusted, and why that is safe | [`Trust`] |
//! | the certificates of a CA file | [`Certificates`] |
//! | the root certificates of this machine | [`SystemRoots`] |
//! | the client certificate | [`Identity`] |
//! | matching an address against a network of a no-proxy list | [`network_has`] |
//! | why something is not trusted or can't be used, and what to do | [`Refusal`] |
#![cfg_attr(test, allow(clippy::disallowed_methods))] // tests create by hand what other programs would
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
mod network;
mod p521_exchange;
mod pem;
mod provider;
mod reasons;
mod refusal;
mod system_roots;
mod unverified;

pub use certificates::Certificates;
pub use client_config::{Trust, client_config};
pub use handshake::{handshake_refusal, refuses_our_certificate};
pub use identity::Identity;
pub use network::network_has;
pub use refusal::Refusal;
pub use system_roots::SystemRoots;
