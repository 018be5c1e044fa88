//! Whom we trust and who we are, for TLS 1.2 and 1.3: the system's roots, a CA file, a client certificate.
use crate::{
    fault::Fault,
    trust::{self, Trust},
};
use rustls::{
    ClientConfig,
    client::danger::ServerCertVerifier,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

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
///
/// The system's roots are those of `SSL_CERT_FILE` and `SSL_CERT_DIR` where set, else of the usual places.
pub(crate) fn client_config(settings: &TlsSettings) -> Result<ClientConfig, Fault> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|e| Fault::Internal { what: e.to_string() })?;
    let verifier: Arc<dyn ServerCertVerifier> = match settings {
        TlsSettings { verify: false, .. } => Arc::new(unverified::AnyServer(provider)),
        TlsSettings { ca_only: true, .. } => Arc::new(Trust::in_given(given(settings)?, provider)?),
        _ => Arc::new(Trust::in_system_and(given(settings)?, provider)?),
    };
    let builder = builder.dangerous().with_custom_certificate_verifier(verifier);
    let Some(cert_path) = &settings.client_cert else {
        if let Some(key) = &settings.client_key {
            return Err(Fault::TlsSetting {
                what: format!("there is a client key, {}, but no client certificate", key.display()),
                remedy: "Give the client certificate too, or leave out the key",
            });
        }
        return Ok(builder.with_no_client_auth());
    };
    let chain = certificates(cert_path, "client certificate")?;
    let key_path = settings.client_key.as_ref().unwrap_or(cert_path);
    let key = PrivateKeyDer::from_pem_file(key_path).map_err(|e| Fault::TlsSetting {
        what: format!("the client key {} can't be read: {}", key_path.display(), pem_fault(&e)),
        remedy: "Give a PEM file with an unencrypted PKCS#8, SEC1 or PKCS#1 key",
    })?;
    builder.with_client_auth_cert(chain, key).map_err(|e| Fault::TlsSetting {
        what: format!("the client certificate {} and its key can't be used: {e}", cert_path.display()),
        remedy: "Check that the key belongs to the certificate",
    })
}

/// The certificates of the CA file.
fn given(settings: &TlsSettings) -> Result<Vec<CertificateDer<'static>>, Fault> {
    let Some(path) = &settings.ca_path else { return Ok(Vec::new()) };
    let given = certificates(path, "CA file")?;
    match trust::roots(&given) {
        (_, 0) => Ok(given),
        (_, unusable) => Err(Fault::TlsSetting {
            what: format!("{unusable} of the certificates in the CA file {} can't be used", path.display()),
            remedy: "Give a PEM file of X.509 certificates",
        }),
    }
}

fn certificates(path: &Path, what: &str) -> Result<Vec<CertificateDer<'static>>, Fault> {
    let fault = |why: String| Fault::TlsSetting {
        what: format!("the {what} {} can't be read: {why}", path.display()),
        remedy: "Give a readable PEM file that holds at least one certificate",
    };
    let found: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    match found {
        Ok(found) if found.is_empty() => Err(fault("it holds no certificate".into())),
        Ok(found) => Ok(found),
        Err(e) => Err(fault(pem_fault(&e))),
    }
}

fn pem_fault(e: &rustls::pki_types::pem::Error) -> String {
    match e {
        rustls::pki_types::pem::Error::Io(e) => e.to_string(),
        rustls::pki_types::pem::Error::NoItemsFound => "it holds no such PEM section".into(),
        _ => "it is not valid PEM".into(),
    }
}

/// `verify: false`: whoever answers is believed. Signatures aren't looked at either: who can put in a certificate of his own
/// can sign with its key, and old devices have certificates that rustls can't read (X.509 v1, RSA with 1024 bits).
mod unverified {
    use super::{Arc, CertificateDer, CryptoProvider};
    use rustls::{
        DigitallySignedStruct, Error, SignatureScheme,
        client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        pki_types::{ServerName, UnixTime},
    };

    #[derive(Debug)]
    pub(super) struct AnyServer(pub(super) Arc<CryptoProvider>);

    impl ServerCertVerifier for AnyServer {
        fn verify_server_cert(
            &self,
            _: &CertificateDer<'_>,
            _: &[CertificateDer<'_>],
            _: &ServerName<'_>,
            _: &[u8],
            _: UnixTime,
        ) -> Result<ServerCertVerified, Error> {
            Ok(ServerCertVerified::assertion())
        }

        fn verify_tls12_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            Ok(HandshakeSignatureValid::assertion())
        }

        fn verify_tls13_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            Ok(HandshakeSignatureValid::assertion())
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            self.0.signature_verification_algorithms.supported_schemes()
        }
    }
}
