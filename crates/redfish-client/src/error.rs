//! Why a call failed.
use crate::message::Message;
use http_exchange::{Kind, ListOverrun, Method};
use std::{fmt, time::Duration};

/// Why a call failed. `Display` is one sentence of cause and one of remedy; it holds no secret.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// There was no answer, or none of this kind of service; or the settings are wrong.
    #[error(transparent)]
    Exchange(#[from] http_exchange::Error),
    /// The iDRAC refused.
    #[error(transparent)]
    Refused(Box<Refusal>),
    /// The login was refused before, so nothing more was sent.
    #[error(
        "The iDRAC refused the login, so nothing more was sent to it. Correct the user name and password first: it blocks an address after a few failures."
    )]
    LoginRefused,
    /// This iDRAC can't do it.
    #[error("{what}. {remedy}.")]
    Unsupported {
        /// What it can't do.
        what: String,
        /// What to do.
        remedy: String,
    },
    /// The iDRAC can't read an image.
    #[error("{what}. {remedy}.")]
    ImageUnreachable {
        /// Which image, and what the iDRAC says.
        what: String,
        /// What to do.
        remedy: String,
    },
    /// What the user names is not there.
    #[error("{what}. {remedy}.")]
    NotFound {
        /// What is missing.
        what: String,
        /// What there is.
        remedy: String,
    },
    /// Something else is in its place.
    #[error("{what}. {remedy}.")]
    Occupied {
        /// What can't be done.
        what: String,
        /// What to do.
        remedy: String,
    },
    /// A job for the same settings is under way.
    #[error(
        "The iDRAC does not change {what} now, because {} must run first. Restart the server to run it, or delete it on the iDRAC.",
        if job.is_empty() { "a job that it does not list".to_owned() } else { format!("job {job}") }
    )]
    JobPending {
        /// The job's id; empty if the iDRAC doesn't list it.
        job: String,
        /// Which settings.
        what: String,
    },
    /// Settings were taken, and the iDRAC made no job to apply them.
    #[error(
        "The iDRAC accepted new values for {what}, but created no job to apply them: {cause} The values stay pending, so any later job for the same settings would apply them. Solve this and run the task again, or clear the pending changes on the iDRAC."
    )]
    StagedWithoutJob {
        /// Which settings.
        what: String,
        /// Why there is no job.
        cause: Box<Error>,
    },
    /// A job ended badly.
    #[error("Job {job} ended as {state}: {message}. Check the Lifecycle Log of the iDRAC for the cause.")]
    JobFailed {
        /// The job's id.
        job: String,
        /// Its state.
        state: String,
        /// The iDRAC's words.
        message: String,
    },
    /// Something took longer than allowed.
    #[error("{what}. {remedy}.")]
    TooLong {
        /// What is not finished.
        what: String,
        /// What to do.
        remedy: String,
    },
    /// An answer is not that of a Redfish service.
    #[error("The answer to GET {path} can't be used: {why}. Check that the address is that of an iDRAC.")]
    Unusable {
        /// What was asked for.
        path: String,
        /// What is wrong.
        why: String,
    },
    /// A collection is too long, or has no end.
    #[error("The list of the members of {path} {overrun}. {}.", overrun.remedy())]
    List {
        /// The collection.
        path: String,
        /// Which end it had.
        overrun: ListOverrun,
    },
    /// A change may or may not have been made.
    #[error("It is unknown whether {what}: {cause} {remedy}.")]
    UnknownOutcome {
        /// What may have happened.
        what: String,
        /// Why it is unknown: a sentence.
        cause: String,
        /// What to do.
        remedy: String,
    },
}

/// A refused request.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) status: u16,
    pub(crate) messages: Vec<Message>,
    /// What the server said that is no message of Redfish.
    pub(crate) text: String,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) attempts: u32,
    pub(crate) is_out_of_time: bool,
    pub(crate) may_have_acted: bool,
}

