//! The contents of a certificate that matter for trust. rustls exposes hardly any of them.
use crate::{key::Key, pss};
use rustls::pki_types::{UnixTime, alg_id};
use shown_text::cut;
use x509_cert::{
    certificate::{CertificateInner, Raw, Version},
    der::{
        Decode, Encode, Reader, SliceReader,
        asn1::{
            BmpString, Ia5StringRef, ObjectIdentifier, PrintableStringRef, TeletexStringRef, Utf8StringRef,
        },
    },
    ext::pkix::{
        BasicConstraints, ExtendedKeyUsage, KeyUsage, NameConstraints, SubjectAltName, name::GeneralName,
    },
    name::Name,
};

/// A parsed certificate. Its signature has not been verified.
#[derive(Clone, Debug)]
pub(crate) struct Certificate(CertificateInner<Raw>);

/// How a moment relates to a certificate's validity period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Validity {
    NotYet,
    Now,
    Expired,
}

const SERVER_AUTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1");
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");

/// The critical extensions that webpki supports: usage, names, constraints, and CRL locations.
const KNOWN: [ObjectIdentifier; 6] = [
    ObjectIdentifier::new_unwrap("2.5.29.15"),
    ObjectIdentifier::new_unwrap("2.5.29.17"),
    ObjectIdentifier::new_unwrap("2.5.29.19"),
    ObjectIdentifier::new_unwrap("2.5.29.30"),
    ObjectIdentifier::new_unwrap("2.5.29.31"),
    ObjectIdentifier::new_unwrap("2.5.29.37"),
];

/// Further extensions that OpenSSL supports.
const POLICIES: [(&str, &str); 4] = [
    ("2.5.29.32", "certificate policies"),
    ("2.5.29.33", "policy mappings"),
    ("2.5.29.36", "policy constraints"),
    ("2.5.29.54", "inhibit any policy"),
];

const RSA_PSS: &str = "1.2.840.113549.1.1.10";

/// Signature algorithms, with the name shown for those that webpki rejects. Others are shown by OID.
const SIGNATURES: [(&str, Option<&str>); 15] = [
    (RSA_PSS, None),
    ("1.2.840.113549.1.1.11", None), // RSA with SHA-256, 384, 512
    ("1.2.840.113549.1.1.12", None),
    ("1.2.840.113549.1.1.13", None),
    ("1.2.840.10045.4.3.2", None), // ECDSA with SHA-256, 384, 512
    ("1.2.840.10045.4.3.3", None),
    ("1.2.840.10045.4.3.4", None),
    ("1.3.101.112", None), // Ed25519
    ("1.2.840.113549.1.1.4", Some("MD5")),
    ("1.2.840.113549.1.1.5", Some("SHA-1")),
    ("1.2.840.10045.4.1", Some("SHA-1")),
    ("1.2.840.10040.4.3", Some("SHA-1")),
    ("1.2.840.113549.1.1.14", Some("SHA-224")),
    ("1.2.840.10045.4.3.1", Some("SHA-224")),
    ("1.3.101.113", Some("Ed448")),
];

impl Certificate {
    pub(crate) fn read(der: &[u8]) -> Option<Self> {
        CertificateInner::from_der(der).ok().map(Self)
    }

    /// X.509 version 1 or 2: without extensions, so its purpose is unknown.
    pub(crate) fn is_of_old_version(&self) -> bool {
        self.0.tbs_certificate().version() != Version::V3
    }

    pub(crate) fn key(&self) -> Key {
        Key::of(self.0.tbs_certificate().subject_public_key_info())
    }

    /// Its public key as DER; empty if there is none.
    pub(crate) fn key_der(&self) -> Vec<u8> {
        self.0.tbs_certificate().subject_public_key_info().to_der().unwrap_or_default()
    }

    /// Its signature algorithm, if that is unsupported or too weak.
    pub(crate) fn weak_signature(&self) -> Option<String> {
        let algorithm = self.0.signature_algorithm().oid.to_string();
        match SIGNATURES.iter().find(|(known, _)| *known == algorithm) {
            Some((known, _)) if *known == RSA_PSS && !self.has_usual_parameters() => {
                Some(pss::unusual(self.0.signature_algorithm().parameters.as_ref()))
            }
            Some((_, words)) => words.map(str::to_owned),
            None => Some(format!("an algorithm that is not supported ({algorithm})")),
        }
    }

