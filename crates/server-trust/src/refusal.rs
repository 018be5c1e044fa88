//! Why a certificate is not trusted or a file can't be used, and what to do about it.
use std::{borrow::Cow, sync::Arc};

/// Why a file can't be used or a server isn't trusted. `Display` is the cause: a clause without its full stop.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Refusal {
    /// What is wrong.
    pub why: String,
    /// What to do: a sentence without its full stop.
    pub remedy: Cow<'static, str>,
}

impl Refusal {
    pub(crate) fn new(why: impl Into<String>, remedy: impl Into<Cow<'static, str>>) -> Self {
        Self { why: why.into(), remedy: remedy.into() }
    }
}

/// Carries the refusal through rustls, from the verifier to the caller.
impl From<Refusal> for rustls::Error {
    fn from(refusal: Refusal) -> Self {
        let inner = rustls::OtherError(Arc::new(refusal));
        rustls::CertificateError::Other(inner).into()
    }
}

/// The refusal inside a rustls error, if it is one of ours.
pub(crate) fn refusal_in(e: &rustls::Error) -> Option<&Refusal> {
    match e {
        rustls::Error::InvalidCertificate(rustls::CertificateError::Other(inner)) => inner.0.downcast_ref(),
        _ => None,
    }
}
