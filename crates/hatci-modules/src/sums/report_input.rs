//! Files that a user names to `hatci_report`, and what to say of those that can't be used.
use ansible_module::{ErrorKind, Failure};
use hardened_host::{SystemFault, read_named_file};
use reports::Reader;
use std::{io, path::Path};

/// A template, and all reports together, may have so many bytes.
const LARGEST: u64 = Reader::LARGEST as u64;

/// The text of a file that the user named.
pub(crate) fn text(path: &Path) -> Result<String, Failure> {
    let bytes = read_named_file(path, LARGEST).map_err(|e| refused(path, &e.into()))?;
    Ok(utf8(bytes))
}

/// As text, without a copy if it is one.
pub(crate) fn utf8(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}

/// The system does not let us read or write this.
pub(crate) fn refused(path: &Path, error: &io::Error) -> Failure {
    let fault = SystemFault::of(error);
    let remedy = fault.remedy_or("Correct the path or its permissions");
    Failure::new(ErrorKind::Failed, format!("{}: {}. {remedy}.", path.display(), fault.cause()))
}
