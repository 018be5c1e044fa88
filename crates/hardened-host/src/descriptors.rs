//! Closes inherited file descriptors, which must not be passed on to child processes.
//!
//! Rust marks what it opens as close-on-exec. Inherited descriptors are not marked, for example that of the file with a module's
//! arguments, which contains its secrets.
use std::{os::fd::RawFd, path::Path};

const FIRST_OTHER_THAN_STDIO: RawFd = 3;

/// Closes everything but standard input, output and error. Call it before opening anything.
pub fn close_others() {
    let Ok(entries) = std::fs::read_dir("/proc/self/fd") else { return };
    let numbers: Vec<RawFd> =
        entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
    for number in numbers.into_iter().filter(|number| *number >= FIRST_OTHER_THAN_STDIO) {
        // The descriptor used to read the folder is already closed.
        let _ = nix::unistd::close(number);
    }
}

/// Closes the inherited descriptor named by a path such as `/proc/self/fd/5`; ignores any other path.
pub fn close_named(path: &Path) {
    let number =
        path.strip_prefix("/proc/self/fd").ok().and_then(|number| number.to_str()?.parse::<RawFd>().ok());
    if let Some(number) = number.filter(|number| *number >= FIRST_OTHER_THAN_STDIO) {
        let _ = nix::unistd::close(number);
    }
}
