//! What an error of ureq, the system or rustls means, in the words of the one who must mend it.
use crate::{fault::Fault, server_text::shown_line};
use rustls::Error as TlsError;
use server_trust::{Refusal, handshake_refusal, refuses_our_certificate};
use std::{io, time::Duration};
use ureq::Error;

/// Where an attempt was when it failed.
pub(crate) struct AttemptContext<'a> {
    /// The server's host and port.
    pub(crate) server: &'a str,
    /// Who the connection is to: the server, or the proxy before it.
    pub(crate) peer: &'a str,
    /// Whether any of the request had been sent.
    pub(crate) sent: bool,
    /// The time the attempt had.
    pub(crate) timeout: Duration,
    /// What must not be shown, should the server's words come along.
    pub(crate) secrets: &'a shown_text::EncodedForms,
}

/// The fault behind an error.
pub(crate) fn transport_fault(e: Error, at: &AttemptContext) -> Fault {
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
            unreadable(format!("it is not valid HTTP ({why})"))
        }
        Error::LargeResponseHeader(..) => unreadable("its headers are too large".into()),
        // Whatever ureq can't read of an answer is no fault of ours.
        e if at.sent => unreadable(shown_line(&e.to_string(), at.secrets)),
        e => Fault::Internal { what: e.to_string() },
    }
}

fn timeout(at: &AttemptContext) -> Fault {
    Fault::Timeout { peer: at.peer.to_owned(), after: at.timeout, sent: at.sent }
}

fn unreadable(why: String) -> Fault {
    Fault::Unreadable { status: None, why }
}

fn io_fault(e: &io::Error, at: &AttemptContext) -> Fault {
    if let Some(fault) = e.get_ref().and_then(|inner| inner.downcast_ref::<Fault>()) {
        return fault.clone();
    }
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

fn tls_fault(e: &TlsError, at: &AttemptContext) -> Fault {
    let Refusal { why, remedy } = handshake_refusal(e);
    Fault::Tls { host: at.server.to_owned(), why, remedy }
}
