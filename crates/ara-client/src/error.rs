//! Why a call failed.
use http_exchange::{Kind, ListOverrun};
use std::path::PathBuf;
use uuid::Uuid;

/// Why a call failed. `Display` is one sentence of cause and one of remedy; it holds no secret.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// A time can't be parsed; nothing was sent.
    #[error("{text:?} is not a valid time. Use a format such as 2026-11-20T20:00:00.25Z.")]
    Moment {
        /// The text as given.
        text: String,
    },
    /// Another client has announced that it is registering this run, but has not finished in time.
    #[error("Run {run} is being registered in ARA by another client. Try again in a few seconds.")]
    Claimed {
        /// The run's id.
        run: Uuid,
    },
    /// The list of a run's results is too long, or has no end.
    #[error(
        "GET {url}: the list of the run's results {overrun}, so its hosts can't be counted. Check the ARA server, which may be too slow or send an endless list."
    )]
    Results {
        /// The list.
        url: String,
        /// Which end it had.
        overrun: ListOverrun,
    },
    /// What is to be told can't be kept.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// The exchange with the server failed, or its answer is not that of this call.
    #[error(transparent)]
    Exchange(#[from] http_exchange::Error),
}

/// The spool of a run can't be written or read.
#[derive(Clone, Debug, thiserror::Error)]
#[error(
    "This run can't be recorded in ARA: the spool {} can't be used: {why}. Give a writable folder as spool (ara_spool).",
    spool.display()
)]
pub struct SpoolError {
    /// The spool for this server.
    pub spool: PathBuf,
    /// The system's words.
    pub why: String,
}

impl Error {
    /// The stable class, for a playbook's `rescue`.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Moment { .. } => Kind::Invalid,
            Self::Claimed { .. } => Kind::Timeout,
            Self::Results { overrun, .. } => overrun.kind(),
            Self::Spool(_) => Kind::Unavailable,
            Self::Exchange(e) => e.kind(),
        }
    }

    /// Whether the server will never accept the data: a field is wrong, or it is too large.
    ///
    /// Django answers in HTML if it did not get as far as the fields, as with a host name that it does not serve.
    pub fn is_refusal(&self) -> bool {
        let Self::Exchange(e) = self else { return false };
        match e.status() {
            Some(400) => e.server_text().is_some_and(|text| text.starts_with('{')),
            status => status == Some(413),
        }
    }

    /// Whether the data may be too large for the server (which then answers in HTML) or for a proxy in front of it.
    pub fn may_be_size(&self) -> bool {
        match self.exchange().and_then(http_exchange::Error::status) {
            Some(400) => !self.is_refusal(),
            status => status == Some(413),
        }
    }

    /// The exchange that failed, if it got that far.
    pub fn exchange(&self) -> Option<&http_exchange::Error> {
        match self {
            Self::Exchange(e) => Some(e),
            _ => None,
        }
    }
}
