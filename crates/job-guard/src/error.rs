//! Why there is no guard, or none that answers.
use hardened_host::PrivateError;

/// Why a guard can't be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no folder for its socket.
    #[error(transparent)]
    NoPlace(#[from] PrivateError),
    /// It can't be started or talked to, or refuses.
    #[error("{0}")]
    Failed(String),
}

impl Error {
    pub(crate) fn of(what: &str, error: &std::io::Error) -> Self {
        Error::Failed(format!("{what}: {error}"))
    }
}
