//! The locks of a run's spool: those who add entries never wait for who sends them.
use hardened_host::{Access, is_still_at, named_folder, open_file, own_folder};
use std::{fs::File, io, path::Path};

/// Held while entries are added or removed; not while they are sent.
pub(crate) const ADDING: &str = "adding";
/// Held by whoever sends.
pub(crate) const SENDING: &str = "sending";

/// Waits for the lock of this name in the folder, which is made if it is missing.
pub(crate) fn locked(folder: &Path, name: &str) -> io::Result<File> {
    loop {
        if let Some(lock) = lock(folder, name, |file| file.lock().map(|()| true))? {
            return Ok(lock);
        }
    }
}

/// The lock of this name in the folder, which is made if it is missing; none if it is not for `take` to have.
pub(crate) fn lock(
    folder: &Path,
    name: &str,
    take: impl Fn(&File) -> io::Result<bool>,
) -> io::Result<Option<File>> {
    loop {
        let lock = lock_file(folder, name)?;
        if !take(&lock)? {
            return Ok(None);
        }
        // Whoever had it may have removed the whole folder.
        if is_still_at(&lock, &folder.join(name)) {
            return Ok(Some(lock));
        }
    }
}

fn lock_file(folder: &Path, name: &str) -> io::Result<File> {
    // `spool/SERVER/RUN`: the last is private, and nobody else may exchange those above it.
    if let Some(above) = folder.parent() {
        named_folder(above)?;
    }
    own_folder(folder)?;
    open_file(&folder.join(name), Access::Append)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, os::unix::fs::MetadataExt};
    use tempfile::TempDir;

    #[test]
    fn a_lock_whose_folder_was_removed_meanwhile_is_taken_again() {
        let base = TempDir::new().unwrap();
        let folder = base.path().join("run");
        let taken = std::cell::Cell::new(0);
        let lock = lock(&folder, SENDING, |file| {
            taken.set(taken.get() + 1);
            if taken.get() == 1 {
                fs::remove_dir_all(&folder)?;
            }
            file.lock().map(|()| true)
        });
        let ours = lock.unwrap().unwrap().metadata().unwrap();
        assert_eq!((taken.get(), ours.ino()), (2, fs::metadata(folder.join(SENDING)).unwrap().ino()));
    }
}
