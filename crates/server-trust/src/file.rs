//! Certificate and key files that the user named.
use crate::refusal::Refusal;
use hardened_host::read_named_file;
use std::path::Path;

/// Larger than the bundle of any system; what is larger is something else.
const MOST: u64 = 1 << 20;

/// The file's bytes. `what` it is to be, for messages: `CA file`.
pub(crate) fn read(path: &Path, what: &str) -> Result<Vec<u8>, Refusal> {
    read_named_file(path, MOST).map_err(|e| {
        let why = format!("the {what} {} can't be read: {e}", path.display());
        Refusal::new(why, format!("Give the path of the {what}, readable for the user who runs the task"))
    })
}
