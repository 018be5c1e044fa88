//! Why there is no ISO: each with its cause, its remedy and its kind.
use hardened_host::{PrivateError, SystemFault};
use server_trust::Kind;
use std::{io, path::Path};

/// `Display` is one sentence of cause and one of remedy. It may hold text of the inputs or of the installer: whoever shows it conceals
/// [`Inputs::secrets`](crate::Inputs::secrets).
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The mirror could not be read.
    #[error(transparent)]
    Exchange(#[from] http_exchange::Error),
    /// An input can't be used. Nothing was started.
    #[error("{input}: {what}")]
    Input {
        /// The option, such as `install_config`.
        input: &'static str,
        /// What is wrong and what to do.
        what: String,
    },
    /// A program that the installer needs is missing here. Nothing was started.
    #[error("{0}")]
    MissingProgram(String),
    /// The mirror has no such release.
    #[error("{0}")]
    NoRelease(String),
    /// What the mirror or the installer says is not what it must be.
    #[error("{0}")]
    Unusable(String),
    /// The installer failed.
    #[error("{0}")]
    Build(String),
    /// It took too long.
    #[error("{0}")]
    Timeout(String),
    /// A file or folder on this machine can't be used.
    #[error("{0}")]
    File(String),
}

impl Error {
    /// The stable class, for a playbook's `rescue`.
    pub fn kind(&self) -> Kind {
        match self {
            Error::Exchange(error) => error.kind(),
            Error::Input { .. } => Kind::Invalid,
            Error::MissingProgram(_) | Error::Build(_) | Error::File(_) => Kind::Failed,
            Error::NoRelease(_) => Kind::NotFound,
            Error::Unusable(_) => Kind::Protocol,
            Error::Timeout(_) => Kind::Timeout,
        }
    }

    /// What the installer needs before it can be started at all.
    pub(crate) fn input(input: &'static str, what: impl Into<String>) -> Self {
        Error::Input { input, what: what.into() }
    }

    /// What the system refused to do with this file or folder.
    pub(crate) fn file(path: &Path, error: &io::Error) -> Self {
        let fault = SystemFault::of(error);
        let remedy = fault.remedy_or("Correct its permissions, or choose another place");
        Error::File(format!("{}: {}. {remedy}.", path.display(), fault.cause()))
    }
}

impl From<PrivateError> for Error {
    fn from(error: PrivateError) -> Self {
        Error::File(format!("{error}. Choose a folder that only this user can write to."))
    }
}
