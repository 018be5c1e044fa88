//! What becomes of a run's record where its spool can't be written: a full disk, a home folder that is not there.
use super::Recorder;
use crate::{Error, SpoolError};
use hardened_host::{PrivateError, first_own_folder};
use std::{fs, io, os::unix::fs::MetadataExt, path::PathBuf};

impl Recorder {
    /// Does this work, if need be with a spool in a temporary folder; the run is warned of that once. If that can't be written
    /// either, nothing is kept, and only who insists on ARA fails.
    pub fn with_spool_fallback<T: Default>(
        &mut self,
        mut work: impl FnMut(&Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let given = self.settings.spool.clone();
        let why = match work(self) {
            Err(Error::Spool(error)) if !self.settings.fail_on_error => error.why,
            outcome => return outcome,
        };
        let outcome = temporary().map_err(|e| Error::Spool(self.unwritable(&e))).and_then(|folder| {
            self.settings.spool = folder.join(given.file_name().unwrap_or_default());
            // Another task of this run has moved there before, and warned.
            if !self.settings.spool.join(self.start.id.to_string()).exists() {
                (self.warn)(&format!(
                    "The spool {} can't be used: {why}. Unsent events of this run are kept in {} instead, which may \
                     be temporary. Give a writable folder as spool (ara_spool).",
                    given.display(),
                    self.settings.spool.display()
                ));
            }
            work(self)
        });
        match outcome {
            Err(Error::Spool(error)) => {
                (self.warn)(&format!("{error} Its events are lost."));
                Ok(T::default())
            }
            outcome => outcome,
        }
    }

    pub(super) fn unwritable(&self, error: &io::Error) -> SpoolError {
        SpoolError { spool: self.settings.spool.clone(), why: error.to_string() }
    }
}

/// A folder for this user alone, the same for all tasks; in another place where somebody else was there first.
fn temporary() -> io::Result<PathBuf> {
    let user = fs::metadata("/proc/self")?.uid();
    let name = format!("hatci_ara-{user}");
    let found = match first_own_folder([std::env::temp_dir()], &name) {
        Err(PrivateError::Squatted { .. } | PrivateError::Unsafe { .. }) => {
            first_own_folder(["/tmp", "/var/tmp", "/dev/shm"].map(PathBuf::from), &name)
        }
        found => found,
    };
    Ok(found?.0)
}
