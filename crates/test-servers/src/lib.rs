//! Test servers and certificates shared by several crates' tests. Never shipped.
//!
//! | what | where |
//! |---|---|
//! | certificates, made by openssl | [`Workshop`] |
//! | the certificates, CA files and keys to test, with expected results | [`tls_cases`] |
//! | servers that use them, and Python's result for each | [`Referee`] |
#![allow(clippy::disallowed_methods)] // runs on the machines of developers only
#![allow(
    clippy::missing_panics_doc,
    reason = "it serves tests, which are to fail at what they did not expect"
)]
mod case;
mod referee;
mod tls_cases;
mod workshop;

pub use case::{Case, Expected};
pub use referee::{Referee, Seen};
pub use tls_cases::tls_cases;
pub use workshop::{CertificateSpec, Made, Workshop};
