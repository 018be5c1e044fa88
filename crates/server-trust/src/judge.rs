//! Which certificates are accepted, and why that is safe. All connections rest on this:
//!
//! 1. **A certificate whose chain ends at a trusted CA.** webpki builds the chain and checks signatures, dates, usage and
//!    name constraints. The CAs are the system's, and those given that may be CAs. As in OpenSSL, but not in webpki, a given
//!    certificate issues nothing if it says that it is no CA, is outside its dates, or has an unknown critical extension; and a
//!    CA's path length limits the CAs below it. (A user who trusts a server's own certificate doesn't mean to let that server
//!    issue certificates for others.)
//! 2. **A certificate that was given itself**, byte for byte, whoever issued it and whatever it says about being a CA: the user
//!    vouches for it, as long as its dates are right. With [`Trust::Shown`](crate::Trust::Shown) the server supplies it
//!    itself, and by the user's choice only name and dates are checked.
//! 3. **A certificate marked as a CA, signed directly by a given CA.** `openssl req -x509 -CA` makes such certificates; OpenSSL
//!    accepts them from servers, webpki doesn't. webpki has checked its dates; its signature is checked here. The mark gives it
//!    no power: nothing below it is accepted that wouldn't be otherwise.
//! 4. **Its name is that of the server**: one of its alternative names, checked by webpki. If it has no DNS name among them, its
//!    common name counts, as in OpenSSL (hence Python and curl), but not for addresses. webpki doesn't check common names against
//!    name constraints, so below a CA with constraints the common name doesn't count.
//! 5. **It is for servers**, by its key usage (which webpki ignores) and its extended key usage.
//! 6. **The server holds the key**: it has signed the handshake, which webpki checks with the certificate's key. Key types
//!    that can't be checked are refused beforehand.
//!
//! Everything else is refused. [`reasons`](crate::reasons) finds the actual reason, and decides nothing.
use crate::{
    certificate::{Certificate, Validity},
    certificates::Certificates,
    provider::provider,
    reasons::{self, Case},
    refusal::Refusal,
    system_roots::SystemRoots,
};
use rustls::{
    DigitallySignedStruct, Error, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, TrustAnchor, UnixTime},
};
use std::sync::OnceLock;
use webpki::{EndEntityCert, KeyUsage, VerifiedPath};
use x509_cert::der::{Reader, SliceReader};

/// The verifier of server certificates.
#[derive(Debug)]
pub(crate) struct Judge {
    trusted: Trusted,
    algorithms: WebPkiSupportedAlgorithms,
}

#[derive(Debug)]
enum Trusted {
    /// Accepts what the server shows.
    Shown,
    These(Box<Roots>),
}

#[derive(Debug)]
struct Roots {
    /// The certificates of the CA file.
    given: Vec<CertificateDer<'static>>,
    /// Those of them that may be CAs and, unless only they are trusted, the system's bundle.
    first: Vec<TrustAnchor<'static>>,
    system: Option<SystemRoots>,
    /// The system's other CAs, loaded on demand.
    rest: OnceLock<Vec<TrustAnchor<'static>>>,
}

impl Judge {
    /// Trusts the given certificates and, if named, the system's.
    pub(crate) fn of(given: Certificates, system: Option<SystemRoots>) -> Result<Self, Refusal> {
        let Certificates(given) = given;
        let mut first = authorities(&given, UnixTime::now());
        match &system {
            Some(system) => match system.first() {
                Ok(found) => first.extend(anchors(&found)),
                Err(refusal) if given.is_empty() => return Err(refusal),
                Err(_) => {}
            },
            None if given.is_empty() => {
                return Err(Refusal::new(
                    "there is no CA certificate to trust",
                    "Provide the CA file of the server, or trust the system's certificates too",
                ));
            }
            None => {}
        }
        let roots = Roots { given, first, system, rest: OnceLock::new() };
        Ok(Self { trusted: Trusted::These(Box::new(roots)), algorithms: algorithms() })
    }

    /// Accepts any certificate with the right name and dates.
    pub(crate) fn of_what_is_shown() -> Self {
        Self { trusted: Trusted::Shown, algorithms: algorithms() }
    }

