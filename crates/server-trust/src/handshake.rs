//! Why a TLS handshake failed, in the words of the one who must mend it.
use crate::{
    key::USABLE,
    refusal::{Refusal, refusal_in},
};
use rustls::{AlertDescription as Alert, CertificateError, Error, InvalidMessage};

/// The cause and the remedy behind an error of rustls.
pub fn handshake_refusal(e: &Error) -> Refusal {
    const LOG: &str = "Look into the server's log for the reason";
    if let Some(refusal) = refusal_in(e) {
        return refusal.clone();
    }
    match e {
        Error::InvalidMessage(InvalidMessage::InvalidContentType) => Refusal::new(
            "what answers there does not speak TLS",
            "Check the port, and whether the address is that of a server without TLS (http://)",
        ),
        e if refuses_our_certificate(e) => Refusal::new(
            "the server does not accept our client certificate, or wants one",
            "Give a client certificate and key that the server trusts",
        ),
        Error::AlertReceived(Alert::ProtocolVersion) => Refusal::new(
            "the server speaks neither TLS 1.2 nor 1.3",
            "Have TLS 1.2 or 1.3 turned on at the server",
        ),
        Error::AlertReceived(Alert::HandshakeFailure | Alert::InsufficientSecurity) => Refusal::new(
            "the server finds no cipher, curve or kind of key that both sides support",
            format!(
                "Have TLS 1.2 or 1.3 turned on at the server, and a certificate there with {USABLE}; or see its log"
            ),
        ),
        Error::AlertReceived(alert) => {
            Refusal::new(format!("the server broke off ({})", alert_words(*alert)), LOG)
        }
        Error::PeerIncompatible(_) => Refusal::new(
            "the server chose something that we don't support",
            "Have TLS 1.2 or 1.3 with modern ciphers turned on at the server",
        ),
        Error::InvalidCertificate(CertificateError::BadSignature) => Refusal::new(
            "the server has not signed the handshake with its certificate's key",
            "Check that certificate and key at the server belong together, and whether somebody sits between",
        ),
        e => Refusal::new(e.to_string(), LOG),
    }
}

/// Whether the server doesn't like who we are. With TLS 1.3 it looks at our certificate only when the request is under way
/// already. It has not read that then.
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

/// `internal_error`, as the standard writes it.
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
