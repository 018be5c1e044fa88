//! TLS as the user set it: whom we trust and who we are.
use crate::fault::Fault;
use rustls::ClientConfig;
use server_trust::{Certificates, Identity, Refusal, SystemRoots, Trust};
use std::path::PathBuf;

/// TLS as the user set it.
#[derive(Clone, Debug)]
pub struct TlsSettings {
    /// A PEM file of certificates, trusted beside the system's: of CAs, or of the server itself.
    pub ca_path: Option<PathBuf>,
    /// Trust only `ca_path`, not the system's roots.
    pub ca_only: bool,
    /// A PEM file with our certificate, and after it the intermediate ones.
    pub client_cert: Option<PathBuf>,
    /// A PEM file with the key of `client_cert`: PKCS#8, SEC1 or PKCS#1, without a passphrase.
    /// None: it lies in the same file.
    pub client_key: Option<PathBuf>,
    /// Whether the server's certificate is checked at all.
    pub verify: bool,
}

impl Default for TlsSettings {
    /// The system's roots, no client certificate, everything checked.
    fn default() -> Self {
        Self { ca_path: None, ca_only: false, client_cert: None, client_key: None, verify: true }
    }
}

/// What rustls needs. Reads files, so call it only when there is an https server to talk to.
pub(crate) fn client_config(settings: &TlsSettings) -> Result<ClientConfig, Fault> {
    let given = || {
        settings
            .ca_path
            .as_ref()
            .map_or(Ok(Certificates::default()), |path| Certificates::read(path, "CA file"))
    };
    let config = || -> Result<ClientConfig, Refusal> {
        let trust = match settings {
            TlsSettings { verify: false, .. } => Trust::Anything,
            TlsSettings { ca_only: true, .. } => Trust::Given(given()?),
            _ => Trust::SystemAnd(given()?, SystemRoots::of_this_process()),
        };
        let identity = match (&settings.client_cert, &settings.client_key) {
            (Some(certificate), key) => Some(Identity::read(certificate, key.as_deref())?),
            (None, Some(key)) => {
                return Err(Refusal {
                    why: format!("there is a client key, {}, but no client certificate", key.display()),
                    remedy: "Give the client certificate too, or leave out the key".into(),
                });
            }
            (None, None) => None,
        };
        server_trust::client_config(trust, identity, &[])
    };
    config().map_err(|Refusal { why, remedy }| Fault::TlsSetting { what: why, remedy })
}