    /// Whether its RSA-PSS signature has one of the three sets of parameters that RFC 8446 allows.
    fn has_usual_parameters(&self) -> bool {
        let usual = [alg_id::RSA_PSS_SHA256, alg_id::RSA_PSS_SHA384, alg_id::RSA_PSS_SHA512];
        self.signature().is_some_and(|(algorithm, _)| usual.iter().any(|one| one.as_ref() == algorithm))
    }

    /// Whether it may sign other certificates, by OpenSSL's rules.
    pub(crate) fn may_sign(&self) -> bool {
        let certificate = self.0.tbs_certificate();
        let Ok(usage) = certificate.get_extension::<KeyUsage>() else { return false };
        if usage.as_ref().is_some_and(|(_, usage)| !usage.key_cert_sign()) {
            return false;
        }
        match certificate.get_extension::<BasicConstraints>() {
            Ok(Some((_, constraints))) => constraints.ca,
            Ok(None) => usage.is_some() || (self.is_of_old_version() && self.is_self_issued()),
            Err(_) => false,
        }
    }

    /// How many CAs may follow below it before a server's certificate; `None` if unlimited.
    pub(crate) fn path_length(&self) -> Option<u8> {
        let constraints = self.0.tbs_certificate().get_extension::<BasicConstraints>().ok().flatten();
        constraints.and_then(|(_, constraints)| constraints.path_len_constraint)
    }

    /// Its signature algorithm, as DER without the outermost tag, and its signature.
    pub(crate) fn signature(&self) -> Option<(Vec<u8>, &[u8])> {
        let algorithm = self.0.signature_algorithm().to_der().ok()?;
        let inner = SliceReader::new(&algorithm).ok()?.sequence(|reader| {
            let inner = reader.read_slice(reader.remaining_len())?.to_vec();
            Ok::<_, x509_cert::der::Error>(inner)
        });
        Some((inner.ok()?, self.0.signature().raw_bytes()))
    }

    /// Whether a server may use it, by OpenSSL's rules.
    pub(crate) fn is_for_servers(&self) -> bool {
        let certificate = self.0.tbs_certificate();
        let by_key = match certificate.get_extension::<KeyUsage>() {
            Ok(Some((_, usage))) => {
                usage.digital_signature() || usage.key_encipherment() || usage.key_agreement()
            }
            Ok(None) => true,
            Err(_) => false,
        };
        by_key && self.is_extended_to_servers()
    }

    /// Whether its extended key usage, which for a CA is about what it issues, allows servers.
    pub(crate) fn is_extended_to_servers(&self) -> bool {
        match self.0.tbs_certificate().get_extension::<ExtendedKeyUsage>() {
            Ok(Some((_, usage))) => usage.0.contains(&SERVER_AUTH),
            Ok(None) => true,
            Err(_) => false,
        }
    }

    /// Whether it has name constraints for the certificates below it.
    pub(crate) fn constrains_names(&self) -> bool {
        !matches!(self.0.tbs_certificate().get_extension::<NameConstraints>(), Ok(None))
    }

    pub(crate) fn validity(&self, now: UnixTime) -> Validity {
        let validity = self.0.tbs_certificate().validity();
        if now.as_secs() < validity.not_before.to_unix_duration().as_secs() {
            Validity::NotYet
        } else if now.as_secs() > validity.not_after.to_unix_duration().as_secs() {
            Validity::Expired
        } else {
            Validity::Now
        }
    }

    pub(crate) fn is_self_issued(&self) -> bool {
        self.0.tbs_certificate().subject() == self.0.tbs_certificate().issuer()
    }

    pub(crate) fn was_issued_by(&self, other: &Certificate) -> bool {
        self.0.tbs_certificate().issuer() == other.0.tbs_certificate().subject()
    }

    /// The name or OID of a critical extension that webpki doesn't support.
    pub(crate) fn unknown_critical(&self) -> Option<String> {
        let extensions = self.0.tbs_certificate().extensions()?;
        let unknown =
            extensions.iter().find(|extension| extension.critical && !KNOWN.contains(&extension.extn_id));
        unknown.map(|extension| {
            let number = extension.extn_id.to_string();
            let name = POLICIES.iter().find(|(policy, _)| *policy == number).map(|(_, name)| name);
            name.map_or(number.clone(), |name| format!("{name} ({number})"))
        })
    }

