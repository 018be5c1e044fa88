//! What can go wrong, each with its cause, its remedy, and a stable word for a playbook's `rescue`.
use server_trust::Kind;
use std::{borrow::Cow, time::Duration};

/// One cause of failure. `Display` is the cause as a fragment; the remedy is separate.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The base URL can't be used. Nothing was sent.
    #[error("the base URL {}{why}", url.as_ref().map_or(String::new(), |url| format!("{url:?} ")))]
    BaseUrl {
        /// Without query; none where a password may stand in it.
        url: Option<String>,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The credentials can't be put into a header. Nothing was sent.
    #[error("the credentials can't be used: {why}")]
    Credentials {
        /// What is wrong with them, without showing them.
        why: &'static str,
        /// What to do about it.
        remedy: &'static str,
    },
    /// A given idempotency key is empty, too long or not printable ASCII.
    #[error("the idempotency key is not 1 to 255 characters of printable ASCII")]
    IdempotencyKey,
    /// An environment variable names a proxy that can't be used. Nothing was sent.
    #[error("the environment variable {variable} names a proxy that can't be used: {why}")]
    ProxyVariable {
        /// The variable's name.
        variable: &'static str,
        /// What is wrong with its value, without showing it.
        why: &'static str,
    },
    /// A certificate or key file can't be used, or there is no certificate to trust. Nothing was sent.
    #[error("{what}")]
    TlsSetting {
        /// What can't be used and why.
        what: String,
        /// What to do.
        remedy: Cow<'static, str>,
    },
    /// The name has no address, or the name service doesn't answer.
    #[error("the host name {host} can't be resolved: {why}")]
    NameNotResolved {
        /// The name asked for (the proxy's, if there is one).
        host: String,
        /// What the name service said.
        why: String,
    },
    /// No connection: refused, unreachable, or closed before anything was sent.
    #[error("no connection to {peer}: {why}")]
    NotConnected {
        /// Host and port (the proxy's, if there is one).
        peer: String,
        /// What the system said.
        why: String,
    },
    /// The proxy can't be used.
    #[error("the proxy {proxy} doesn't let the request through: {why}")]
    Proxy {
        /// Host and port.
        proxy: String,
        /// What it said.
        why: String,
        /// The status it answered with.
        status: Option<u16>,
    },
    /// The TLS handshake failed, or the server's certificate isn't trusted.
    #[error("no secure connection to {host}: {why}")]
    Tls {
        /// The server's name.
        host: String,
        /// What is wrong.
        why: String,
        /// What to do.
        remedy: Cow<'static, str>,
    },
    /// No complete answer within the time for one attempt.
    #[error("no {} {peer} within {} s", if *sent { "complete answer from" } else { "connection to" }, seconds(*after))]
    Timeout {
        /// Host and port (the proxy's, if there is one).
        peer: String,
        /// The time given.
        after: Duration,
        /// Whether any of the request had been sent.
        sent: bool,
    },
    /// The connection broke after the request, or a part of it, was sent.
    #[error("the connection broke before the answer was complete: {why}")]
    Lost {
        /// What the system said.
        why: String,
    },
    /// The server answered with a status other than 2xx and 3xx, or with 2xx and JSON that reports a failure.
    #[error("the server answered {}", answered(*status, text))]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The server's own words, at most 500 characters.
        text: String,
        /// How long the server asks to wait.
        retry_after: Option<Duration>,
    },
    /// The server redirects. No API does, so something else answers, and it must not get the credentials elsewhere.
    #[error("the server redirects ({status}) to {to}, and redirects are not followed")]
    Redirected {
        /// The HTTP status.
        status: u16,
        /// Without user info and query.
        to: String,
    },
    /// The answer is not one of this kind of API: not HTTP, not JSON, or out of all bounds.
    #[error("the answer can't be used: {why}")]
    Unreadable {
        /// The HTTP status, if it got that far.
        status: Option<u16>,
        /// What is wrong with it.
        why: String,
    },
    /// What is to be sent can't be read, or is shorter than announced; the server got no complete request.
    #[error("the data to send can't be read: {why}")]
    Content {
        /// What is wrong with it.
        why: String,
    },
    /// A create was carried out, and its answer names what was made in a way that breaks the contract.
    #[error("{what}")]
    BadId {
        /// The HTTP status of the answer.
        status: u16,
        /// What was made, its id, and what is wrong with that.
        what: String,
    },
    /// Answers came, and the deadline passed before all of a list was read: it is large, or has no end of pages.
    #[error("the list couldn't be read within the deadline of {} s", seconds(*after))]
    TooLong {
        /// The time given for the list.
        after: Duration,
    },
    /// A create may or may not have happened, and there is no safe way to find out.
    #[error("it is unknown whether this was carried out: {cause}")]
    UnknownOutcome {
        /// What the last attempt ended with.
        cause: Box<Fault>,
    },
    /// A fault of this program.
    #[error("internal error: {what}")]
    Internal {
        /// What is impossible but happened.
        what: String,
    },
}

