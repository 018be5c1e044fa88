//! TLS to the controller: accepts the certificates that `jmp` (with gRPC's `BoringSSL`) accepts.
use crate::{Error, config::Trust};
use rustls::ClientConfig;
use server_trust::{Certificates, Refusal, SystemRoots};

/// A TLS configuration for gRPC. It offers only HTTP/2, since some servers prefer HTTP/1.1.
pub(crate) fn client_config(trust: &Trust, endpoint: &str) -> Result<ClientConfig, Error> {
    let trust = match trust {
        Trust::Insecure => Ok(server_trust::Trust::Shown),
        Trust::Given(pem) => {
            Certificates::of_pem(pem, "`tls.ca` of the client config").map(server_trust::Trust::Given)
        }
        Trust::System { file, directory } => Ok(server_trust::Trust::SystemAnd(
            Certificates::default(),
            SystemRoots::at(file.clone(), directory.as_deref()),
        )),
    };
    let config = trust.and_then(|trust| server_trust::client_config(trust, None, &["h2"]));
    config.map_err(|refusal| no_trust(endpoint, refusal))
}

/// The error for a controller that isn't trusted.
pub(crate) fn no_trust(endpoint: &str, Refusal { why, remedy }: Refusal) -> Error {
    Error::Tls { endpoint: endpoint.into(), why, remedy }
}
