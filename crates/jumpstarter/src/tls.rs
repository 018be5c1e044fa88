//! TLS to the controller: whose certificate is believed is what `jmp` (OpenSSL's kin inside gRPC) believes.
use crate::{Error, config::Trust};
use rustls::ClientConfig;
use server_trust::{Certificates, Refusal, SystemRoots};

/// A TLS configuration for gRPC: only HTTP/2 is offered, since some servers would choose HTTP/1.1 if they could.
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

/// The error for a controller that isn't believed.
pub(crate) fn no_trust(endpoint: &str, Refusal { why, remedy }: Refusal) -> Error {
    Error::Tls { endpoint: endpoint.into(), why, remedy }
}
