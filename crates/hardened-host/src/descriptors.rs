//! Descriptors that came from whoever started this process, and must not go on to those that it starts.
//!
//! What Rust opens is closed by itself when another program is started. What was inherited is not: the file with a module's
//! arguments, which holds its secrets, came so.
use std::{os::fd::RawFd, path::Path};

const FIRST_OTHER_THAN_STDIO: RawFd = 3;

/// Closes everything but standard input, output and error. To be called before anything of one's own is open.
pub fn close_others() {
    let Ok(entries) = std::fs::read_dir("/proc/self/fd") else { return };
    let numbers: Vec<RawFd> =
        entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
    for number in numbers.into_iter().filter(|number| *number >= FIRST_OTHER_THAN_STDIO) {
        // The one that the folder was read through is closed already.
        let _ = nix::unistd::close(number);
    }
}

/// Closes the inherited descriptor that a path such as `/proc/self/fd/5` names; any other path is left alone.
pub fn close_named(path: &Path) {
    let number =
        path.strip_prefix("/proc/self/fd").ok().and_then(|number| number.to_str()?.parse::<RawFd>().ok());
    if let Some(number) = number.filter(|number| *number >= FIRST_OTHER_THAN_STDIO) {
        let _ = nix::unistd::close(number);
    }
}
