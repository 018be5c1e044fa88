//! Why a command of `cargo xtask` stopped.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

/// Everything that can go wrong here; the message is all that a person sees.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A file or folder could not be read or written; the message names it.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A program is not there or may not be started.
    #[error("cannot start `{program}`: {source}. Is it installed and on PATH?")]
    Start { program: String, source: io::Error },
    /// A program ran and was not content.
    #[error("`{command}` ended with {status}{}", indented(.output))]
    Failed { command: String, status: ExitStatus, output: String },
    /// None of the Pythons that a requirements file allows is installed.
    #[error("{} wants Python {wanted} with the modules venv and ensurepip; none was found on PATH or under pyenv", .file.display())]
    NoPython { file: PathBuf, wanted: String },
    /// The documentation of a module or role can't be made from its source.
    #[error("{0}")]
    Docs(#[from] ansible_module_docs::DocsError),
    /// Something in the source tree does not fit together.
    #[error("{0}")]
    Tree(String),
}

pub(crate) type Result<T> = std::result::Result<T, Error>;

fn indented(output: &str) -> String {
    output.trim_end().lines().fold(String::new(), |text, line| text + "\n    " + line)
}
