//! Why a call failed.
use http_exchange::{Effort, Kind};
use std::time::Duration;

/// Why a call failed. `Display` is one sentence of cause and one of remedy; it holds no secret.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// An id is malformed; nothing was sent.
    #[error("{field} is not valid: {why}. Use the id exactly as the server returned it.")]
    Id {
        /// The id's name in the API.
        field: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The exchange with the server failed, or the answer doesn't fit this call.
    #[error(transparent)]
    Exchange(#[from] http_exchange::Error),
}

impl Error {
    /// The stable class, for a playbook's `rescue`.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Id { .. } => Kind::Invalid,
            Self::Exchange(e) => e.kind(),
        }
    }

    /// The HTTP status, if there was an answer.
    pub fn status(&self) -> Option<u16> {
        self.exchange()?.status()
    }

    /// The server's message (at most 500 characters), if there is one.
    pub fn server_text(&self) -> Option<&str> {
        self.exchange()?.server_text()
    }

    /// How long the server asks to wait before the next request.
    pub fn retry_after(&self) -> Option<Duration> {
        self.exchange()?.retry_after()
    }

    /// Attempts and time spent.
    pub fn effort(&self) -> Effort {
        self.exchange().map(http_exchange::Error::effort).unwrap_or_default()
    }

    /// Whether the server may have carried out the request despite the failure.
    pub fn may_have_acted(&self) -> bool {
        self.exchange().is_some_and(http_exchange::Error::may_have_acted)
    }

    /// The exchange that failed, if it got that far.
    pub fn exchange(&self) -> Option<&http_exchange::Error> {
        match self {
            Self::Id { .. } => None,
            Self::Exchange(e) => Some(e),
        }
    }
}
