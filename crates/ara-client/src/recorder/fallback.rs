//! What becomes of a run's record where its spool can't be written: a full disk, a home folder that is not there.
use super::Recorder;
use crate::{Error, SpoolError};
use hardened_host::{FoundAgain, PrivateError, first_own_folder, own_folder, safe_place};
use std::{env::temp_dir, fs, io, os::unix::fs::MetadataExt, path::PathBuf};

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
            self.settings.spool = folder.path.join(given.file_name().unwrap_or_default());
            // Another task of this run has moved there before, and warned.
            if !self.settings.spool.join(self.start.id.to_string()).exists() {
                (self.warn)(&format!(
                    "The spool {} can't be used: {why}. Unsent events of this run are kept in {} instead, which may \
                     be temporary.{} Give a writable folder as spool (ara_spool).",
                    given.display(),
                    self.settings.spool.display(),
                    taken(&folder)
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
fn temporary() -> io::Result<FoundAgain> {
    let user = fs::metadata("/proc/self")?.uid();
    let name = format!("hatci_ara-{user}");
    let usual = safe_place(&temp_dir()).map(|place| place.join(&name));
    match usual.and_then(|path| own_folder(&path).map(|()| path)) {
        Err(PrivateError::Squatted { .. } | PrivateError::Unsafe { .. }) => {
            Ok(first_own_folder(&["/tmp", "/var/tmp", "/dev/shm"].map(PathBuf::from), &name)?)
        }
        found => Ok(FoundAgain { path: found?, in_the_way: vec![], has_own_name: false }),
    }
}

/// A sentence about a folder under a name of its own, after a blank.
fn taken(folder: &FoundAgain) -> String {
    if !folder.has_own_name {
        return String::new();
    }
    let in_the_way: Vec<_> = folder.in_the_way.iter().map(ToString::to_string).collect();
    format!(
        " It has that name because the usual ones are taken ({}); once those are free, tasks no longer look there.",
        in_the_way.join("; ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_another_name_is_explained_by_what_is_in_the_way() {
        let squatted =
            |path: &str| PrivateError::Squatted { path: path.into(), what: "it belongs to user 7".into() };
        let in_the_way = vec![squatted("/tmp/hatci_ara-1"), squatted("/dev/shm/hatci_ara-1")];
        let mut folder = FoundAgain { path: "/tmp/x".into(), in_the_way, has_own_name: true };
        let said = taken(&folder);
        assert!(said.contains("(/tmp/hatci_ara-1: it belongs to user 7; /dev/shm/hatci_ara-1: it"), "{said}");
        folder.has_own_name = false;
        assert_eq!(taken(&folder), "");
    }
}