impl Refusal {
    /// The HTTP method of the request.
    pub fn method(&self) -> &'static str {
        self.method.as_str()
    }

    /// The URL of the request, without user and query.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The iDRAC's messages.
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// How often the request was sent.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    pub(crate) fn says(&self, id: &str) -> bool {
        self.messages.iter().any(|message| message.id == id)
    }

    fn remedy(&self) -> String {
        if self.says("RAC0218") {
            return "All sessions of the iDRAC are in use: close unused ones (iDRAC Settings, Sessions), or wait until they time out".into();
        }
        let advised =
            self.messages.iter().map(|it| it.resolution.trim_end_matches('.')).find(|it| !it.is_empty());
        match self.status {
            401 => "Check user name and password; there was no retry, because an iDRAC blocks an address after a few failures".into(),
            403 => "Give the user the privilege for this on the iDRAC".into(),
            503 => "Wait until the iDRAC is ready, or raise the deadline".into(),
            _ => advised.unwrap_or("Check the Lifecycle Log of the iDRAC for the cause").into(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: the iDRAC answered {}", self.method, self.url, self.status)?;
        if self.status < 300 {
            f.write_str(", but did not do it")?;
        }
        let texts: Vec<String> = self
            .messages
            .iter()
            .filter(|message| message.is_trouble || self.messages.len() == 1)
            .map(|message| format!("{} ({})", message.text.trim_end_matches('.'), message.id))
            .collect();
        match (&texts[..], self.text.as_str()) {
            ([], "") => {}
            ([], text) => write!(f, ": \"{text}\"")?,
            (texts, _) => write!(f, ": {}", texts.join("; "))?,
        }
        if self.attempts > 1 {
            write!(
                f,
                " ({} attempts{})",
                self.attempts,
                if self.is_out_of_time { ", and the deadline allows no more" } else { "" }
            )?;
        }
        write!(f, ". {}.", self.remedy())
    }
}

impl std::error::Error for Refusal {}

impl Error {
    /// The stable class, for a playbook's `rescue`.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Exchange(error) if error.kind() == Kind::UnknownOutcome => Kind::Unavailable,
            Self::Exchange(error) => error.kind(),
            Self::Refused(refusal) if refusal.says("SWC0700") => Kind::Unavailable,
            Self::Refused(refusal) => match refusal.status {
                401 | 403 => Kind::Auth,
                404 | 405 | 410 => Kind::NotFound,
                408 => Kind::Timeout,
                409 | 412 | 423 => Kind::Conflict,
                429 => Kind::RateLimited,
                425 | 500.. => Kind::Unavailable,
                _ => Kind::Invalid,
            },
            Self::StagedWithoutJob { cause, .. } => cause.kind(),
            Self::LoginRefused => Kind::Auth,
            Self::Unsupported { .. } => Kind::Invalid,
            Self::ImageUnreachable { .. } => Kind::Unavailable,
            Self::NotFound { .. } => Kind::NotFound,
            Self::Occupied { .. } | Self::JobPending { .. } => Kind::Conflict,
            Self::JobFailed { .. } => Kind::Failed,
            Self::TooLong { .. } => Kind::Timeout,
            Self::Unusable { .. } => Kind::Protocol,
            Self::List { overrun, .. } => overrun.kind(),
            Self::UnknownOutcome { .. } => Kind::UnknownOutcome,
        }
    }

    /// The HTTP status, if there was an answer.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Exchange(error) => error.status(),
            Self::Refused(refusal) => Some(refusal.status),
            Self::StagedWithoutJob { cause, .. } => cause.status(),
            _ => None,
        }
    }

    /// The refusal, if it is one.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            Self::StagedWithoutJob { cause, .. } => cause.refusal(),
            _ => None,
        }
    }

    /// Whether the iDRAC may have carried out what was asked, in spite of the failure.
    pub fn may_have_acted(&self) -> bool {
        match self {
            Self::Exchange(error) => error.may_have_acted(),
            Self::Refused(refusal) => refusal.may_have_acted,
            Self::StagedWithoutJob { .. }
            | Self::UnknownOutcome { .. }
            | Self::JobFailed { .. }
            | Self::TooLong { .. } => true,
            _ => false,
        }
    }

    /// Whether settings were taken without a job that applies them.
    pub fn is_staged(&self) -> bool {
        matches!(self, Self::StagedWithoutJob { .. })
    }

    /// The same after the settings were taken.
    pub(crate) fn once_staged(self, what: &str) -> Self {
        match self {
            it @ (Self::UnknownOutcome { .. } | Self::JobPending { .. } | Self::StagedWithoutJob { .. }) => {
                it
            }
            cause => Self::StagedWithoutJob { what: what.to_owned(), cause: Box::new(cause) },
        }
    }

    /// Whether the iDRAC says this, by the last part of a message's id.
    pub(crate) fn says(&self, id: &str) -> bool {
        self.refusal().is_some_and(|refusal| refusal.says(id))
    }

    /// Whether it was refused because of what was asked (4xx, or an error within 2xx), not because of who asked or when.
    pub(crate) fn is_refusal_of_content(&self) -> bool {
        self.refusal().is_some_and(|it| it.status < 500 && !matches!(it.status, 401 | 403 | 429))
    }
}
