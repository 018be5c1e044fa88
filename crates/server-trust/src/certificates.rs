//! The certificates of a CA file, parsed as OpenSSL does.
use crate::{
    certificate::Certificate,
    file,
    pem::{Section, sections},
    refusal::Refusal,
};
use rustls::pki_types::CertificateDer;
use std::path::Path;
use x509_cert::der::{
    Decode, Reader, SliceReader, Tag, TagNumber,
    asn1::{AnyRef, ContextSpecific, ObjectIdentifier},
};

/// Certificates that the user trusts: of CAs, or of servers themselves.
#[derive(Clone, Debug, Default)]
pub struct Certificates(pub(crate) Vec<CertificateDer<'static>>);

impl Certificates {
    /// Reads a PEM file. Unusable certificates are skipped, but there must be a usable one.
    pub fn read(path: &Path, what: &str) -> Result<Self, Refusal> {
        Self::of_pem(&file::read(path, what)?, &format!("{what} {}", path.display()))
    }

    /// Parses a text. `what` names it in messages.
    pub fn of_pem(text: &[u8], what: &str) -> Result<Self, Refusal> {
        let sections = sections(text);
        let certificates: Vec<_> = sections.iter().filter(|section| is_certificate(section)).collect();
        if certificates.is_empty() {
            return Err(no_certificate(text, &sections, what));
        }
        let usable: Vec<_> = certificates.iter().filter_map(|section| trusted(section)).collect();
        if usable.is_empty() {
            let why = if certificates.iter().all(|section| section.der.is_none()) {
                "it is not valid PEM"
            } else {
                "it contains no X.509 certificate that may be trusted for servers"
            };
            let remedy = "Provide a PEM file of X.509 certificates; `openssl x509 -in FILE -noout -text` shows the first one";
            return Err(Refusal::new(format!("the {what} can't be used: {why}"), remedy));
        }
        Ok(Self(usable))
    }
}

pub(crate) fn is_certificate(section: &Section) -> bool {
    ["CERTIFICATE", "X509 CERTIFICATE", TRUSTED].contains(&section.label.as_str())
}

const TRUSTED: &str = "TRUSTED CERTIFICATE";

/// The certificate of a section, and the trust settings that OpenSSL appends to it.
pub(crate) fn parts(section: &Section) -> Option<(CertificateDer<'static>, &[u8])> {
    let der = section.der.as_ref()?;
    let certificate = SliceReader::new(der).ok()?.tlv_bytes().ok()?;
    let rest = &der[certificate.len()..];
    (rest.is_empty() || section.label == TRUSTED).then(|| (certificate.to_vec().into(), rest))
}

/// The certificate of a section, if it can be parsed and its trust settings don't exclude servers.
fn trusted(section: &Section) -> Option<CertificateDer<'static>> {
    let (certificate, rest) = parts(section)?;
    (is_for_servers(rest) && webpki::anchor_from_trusted_cert(&certificate).is_ok()).then_some(certificate)
}

/// Evaluates OpenSSL's trust settings: purposes trusted and rejected. None means trusted.
fn is_for_servers(aux: &[u8]) -> bool {
    const USES: [ObjectIdentifier; 2] =
        [ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1"), ObjectIdentifier::new_unwrap("2.5.29.37.0")];
    let names_it = |uses: Vec<ObjectIdentifier>| uses.iter().any(|named| USES.contains(named));
    if aux.is_empty() {
        return true;
    }
    let Ok(mut reader) = SliceReader::new(aux) else { return false };
    let said = reader.sequence(|reader| {
        let trusts = match Tag::peek(reader) {
            Ok(Tag::Sequence) => names_it(Vec::decode(reader)?),
            _ => true,
        };
        let rejects = match Tag::peek(reader) {
            Ok(tag) if tag.is_context_specific() && tag.number() == TagNumber(0) => {
                let uses = ContextSpecific::<Vec<ObjectIdentifier>>::decode_implicit(reader, TagNumber(0))?;
                uses.is_some_and(|uses| names_it(uses.value))
            }
            _ => false,
        };
        while !reader.is_finished() {
            AnyRef::decode(reader)?; // its alias and so on
        }
        Ok::<_, x509_cert::der::Error>(trusts && !rejects)
    });
    said.unwrap_or(false)
}

/// Why a text contains no certificate, as far as can be seen.
pub(crate) fn no_certificate(text: &[u8], sections: &[Section], what: &str) -> Refusal {
    const DER_SEQUENCE: u8 = 0x30;
    let (why, remedy) = if Certificate::read(text).is_some() {
        (
            "it is a certificate in DER format, not PEM",
            "Convert it with `openssl x509 -inform der -in FILE -out FILE.pem`",
        )
    } else if text.first() == Some(&DER_SEQUENCE) {
        (
            "it is not PEM; it looks like DER or PKCS#12",
            "Convert it with `openssl x509 -inform der -in FILE -out FILE.pem`, or `openssl pkcs12 -in FILE -nodes -out FILE.pem`",
        )
    } else if text.starts_with(b"\xff\xfe") || text.starts_with(b"\xfe\xff") {
        ("it is encoded in UTF-16", "Save it as UTF-8 or ASCII")
    } else if sections.iter().any(|section| section.label == "PKCS7") {
        ("it is a PKCS#7 bundle", "Convert it with `openssl pkcs7 -print_certs -in FILE -out FILE.pem`")
    } else {
        ("it contains no certificate", "Provide a PEM file with at least one certificate")
    };
    Refusal::new(format!("the {what} can't be used: {why}"), remedy)
}
