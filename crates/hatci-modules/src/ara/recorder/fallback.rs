//! What becomes of a run's record where its spool can't be written: a full disk, a home folder that is not there.
use super::Recorder;
use ansible_module::{ErrorKind, Failure};
use hardened_host::{PrivateError, first_own_folder};
use std::{fs, io, os::unix::fs::MetadataExt, path::PathBuf};

impl Recorder {
    /// Does this work, if need be with a spool in a temporary folder; the run is warned of that once. If that can't be written
    /// either, nothing is kept, and only who insists on ARA fails.
    pub(crate) fn in_spite_of_the_spool<T: Default>(
        &mut self,
        mut work: impl FnMut(&Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let given = self.service.spool.clone();
        let (failure, why) = match work(self) {
            Err(failure) if !self.service.fail_on_error => match self.broken.take() {
                Some(why) => (failure, why),
                None => return Err(failure),
            },
            outcome => return outcome,
        };
        let outcome = temporary().map_err(|e| self.unwritable(&e)).and_then(|folder| {
            self.service.spool = folder.join(given.file_name().unwrap_or_default());
            // Another task of this run has moved there before, and warned.
            if !self.service.spool.join(self.start.id.to_string()).exists() {
                self.task.warn(format!(
                    "The spool {} can't be used: {why}. What ARA is to be told of this run waits in {} instead, which may not \
                     outlive the machine. Give a writable folder as spool (ara_spool).",
                    given.display(),
                    self.service.spool.display()
                ));
            }
            work(self)
        });
        match (outcome, self.broken.take()) {
            (Err(_), Some(_)) => {
                self.task.warn(format!("{} Nothing is kept of it.", failure.msg));
                Ok(T::default())
            }
            (outcome, _) => outcome,
        }
    }

    pub(super) fn unwritable(&self, error: &io::Error) -> Failure {
        self.broken.set(Some(error.to_string()));
        let spool = self.service.spool.display();
        Failure::new(
            ErrorKind::Unavailable,
            format!(
                "ARA can't be told of this run: the spool {spool} can't be used: {error}. Give a writable folder as spool \
                 (ara_spool)."
            ),
        )
    }
}

/// A folder for this user alone, the same for all tasks; in another place where somebody else was there first.
fn temporary() -> io::Result<PathBuf> {
    let user = fs::metadata("/proc/self")?.uid();
    let name = format!("hatci_ara-{user}");
    let found = match first_own_folder([std::env::temp_dir()], &name) {
        Err(PrivateError::Squatted { .. }) => {
            first_own_folder(["/tmp", "/var/tmp", "/dev/shm"].map(PathBuf::from), &name)
        }
        found => found,
    };
    Ok(found?.0)
}
