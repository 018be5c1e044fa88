//! Why the guard can't be started or doesn't answer.
use hardened_host::{PrivateError, SystemFault};
use std::{io, time::Duration};

/// A guard that doesn't answer within this time is considered broken: it has little to do.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// Why the guard can't be used, in a clause.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no folder for its socket.
    #[error(transparent)]
    NoPlace(#[from] PrivateError),
    /// It is running but doesn't answer.
    #[error("it did not answer within {} s", PATIENCE.as_secs())]
    Silent,
    /// The system refuses to start it or to connect to it.
    #[error("{what}: {}", fault.cause())]
    System {
        /// What the operation was on, such as `its log`.
        what: String,
        /// The system's error.
        fault: SystemFault,
    },
    /// The job has ended, or is ending: its guard takes nothing more.
    #[error("the job has ended")]
    Over,
    /// It could not start, or refused the request.
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
