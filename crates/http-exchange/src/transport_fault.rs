//! What an error of ureq, the system or rustls means, in the words of the one who must mend it.
use crate::{fault::Fault, server_text::shown_line, trust::is_unknown_issuer};
use rustls::{AlertDescription, CertificateError, Error as TlsError, InvalidMessage};
use std::{io, time::Duration};
use ureq::Error;

/// Where an attempt was when it failed.
pub(crate) struct Whereabouts<'a> {
    /// The server's host and port.
    pub(crate) server: &'a str,
    /// Who the connection is to: the server, or the proxy before it.
    pub(crate) peer: &'a str,
    /// Whether any of the request had been sent.
    pub(crate) sent: bool,
    /// The time the attempt had.
    pub(crate) timeout: Duration,
    /// What must not be shown, should the server's words come along.
    pub(crate) secrets: &'a [String],
}

/// The fault behind an error.
pub(crate) fn transport_fault(e: Error, at: &Whereabouts) -> Fault {
    match e {
        Error::Timeout(_) => timeout(at),
        Error::Io(e) => io_fault(&e, at),
        Error::Other(e) => match e.downcast::<Fault>() {
            Ok(fault) => *fault,
            Err(e) => Fault::Internal { what: e.to_string() },
        },
        Error::ConnectProxyFailed(why) => {
            let status = why.rsplit('/').next().and_then(|status| status.parse().ok());
            let why = status.map_or(why, |status: u16| format!("it answers {status} to CONNECT"));
            Fault::Proxy { proxy: at.peer.to_owned(), why, status }
        }
        Error::Protocol(e) if !at.sent => Fault::Proxy {
            proxy: at.peer.to_owned(),
            why: format!("it does not speak HTTP ({e})"),
            status: None,
        },
        Error::Protocol(e) => {
            let why = shown_line(&e.to_string(), at.secrets);
            unreadable(format!("it is not HTTP as it should be ({why})"))
        }
        Error::LargeResponseHeader(..) => unreadable("its headers are too large".into()),
        Error::Decompress(how, _) => unreadable(format!("its {how} compression is broken")),
        // Whatever ureq can't read of an answer is no fault of ours.
        e if at.sent => unreadable(shown_line(&e.to_string(), at.secrets)),
        e => Fault::Internal { what: e.to_string() },
    }
}

fn timeout(at: &Whereabouts) -> Fault {
    Fault::Timeout { peer: at.peer.to_owned(), after: at.timeout, sent: at.sent }
}

fn unreadable(why: String) -> Fault {
    Fault::Unreadable { status: None, why }
}

fn io_fault(e: &io::Error, at: &Whereabouts) -> Fault {
    let tls = e.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>());
    if let Some(tls) = tls.filter(|tls| !at.sent || refuses_our_certificate(tls)) {
        return tls_fault(tls, at);
    }
    match e.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => timeout(at),
        _ if at.sent => Fault::Lost { why: e.to_string() },
        _ => Fault::NotConnected { peer: at.peer.to_owned(), why: e.to_string() },
    }
}

/// With TLS 1.3 a server looks at our certificate only when the request is under way already. It has not read that then.
fn refuses_our_certificate(e: &TlsError) -> bool {
    use AlertDescription as Alert;
    matches!(
        e,
        TlsError::AlertReceived(
            Alert::CertificateRequired
                | Alert::BadCertificate
                | Alert::UnknownCA
                | Alert::CertificateUnknown
                | Alert::CertificateExpired
                | Alert::CertificateRevoked
                | Alert::AccessDenied
        )
    )
}

fn tls_fault(e: &TlsError, at: &Whereabouts) -> Fault {
    let (why, remedy) = match e {
        TlsError::InvalidCertificate(certificate) => return certificate_fault(certificate, at),
        TlsError::InvalidMessage(InvalidMessage::InvalidContentType) => (
            "what answers there does not speak TLS".to_owned(),
            "Check the port, and whether the base URL should begin with http://",
        ),
        TlsError::AlertReceived(alert) => match alert {
            alert if refuses_our_certificate(e) => (
                format!("the server does not accept our client certificate ({alert:?})"),
                "Give a client certificate and key that the server trusts",
            ),
            AlertDescription::ProtocolVersion => (
                "the server speaks neither TLS 1.2 nor 1.3".to_owned(),
                "Have TLS 1.2 or 1.3 turned on at the server",
            ),
            alert => {
                (format!("the server broke off ({alert:?})"), "Look into the server's log for the reason")
            }
        },
        TlsError::PeerIncompatible(why) => (
            format!("the server offers nothing that we support ({why:?})"),
            "Have TLS 1.2 or 1.3 with modern ciphers turned on at the server",
        ),
        e => (e.to_string(), "Look into the server's log for the reason"),
    };
    Fault::Tls { host: at.server.to_owned(), why, remedy }
}

fn certificate_fault(e: &CertificateError, at: &Whereabouts) -> Fault {
    let (why, remedy) = match e {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            ("its certificate has expired", "Renew the server's certificate, or check this machine's clock")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            ("its certificate is not valid yet", "Check the clocks of this machine and of the server")
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => (
            "its certificate is for another name",
            "Use the host name that stands in the certificate, or have the certificate reissued",
        ),
        e if is_unknown_issuer(e) => (
            "its certificate is signed by nobody we trust",
            "Give the CA certificate that signed it (or itself) as the CA file, or add that to this machine's trust store",
        ),
        CertificateError::Revoked => ("its certificate is revoked", "Replace the server's certificate"),
        e => {
            let why = format!("its certificate can't be accepted: {e}");
            let remedy = "Have the server's certificate replaced by a valid one";
            return Fault::Tls { host: at.server.to_owned(), why, remedy };
        }
    };
    Fault::Tls { host: at.server.to_owned(), why: why.to_owned(), remedy }
}
