//! Explains why a TLS handshake failed, and what to do.
use crate::{
    key::USABLE,
    refusal::{Refusal, refusal_in},
};
use rustls::{AlertDescription as Alert, CertificateError, Error, InvalidMessage};

/// The cause and the remedy for a rustls error.
pub fn handshake_refusal(e: &Error) -> Refusal {
    const LOG: &str = "Check the server's log for the reason";
    if let Some(refusal) = refusal_in(e) {
        return refusal.clone();
    }
    match e {
        Error::InvalidMessage(InvalidMessage::InvalidContentType) => Refusal::new(
            "the server does not speak TLS",
            "Check the port; if the server doesn't use TLS, use an http:// address",
        ),
        e if refuses_our_certificate(e) => Refusal::new(
            "the server requires a client certificate, or rejected ours",
            "Provide a client certificate and key that the server trusts",
        ),
        Error::AlertReceived(Alert::ProtocolVersion) => {
            Refusal::new("the server supports neither TLS 1.2 nor 1.3", "Enable TLS 1.2 or 1.3 on the server")
        }
        Error::AlertReceived(Alert::HandshakeFailure | Alert::InsufficientSecurity) => Refusal::new(
            "the client and the server have no cipher suite, curve or key type in common",
            format!(
                "Enable TLS 1.2 or 1.3 on the server and give its certificate {USABLE}, or check its log"
            ),
        ),
        Error::AlertReceived(alert) => {
            Refusal::new(format!("the server aborted the handshake ({})", alert_words(*alert)), LOG)
        }
        Error::PeerIncompatible(_) => Refusal::new(
            "the server chose parameters that this client doesn't support",
            "Enable TLS 1.2 or 1.3 with modern cipher suites on the server",
        ),
        Error::InvalidCertificate(CertificateError::BadSignature) => Refusal::new(
            "the server's handshake signature doesn't match its certificate",
            "Check that the server's certificate and key match, and that nobody is intercepting the connection",
        ),
        e => Refusal::new(e.to_string(), LOG),
    }
}

/// Whether the server rejects our client certificate. With TLS 1.3 it checks that only after the request has been sent; it has not
/// processed the request then.
pub fn refuses_our_certificate(e: &Error) -> bool {
    matches!(
        e,
        Error::AlertReceived(
            Alert::CertificateRequired
                | Alert::BadCertificate
                | Alert::UnsupportedCertificate
                | Alert::UnknownCA
                | Alert::CertificateUnknown
                | Alert::CertificateExpired
                | Alert::CertificateRevoked
                | Alert::AccessDenied
        )
    )
}

/// The alert's name in the standard, such as `internal_error`.
fn alert_words(alert: Alert) -> String {
    let name = format!("{alert:?}");
    let mut words = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !words.is_empty() && !words.ends_with('_') {
            words.push('_');
        }
        words.push(c.to_ascii_lowercase());
    }
    words
}
