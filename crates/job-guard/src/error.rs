//! Why there is no guard, or none that answers.
use hardened_host::{PrivateError, SystemFault};
use std::{io, time::Duration};

/// The guard has little to do; one that is silent for so long is not well.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// Why a guard can't be used, in a clause.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no folder for its socket.
    #[error(transparent)]
    NoPlace(#[from] PrivateError),
    /// It is there and says nothing.
    #[error("it did not answer within {} s", PATIENCE.as_secs())]
    Silent,
    /// The system does not let it be started or talked to.
    #[error("{what}: {}", fault.cause())]
    System {
        /// What is in the way, such as `its log`.
        what: String,
        /// The system's refusal.
        fault: SystemFault,
    },
    /// It could not start, or refuses.
    #[error("{0}")]
    Failed(String),
}

impl Error {
    pub(crate) fn of(what: &str, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Error::Silent,
            _ => Error::System { what: what.into(), fault: SystemFault::of(error) },
        }
    }
}
