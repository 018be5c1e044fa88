//! Reads the kernel's virtual files in /proc and /sys.
use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

/// The files read here are all smaller.
const MOST: u64 = 1 << 20;

/// The text of such a file, with U+FFFD for invalid UTF-8.
pub fn read_kernel_file(path: impl AsRef<Path>) -> io::Result<String> {
    let path = path.as_ref();
    debug_assert!(path.starts_with("/proc") || path.starts_with("/sys"), "{}", path.display());
    let mut bytes = vec![];
    File::open(path)?.take(MOST).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
