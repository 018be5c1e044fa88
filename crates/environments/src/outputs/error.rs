//! Why outputs are not written, or can't be used.
use crate::Problem;
use hardened_host::SystemFault;
use std::{io, path::Path};

/// Why outputs are not written, or can't be used. Each holds sentences: what happened, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutputsError {
    /// Files of the package can't be used.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Sources(Vec<Problem>),
    /// Something is there that is not this package's.
    #[error("{0}")]
    Conflict(String),
    /// Another process is writing.
    #[error("{0}")]
    Locked(String),
    /// Nothing was generated.
    #[error("{0}")]
    NotGenerated(String),
    /// What is there is not what was generated.
    #[error("{0}")]
    Damaged(String),
    /// The package has gone on since.
    #[error("{0}")]
    Stale(String),
    /// The system can't read or write a file.
    #[error("{0}")]
    System(String),
}

impl OutputsError {
    /// `doing` is a verb, such as `read`.
    pub(crate) fn system(doing: &str, path: &Path, error: &io::Error) -> Self {
        let fault = SystemFault::of(error);
        let remedy = fault.remedy_or("Check this file and its folder");
        OutputsError::System(format!("Can't {doing} {}: {}. {remedy}.", path.display(), fault.cause()))
    }
}
