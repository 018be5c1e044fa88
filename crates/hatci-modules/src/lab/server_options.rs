//! The options by which every module of a bench's machines reaches its server, beside the address and who logs in.
use crate::seconds::seconds;
use ansible_module::{Failure, Options};
use http_exchange::{Policy, TlsSettings};
use std::{path::PathBuf, time::Duration};

/// Whom a connection trusts.
#[derive(Options)]
pub(crate) struct TrustOptions {
    /// Whether to check the server's certificate.
    ///
    /// Without the check the credentials are exposed to anyone on the network path; a warning is issued each time.
    #[option(default = true)]
    validate_certs: bool,
    /// PEM file with certificate authorities to trust in addition to those of the system.
    ca_path: Option<PathBuf>,
}

impl TrustOptions {
    /// Whom the connection trusts.
    pub(crate) fn tls(&self) -> TlsSettings {
        TlsSettings { verify: self.validate_certs, ca_path: self.ca_path.clone(), ..TlsSettings::default() }
    }
}

/// How to reach the server.
#[derive(Options)]
pub(crate) struct ServerOptions {
    #[option(flatten)]
    trust: TrustOptions,
    /// Timeout of one request in seconds, from the name lookup to the last byte of the answer.
    #[option(default = 30)]
    timeout: u64,
    /// Timeout of one call in seconds, including all retries and the pauses between them. A list counts as one call, however many
    /// answers it takes.
    ///
    /// Requests that can safely be repeated, such as reads, are retried until then.
    #[option(default = 120)]
    deadline: u64,
}

impl ServerOptions {
    /// Whom the connection trusts.
    pub(crate) fn tls(&self) -> TlsSettings {
        self.trust.tls()
    }

    /// The time for one request.
    pub(crate) fn timeout(&self) -> Result<Duration, Failure> {
        seconds("timeout", self.timeout)
    }

    /// Until when a call is repeated.
    pub(crate) fn policy(&self) -> Result<Policy, Failure> {
        Ok(Policy::until(seconds("deadline", self.deadline)?))
    }
}
