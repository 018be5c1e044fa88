//! Finds the actual reason why a certificate was refused, and what to do. Nothing is decided here: the verifier already has,
//! but webpki's errors say little.
use crate::{
    certificate::{self, Certificate, Validity},
    key::USABLE,
    refusal::Refusal,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use webpki::Error as E;

/// What was verified.
pub(crate) struct Case<'a> {
    /// The server's certificate.
    pub(crate) own: &'a Certificate,
    /// The certificates that the server sent with it.
    pub(crate) intermediates: &'a [CertificateDer<'a>],
    /// The certificates that the user trusts.
    pub(crate) given: &'a [CertificateDer<'a>],
    pub(crate) now: UnixTime,
}

/// webpki follows a chain no further.
const MOST_INTERMEDIATES: usize = 6;
const REISSUE_CA: &str = "Have the CA's certificate reissued";
const REISSUE: &str = "Have the server's certificate reissued";

impl Case<'_> {
    /// Explains a webpki error.
    pub(crate) fn refusal(&self, e: &E) -> Refusal {
        match e {
            E::CertExpired { .. } | E::CertNotValidYet { .. } | E::InvalidCertValidity => self.out_of_time(),
            E::UnsupportedCertVersion => {
                let (whose, reissue) = self.whose(Certificate::is_of_old_version);
                Refusal::new(
                    format!("{whose} is of X.509 version 1, which can't say what a certificate is for"),
                    format!(
                        "{reissue} as version 3, for example with `openssl req -x509 -addext subjectAltName=DNS:NAME`"
                    ),
                )
            }
            E::UnsupportedCriticalExtension => {
                let (whose, reissue) = self.whose(|certificate| certificate.unknown_critical().is_some());
                let mut all = [self.own.clone()].into_iter().chain(read(self.intermediates));
                let which = all.find_map(|certificate| certificate.unknown_critical());
                let which = which.map_or_else(String::new, |number| format!(", {number}"));
                Refusal::new(
                    format!("{whose} has an unsupported critical extension{which}"),
                    format!("{reissue} without that extension, or with it marked non-critical"),
                )
            }
            E::RequiredEkuNotFoundContext(_) | E::EmptyEkuExtension => {
                match self.sent(|ca| !ca.is_extended_to_servers()) {
                    Some(ca) if self.own.is_extended_to_servers() => Refusal::new(
                        format!(
                            "{} must not issue certificates for servers (its extended key usage excludes that)",
                            intermediate(&ca)
                        ),
                        format!("{REISSUE_CA} with serverAuth in its extended key usage, or without one"),
                    ),
                    _ => not_for_servers(),
                }
            }
            E::MaximumPathDepthExceeded => Refusal::new(
                format!("its certificate chain has more than {MOST_INTERMEDIATES} intermediate CAs"),
                "Have the server's certificate issued with fewer intermediate CAs, or use one of those CAs as the CA file",
            ),
            E::MaximumSignatureChecksExceeded
            | E::MaximumPathBuildCallsExceeded
            | E::MaximumNameConstraintComparisonsExceeded => Refusal::new(
                "the CA certificates that it sends can be put together in too many ways",
                "Have the server send only the certificates of its own chain",
            ),
            E::EndEntityUsedAsCa => self.no_authority(),
            E::NameConstraintViolation => Refusal::new(
                "the name constraints of its CA don't permit the names in its certificate",
                "Have the certificate issued by another CA, or change the CA's name constraints",
            ),
            E::PathLenConstraintViolated => Refusal::new(
                "its certificate chain is longer than the trusted CA allows (path length)",
                "Have the server's certificate issued with fewer intermediate CAs",
            ),
            E::CaUsedAsEndEntity if !self.own.is_self_issued() => Refusal::new(
                "its certificate is marked as a CA (basicConstraints CA:TRUE)",
                "Have the server's certificate reissued with CA:FALSE, or use it as the CA file",
            ),
            E::UnknownIssuer
            | E::CaUsedAsEndEntity
            | E::InvalidSignatureForPublicKey
            | E::SignatureAlgorithmMismatch
            | E::UnsupportedSignatureAlgorithmContext(_)
            | E::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => self.issuer(),
            e => Refusal::new(format!("its certificate is malformed ({e:?})"), REISSUE),
        }
    }

    /// An intermediate certificate of which that is true.
    fn sent(&self, is_it: impl Fn(&Certificate) -> bool) -> Option<Certificate> {
        read(self.intermediates).find(|ca| is_it(ca))
    }

    /// Which certificate this is true of, the server's first, and how its remedy begins.
    fn whose(&self, is_it: impl Fn(&Certificate) -> bool) -> (String, &'static str) {
        let ca = if is_it(self.own) { None } else { self.sent(is_it) };
        ca.map_or_else(|| ("its certificate".into(), REISSUE), |ca| (intermediate(&ca), REISSUE_CA))
    }

    fn out_of_time(&self) -> Refusal {
        let late = |whose: &str, remedy: &'static str| Refusal::new(format!("{whose} has expired"), remedy);
        match self.own.validity(self.now) {
            Validity::Expired => {
                late("its certificate", "Renew the server's certificate, or check this machine's clock")
            }
            Validity::NotYet => Refusal::new(
                "its certificate is not valid yet",
                "Check the clocks of this machine and the server",
            ),
            Validity::Now => {
                let old = read(self.intermediates).find(|ca| ca.validity(self.now) == Validity::Expired);
                match old {
                    Some(ca) => late(
                        &intermediate(&ca),
                        "Renew the CA certificate on the server, or check this machine's clock",
                    ),
                    None => Refusal::new(
                        "an intermediate CA certificate that it sends is not valid yet",
                        "Check the clocks of this machine and the server",
                    ),
                }
            }
        }
    }

    fn no_authority(&self) -> Refusal {
        let shown: Vec<_> = [self.own.clone()].into_iter().chain(read(self.intermediates)).collect();
        let mut issuers = shown[1..].iter().cloned().chain(read(self.given));
        let found = issuers.find_map(|ca| {
            let below = shown.iter().find(|below| below.was_issued_by(&ca) && !ca.may_sign())?;
            Some((below.clone(), ca.subject()))
        });
        let (below, issuer) = found.unwrap_or_else(|| (self.own.clone(), self.own.issuer()));
        let is_own = below.subject() == self.own.subject();
        let whose = if is_own { "its certificate".into() } else { intermediate(&below) };
        Refusal::new(
            format!("{whose} is issued by {issuer:?}, which is not a CA"),
            "Have the server's certificate issued by a CA, or the issuer's reissued with basicConstraints CA:TRUE",
        )
    }

    /// Follows the chain upwards from the server's certificate to where it breaks.
    fn issuer(&self) -> Refusal {
        const LONGEST_CHAIN: usize = 8;
        let given: Vec<_> = read(self.given).collect();
        let sent: Vec<_> = read(self.intermediates).collect();
        let mut current = self.own.clone();
        let mut whose = "its certificate".to_owned();
        for _ in 0..LONGEST_CHAIN {
            if current.is_self_issued() {
                let why = if whose == "its certificate" {
                    "its certificate is self-signed and not trusted".to_owned()
                } else {
                    format!(
                        "its certificate chain ends at {:?}, which is not a trusted CA",
                        current.subject()
                    )
                };
                return Refusal::new(why, GIVE);
            }
            let from_us = given.iter().find(|ca| current.was_issued_by(ca));
            let issuer = from_us.or_else(|| sent.iter().find(|ca| current.was_issued_by(ca)));
            if let Some(ca) = issuer.filter(|ca| !ca.key().is_usable()) {
                return Refusal::new(
                    format!(
                        "{whose} is signed by the CA {:?}, which has {}, and that is not accepted",
                        ca.subject(),
                        ca.key().words()
                    ),
                    format!("Have it issued by a CA that has {USABLE}"),
                );
            }
            if let Some(with) = current.weak_signature() {
                return Refusal::new(
                    format!("{whose} is signed with {with}, which is not accepted"),
                    "Have it reissued with a SHA-256, SHA-384 or SHA-512 signature",
                );
            }
            let Some(ca) = issuer else {
                return Refusal::new(
                    format!(
                        "{whose} is not trusted: its issuer {:?} is not a trusted CA, and the server did not send that issuer's certificate",
                        current.issuer()
                    ),
                    "Use the CA certificate that signed it as the CA file, or add it to this machine's trust store; \
                     if there are intermediate CAs, have the server send them too",
                );
            };
            if from_us.is_some() {
                return self.of_given(&whose, ca);
            }
            whose = intermediate(ca);
            current = ca.clone();
        }
        Refusal::new("its certificate chain is circular", GIVE)
    }

    /// Why a given CA did not count as the issuer.
    fn of_given(&self, whose: &str, ca: &Certificate) -> Refusal {
        let name = ca.subject();
        match ca.validity(self.now) {
            Validity::Expired => Refusal::new(
                format!("the trusted CA certificate {name:?} has expired"),
                "Use the renewed CA certificate, or check this machine's clock",
            ),
            Validity::NotYet => Refusal::new(
                format!("the trusted CA certificate {name:?} is not valid yet"),
                "Check this machine's clock",
            ),
            Validity::Now if !ca.may_sign() => self.no_authority(),
            Validity::Now if ca.unknown_critical().is_some() => Refusal::new(
                format!(
                    "the trusted CA certificate {name:?} has an unsupported critical extension, {}",
                    ca.unknown_critical().unwrap_or_default()
                ),
                "Have the CA's certificate reissued without that extension, or with it marked non-critical",
            ),
            Validity::Now => Refusal::new(
                format!(
                    "{whose} is not trusted: it was signed by a CA named {name:?}, but not by the trusted CA of that name"
                ),
                GIVE,
            ),
        }
    }
}

