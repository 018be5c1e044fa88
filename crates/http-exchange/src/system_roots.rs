//! The system's CA certificates, read in two steps.
//!
//! Many systems keep each certificate in a file of its own and all of them in one bundle. To read both takes some 8 ms,
//! the bundle alone less than 1. So the bundle comes first, and the rest only when a server's issuer isn't in it.
use crate::{fault::Fault, tls::verifier};
use rustls::{
    CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::CryptoProvider,
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};
use std::{
    env,
    path::PathBuf,
    sync::{Arc, OnceLock},
};

/// Believes what the system's certificates, or some of our own, have signed.
#[derive(Debug)]
pub(crate) struct SystemRoots {
    ours: RootCertStore,
    provider: Arc<CryptoProvider>,
    bundle: Arc<WebPkiServerVerifier>,
    /// Made when the bundle isn't enough; none if there is nothing more.
    all: OnceLock<Option<Arc<WebPkiServerVerifier>>>,
}

impl SystemRoots {
    pub(crate) fn new(ours: RootCertStore, provider: Arc<CryptoProvider>) -> Result<Self, Fault> {
        let mut roots = ours.clone();
        let found = bundle().map(|path| CertificateDer::pem_file_iter(path).into_iter().flatten().flatten());
        let (in_bundle, _) = roots.add_parsable_certificates(found.into_iter().flatten());
        if in_bundle == 0 {
            let system = rustls_native_certs::load_native_certs();
            roots.add_parsable_certificates(system.certs);
            if roots.is_empty() {
                let why: Vec<_> = system.errors.iter().map(ToString::to_string).collect();
                return Err(Fault::TlsSetting {
                    what: format!("this machine has no CA certificates to trust ({})", why.join("; ")),
                    remedy: "Install the ca-certificates package, set SSL_CERT_FILE, or give the CA file of the server",
                });
            }
        }
        Ok(Self { bundle: verifier(roots, &provider)?, ours, provider, all: OnceLock::new() })
    }

    fn all(&self) -> Option<&Arc<WebPkiServerVerifier>> {
        let read = || {
            let mut roots = self.ours.clone();
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            verifier(roots, &self.provider).ok()
        };
        self.all.get_or_init(read).as_ref()
    }
}

/// The file that holds all certificates: `SSL_CERT_FILE`, else the usual one. None if only `SSL_CERT_DIR` is set.
fn bundle() -> Option<PathBuf> {
    match (env::var_os("SSL_CERT_FILE"), env::var_os("SSL_CERT_DIR")) {
        (Some(file), _) => Some(file.into()),
        (None, Some(_)) => None,
        (None, None) => openssl_probe::probe().cert_file,
    }
}

impl ServerCertVerifier for SystemRoots {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verify =
            |by: &WebPkiServerVerifier| by.verify_server_cert(end_entity, intermediates, name, ocsp, now);
        match verify(&self.bundle) {
            // A bad signature may be that of another issuer with the same name.
            Err(Error::InvalidCertificate(
                CertificateError::UnknownIssuer | CertificateError::BadSignature,
            )) => verify(self.all().unwrap_or(&self.bundle)),
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.bundle.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.bundle.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.bundle.supported_verify_schemes()
    }
}
