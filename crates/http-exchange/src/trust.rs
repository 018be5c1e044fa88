//! Which servers are believed: those that the system's CAs or ours have signed, and those we were given themselves.
//!
//! Many systems keep each CA certificate in a file of its own and all of them in one bundle. To read both takes some
//! 8 ms, the bundle alone less than 1. So the bundle comes first, and the rest only when a server's issuer isn't in it.
use crate::fault::Fault;
use rustls::{
    CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    crypto::CryptoProvider,
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
    server::ParsedCertificate,
};
use std::{
    env,
    path::PathBuf,
    sync::{Arc, OnceLock},
};

/// The judge of server certificates.
#[derive(Debug)]
pub(crate) struct Trust {
    /// The certificates of the CA file.
    given: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
    /// Those given and, unless they are to be alone, the system's bundle.
    first: Arc<WebPkiServerVerifier>,
    /// Those given and all of the system's, once needed; none if there is nothing more.
    all: OnceLock<Option<Arc<WebPkiServerVerifier>>>,
}

impl Trust {
    /// In those given alone.
    pub(crate) fn in_given(
        given: Vec<CertificateDer<'static>>,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, Fault> {
        let (roots, _) = roots(&given);
        if roots.is_empty() {
            return Err(Fault::TlsSetting {
                what: "there is no CA certificate to trust".into(),
                remedy: "Give the CA file of the server, or trust the system's certificates too",
            });
        }
        Ok(Self { first: verifier(roots, &provider)?, given, provider, all: OnceLock::from(None) })
    }

    /// In those given and the system's.
    pub(crate) fn in_system_and(
        given: Vec<CertificateDer<'static>>,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, Fault> {
        let (mut roots, _) = roots(&given);
        // Up to the first that can't be read. If that matters, all are read later, with more care.
        let found = bundle().and_then(|path| CertificateDer::pem_file_iter(path).ok());
        let found = found.into_iter().flatten().map_while(Result::ok);
        let (in_bundle, _) = roots.add_parsable_certificates(found);
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
        Ok(Self { first: verifier(roots, &provider)?, given, provider, all: OnceLock::new() })
    }

    fn all(&self) -> Option<&Arc<WebPkiServerVerifier>> {
        let read = || {
            let (mut roots, _) = roots(&self.given);
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

/// The certificates as roots, and how many can't be.
pub(crate) fn roots(certificates: &[CertificateDer<'static>]) -> (RootCertStore, usize) {
    let mut roots = RootCertStore::empty();
    let (_, unusable) = roots.add_parsable_certificates(certificates.iter().cloned());
    (roots, unusable)
}

fn verifier(
    roots: RootCertStore,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, Fault> {
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
        .build()
        .map_err(|e| Fault::Internal { what: e.to_string() })
}

/// Whether nothing is wrong with the certificate but who issued it. A bad signature may be that of another issuer of the
/// same name; a CA's own certificate has no issuer but itself.
pub(crate) fn is_unknown_issuer(e: &CertificateError) -> bool {
    match e {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => true,
        CertificateError::Other(e) => e.0.downcast_ref() == Some(&webpki::Error::CaUsedAsEndEntity),
        _ => false,
    }
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let judge =
            |by: &WebPkiServerVerifier| by.verify_server_cert(end_entity, intermediates, name, ocsp, now);
        match judge(&self.first) {
            Err(Error::InvalidCertificate(e)) if is_unknown_issuer(&e) => {
                if self.given.iter().any(|given| given == end_entity) {
                    // We were given this very certificate, so it needs no issuer; of the rest, webpki checks the dates
                    // before the issuer, but not the name.
                    verify_server_name(&ParsedCertificate::try_from(end_entity)?, name)?;
                    return Ok(ServerCertVerified::assertion());
                }
                self.all().map_or(Err(Error::InvalidCertificate(e)), |all| judge(all))
            }
            judgement => judgement,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.first.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.first.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.first.supported_verify_schemes()
    }
}
