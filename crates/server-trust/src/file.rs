//! Reads certificate and key files that the user named.
use crate::refusal::Refusal;
use hardened_host::read_named_file;
use std::path::Path;

/// Larger than any system's bundle; a larger file must be something else.
const MOST: u64 = 1 << 20;

/// The file's bytes. `what` names it in messages: `CA file`.
pub(crate) fn read(path: &Path, what: &str) -> Result<Vec<u8>, Refusal> {
    read_named_file(path, MOST).map_err(|e| {
        let why = format!("cannot read the {what} {}: {e}", path.display());
        Refusal::new(
            why,
            format!("Check the path of the {what}, and that the user who runs the task can read it"),
        )
    })
}
