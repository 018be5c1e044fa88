//! Who we are to a server that asks: a client certificate and its key, out of one file or two.
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
    /// Reads the certificate, which the intermediate ones follow, from one PEM file and its key from the same or another.
    pub fn read(certificate: &Path, key: Option<&Path>) -> Result<Self, Refusal> {
        let text = file::read(certificate, "client certificate")?;
        let what = format!("client certificate {}", certificate.display());
        let sections = sections(&text);
        let own = sections.iter().filter(|section| is_certificate(section));
        let Some(chain) = own.map(|section| Some(parts(section)?.0)).collect::<Option<Vec<_>>>() else {
            let why = format!("the {what} can't be used: it is not valid PEM");
            return Err(Refusal::new(why, "Copy the whole file anew"));
        };
        let Some(own) = chain.first() else { return Err(no_certificate(&text, &sections, &what)) };
        let Some(own) = Certificate::read(own) else {
            let remedy = "Give a PEM file of X.509 certificates, our own first";
            return Err(Refusal::new(
                format!("the {what} can't be used: it is no X.509 certificate"),
                remedy,
            ));
        };
        if !own.key().is_usable() {
            let why =
                format!("the {what} can't be used: it is for {}, which is not supported", own.key().words());
            return Err(Refusal::new(why, format!("Have one issued for {USABLE}")));
        }
        let signing = match key {
            Some(path) => signing_key(&file::read(path, "client key")?, path)?,
            None => signing_key(&text, certificate)?,
        };
        if signing.public_key().is_some_and(|public| public.as_ref() != own.key_der()) {
            let why = format!("the {what} and its key can't be used: the key belongs to another certificate");
            return Err(Refusal::new(
                why,
                "Give the key that the certificate was made for; our own certificate has to be the first of its file",
            ));
        }
        Ok(Self(Arc::new(CertifiedKey::new(chain, signing))))
    }
}

/// The first key of a text that is not locked.
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
                "it holds no private key",
                "Give the PEM file of the key that the client certificate was made for".into(),
            )
        };
    };
    if is_locked(section) {
        return refused(
            "it is encrypted with a passphrase",
            format!(
                "Take that off with `openssl pkey -in {path} -out NEW.pem`, and give the new file, mode 0600"
            ),
        );
    }
    let Some(der) = section.der.clone() else {
        return refused("it is not valid PEM", "Copy the whole file anew".into());
    };
    let der: PrivateKeyDer = match section.label.as_str() {
        "RSA PRIVATE KEY" => PrivateKeyDer::Pkcs1(der.into()),
        "EC PRIVATE KEY" => PrivateKeyDer::Sec1(der.into()),
        KEY => PrivateKeyDer::Pkcs8(der.into()),
        label => {
            return refused(
                &format!("a key written as \"{label}\" is not supported"),
                format!("Write it as PKCS#8 with `openssl pkey -in {path} -out NEW.pem`, or give {USABLE}"),
            );
        }
    };
    provider().key_provider.load_private_key(der).or_else(|_| {
        refused(
            "it is damaged, or of a kind that is not supported",
            format!("Look at it with `openssl pkey -in {path} -noout -text`, and give {USABLE}"),
        )
    })
}

const KEY: &str = "PRIVATE KEY";

fn is_locked(section: &Section) -> bool {
    section.is_encrypted || section.label == "ENCRYPTED PRIVATE KEY"
}
