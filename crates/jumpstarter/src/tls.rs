//! Whose certificate is believed: what `jmp` (OpenSSL inside gRPC) accepts, and no more.
//!
//! rustls refuses two kinds of certificates that labs use and `jmp` accepts: a self-signed one that says it is a CA, and a
//! leaf that is trusted itself without its CA. So: webpki judges first. If it refuses for exactly one of these two
//! reasons, and the certificate is, byte for byte, one that the user gave, then only its name is left to check: webpki has
//! checked the dates before it comes to these reasons. Of such a certificate the common name counts, too, if it has no
//! other names: webpki never looks there, gRPC does.
use crate::{Error, config::Trust};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
    server::ParsedCertificate,
};
use rustls_native_certs::load_certs_from_paths;
use std::sync::Arc;

/// A TLS configuration for gRPC: only HTTP/2 is offered, since some servers would choose HTTP/1.1 if they could.
pub(crate) fn client_config(trust: &Trust, endpoint: &str) -> Result<ClientConfig, Error> {
    let failed = |why: String| Error::Tls { endpoint: endpoint.into(), why };
    let provider = Arc::new(ring::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = match trust {
        Trust::Insecure => {
            Arc::new(Verifier { provider: provider.clone(), trusted: Trusted::WhateverIsShown })
        }
        Trust::Given(pem) => {
            let trusted =
                certificates(pem).map_err(|why| failed(format!("`tls.ca` can't be used: {why}")))?;
            Arc::new(Verifier { provider: provider.clone(), trusted: Trusted::These(trusted) })
        }
        Trust::System { file, directory } => {
            let found = match (file, directory) {
                (None, None) => rustls_native_certs::load_native_certs(),
                (file, directory) => load_certs_from_paths(file.as_deref(), directory.as_deref()),
            };
            if found.certs.is_empty() {
                let why: Vec<_> = found.errors.iter().map(ToString::to_string).collect();
                return Err(failed(format!("there are no certificates to trust ({})", why.join("; "))));
            }
            webpki(found.certs, &provider).map_err(|e| failed(e.to_string()))?
        }
    };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| failed(e.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Vec<_> =
        CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|e| e.to_string())?;
    if found.is_empty() { Err("it holds no certificate in PEM form".into()) } else { Ok(found) }
}

fn webpki(
    roots: impl IntoIterator<Item = CertificateDer<'static>>,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, rustls::Error> {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(roots);
    WebPkiServerVerifier::builder_with_provider(store.into(), provider.clone())
        .build()
        .map_err(|e| rustls::Error::General(format!("none of the trusted certificates can be used: {e}")))
}

#[derive(Debug)]
struct Verifier {
    provider: Arc<CryptoProvider>,
    trusted: Trusted,
}

#[derive(Debug)]
enum Trusted {
    These(Vec<CertificateDer<'static>>),
    /// As `jmp` does it with `tls.insecure`: the server's own certificates are the roots.
    WhateverIsShown,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let trusted = match &self.trusted {
            Trusted::These(given) => given.clone(),
            Trusted::WhateverIsShown => {
                [shown].into_iter().chain(intermediates).map(|cert| cert.clone().into_owned()).collect()
            }
        };
        let is_trusted_itself = trusted.iter().any(|cert| cert == shown);
        let mut judged =
            webpki(trusted, &self.provider)?.verify_server_cert(shown, intermediates, name, ocsp, now);
        if !is_trusted_itself {
            return judged;
        }
        if judged.as_ref().is_err_and(is_only_about_the_chain) {
            let checked = verify_server_name(&ParsedCertificate::try_from(shown)?, name);
            judged = checked.map(|()| ServerCertVerified::assertion());
        }
        if judged.as_ref().is_err_and(is_for_want_of_names) && has_common_name(shown, name) {
            return Ok(ServerCertVerified::assertion());
        }
        judged
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

fn is_only_about_the_chain(refused: &rustls::Error) -> bool {
    match refused {
        rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer) => true,
        rustls::Error::InvalidCertificate(CertificateError::Other(other)) => {
            matches!(other.0.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity))
        }
        _ => false,
    }
}

fn is_for_want_of_names(refused: &rustls::Error) -> bool {
    use CertificateError::NotValidForNameContext;
    matches!(refused, rustls::Error::InvalidCertificate(NotValidForNameContext { presented, .. }) if presented.is_empty())
}

/// Looks for the name where a common name would hold it; nowhere else does DER put these bytes before a text.
fn has_common_name(cert: &CertificateDer<'_>, name: &ServerName<'_>) -> bool {
    const COMMON_NAME: [u8; 5] = [6, 3, 85, 4, 3]; // the identifier 2.5.4.3; then come the kind of text and its length
    let ServerName::DnsName(name) = name else { return false };
    let name = name.as_ref().as_bytes();
    cert.windows(COMMON_NAME.len() + 2 + name.len()).any(|found| {
        let (head, text) = found.split_at(COMMON_NAME.len() + 2);
        head.starts_with(&COMMON_NAME)
            && usize::from(head[COMMON_NAME.len() + 1]) == name.len()
            && text.eq_ignore_ascii_case(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};

    /// What a server shows, and what could be put into `tls.ca` for it.
    struct Shown {
        leaf: CertificateDer<'static>,
        ca: CertificateDer<'static>,
    }

    fn params(change: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
        let mut params = CertificateParams::new(vec!["controller.example".into()]).unwrap();
        change(&mut params);
        params
    }

    fn self_signed(change: impl FnOnce(&mut CertificateParams)) -> Shown {
        let cert = params(change).self_signed(&KeyPair::generate().unwrap()).unwrap();
        Shown { leaf: cert.der().clone(), ca: cert.der().clone() }
    }

    fn signed() -> Shown {
        let ca = params(|p| {
            says_ca(p);
            p.distinguished_name.push(DnType::CommonName, "Test CA");
        });
        let ca = CertifiedIssuer::self_signed(ca, KeyPair::generate().unwrap()).unwrap();
        let leaf = params(|_| ()).signed_by(&KeyPair::generate().unwrap(), &ca).unwrap();
        Shown { leaf: leaf.der().clone(), ca: ca.der().clone() }
    }

    fn says_ca(p: &mut CertificateParams) {
        p.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }

    fn expired(p: &mut CertificateParams) {
        p.not_before = date_time_ymd(2020, 1, 1);
        p.not_after = date_time_ymd(2021, 1, 1);
    }

    fn accepts(trusted: Trusted, shown: &CertificateDer<'static>, name: &str) -> bool {
        let verifier = Verifier { provider: Arc::new(ring::default_provider()), trusted };
        let name = ServerName::try_from(name.to_owned()).unwrap();
        verifier.verify_server_cert(shown, &[], &name, &[], UnixTime::now()).is_ok()
    }

    fn pinned(cert: &CertificateDer<'static>) -> Trusted {
        Trusted::These(vec![cert.clone()])
    }

    #[test]
    fn accepts_what_jmp_accepts() {
        let name = "controller.example";
        let signed = signed();
        assert!(accepts(pinned(&signed.ca), &signed.leaf, name), "signed by the given CA");
        assert!(accepts(pinned(&signed.leaf), &signed.leaf, name), "the leaf itself is given");
        for (what, shown) in [("CA:FALSE", self_signed(|_| ())), ("CA:TRUE", self_signed(says_ca))] {
            assert!(accepts(pinned(&shown.ca), &shown.leaf, name), "{what}");
            assert!(accepts(Trusted::WhateverIsShown, &shown.leaf, name), "insecure, {what}");
        }
    }

    /// As `openssl req -x509 -subj /CN=NAME` makes it.
    fn without_other_names(name: &str, change: impl FnOnce(&mut CertificateParams)) -> Shown {
        self_signed(|p| {
            p.subject_alt_names.clear();
            p.distinguished_name.push(DnType::CommonName, name);
            change(p);
        })
    }

    #[test]
    fn the_common_name_counts_if_a_certificate_that_is_trusted_itself_has_no_other() {
        let name = "controller.example";
        for change in [says_ca as fn(&mut _), |_| ()] {
            let shown = without_other_names(name, change);
            assert!(accepts(pinned(&shown.ca), &shown.leaf, name));
            assert!(accepts(Trusted::WhateverIsShown, &shown.leaf, name), "insecure");
            let longer = without_other_names("controller.example.org", change);
            assert!(!accepts(pinned(&longer.ca), &longer.leaf, name), "only the beginning");
            assert!(!accepts(pinned(&shown.ca), &longer.leaf, "controller.example.org"), "another's");
            let ip = without_other_names("127.0.0.1", change);
            assert!(!accepts(pinned(&ip.ca), &ip.leaf, "127.0.0.1"), "an address");
        }
        let named = self_signed(|p| p.distinguished_name.push(DnType::CommonName, "elsewhere.example"));
        assert!(!accepts(pinned(&named.ca), &named.leaf, "elsewhere.example"), "it has another name");
        let old = without_other_names(name, expired);
        assert!(!accepts(pinned(&old.ca), &old.leaf, name), "expired");
    }

    #[test]
    fn refuses_what_jmp_refuses() {
        let name = "controller.example";
        let (ours, theirs) = (self_signed(says_ca), self_signed(says_ca));
        assert!(!accepts(pinned(&ours.ca), &theirs.leaf, name), "unknown, CA:TRUE");
        assert!(!accepts(pinned(&ours.ca), &signed().leaf, name), "unknown");
        for change in [expired as fn(&mut _), |p| {
            expired(p);
            says_ca(p);
        }] {
            let old = self_signed(change);
            assert!(!accepts(pinned(&old.ca), &old.leaf, name), "expired");
            assert!(!accepts(Trusted::WhateverIsShown, &old.leaf, name), "expired, insecure");
        }
        for shown in [self_signed(|_| ()), self_signed(says_ca)] {
            assert!(!accepts(pinned(&shown.ca), &shown.leaf, "elsewhere.example"), "wrong name");
            assert!(
                !accepts(Trusted::WhateverIsShown, &shown.leaf, "elsewhere.example"),
                "wrong name, insecure"
            );
        }
    }
}
