//! Why a call failed.
use http_exchange::{CallStats, Kind};
use std::time::Duration;

/// Why a call failed. `Display` is one sentence of cause and one of remedy; it holds no secret.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The base URL ends in the path that every call adds; nothing was sent.
    #[error("The base URL ends in /api/v1, which is added to it. Leave that part out.")]
    BaseUrlWithPath,
    /// An id is malformed; nothing was sent.
    #[error("{field} is not valid: {why}. Use the id exactly as the server returned it.")]
    Id {
        /// The id's name in the API.
        field: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A vehicle identification number has another length; nothing was sent.
    #[error("VIN {vin} has {length} characters instead of 17. Look it up on the vehicle.")]
    VinLength {
        /// What was given.
        vin: String,
        /// How many characters it has.
        length: usize,
    },
    /// A vehicle identification number can't be one; nothing was sent.
    #[error(
        "VIN {vin} contains an invalid character; VINs use digits and letters except I, O, Q. Look it up on the vehicle."
    )]
    VinCharacter {
        /// What was given.
        vin: String,
    },
    /// A time can't be read; nothing was sent.
    #[error("{field} is not a date and time in ISO 8601: {text:?}. Write it like 2026-11-20T22:00:00Z.")]
    Time {
        /// The time's name in the API.
        field: &'static str,
        /// What was given.
        text: String,
    },
    /// Two times can't be compared; nothing was sent.
    #[error(
        "Only one of start_datetime and end_datetime has a time zone, so they can't be compared. Give both one, such as Z or +09:00."
    )]
    TimeZones,
    /// A time frame is empty; nothing was sent.
    #[error(
        "end_datetime is not after start_datetime, so the vehicle could never be updated. Correct one of them."
    )]
    TimeOrder,
    /// The exchange with the server failed, or its answer is not that of this call.
    #[error(transparent)]
    Exchange(#[from] http_exchange::Error),
}

impl Error {
    /// The stable class, for a playbook's `rescue`.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Exchange(e) => e.kind(),
            _ => Kind::Invalid,
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

    /// What had been tried.
    pub fn stats(&self) -> CallStats {
        self.exchange().map(http_exchange::Error::stats).unwrap_or_default()
    }

    /// Whether the server may have carried out the request despite the failure.
    pub fn may_have_acted(&self) -> bool {
        self.exchange().is_some_and(http_exchange::Error::may_have_acted)
    }

    /// The exchange that failed, if it got that far.
    pub fn exchange(&self) -> Option<&http_exchange::Error> {
        match self {
            Self::Exchange(e) => Some(e),
            _ => None,
        }
    }
}
