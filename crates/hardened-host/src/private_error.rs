//! Why a folder or file isn't private to this user, or can't be made so.
use crate::SystemFault;
use rustix::process::geteuid;
use std::{
    fs::Metadata,
    io,
    os::unix::fs::{FileTypeExt, MetadataExt},
    path::{Path, PathBuf},
};

const FOR_OTHERS: u32 = 0o077;

/// Why there is no private folder or file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrivateError {
    /// Something of that name exists that isn't private to this user.
    #[error("{}: {what}", path.display())]
    Squatted {
        /// The path of it.
        path: PathBuf,
        /// A clause about it, such as `it belongs to user 4002`.
        what: String,
    },
    /// Another user could exchange what is put there.
    #[error("{}: files there could be replaced, because {what}", path.display())]
    Unsafe {
        /// The path of the folder that makes it unsafe.
        path: PathBuf,
        /// A clause about it, such as `it belongs to user 4002`.
        what: String,
    },
    /// The system can't create or open it.
    #[error("{}: {}", path.display(), fault.cause())]
    System {
        /// The path that was to be created or opened.
        path: PathBuf,
        /// The system's error.
        fault: SystemFault,
    },
}

impl PrivateError {
    pub(crate) fn of(path: &Path, error: &io::Error) -> Self {
        PrivateError::System { path: path.into(), fault: SystemFault::of(error) }
    }
}

impl From<PrivateError> for io::Error {
    fn from(error: PrivateError) -> Self {
        match error {
            PrivateError::System { fault, .. } => fault.to_error(),
            foreign => io::Error::other(foreign),
        }
    }
}

/// Why something isn't private to this user.
pub(crate) fn objection(found: &Metadata) -> Option<String> {
    if found.uid() != geteuid().as_raw() {
        return Some(format!("it belongs to user {}", found.uid()));
    }
    (found.mode() & FOR_OTHERS != 0)
        .then(|| format!("others can access it (mode {:o})", found.mode() & 0o7777))
}

pub(crate) fn kind(found: &Metadata) -> &'static str {
    let kind = found.file_type();
    if kind.is_symlink() {
        "a symbolic link"
    } else if kind.is_dir() {
        "a folder"
    } else if kind.is_file() {
        "a file"
    } else if kind.is_fifo() {
        "a pipe"
    } else {
        "neither a file nor a folder"
    }
}
