//! Why something could not be done in S3, and what to do about it.
use http_exchange::{CallStats, Kind, ListOverrun};
use shown_text::cut;

/// The longest text of S3 that is quoted, in characters. Secrets are masked, and the text is cleaned, where the whole is shown.
const MOST: usize = 500;

/// Why a call failed. `Display` is one sentence of cause and one of remedy; it holds no secret.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// A bucket's name is one that no server takes; nothing was sent.
    #[error(
        "{name:?} can't be the name of a bucket. Use 3 to 63 lower-case letters, digits, dots and dashes, with a letter or digit at both ends."
    )]
    BucketName {
        /// What was given.
        name: String,
    },
    /// A key is one that can't be used; nothing was sent.
    #[error("{key:?} can't be the key of an object: {why}. Choose another key.")]
    Key {
        /// What was given.
        key: String,
        /// What is wrong with it, as a clause.
        why: &'static str,
    },
    /// Metadata can't be put into headers; nothing was sent.
    #[error("The metadata {name:?} can't be stored: {why}.")]
    Metadata {
        /// The name of the entry.
        name: String,
        /// What is wrong, and what to do.
        why: &'static str,
    },
    /// The local file can't be read.
    #[error("{path}: {why}. Check the path and its permissions.")]
    File {
        /// The path.
        path: String,
        /// What the system says.
        why: String,
    },
    /// The local file was changed while it was read.
    #[error("{path} changed during the upload. Run the task again once the file is complete.")]
    FileChanged {
        /// The path.
        path: String,
    },
    /// The signature's time is too far from the server's.
    #[error("{call}: the server refuses the time of the request: {}", clock_sentences(server.as_deref(), here, *is_close))]
    Clock {
        /// Method and URL.
        call: String,
        /// The time of the server's answer, if it gave one.
        server: Option<String>,
        /// The time that was sent.
        here: String,
        /// Whether the clocks agree now, so that the request may only have waited too long.
        is_close: bool,
    },
    /// S3 refused, in its own words.
    #[error("{}", .0.sentences())]
    Refused(Box<Refusal>),
    /// A good answer that is not the one of this call.
    #[error(
        "{call}: the answer can't be used: {why}. Check that the endpoint is that of the S3 API and not of its web console."
    )]
    Answer {
        /// Method and URL.
        call: String,
        /// What is wrong with it, as a clause.
        why: String,
    },
    /// A list is too long, or has no end.
    #[error("{call}: the list of {what} {overrun}. {}.", overrun.remedy())]
    List {
        /// Method and URL.
        call: String,
        /// What is listed: `objects under "isos/"`.
        what: String,
        /// Which end it had.
        overrun: ListOverrun,
    },
    /// The first of several requests were carried out, a later one was not.
    #[error("{done}, but then: {cause}")]
    Partly {
        /// What was done, as a clause.
        done: String,
        /// Why the rest was not.
        cause: Box<Error>,
    },
    /// The exchange failed without an answer of S3.
    #[error(transparent)]
    Exchange(#[from] http_exchange::Error),
}

/// What S3 said.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// Method and URL, without the query.
    pub(crate) call: String,
    /// Such as `NoSuchBucket`.
    pub(crate) code: String,
    /// In S3's words; may be empty.
    pub(crate) message: String,
    /// 200 if the error came inside of a good answer.
    pub(crate) status: u16,
    /// What the server says the region is.
    pub(crate) region: Option<String>,
    pub(crate) stats: CallStats,
    pub(crate) may_have_acted: bool,
}

impl Refusal {
    fn sentences(&self) -> String {
        let Self { call, code, message, status, stats, .. } = self;
        let quoted = if message.is_empty() {
            String::new()
        } else {
            format!(" (\"{}\")", cut(message, MOST).trim_end_matches('.'))
        };
        let tried =
            if stats.attempts > 1 { format!(" after {} attempts", stats.attempts) } else { String::new() };
        format!("{call}: S3 answered {status} {code}{quoted}{tried}. {}.", self.remedy())
    }

