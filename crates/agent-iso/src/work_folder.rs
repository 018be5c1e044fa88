//! A private folder for one piece of work, which shows others that somebody works there.
use crate::Error;
use hardened_host::{FreshFolder, lock_folder};
use std::{
    fs::{self, File},
    path::Path,
    time::Duration,
};

/// It is removed when it is dropped.
pub(crate) struct WorkFolder {
    folder: FreshFolder,
    _lock: Option<File>,
}

impl WorkFolder {
    /// Makes one in this place. Those of this prefix that nobody works in any more are removed: the machine lost its power, or everything
    /// was killed at once.
    pub(crate) fn new(place: &Path, prefix: &str) -> Result<Self, Error> {
        remove_stale(place, prefix);
        let folder = FreshFolder::within(place, prefix)?;
        let lock = lock_folder(folder.path(), Duration::ZERO).ok().flatten();
        Ok(WorkFolder { folder, _lock: lock })
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

fn remove_stale(place: &Path, prefix: &str) {
    let Ok(entries) = fs::read_dir(place) else { return };
    for entry in entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix)) {
        // The lock of whoever works there ends with its process. A folder of another user can't be removed anyway.
        if matches!(lock_folder(&entry.path(), Duration::ZERO), Ok(Some(_))) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
