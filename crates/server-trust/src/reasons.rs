//! The true reason why a certificate is refused, and what to do. Nothing is decided here: the judge has spoken, but webpki
//! says little, so this looks for itself.
use crate::{
    certificate::{Certificate, Validity},
    key::USABLE,
    refusal::Refusal,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use webpki::Error as E;

/// What was judged.
pub(crate) struct Case<'a> {
    /// The server's certificate.
    pub(crate) own: &'a Certificate,
    /// What came with it.
    pub(crate) intermediates: &'a [CertificateDer<'a>],
    /// What the user gave to be trusted.
    pub(crate) given: &'a [CertificateDer<'a>],
    pub(crate) now: UnixTime,
}

const REISSUE: &str = "Have the server's certificate reissued";

impl Case<'_> {
    /// The words for an error of webpki.
    pub(crate) fn refusal(&self, e: &E) -> Refusal {
        match e {
            E::CertExpired { .. } | E::CertNotValidYet { .. } | E::InvalidCertValidity => self.out_of_time(),
            E::UnsupportedCertVersion => Refusal::new(
                "its certificate is of X.509 version 1, which can't say what a certificate is for",
                "Have the server's certificate reissued as version 3, as `openssl req -x509 -addext subjectAltName=DNS:NAME` makes it",
            ),
            E::UnsupportedCriticalExtension => {
                let mut all = [self.own.clone()].into_iter().chain(read(self.intermediates));
                let which = all.find_map(|certificate| certificate.unknown_critical());
                let which = which.map_or_else(String::new, |number| format!(", {number}"));
                Refusal::new(
                    format!(
                        "its certificate has an extension that must be understood (critical) but isn't{which}"
                    ),
                    "Have the server's certificate reissued without that extension, or with it not critical",
                )
            }
            E::RequiredEkuNotFoundContext(_) | E::EmptyEkuExtension => not_for_servers(),
            E::EndEntityUsedAsCa => self.no_authority(),
            E::NameConstraintViolation => Refusal::new(
                "the CA that issued its certificate may not do so for its names (name constraints)",
                "Have the server's certificate issued by another CA, or the constraints of this one changed",
            ),
            E::PathLenConstraintViolated => Refusal::new(
                "there are more CAs between its certificate and the one we trust than that allows (path length)",
                "Have the server's certificate issued by a CA that may do so",
            ),
            E::CaUsedAsEndEntity if !self.own.is_self_issued() => Refusal::new(
                "its own certificate says that it is a CA's (basicConstraints CA:TRUE)",
                "Have the server's certificate reissued with CA:FALSE, or give it itself as the CA file",
            ),
            E::UnknownIssuer
            | E::CaUsedAsEndEntity
            | E::InvalidSignatureForPublicKey
            | E::SignatureAlgorithmMismatch
            | E::UnsupportedSignatureAlgorithmContext(_)
            | E::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => self.issuer(),
            e => Refusal::new(format!("its certificate can't be accepted: it is malformed ({e:?})"), REISSUE),
        }
    }

    fn out_of_time(&self) -> Refusal {
        let late = |whose: &str, remedy: &'static str| Refusal::new(format!("{whose} has expired"), remedy);
        match self.own.validity(self.now) {
            Validity::Expired => {
                late("its certificate", "Renew the server's certificate, or check this machine's clock")
            }
            Validity::NotYet => Refusal::new(
                "its certificate is not valid yet",
                "Check the clocks of this machine and of the server",
            ),
            Validity::Now => {
                let old = read(self.intermediates).find(|ca| ca.validity(self.now) == Validity::Expired);
                match old {
                    Some(ca) => late(
                        &format!("the CA certificate {:?} that it sends with its own", ca.subject()),
                        "Renew the CA's certificate at the server, or check this machine's clock",
                    ),
                    None => Refusal::new(
                        "a CA certificate that it sends with its own is not valid yet",
                        "Check the clocks of this machine and of the server",
                    ),
                }
            }
        }
    }

    fn no_authority(&self) -> Refusal {
        let issuer = self.own.issuer();
        Refusal::new(
            format!("its certificate is issued by {issuer:?}, whose own certificate is not that of a CA"),
            "Have the server's certificate issued by a CA, or that certificate reissued with basicConstraints CA:TRUE",
        )
    }

    /// Follows the chain from the server's certificate up, to where it breaks.
    fn issuer(&self) -> Refusal {
        const LONGEST_CHAIN: usize = 8;
        let given: Vec<_> = read(self.given).collect();
        let sent: Vec<_> = read(self.intermediates).collect();
        let mut current = self.own.clone();
        let mut whose = "its certificate".to_owned();
        for _ in 0..LONGEST_CHAIN {
            if current.is_self_issued() {
                let why = if whose == "its certificate" {
                    "its certificate is signed by nobody we trust, only by itself".to_owned()
                } else {
                    format!(
                        "its certificate is signed by nobody we trust: the chain ends with {:?}, which is not among the CAs that we trust",
                        current.subject()
                    )
                };
                return Refusal::new(why, GIVE);
            }
            if let Some(with) = current.weak_signature() {
                return Refusal::new(
                    format!("{whose} is signed with {with}, which is not accepted"),
                    "Have it reissued with a signature of SHA-256, SHA-384 or SHA-512",
                );
            }
            let from_us = given.iter().find(|ca| current.was_issued_by(ca));
            let Some(ca) = from_us.or_else(|| sent.iter().find(|ca| current.was_issued_by(ca))) else {
                return Refusal::new(
                    format!(
                        "{whose} is signed by nobody we trust: its issuer, {:?}, is neither among the CAs that we trust nor sent along by the server",
                        current.issuer()
                    ),
                    "Give the CA certificate that signed it as the CA file, or add that to this machine's trust store; \
                     if there are intermediate CAs, have the server send them too",
                );
            };
            let name = ca.subject();
            if !ca.key().is_usable() {
                return Refusal::new(
                    format!(
                        "{whose} is signed by the CA {name:?}, which has {}; that is not accepted",
                        ca.key().words()
                    ),
                    format!("Have it issued by a CA that has {USABLE}"),
                );
            }
            if from_us.is_some() {
                return self.of_given(&whose, ca);
            }
            whose = format!("the CA certificate {name:?} that it sends with its own");
            current = ca.clone();
        }
        Refusal::new("its certificate is signed by nobody we trust: the chain has no end", GIVE)
    }

    /// Why a CA that was given doesn't vouch.
    fn of_given(&self, whose: &str, ca: &Certificate) -> Refusal {
        let name = ca.subject();
        match ca.validity(self.now) {
            Validity::Expired => Refusal::new(
                format!("the certificate of the CA that we trust, {name:?}, has expired"),
                "Give the renewed CA certificate, or check this machine's clock",
            ),
            Validity::NotYet => Refusal::new(
                format!("the certificate of the CA that we trust, {name:?}, is not valid yet"),
                "Check this machine's clock",
            ),
            Validity::Now if !ca.may_sign() => self.no_authority(),
            Validity::Now if ca.unknown_critical().is_some() => Refusal::new(
                format!(
                    "the certificate of the CA that we trust, {name:?}, has an extension that must be understood (critical) but isn't, {}",
                    ca.unknown_critical().unwrap_or_default()
                ),
                "Have the CA's certificate reissued without that extension, or with it not critical",
            ),
            Validity::Now => Refusal::new(
                format!(
                    "{whose} is signed by nobody we trust: we trust a CA {name:?}, but it was another of that name that signed"
                ),
                GIVE,
            ),
        }
    }
}

