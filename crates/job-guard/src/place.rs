//! The guard's files: its socket, log and note, in a folder that only this user can enter.
use crate::{Error, JobState, Open, Owner};
use hardened_host::{
    Access, OPENED_BY_USER, PrivateError, first_own_folder, is_still_at, login_place, open_file, own_folder,
    replace_file, safe_place,
};
use rustix::fs::{Mode, OFlags, open};
use std::{
    fs::{self, File},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// How long the files of jobs that ended badly are kept.
const OLD: Duration = Duration::from_secs(7 * 24 * 3600);

/// The files of one job's guard.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    folder: PathBuf,
    owner: Owner,
    squatter: Option<String>,
}

impl Place {
    /// Uses the login's runtime folder if there is one that is the user's own, else /tmp: the path of a socket must be short. Falls back to other places if
    /// somebody else occupies the folder.
    pub(crate) fn of(owner: Owner) -> Result<Self, Error> {
        let name = format!("job-guard-{}", rustix::process::geteuid().as_raw());
        let at_login = login_place().filter(|base| is_fit(base));
        let places = at_login.into_iter().chain(["/tmp", "/var/tmp", "/dev/shm"].map(PathBuf::from));
        let places: Vec<PathBuf> = places.collect();
        // A running guard stays where it is, even if an earlier place has become free.
        let socket = format!("{owner}.socket");
        let at_work = places
            .iter()
            .filter(|base| safe_place(base).is_ok() && base.join(&name).join(&socket).exists())
            .find(|base| own_folder(&base.join(&name)).is_ok());
        let chosen = at_work.map_or(places.clone(), |base| vec![base.clone()]);
        let (folder, in_the_way) = first_own_folder(chosen, &name)?;
        let squatter = in_the_way.filter(|error| matches!(error, PrivateError::Squatted { .. }));
        Ok(Place { folder, owner, squatter: squatter.map(|error| error.to_string()) })
    }

    /// What another user has put in its place.
    pub(crate) fn squatter(&self) -> Option<&str> {
        self.squatter.as_deref()
    }

    /// The place given by the module that starts the guard.
    pub(crate) fn at(folder: PathBuf, owner: Owner) -> Self {
        Place { folder, owner, squatter: None }
    }

    pub(crate) fn owner(&self) -> Owner {
        self.owner
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.file("socket")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.file("log")
    }

    /// Takes the lock that is held while a guard is found or started, and while one shuts down. It is on the folder itself, since a
    /// lock file would be left behind.
    pub(crate) fn lock(&self) -> Result<File, Error> {
        loop {
            own_folder(&self.folder)?;
            let folder = open_folder(&self.folder).map_err(|e| Error::of("its folder", &e))?;
            folder.lock().map_err(|e| Error::of("its lock", &e))?;
            // The guard of another job may be removing it right now.
            if is_still_at(&folder, &self.folder) {
                return Ok(folder);
            }
        }
    }

    /// The same without waiting, for the guard itself; `None` if another process has it.
    pub(crate) fn try_lock(&self) -> Option<File> {
        open_folder(&self.folder).ok().filter(|folder| folder.try_lock().is_ok())
    }

    /// The places of all jobs that have a guard.
    pub(crate) fn neighbours(&self) -> Vec<Place> {
        self.of_all_jobs("socket")
    }

    /// Records what is open, in case the guard can't close it any more.
    pub(crate) fn note(&self, open: &[Open]) -> std::io::Result<()> {
        let path = self.file("note");
        if open.is_empty() {
            return fs::remove_file(path).or_else(|e| match e.kind() {
                std::io::ErrorKind::NotFound => Ok(()),
                _ => Err(e),
            });
        }
        replace_file(&path, &serde_json::to_vec(open)?, OPENED_BY_USER)
    }

    /// What finished jobs of this user have left open, each reported once.
    pub(crate) fn left_open(&self) -> Vec<(Owner, Vec<Open>)> {
        let is_over = |place: &Place| {
            place.owner.state() == JobState::Over && UnixStream::connect(place.socket()).is_err()
        };
        let read = |place: Place| {
            let file = open_file(&place.file("note"), Access::Read).ok()?;
            // Whichever process removes the note reports it.
            fs::remove_file(place.file("note")).ok()?;
            Some((place.owner, serde_json::from_reader(file).ok()?))
        };
        self.of_all_jobs("note").into_iter().filter(is_over).filter_map(read).collect()
    }

    /// Removes the files of this job, which ended well.
    pub(crate) fn clear(&self) {
        for kind in ["socket", "note", "log"] {
            let _ = fs::remove_file(self.file(kind));
        }
        // It fails as long as another job has files in it.
        let _ = fs::remove_dir(&self.folder);
    }

    /// Removes the files of jobs that ended long ago.
    pub(crate) fn tidy(&self) {
        let is_old = |path: &Path| {
            let modified = path.symlink_metadata().and_then(|found| found.modified());
            modified.unwrap_or(SystemTime::now()).elapsed().is_ok_and(|age| age > OLD)
        };
        for kind in ["socket", "note", "log"] {
            let left = self.of_all_jobs(kind).into_iter().filter(|place| !place.owner.is_alive());
            left.map(|place| place.file(kind)).filter(|path| is_old(path)).for_each(|path| {
                // Another guard may be doing the same.
                let _ = fs::remove_file(path);
            });
        }
    }

    fn of_all_jobs(&self, kind: &str) -> Vec<Place> {
        let files = self.folder.read_dir().into_iter().flatten().flatten().map(|entry| entry.path());
        files
            .filter(|path| path.extension().is_some_and(|found| found == kind))
            .filter_map(|path| path.file_stem()?.to_str()?.parse().ok())
            .map(|owner| Place::at(self.folder.clone(), owner))
            .collect()
    }

    fn file(&self, kind: &str) -> PathBuf {
        self.folder.join(format!("{}.{kind}", self.owner))
    }
}

fn open_folder(path: &Path) -> std::io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(open(path, flags, Mode::empty())?.into())
}

/// Whether our socket fits in this folder: its whole path must be short.
fn is_fit(base: &Path) -> bool {
    const MOST_BYTES: usize = 107;
    const OF_OURS: usize = "/job-guard-4294967295/2147483647-18446744073709551615.socket".len();
    base.is_absolute() && base.as_os_str().len() + OF_OURS <= MOST_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_folder_that_can_hold_a_socket_is_used() {
        assert!(is_fit(Path::new("/run/user/1000")));
        for base in [String::new(), "run".into(), format!("/{}", "x".repeat(60))] {
            assert!(!is_fit(Path::new(&base)), "{base}");
        }
    }

    #[test]
    fn what_a_job_has_left_open_is_told_once_and_only_when_it_is_over() {
        let folder = tempfile::tempdir().unwrap();
        let me = Owner::of_parent().unwrap();
        let open = [Open { what: "the door".into(), remedy: "shut it".into() }];
        for owner in [me, "999999999-1".parse().unwrap()] {
            Place::at(folder.path().into(), owner).note(&open).unwrap();
        }
        let place = Place::at(folder.path().into(), me);
        assert_eq!(place.left_open(), [("999999999-1".parse().unwrap(), open.to_vec())]);
        assert_eq!(place.left_open(), []);
        place.note(&[]).unwrap();
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    }
}
