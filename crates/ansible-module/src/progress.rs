//! Lines for the user while a task runs: JSON objects on the pipe whose number the action plugin names.
use serde_json::json;
use std::{fs::File, io::Write, path::Path};

/// Holds the number of the pipe's descriptor. Absent over ssh, with `become` and with `async`: nothing is told then.
pub const PROGRESS_FD: &str = "ANSIBLE_MODULE_PROGRESS_FD";

/// The pipe to the action plugin.
pub(crate) struct Progress(File);

impl Progress {
    /// `None` where nobody listens.
    pub(crate) fn open() -> Option<Self> {
        let fd: u32 = std::env::var(PROGRESS_FD).ok()?.parse().ok()?;
        // Through /proc, since taking over a bare descriptor number is unsafe. A number that is no pipe of ours is left alone.
        let path = format!("/proc/self/fd/{fd}");
        let is_pipe = std::fs::read_link(&path).is_ok_and(|to| to.to_string_lossy().starts_with("pipe:"));
        #[allow(clippy::disallowed_methods)] // it is no file, but a descriptor of this process
        let pipe = File::options().write(true).open(&path).ok().filter(|_| is_pipe)?;
        // The one that was inherited would go on to whatever this process starts.
        hardened_host::close_named(Path::new(&path));
        Some(Progress(pipe))
    }

    /// One line. A reader that is gone is not this task's failure.
    pub(crate) fn tell(&self, text: &str) {
        let _ = (&self.0).write_all(format!("{}\n", json!({ "msg": text })).as_bytes());
    }
}