    /// Its common names, but only if it has no DNS names among its alternative names, which take precedence.
    pub(crate) fn common_names_that_count(&self) -> Vec<String> {
        let certificate = self.0.tbs_certificate();
        let has_dns = match certificate.get_extension::<SubjectAltName>() {
            Ok(Some((_, names))) => names.0.iter().any(|name| matches!(name, GeneralName::DnsName(_))),
            Ok(None) => false,
            Err(_) => true,
        };
        if has_dns { Vec::new() } else { common_names(certificate.subject()) }
    }

    /// The names it is for, safe to show.
    pub(crate) fn names(&self) -> Vec<String> {
        let alternative = self.0.tbs_certificate().get_extension::<SubjectAltName>().ok().flatten();
        let alternative = alternative.into_iter().flat_map(|(_, names)| names.0);
        let readable = alternative.filter_map(|name| match name {
            GeneralName::DnsName(name) => Some(shown(name.as_str())),
            GeneralName::IpAddress(bytes) => address(bytes.as_bytes()),
            _ => None,
        });
        let names: Vec<_> = readable.collect();
        if names.is_empty() {
            self.common_names_that_count().iter().map(|name| shown(name)).collect()
        } else {
            names
        }
    }

    /// Its subject, safe to show.
    pub(crate) fn subject(&self) -> String {
        whom(self.0.tbs_certificate().subject())
    }

    /// Its issuer, safe to show.
    pub(crate) fn issuer(&self) -> String {
        whom(self.0.tbs_certificate().issuer())
    }
}

/// Common names in any current string encoding; obsolete encodings are skipped.
fn common_names(name: &Name) -> Vec<String> {
    let named = name.iter().filter(|attribute| attribute.oid == COMMON_NAME);
    let text = named.filter_map(|attribute| {
        let value = &attribute.value;
        let utf8 = value.decode_as::<Utf8StringRef>().map(|text| text.as_str().to_owned());
        let printable = || value.decode_as::<PrintableStringRef>().map(|text| text.as_str().to_owned());
        let ia5 = || value.decode_as::<Ia5StringRef>().map(|text| text.as_str().to_owned());
        let teletex = || value.decode_as::<TeletexStringRef>().map(|text| text.as_str().to_owned());
        let bmp = || value.decode_as::<BmpString>().map(|text| text.to_string());
        utf8.or_else(|_| printable()).or_else(|_| ia5()).or_else(|_| teletex()).or_else(|_| bmp()).ok()
    });
    text.collect()
}

/// The common name, else the whole name.
fn whom(name: &Name) -> String {
    match common_names(name).into_iter().next() {
        Some(common) => shown(&common),
        None if name.is_empty() => "an empty name".into(),
        None => shown(&name.to_string()),
    }
}

fn address(bytes: &[u8]) -> Option<String> {
    let v4 = <[u8; 4]>::try_from(bytes).map(|bytes| std::net::Ipv4Addr::from(bytes).to_string());
    let v6 = || <[u8; 16]>::try_from(bytes).map(|bytes| std::net::Ipv6Addr::from(bytes).to_string());
    v4.or_else(|_| v6()).ok()
}

/// Text from an untrusted certificate, made safe: it can neither forge a line nor fill the screen.
fn shown(text: &str) -> String {
    const MOST: usize = 100;
    let plain = |c: char| if c.is_alphanumeric() || c.is_ascii_graphic() || c == ' ' { c } else { '?' };
    cut(&text.chars().map(plain).collect::<String>(), MOST).into_owned()
}
/// Whether there is a date in it that the parser doesn't know. A date is a tag, its length, and digits: of its year two (50 to 69 are those of 1900), or four.
pub(crate) fn has_date_before_1970(der: &[u8]) -> bool {
    let are_digits = |digits: &[u8]| digits.iter().all(u8::is_ascii_digit);
    der.windows(15).any(|date| matches!(date, [0x17, 13, b'5' | b'6', rest @ .., b'Z'] if are_digits(rest)))
        || der.windows(17).any(|date| {
            matches!(date, [0x18, 15, year @ .., b'Z'] if are_digits(year) && year < b"1970".as_slice())
        })
}