    fn judge(
        &self,
        shown: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), Refusal> {
        let (given, is_given): (&[CertificateDer<'_>], _) = match &self.trusted {
            Trusted::Shown => (intermediates, true),
            Trusted::These(roots) => (&roots.given, roots.given.contains(&shown.clone().into_owned())),
        };
        let own = Certificate::read(shown).ok_or_else(|| reasons::unreadable(shown))?;
        let case = Case { own: &own, intermediates, given, now };
        let certificate = EndEntityCert::try_from(shown).map_err(|e| case.refusal(&e))?;
        let common_name_counts = match self.vouched_for(&certificate, intermediates, now) {
            Ok(common_name_counts) => common_name_counts,
            Err(_) if is_given && own.validity(now) == Validity::Now => true,
            Err(webpki::Error::CaUsedAsEndEntity) if self.is_signed_by_given(shown, &own, now) => true,
            Err(e) => return Err(case.refusal(&e)),
        };
        if !own.is_for_servers() {
            return Err(reasons::not_for_servers());
        }
        if !own.key().is_usable() {
            return Err(reasons::unusable_key(&own));
        }
        match certificate.verify_is_valid_for_subject_name(name) {
            Ok(()) => Ok(()),
            Err(_) if common_name_counts && has_common_name(&own, name) => Ok(()),
            Err(_) => Err(reasons::other_name(&own, name)),
        }
    }

    /// Whether a chain leads to a trusted CA, and if so, whether the common name may count.
    fn vouched_for(
        &self,
        certificate: &EndEntityCert<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<bool, webpki::Error> {
        let chain = |anchors: &[TrustAnchor<'_>]| {
            let usage = KeyUsage::server_auth();
            let fits = |path: &VerifiedPath<'_>| {
                if self.allows_length(path) { Ok(()) } else { Err(webpki::Error::PathLenConstraintViolated) }
            };
            certificate
                .verify_for_usage(self.algorithms.all, anchors, intermediates, now, usage, None, Some(&fits))
                .map(|path| !has_name_constraints(&path))
        };
        match &self.trusted {
            Trusted::Shown => chain(&authorities(intermediates, now)),
            Trusted::These(roots) => match (chain(&roots.first), &roots.system) {
                (Err(e), Some(system)) if is_about_the_issuer(&e) => {
                    chain(roots.rest.get_or_init(|| anchors(&system.rest())))
                }
                (judged, _) => judged,
            },
        }
    }
}

impl Judge {
    /// Whether the path length of the given CA, if it is one, allows this chain. webpki doesn't check that.
    fn allows_length(&self, path: &VerifiedPath<'_>) -> bool {
        let Trusted::These(roots) = &self.trusted else { return true };
        let between = path.intermediate_certificates().count();
        let same = |der: &&CertificateDer<'_>| {
            webpki::anchor_from_trusted_cert(der).is_ok_and(|anchor| anchor == *path.anchor())
        };
        let limits = roots.given.iter().filter(same).map(|der| Certificate::read(der)?.path_length());
        limits.flatten().all(|most| between <= usize::from(most))
    }

    /// Whether a given CA without name constraints has signed the certificate.
    fn is_signed_by_given(&self, shown: &CertificateDer<'_>, own: &Certificate, now: UnixTime) -> bool {
        let Trusted::These(roots) = &self.trusted else { return false };
        let Some((algorithm, signature)) = own.signature() else { return false };
        let Some(signed) = signed_part(shown) else { return false };
        roots.given.iter().filter(|der| may_vouch(der, now)).any(|der| {
            let (Some(ca), Ok(issuer)) = (Certificate::read(der), EndEntityCert::try_from(der)) else {
                return false;
            };
            let fitting =
                self.algorithms.all.iter().filter(|known| known.signature_alg_id().as_ref() == algorithm);
            own.was_issued_by(&ca)
                && !ca.constrains_names()
                && fitting.into_iter().any(|known| issuer.verify_signature(*known, signed, signature).is_ok())
        })
    }
}

/// The signed part of a certificate: its first element.
fn signed_part<'a>(certificate: &'a CertificateDer<'_>) -> Option<&'a [u8]> {
    let mut reader = SliceReader::new(certificate).ok()?;
    let signed = reader.sequence(|reader| {
        let signed = reader.tlv_bytes()?;
        reader.read_slice(reader.remaining_len())?;
        Ok::<_, x509_cert::der::Error>(signed)
    });
    signed.ok()
}

fn algorithms() -> WebPkiSupportedAlgorithms {
    provider().signature_verification_algorithms
}

/// Those that can be parsed, as trust anchors.
fn anchors(certificates: &[CertificateDer<'_>]) -> Vec<TrustAnchor<'static>> {
    let anchors = certificates.iter().filter_map(|der| webpki::anchor_from_trusted_cert(der).ok());
    anchors.map(|anchor| anchor.to_owned()).collect()
}

fn may_vouch(der: &CertificateDer<'_>, now: UnixTime) -> bool {
    Certificate::read(der).is_some_and(|ca| {
        ca.may_sign() && ca.unknown_critical().is_none() && ca.validity(now) == Validity::Now
    })
}

/// Those that may issue certificates.
fn authorities(certificates: &[CertificateDer<'_>], now: UnixTime) -> Vec<TrustAnchor<'static>> {
    certificates
        .iter()
        .filter(|der| may_vouch(der, now))
        .flat_map(|der| anchors(std::slice::from_ref(der)))
        .collect()
}

fn has_name_constraints(path: &VerifiedPath<'_>) -> bool {
    path.anchor().name_constraints.is_some()
        || path
            .intermediate_certificates()
            .any(|ca| Certificate::read(&ca.der()).is_none_or(|ca| ca.constrains_names()))
}

/// Whether the only fault of the certificate is its issuer. A bad signature may be that of another issuer with the
/// same name; a CA's own certificate has no issuer but itself.
fn is_about_the_issuer(e: &webpki::Error) -> bool {
    use webpki::Error as E;
    matches!(
        e,
        E::UnknownIssuer
            | E::InvalidSignatureForPublicKey
            | E::CaUsedAsEndEntity
            | E::UnsupportedSignatureAlgorithmContext(_)
            | E::UnsupportedSignatureAlgorithmForPublicKeyContext(_)
    )
}

/// Whether a common name matches. Its first label may be `*`, as in a DNS name.
fn has_common_name(own: &Certificate, name: &ServerName<'_>) -> bool {
    let ServerName::DnsName(name) = name else { return false };
    let name = name.as_ref();
    let below = name.split_once('.').map(|(_, below)| below).filter(|below| below.contains('.'));
    own.common_names_that_count().iter().any(|common| match common.strip_prefix("*.") {
        Some(domain) => below.is_some_and(|below| below.eq_ignore_ascii_case(domain)),
        None => common.eq_ignore_ascii_case(name),
    })
}

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.judge(shown, intermediates, name, now)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
