//! The errors of `cargo xtask`.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

/// Why a command failed; the message is all that the user sees.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A file or folder could not be read or written; the message names it.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A program is missing or can't be started.
    #[error("cannot start `{program}`: {source}. Is it installed and on PATH?")]
    Start { program: String, source: io::Error },
    /// A program failed.
    #[error("`{command}` failed with {status}{}", indented(.output))]
    Failed { command: String, status: ExitStatus, output: String },
    /// None of the Python versions that a requirements file allows is installed.
    #[error("{} requires Python {wanted} with the modules venv and ensurepip; none was found on PATH or in pyenv", .file.display())]
    NoPython { file: PathBuf, wanted: String },
    /// This machine lacks what is needed, and can't get it.
    #[error("{0}")]
    Lacking(String),
    /// The documentation of a module or role can't be generated.
    #[error("{0}")]
    Docs(#[from] ansible_module_docs::DocsError),
    /// The source tree is inconsistent.
    #[error("{0}")]
    Tree(String),
}

pub(crate) type Result<T> = std::result::Result<T, Error>;

fn indented(output: &str) -> String {
    output.trim_end().lines().fold(String::new(), |text, line| text + "\n    " + line)
}
