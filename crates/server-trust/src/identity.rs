//! The client certificate and its key, from one file or two.
use crate::{
    certificate::Certificate,
    certificates::{is_certificate, no_certificate, parts},
    file,
    key::USABLE,
    pem::{Section, sections},
    provider::provider,
    refusal::Refusal,
};
use rustls::{
    pki_types::PrivateKeyDer,
    sign::{CertifiedKey, SigningKey},
};
use std::{path::Path, sync::Arc};

/// A client certificate with its key.
#[derive(Clone, Debug)]
pub struct Identity(pub(crate) Arc<CertifiedKey>);

impl Identity {
    /// Reads the certificate, followed by its intermediates, from a PEM file, and its key from the same file or another.
    pub fn read(certificate: &Path, key: Option<&Path>) -> Result<Self, Refusal> {
        let text = file::read(certificate, "client certificate")?;
        let what = format!("client certificate {}", certificate.display());
        let sections = sections(&text);
        let own = sections.iter().filter(|section| is_certificate(section));
        let Some(chain) = own.map(|section| Some(parts(section)?.0)).collect::<Option<Vec<_>>>() else {
            let why = format!("the {what} can't be used: it is not valid PEM");
            return Err(Refusal::new(why, "Copy the complete file again"));
        };
        let Some(own) = chain.first() else { return Err(no_certificate(&text, &sections, &what)) };
        let Some(own) = Certificate::read(own) else {
            let remedy = "Provide a PEM file of X.509 certificates, the client's own first";
            return Err(Refusal::new(
                format!("the {what} can't be used: it is not an X.509 certificate"),
                remedy,
            ));
        };
        if !own.key().is_usable() {
            let why =
                format!("the {what} can't be used: its key is {}, which is not supported", own.key().words());
            return Err(Refusal::new(why, format!("Have one issued with {USABLE}")));
        }
        let signing = match key {
            Some(path) => signing_key(&file::read(path, "client key")?, path)?,
            None => signing_key(&text, certificate)?,
        };
        if signing.public_key().is_some_and(|public| public.as_ref() != own.key_der()) {
            let why = format!("the {what} can't be used: the key belongs to another certificate");
            return Err(Refusal::new(
                why,
                "Provide the matching key; the client's own certificate must come first in its file",
            ));
        }
        Ok(Self(Arc::new(CertifiedKey::new(chain, signing))))
    }
}

/// The first unencrypted private key of a text.
fn signing_key(text: &[u8], path: &Path) -> Result<Arc<dyn SigningKey>, Refusal> {
    let path = path.display();
    let refused = |why: &str, remedy: String| {
        Err(Refusal::new(format!("the client key {path} can't be used: {why}"), remedy))
    };
    let keys: Vec<_> = sections(text).into_iter().filter(|section| section.label.ends_with(KEY)).collect();
    let Some(section) = keys.iter().find(|section| !is_locked(section)).or(keys.first()) else {
        return if text.first() == Some(&0x30) {
            refused(
                "it is not PEM; it looks like DER or PKCS#12",
                format!(
                    "Convert it with `openssl pkey -inform der -in {path} -out NEW.pem`, or `openssl pkcs12 -in {path} -nodes -out NEW.pem`"
                ),
            )
        } else {
            refused(
                "it contains no private key",
                "Provide the PEM file of the client certificate's key".into(),
            )
        };
    };
    if is_locked(section) {
        return refused(
            "it is encrypted with a passphrase",
            format!(
                "Decrypt it with `openssl pkey -in {path} -out NEW.pem`, and use the new file, with mode 0600"
            ),
        );
    }
    let Some(der) = section.der.clone() else {
        return refused("it is not valid PEM", "Copy the complete file again".into());
    };
    let own: PrivateKeyDer = match section.label.as_str() {
        "RSA PRIVATE KEY" => PrivateKeyDer::Pkcs1(der.clone().into()),
        "EC PRIVATE KEY" => PrivateKeyDer::Sec1(der.clone().into()),
        KEY => PrivateKeyDer::Pkcs8(der.clone().into()),
        label => {
            return refused(
                &format!("the key format \"{label}\" is not supported"),
                format!("Convert it to PKCS#8 with `openssl pkey -in {path} -out NEW.pem`, or use {USABLE}"),
            );
        }
    };
    // Under the older labels, too, OpenSSL reads PKCS#8.
    let load = |der| provider().key_provider.load_private_key(der);
    load(own).or_else(|_| load(PrivateKeyDer::Pkcs8(der.into()))).or_else(|_| {
        refused(
            "it is damaged, or of an unsupported type",
            format!("Inspect it with `openssl pkey -in {path} -noout -text`, and use {USABLE}"),
        )
    })
}

const KEY: &str = "PRIVATE KEY";

fn is_locked(section: &Section) -> bool {
    section.is_encrypted || section.label == "ENCRYPTED PRIVATE KEY"
}