const GIVE: &str = "Give the CA certificate that signed it (or itself) as the CA file, or add that to this machine's trust store";

/// For what is not even X.509.
pub(crate) fn unreadable() -> Refusal {
    Refusal::new("its certificate can't be read as X.509", REISSUE)
}

/// For a certificate that is good but for its key.
pub(crate) fn unusable_key(own: &Certificate) -> Refusal {
    Refusal::new(
        format!("its certificate is for {}, which is not accepted", own.key().words()),
        format!("Have the server's certificate reissued for {USABLE}"),
    )
}

pub(crate) fn not_for_servers() -> Refusal {
    Refusal::new(
        "its certificate is not for servers (its extended key usage leaves that out)",
        "Have the server's certificate reissued with extendedKeyUsage=serverAuth",
    )
}

/// For a certificate that is good but for its name.
pub(crate) fn other_name(own: &Certificate, name: &ServerName<'_>) -> Refusal {
    const MOST: usize = 5;
    let named = own.names();
    let wanted = name.to_str();
    if matches!(name, ServerName::IpAddress(_)) && named.iter().any(|named| *named == wanted) {
        return Refusal::new(
            "its certificate is for another name: it holds the address as a name, where addresses don't count",
            format!(
                "Have the server's certificate reissued with subjectAltName=IP:{wanted}, or use its host name"
            ),
        );
    }
    let mut list = named.iter().take(MOST).cloned().collect::<Vec<_>>().join(", ");
    if named.len() > MOST {
        list.push_str(", …");
    }
    if named.is_empty() {
        list.push_str("none");
    }
    Refusal::new(
        format!("its certificate is for another name (it names {list})"),
        "Use the host name that stands in the certificate, or have the certificate reissued",
    )
}

fn read(certificates: &[CertificateDer<'_>]) -> impl Iterator<Item = Certificate> {
    certificates.iter().filter_map(|der| Certificate::read(der))
}