    fn remedy(&self) -> String {
        match self.code.as_str() {
            "InvalidAccessKeyId" | "SignatureDoesNotMatch" => "Check the access key and the secret key",
            "AccessDenied" | "AllAccessDisabled" | "Forbidden" => {
                "Check the keys, or ask for the permission on this bucket"
            }
            "NoSuchBucket" => "Check the name of the bucket, or create it with s3_artifact_store",
            "NoSuchKey" | "NotFound" => "Check the bucket and the key",
            "NoSuchUpload" => "Run the task again: the upload starts from the beginning",
            "BucketAlreadyExists" => "The name belongs to another account; choose another one",
            "BucketNotEmpty" => "Remove what is in the bucket first",
            "IllegalLocationConstraintException"
            | "PermanentRedirect"
            | "AuthorizationHeaderMalformed"
            | "InvalidLocationConstraint" => {
                return match &self.region {
                    Some(region) => format!("Set the region to {region}"),
                    None => "Set the region to that of the server".into(),
                };
            }
            "EntityTooSmall" => "Choose a part size of at least 5 MiB",
            "EntityTooLarge" => "Choose another part size",
            "NotImplemented" | "MethodNotAllowed" => "This server can't do that; leave it out",
            "SlowDown" | "RequestTimeout" | "InternalError" | "ServiceUnavailable" => {
                "Try again later, or raise the deadline"
            }
            "MalformedPolicy" => "Check the prefix that is to be public",
            "QuotaExceeded" | "XMinioStorageFull" => "Free some space on the server",
            _ if self.status >= 500 => "Try again later, or check the server's log",
            _ => "Correct what the server names",
        }
        .into()
    }
}

impl Error {
    /// That something was done before it failed.
    pub fn partly(done: impl Into<String>, cause: Error) -> Self {
        Self::Partly { done: done.into(), cause: Box::new(cause) }
    }

    /// The stable class, for a playbook's `rescue`.
    pub fn kind(&self) -> Kind {
        match self {
            Self::BucketName { .. } | Self::Key { .. } | Self::Metadata { .. } | Self::File { .. } => {
                Kind::Invalid
            }
            Self::FileChanged { .. } => Kind::Conflict,
            Self::Clock { .. } => Kind::Auth,
            Self::Answer { .. } => Kind::Protocol,
            Self::List { overrun, .. } => overrun.kind(),
            Self::Partly { cause, .. } => cause.kind(),
            Self::Exchange(e) => e.kind(),
            Self::Refused(refusal) => kind(refusal),
        }
    }

    /// The HTTP status, if there was an answer.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Clock { .. } => Some(403),
            Self::Refused(refusal) => Some(refusal.status),
            Self::Partly { cause, .. } => cause.status(),
            Self::Exchange(e) => e.status(),
            _ => None,
        }
    }

    /// S3's word for what is wrong, if S3 answered: `NoSuchBucket`.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Clock { .. } => Some("RequestTimeTooSkewed"),
            Self::Refused(refusal) => Some(&refusal.code),
            Self::Partly { cause, .. } => cause.code(),
            _ => None,
        }
    }

    /// The region of the bucket, if the answer names it.
    pub(crate) fn region(&self) -> Option<&str> {
        match self {
            Self::Refused(refusal) => refusal.region.as_deref(),
            _ => None,
        }
    }

    /// The same after so many attempts before the last call.
    pub(crate) fn after(mut self, attempts: u32) -> Self {
        if let Self::Refused(refusal) = &mut self {
            refusal.stats.attempts += attempts;
        }
        self
    }

    /// What had been tried.
    pub fn stats(&self) -> CallStats {
        match self {
            Self::Refused(refusal) => refusal.stats,
            Self::Partly { cause, .. } => cause.stats(),
            Self::Exchange(e) => e.stats(),
            _ => CallStats::default(),
        }
    }

    /// Whether the server may have carried out the request despite the failure.
    pub fn may_have_acted(&self) -> bool {
        match self {
            Self::Refused(refusal) => refusal.may_have_acted,
            Self::Exchange(e) => e.may_have_acted(),
            Self::Answer { .. } | Self::Partly { .. } => true,
            _ => false,
        }
    }

    /// Whether S3 said one of these words.
    pub fn is(&self, codes: &[&str]) -> bool {
        self.code().is_some_and(|code| codes.contains(&code))
    }

    /// Whether this server doesn't offer what was asked for at all.
    pub fn is_unsupported(&self) -> bool {
        self.is(&["NotImplemented", "MethodNotAllowed"]) || matches!(self.status(), Some(405 | 501))
    }
}

fn clock_sentences(server: Option<&str>, here: &str, is_close: bool) -> String {
    let server = server.map_or("another time".to_owned(), str::to_owned);
    let remedy = if is_close {
        "The clocks agree now, so the request was on its way for too long: check what is between this machine and the server"
    } else {
        "Set the clock of this machine, or that of the server"
    };
    format!("it is {server} there and {here} here. {remedy}.")
}

fn kind(refusal: &Refusal) -> Kind {
    match refusal.code.as_str() {
        "SlowDown" => Kind::RateLimited,
        "RequestTimeout" => Kind::Timeout,
        "BucketNotEmpty" | "BucketAlreadyExists" | "OperationAborted" => Kind::Conflict,
        _ => match refusal.status {
            401 | 403 => Kind::Auth,
            404 => Kind::NotFound,
            409 | 412 => Kind::Conflict,
            429 => Kind::RateLimited,
            200 | 500.. => Kind::Unavailable,
            _ => Kind::Invalid,
        },
    }
}