const GIVE: &str = "Use the CA certificate that signed it (or the certificate itself) as the CA file, or add it to this machine's trust store";

fn intermediate(ca: &Certificate) -> String {
    format!("the intermediate CA certificate {:?} that it sends", ca.subject())
}

/// For bytes that are not X.509, or have a date that the parser doesn't know.
pub(crate) fn unreadable(der: &[u8]) -> Refusal {
    if certificate::has_date_before_1970(der) {
        return Refusal::new("its certificate has a date before 1970, which is not supported", REISSUE);
    }
    Refusal::new("its certificate can't be read as X.509", REISSUE)
}

/// For a certificate whose only fault is its key.
pub(crate) fn unusable_key(own: &Certificate) -> Refusal {
    Refusal::new(
        format!("its certificate has {}, which is not accepted", own.key().words()),
        format!("Have the server's certificate reissued with {USABLE}"),
    )
}

pub(crate) fn not_for_servers() -> Refusal {
    Refusal::new(
        "its certificate is not for servers (its key usage or extended key usage excludes that)",
        "Have the server's certificate reissued with keyUsage=digitalSignature and extendedKeyUsage=serverAuth",
    )
}

/// For a certificate whose only fault is its name.
pub(crate) fn other_name(own: &Certificate, name: &ServerName<'_>) -> Refusal {
    const MOST: usize = 5;
    let named = own.names();
    let wanted = name.to_str();
    if matches!(name, ServerName::IpAddress(_)) && named.iter().any(|named| *named == wanted) {
        return Refusal::new(
            "its certificate lists the address as a DNS name, where addresses don't count",
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
        format!("its certificate is for another name (it lists {list})"),
        "Use a host name listed in the certificate, or have the certificate reissued",
    )
}

fn read(certificates: &[CertificateDer<'_>]) -> impl Iterator<Item = Certificate> {
    certificates.iter().filter_map(|der| Certificate::read(der))
}
