//! Whose certificate is believed. This is what all connections rest on, so here is all that is accepted, and why that is safe:
//!
//! 1. **A certificate whose issuers lead to a CA that we trust.** webpki builds the chain, and checks signatures, dates, usage,
//!    name constraints. CAs are the system's, and those given that may be CAs: as OpenSSL does, and webpki doesn't, one that
//!    says that it is none, whose time is over, or that holds what nobody understands, vouches for nobody, and none for more
//!    CAs below it than it says. (Whoever gives us a server's own certificate to trust doesn't mean to let that server
//!    issue certificates for others.)
//! 2. **A certificate that was given itself**, byte for byte, whoever issued it, or whatever it says of being a CA: who gives
//!    it to us vouches for it. webpki has checked the dates before it comes to the issuer; usage is checked here.
//!    With [`Trust::Shown`](crate::Trust::Shown) the server gives it itself: then name and dates are all there is, by the user's own choice.
//! 3. **A certificate that says that it is a CA's itself, signed by a given CA directly.** `openssl req -x509 -CA` makes such
//!    ones, OpenSSL takes them from servers, webpki doesn't. Its dates webpki has checked; usage and signature are checked
//!    here. It gains nothing by what it says: nothing is accepted below it that wouldn't be otherwise.
//! 4. **Its name is that of the server**: among its alternative names, by webpki. If it has no DNS name among them, its
//!    common name counts, as for OpenSSL (so for Python and curl); not for addresses. webpki holds no common name against name
//!    constraints, so below a CA with any, no common name counts.
//! 5. **The server holds the key**: it has signed the handshake, which webpki checks with the certificate's key. A kind of key
//!    for which that can't be checked is refused before.
//!
//! Everything else is refused, with its true reason, which [`reasons`](crate::reasons) looks for. There nothing is decided.
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

/// The judge of server certificates.
#[derive(Debug)]
pub(crate) struct Judge {
    trusted: Trusted,
    algorithms: WebPkiSupportedAlgorithms,
}

#[derive(Debug)]
enum Trusted {
    /// Whatever the server shows.
    Shown,
    These(Box<Roots>),
}

#[derive(Debug)]
struct Roots {
    /// The certificates of the CA file.
    given: Vec<CertificateDer<'static>>,
    /// Those of them that may be CAs and, unless they are to be alone, the system's bundle.
    first: Vec<TrustAnchor<'static>>,
    system: Option<SystemRoots>,
    /// The rest of the system's, once needed.
    rest: OnceLock<Vec<TrustAnchor<'static>>>,
}

impl Judge {
    /// One who trusts in the given and, if named, the system's.
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
                    "Give the CA file of the server, or trust the system's certificates too",
                ));
            }
            None => {}
        }
        let roots = Roots { given, first, system, rest: OnceLock::new() };
        Ok(Self { trusted: Trusted::These(Box::new(roots)), algorithms: algorithms() })
    }

    /// One who takes what he is shown, if its name and dates are right.
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
        let own = Certificate::read(shown).ok_or_else(reasons::unreadable)?;
        let case = Case { own: &own, intermediates, given, now };
        let certificate = EndEntityCert::try_from(shown).map_err(|e| case.refusal(&e))?;
        let common_name_counts = match self.vouched_for(&certificate, intermediates, now) {
            Ok(common_name_counts) => common_name_counts,
            Err(e) if is_given && is_about_the_issuer(&e) && own.is_for_servers() => true,
            Err(webpki::Error::CaUsedAsEndEntity)
                if own.is_for_servers() && self.is_signed_by_given(shown, &own, now) =>
            {
                true
            }
            Err(e) => return Err(case.refusal(&e)),
        };
        if !own.key().is_usable() {
            return Err(reasons::unusable_key(&own));
        }
        match certificate.verify_is_valid_for_subject_name(name) {
            Ok(()) => Ok(()),
            Err(_) if common_name_counts && has_common_name(&own, name) => Ok(()),
            Err(_) => Err(reasons::other_name(&own, name)),
        }
    }

    /// Whether a chain leads to somebody we trust, and then, whether the common name may count.
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
    /// Whether the CA at the end, if it was given, allows as many below it. webpki doesn't look.
    fn allows_length(&self, path: &VerifiedPath<'_>) -> bool {
        let Trusted::These(roots) = &self.trusted else { return true };
        let between = path.intermediate_certificates().count();
        let same = |der: &&CertificateDer<'_>| {
            webpki::anchor_from_trusted_cert(der).is_ok_and(|anchor| anchor == *path.anchor())
        };
        let limits = roots.given.iter().filter(same).map(|der| Certificate::read(der)?.path_length());
        limits.flatten().all(|most| between <= usize::from(most))
    }

    /// Whether a given CA, without constraints, has signed the certificate.
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

/// What of a certificate is signed: its first element.
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

/// Those that can be read, as roots.
fn anchors(certificates: &[CertificateDer<'_>]) -> Vec<TrustAnchor<'static>> {
    let anchors = certificates.iter().filter_map(|der| webpki::anchor_from_trusted_cert(der).ok());
    anchors.map(|anchor| anchor.to_owned()).collect()
}

fn may_vouch(der: &CertificateDer<'_>, now: UnixTime) -> bool {
    Certificate::read(der).is_some_and(|ca| {
        ca.may_sign() && ca.unknown_critical().is_none() && ca.validity(now) == Validity::Now
    })
}

/// Those that may vouch for others.
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

/// Whether nothing is wrong with the certificate but who issued it. A bad signature may be that of another issuer of the
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

/// The common name may have a star for its first label, as a DNS name may.
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
