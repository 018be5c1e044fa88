//! Lets one process at a time work in a folder that the user named.
use crate::OpenFolder;
use std::{
    fs::{File, TryLockError},
    io,
    path::Path,
    thread::sleep,
    time::{Duration, Instant},
};

/// The lock of this folder, which is not behind a link of another user; see [`OpenFolder::lock`].
pub fn lock_folder(path: &Path, patience: Duration) -> io::Result<Option<File>> {
    OpenFolder::at(path)?.lock(patience)
}

impl OpenFolder {
    /// The lock of this folder. It ends when it is dropped, or with the process, and leaves no file behind.
    ///
    /// None where the file system has no locks. The error is `TimedOut` if another process keeps it for longer than `patience`.
    pub fn lock(&self, patience: Duration) -> io::Result<Option<File>> {
        const LOOK_EVERY: Duration = Duration::from_millis(10);
        let folder = File::from(self.opened()?);
        let end = Instant::now() + patience;
        loop {
            match folder.try_lock() {
                Ok(()) => return Ok(Some(folder)),
                Err(TryLockError::Error(_)) => return Ok(None),
                Err(TryLockError::WouldBlock) if Instant::now() >= end => {
                    return Err(io::ErrorKind::TimedOut.into());
                }
                Err(TryLockError::WouldBlock) => sleep(LOOK_EVERY),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_has_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let lock = || lock_folder(folder.path(), Duration::ZERO);
        let first = lock().unwrap();
        assert!(first.is_some());
        assert_eq!(lock().unwrap_err().kind(), io::ErrorKind::TimedOut);
        drop(first);
        assert!(lock().unwrap().is_some());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
