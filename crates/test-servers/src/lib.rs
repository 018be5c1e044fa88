//! What several crates' tests need. Never shipped.
//!
//! | what | where |
//! |---|---|
//! | certificates, made by openssl | [`Workshop`] |
//! | which certificates, CA files and keys are accepted, and by Python's `ssl` | [`tls_cases`] |
//! | servers that show them, and Python's verdict | [`Referee`] |
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
pub use workshop::{Made, Wanted, Workshop};
