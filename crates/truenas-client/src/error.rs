//! Why a call failed, each with its cause, its remedy, and a stable word for a playbook's `rescue`.
use crate::refusal::Refusal;
use http_exchange::{Fault, Kind};
use std::time::Duration;

/// Why a call failed. `Display` is one sentence of cause and one of remedy; it holds no secret.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The URL has a path; nothing was sent.
    #[error(
        "The URL of TrueNAS ends in {path}, but the API's path is added to it. Give it as https://HOST[:PORT]."
    )]
    UrlWithPath {
        /// What is too much.
        path: String,
    },
    /// The key would be readable on its way; nothing was sent.
    #[error(
        "The API key is not sent to an unencrypted address, because TrueNAS permanently revokes a key that arrives that way. Use https:// in the URL."
    )]
    PlainKey,
    /// The key or the user name can't be sent; nothing was sent.
    #[error("{what} is empty. Check that the variable it comes from is set.")]
    Blank {
        /// Which of them.
        what: &'static str,
    },
    /// HTTP or the connection failed.
    #[error(transparent)]
    Exchange(http_exchange::Error),
    /// What is at the port does not speak TLS. The way out of that is never plain http.
    #[error(
        "There is no secure connection to {host}: {why}. Give the https port of TrueNAS, which is 443 unless it was changed. Plain http would cost the API key: TrueNAS revokes one that arrives that way."
    )]
    NoTls {
        /// The server's name.
        host: String,
        /// What is wrong, as a clause.
        why: String,
    },
    /// The service stays down, and the server doesn't say why.
    #[error(
        "TrueNAS answered {method} with false, so the iSCSI service did not start, and it gives no reason. Check the system log of TrueNAS."
    )]
    NotStarted {
        /// The method of the API.
        method: String,
    },
    /// The server serves no version of the API that is known here.
    #[error(
        "TrueNAS serves the API versions {served}, and none of them is known here (25.04, 25.10 and 26.0 are). Update this collection."
    )]
    NoKnownVersion {
        /// Separated by commas.
        served: String,
    },
    /// The server does not switch to WebSocket.
    #[error("TrueNAS answers {status} instead of opening its API at {path}. {}", upgrade_remedy(*status))]
    NoWebSocket {
        /// The HTTP status.
        status: u16,
        /// The path of the API.
        path: String,
    },
    /// The key was not accepted.
    #[error("{why}")]
    Login {
        /// A sentence of cause and one of remedy.
        why: String,
        /// Of what sort it is.
        kind: Kind,
    },
    /// The server answered a call with an error.
    #[error("TrueNAS refuses {method}: {}. {}.", quoted(refusal), remedy(refusal))]
    Refused {
        /// The method of the API.
        method: String,
        /// The server's words.
        refusal: Refusal,
    },
    /// No answer came in time.
    #[error(
        "TrueNAS has not answered {method} within {} s. Check its load, or raise the timeout or the deadline.",
        after.as_secs().max(1)
    )]
    Silent {
        /// The method of the API.
        method: String,
        /// The time given.
        after: Duration,
    },
    /// The connection ended before the answer came.
    #[error(
        "The connection to TrueNAS ended before {method} was answered: {why}. Check that TrueNAS and its web service run, then try again."
    )]
    Lost {
        /// The method of the API.
        method: String,
        /// What the system or the server said.
        why: String,
    },
    /// What came is not this API.
    #[error(
        "The answer to {method} can't be used: {why}. Check that the URL is that of TrueNAS and not of something before it."
    )]
    Unreadable {
        /// The method of the API.
        method: String,
        /// A clause.
        why: String,
    },
    /// What should be a zvol is none.
    #[error("{name} is a dataset with files, not a zvol. Give another `volume`.")]
    NoZvol {
        /// With its pool.
        name: String,
    },
    /// A message is larger than the server takes; nothing was sent.
    #[error("The parameters of {method} are larger than TrueNAS accepts ({most} bytes). Shorten them.")]
    TooLarge {
        /// The method of the API.
        method: String,
        /// The limit.
        most: usize,
    },
    /// A create may or may not have happened, and it could not be found out.
    #[error(
        "It is unknown whether TrueNAS has carried out {method}: {cause} Run the task again: it continues with what exists."
    )]
    UnknownOutcome {
        /// The method of the API.
        method: String,
        /// Why.
        cause: Box<Error>,
    },
}

