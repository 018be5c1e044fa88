//! Notes of what each job has open, for the next job if a job could not close it. One process reports a note and keeps it until its result
//! is written. If that process is killed first, another reports it.
use crate::{JobState, Open, Owner, place::Place};
use hardened_host::{Access, OPENED_BY_USER, open_file, replace_file};
use std::{
    fs, io,
    os::unix::net::UnixStream,
    path::PathBuf,
    process,
    sync::{Mutex, PoisonError},
};

/// The notes that this process reports.
static PENDING: Mutex<Vec<PathBuf>> = Mutex::new(vec![]);

/// A note that a process has begun to report.
pub(crate) struct PendingNote {
    owner: Owner,
    reporter: Owner,
    pub(crate) path: PathBuf,
}

/// Removes the notes that [`JobGuard::news`](crate::JobGuard::news) has returned, once the user has seen them. Without this, they are reported again.
pub fn delivered() {
    for path in PENDING.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        // At worst it is reported again.
        let _ = fs::remove_file(path);
    }
}

impl Place {
    /// Records what is open, in case the guard can't close it any more.
    pub(crate) fn note(&self, open: &[Open]) -> io::Result<()> {
        let path = self.file("note");
        if open.is_empty() {
            return fs::remove_file(path).or_else(|e| match e.kind() {
                io::ErrorKind::NotFound => Ok(()),
                _ => Err(e),
            });
        }
        replace_file(&path, &serde_json::to_vec(open)?, OPENED_BY_USER)
    }

    /// What finished jobs of this user have left open, for this process to report; call [`delivered`] afterwards.
    pub(crate) fn left_open(&self) -> Vec<(Owner, Vec<Open>)> {
        let is_over = |place: &Place| {
            place.owner().state() == JobState::Over && UnixStream::connect(place.socket()).is_err()
        };
        let notes = self.of_all_jobs("note").into_iter().filter(is_over);
        let notes = notes.map(|place| (place.owner(), place.file("note")));
        let pending = self.pending().into_iter().filter(|note| note.reporter.state() == JobState::Over);
        let pending = pending.map(|note| (note.owner, note.path));
        notes.chain(pending).filter_map(|(owner, path)| Some((owner, self.take(owner, path)?))).collect()
    }

    /// The notes that processes have begun to report.
    pub(crate) fn pending(&self) -> Vec<PendingNote> {
        let files = self.folder().read_dir().into_iter().flatten().flatten().map(|entry| entry.path());
        let pending = |path: PathBuf| {
            let (owner, reporter) = path.file_name()?.to_str()?.strip_suffix(".pending")?.split_once('.')?;
            Some(PendingNote { owner: owner.parse().ok()?, reporter: reporter.parse().ok()?, path })
        };
        files.filter_map(pending).collect()
    }

    /// The process whose rename succeeds reports the note.
    fn take(&self, owner: Owner, note: PathBuf) -> Option<Vec<Open>> {
        let me = Owner::of(process::id().try_into().ok()?)?;
        let file = open_file(&note, Access::Read).ok()?;
        let ours = self.folder().join(format!("{owner}.{me}.pending"));
        fs::rename(note, &ours).ok()?;
        PENDING.lock().unwrap_or_else(PoisonError::into_inner).push(ours);
        serde_json::from_reader(file).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_job_has_left_open_is_reported_when_it_is_over_and_again_if_that_reached_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let me = Owner::of_parent().unwrap();
        let gone: Owner = "999999999-1".parse().unwrap();
        let open = [Open { what: "the door".into(), remedy: "shut it".into() }];
        for owner in [me, gone] {
            Place::at(folder.path().into(), owner).note(&open).unwrap();
        }
        let place = Place::at(folder.path().into(), me);
        assert_eq!(place.left_open(), [(gone, open.to_vec())]);
        assert_eq!(place.left_open(), [], "this process reports it");
        // As if another process had been killed before it could write its result.
        let [note] = &place.pending()[..] else { panic!("it is kept") };
        fs::rename(&note.path, folder.path().join("999999999-1.999999998-1.pending")).unwrap();
        delivered();
        assert_eq!(place.left_open(), [(gone, open.to_vec())]);
        delivered();
        assert_eq!(place.left_open(), []);
        place.note(&[]).unwrap();
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    }
}
