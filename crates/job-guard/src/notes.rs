//! The notes of what jobs have open, for the job after one that could not close it any more. What a note says is told by one process, and
//! the note is there until that has written its result: if it is killed before, another one tells it.
use crate::{JobState, Open, Owner, place::Place};
use hardened_host::{Access, OPENED_BY_USER, open_file, replace_file};
use std::{
    fs, io,
    os::unix::net::UnixStream,
    path::PathBuf,
    process,
    sync::{Mutex, PoisonError},
};

/// The notes that this process tells.
static TELLING: Mutex<Vec<PathBuf>> = Mutex::new(vec![]);

/// A note that a process has begun to tell.
pub(crate) struct HalfTold {
    owner: Owner,
    teller: Owner,
    pub(crate) path: PathBuf,
}

/// What [`JobGuard::news`](crate::JobGuard::news) has said of earlier jobs has reached the user. Without this, it is told again.
pub fn told() {
    for path in TELLING.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        // At worst it is told again.
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

    /// What finished jobs of this user have left open, for this process to tell; then [`told`] has to follow.
    pub(crate) fn left_open(&self) -> Vec<(Owner, Vec<Open>)> {
        let is_over = |place: &Place| {
            place.owner().state() == JobState::Over && UnixStream::connect(place.socket()).is_err()
        };
        let notes = self.of_all_jobs("note").into_iter().filter(is_over);
        let notes = notes.map(|place| (place.owner(), place.file("note")));
        let half_told = self.half_told().into_iter().filter(|half| half.teller.state() == JobState::Over);
        let half_told = half_told.map(|half| (half.owner, half.path));
        notes.chain(half_told).filter_map(|(owner, path)| Some((owner, self.take(owner, path)?))).collect()
    }

    /// The notes that processes have begun to tell.
    pub(crate) fn half_told(&self) -> Vec<HalfTold> {
        let files = self.folder().read_dir().into_iter().flatten().flatten().map(|entry| entry.path());
        let half_told = |path: PathBuf| {
            let (owner, teller) = path.file_name()?.to_str()?.strip_suffix(".told")?.split_once('.')?;
            Some(HalfTold { owner: owner.parse().ok()?, teller: teller.parse().ok()?, path })
        };
        files.filter_map(half_told).collect()
    }

    /// Whichever process gives the note its name tells it.
    fn take(&self, owner: Owner, note: PathBuf) -> Option<Vec<Open>> {
        let me = Owner::of(process::id().try_into().ok()?)?;
        let file = open_file(&note, Access::Read).ok()?;
        let ours = self.folder().join(format!("{owner}.{me}.told"));
        fs::rename(note, &ours).ok()?;
        TELLING.lock().unwrap_or_else(PoisonError::into_inner).push(ours);
        serde_json::from_reader(file).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_job_has_left_open_is_told_when_it_is_over_and_again_if_that_reached_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let me = Owner::of_parent().unwrap();
        let gone: Owner = "999999999-1".parse().unwrap();
        let open = [Open { what: "the door".into(), remedy: "shut it".into() }];
        for owner in [me, gone] {
            Place::at(folder.path().into(), owner).note(&open).unwrap();
        }
        let place = Place::at(folder.path().into(), me);
        assert_eq!(place.left_open(), [(gone, open.to_vec())]);
        assert_eq!(place.left_open(), [], "this process tells it");
        // As if another process had been killed before it could write its result.
        let [half] = &place.half_told()[..] else { panic!("it is kept") };
        fs::rename(&half.path, folder.path().join("999999999-1.999999998-1.told")).unwrap();
        told();
        assert_eq!(place.left_open(), [(gone, open.to_vec())]);
        told();
        assert_eq!(place.left_open(), []);
        place.note(&[]).unwrap();
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    }
}