impl Fault {
    /// The stable class.
    pub fn kind(&self) -> Kind {
        match self {
            Self::BaseUrl { .. }
            | Self::Credentials { .. }
            | Self::IdempotencyKey
            | Self::Content { .. }
            | Self::ProxyVariable { .. } => Kind::Invalid,
            Self::Proxy { status: Some(407), .. } => Kind::Auth,
            Self::NameNotResolved { .. }
            | Self::NotConnected { .. }
            | Self::Proxy { .. }
            | Self::Lost { .. } => Kind::Unavailable,
            Self::TlsSetting { .. } | Self::Tls { .. } => Kind::Tls,
            Self::Timeout { .. } | Self::TooLong { .. } => Kind::Timeout,
            Self::Refused { status, .. } => kind_of_status(*status),
            Self::Redirected { .. } | Self::Unreadable { .. } | Self::BadId { .. } => Kind::Protocol,
            Self::UnknownOutcome { .. } => Kind::UnknownOutcome,
            Self::Internal { .. } => Kind::Internal,
        }
    }

    /// The HTTP status, if there was an answer.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } | Self::Redirected { status, .. } | Self::BadId { status, .. } => {
                Some(*status)
            }
            Self::Unreadable { status, .. } | Self::Proxy { status, .. } => *status,
            Self::UnknownOutcome { cause } => cause.status(),
            _ => None,
        }
    }

    /// The server's own words, if it said any.
    pub fn server_text(&self) -> Option<&str> {
        match self {
            Self::Refused { text, .. } if !text.is_empty() => Some(text),
            Self::UnknownOutcome { cause } => cause.server_text(),
            _ => None,
        }
    }

    /// How long the server asks to wait before the next request.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// What to do about it: one sentence without its full stop.
    pub fn remedy(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::BaseUrl { .. } => "Give it as http://HOST[:PORT][/PATH] or https://HOST[:PORT][/PATH]",
            Self::IdempotencyKey => "Give a UUID, or leave it out to have one generated",
            Self::ProxyVariable { .. } => "Set it to http://HOST:PORT, or exempt the server with no_proxy",
            Self::TlsSetting { remedy, .. } | Self::Tls { remedy, .. } => return remedy.clone(),
            Self::Credentials { remedy, .. } => remedy,
            Self::NameNotResolved { .. } => {
                "Check the host in the base URL and the DNS settings of this machine"
            }
            Self::NotConnected { .. } => {
                "Check that the server runs, and that host, port and firewall are right"
            }
            Self::Proxy { status: Some(407), .. } => {
                "Put the proxy's user and password into the proxy variable"
            }
            Self::Proxy { .. } => "Ask for the proxy to allow the server, or exempt it with no_proxy",
            Self::Timeout { sent: false, .. } => "Check host, port and firewall, or raise the timeout",
            Self::Timeout { sent: true, .. } => "Check the server's load, or raise the timeout",
            Self::Lost { .. } => "Check the server's log and the proxies in between, then try again",
            Self::Refused { status, .. } => remedy_for_status(*status),
            Self::Redirected { .. } => "Set the base URL to the API's actual address",
            Self::Unreadable { .. } => {
                "Check that the base URL is that of the API and not of a web page or a proxy"
            }
            Self::Content { .. } => "Check that the file can be read, and that nothing else is writing to it",
            Self::BadId { .. } => {
                "Ask the operator of the server for ids that keep the contract: each retry creates another object"
            }
            Self::TooLong { .. } => "Ask for less, such as one vehicle, or raise the deadline",
            Self::UnknownOutcome { cause } if cause.status() == Some(422) => {
                "Check on the server whether it exists; if not, correct what the server names, and if that is the \
                 idempotency key, run again without this one"
            }
            Self::UnknownOutcome { .. } => {
                "Check on the server whether it exists; if not, run again with the same idempotency key"
            }
            Self::Internal { .. } => "Please report this",
        })
    }
}

fn kind_of_status(status: u16) -> Kind {
    match status {
        401 | 403 | 407 => Kind::Auth,
        404 | 410 => Kind::NotFound,
        408 => Kind::Timeout,
        409 | 412 | 423 => Kind::Conflict,
        425 | 500.. => Kind::Unavailable,
        429 => Kind::RateLimited,
        300.. => Kind::Invalid,
        _ => Kind::Protocol,
    }
}

fn remedy_for_status(status: u16) -> &'static str {
    match status {
        401 => "Check the token: it is missing, wrong or expired",
        403 => "Ask for the permission, or use the token of an account that has it",
        407 => "Put the proxy's user and password into the proxy variable",
        404 | 405 | 410 => "Check the id, and that the base URL is that of the API",
        409 => {
            "Check the current state on the server; if an earlier request with this idempotency key is still running, \
             run again later with the same key"
        }
        412 | 423 => "Check the current state on the server, then decide",
        422 => {
            "Correct what the server names; if it names the idempotency key, that key was used before with other \
             content, and each intended create needs its own"
        }
        408 | 425 | 429 | 500.. => "Try again later",
        _ => "Correct what the server names",
    }
}

/// The status with its usual reason, and the server's own words.
fn answered(status: u16, text: &str) -> String {
    let reason = ureq::http::StatusCode::from_u16(status).ok().and_then(|s| s.canonical_reason());
    let line = reason.map_or_else(|| status.to_string(), |reason| format!("{status} {reason}"));
    let line = if status < 300 { format!("{line} but reports a failure") } else { line };
    if text.is_empty() { line } else { format!("{line}: \"{text}\"") }
}

/// Seconds as a person writes them: `30`, `0.5`, `less than 0.1`.
pub(crate) fn seconds(time: Duration) -> String {
    if time < Duration::from_millis(100) {
        return "less than 0.1".to_owned();
    }
    let text = format!("{:.1}", time.as_secs_f64());
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}