impl From<http_exchange::Error> for Error {
    fn from(error: http_exchange::Error) -> Self {
        match error.fault() {
            Fault::Tls { host, why, remedy } if remedy.contains("http://") => {
                Self::NoTls { host: host.clone(), why: why.clone() }
            }
            _ => Self::Exchange(error),
        }
    }
}

impl Error {
    /// It is unknown whether a create that was sent over REST was carried out.
    pub(crate) fn unknown(method: &str, cause: &Fault) -> Self {
        let method = method.to_owned();
        let cause = match cause {
            Fault::Timeout { after, .. } => Self::Silent { method: method.clone(), after: *after },
            cause => Self::Lost { method: method.clone(), why: cause.to_string() },
        };
        Self::UnknownOutcome { method, cause: Box::new(cause) }
    }

    /// The same of a call that had so much time with all its attempts.
    pub(crate) fn within(mut self, whole: Duration) -> Self {
        if let Self::Silent { after, .. } = &mut self {
            *after = whole;
        }
        self
    }

    /// The stable class.
    pub fn kind(&self) -> Kind {
        match self {
            Self::UrlWithPath { .. } | Self::PlainKey | Self::Blank { .. } | Self::TooLarge { .. } => {
                Kind::Invalid
            }
            Self::Exchange(error) => error.kind(),
            Self::NoTls { .. } => Kind::Tls,
            Self::NotStarted { .. } => Kind::Failed,
            Self::NoZvol { .. } => Kind::Conflict,
            Self::NoKnownVersion { .. } | Self::Unreadable { .. } => Kind::Protocol,
            Self::NoWebSocket { status, .. } => match status {
                401 | 403 => Kind::Auth,
                429 => Kind::RateLimited,
                500.. => Kind::Unavailable,
                _ => Kind::Protocol,
            },
            Self::Login { kind, .. } => *kind,
            Self::Refused { refusal, .. } => refusal.kind,
            Self::Silent { .. } => Kind::Timeout,
            Self::Lost { .. } => Kind::Unavailable,
            Self::UnknownOutcome { .. } => Kind::UnknownOutcome,
        }
    }

    /// The HTTP status, if that is what failed.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Exchange(error) => error.status(),
            Self::NoWebSocket { status, .. } => Some(*status),
            Self::UnknownOutcome { cause, .. } => cause.status(),
            _ => None,
        }
    }

    /// The server's refusal, if it is one.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused { refusal, .. } => Some(refusal),
            _ => None,
        }
    }

    /// Whether something still uses what was to be deleted, which may pass.
    pub fn is_busy(&self) -> bool {
        self.refusal().is_some_and(Refusal::is_busy)
    }

    /// Whether the call may have been carried out nevertheless.
    pub(crate) fn leaves_doubt(&self) -> bool {
        match self {
            Self::Silent { .. }
            | Self::Lost { .. }
            | Self::Unreadable { .. }
            | Self::UnknownOutcome { .. } => true,
            Self::Exchange(error) => error.may_have_acted(),
            _ => false,
        }
    }
}

fn quoted(refusal: &Refusal) -> String {
    if refusal.text.is_empty() { "it gives no reason".into() } else { format!("\"{}\"", refusal.text) }
}

fn remedy(refusal: &Refusal) -> &'static str {
    match refusal.kind {
        Kind::Auth => "Check the API key, and that its user may administer iSCSI and storage",
        Kind::NotFound => "Check the name, and whether someone else has just deleted it",
        Kind::RateLimited => "Wait a minute, then run the task again",
        Kind::Conflict => "Check on TrueNAS what uses it",
        Kind::Protocol => "This release of TrueNAS is not supported here; please report it",
        Kind::Invalid => "Correct what it names",
        _ => "Check the system log of TrueNAS",
    }
}

fn upgrade_remedy(status: u16) -> &'static str {
    match status {
        300..=399 => {
            "Redirects are not followed, so that the API key stays here: set the URL to the final address."
        }
        401 | 403 => "Check whether TrueNAS restricts from which addresses it may be administered.",
        429 => "Wait a minute, then run the task again.",
        500.. => "Its middleware is starting or broken: try again in a few minutes.",
        _ => "Check that the URL is that of TrueNAS and not of something before it.",
    }
}
