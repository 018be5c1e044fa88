//! Test servers and certificates shared by several crates' tests. Never shipped.
//!
//! | what | where |
//! |---|---|
//! | a server that plays a script | [`ScriptedServer`] |
//! | a clock that jumps instead of waiting | [`FakeClock`] |
//! | an authority of our own, and servers that it vouches for | [`Authority`] |
//! | certificates, made by openssl | [`Workshop`] |
//! | the certificates, CA files and keys to test, with expected results | [`tls_cases`] |
//! | servers that use them, and Python's result for each | [`Referee`] |
#![allow(clippy::disallowed_methods)] // runs on the machines of developers only
#![allow(
    clippy::missing_panics_doc,
    reason = "it serves tests, which are to fail at what they did not expect"
)]
mod authority;
mod case;
mod fake_clock;
mod referee;
mod scripted_server;
mod tls_cases;
mod workshop;

pub use authority::{ALERT, Authority, accept_breakable_tls, accept_tls, server_config};
pub use case::{Case, Expected};
pub use fake_clock::FakeClock;
pub use referee::{Referee, Seen};
pub use scripted_server::{
    Accept, Request, ScriptedServer, Step, Stream, deserted_address, json, with_headers,
};
pub use tls_cases::tls_cases;
pub use workshop::{CertificateSpec, Made, Workshop};
