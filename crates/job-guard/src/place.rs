//! The guard's files: its socket, log and note, in a folder that only this user can enter.
use crate::{Error, Owner, memory::Memory};
use hardened_host::{
    FoundAgain, PrivateError, first_own_folder, is_still_at, login_place, own_folder, safe_place,
};
use rustix::fs::{Mode, OFlags, open};
use std::{
    fs::{self, File},
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
    /// A sentence about what another user has put in its usual places.
    squatters: Option<String>,
}

impl Place {
    /// Uses the login's runtime folder if there is one that is the user's own, else /tmp: the path of a socket must be short. Falls back to other
    /// places, and to another name, if somebody else occupies the folder.
    pub(crate) fn of(owner: Owner) -> Result<Self, Error> {
        let at_login = login_place().filter(|base| is_fit(base));
        let places = at_login.into_iter().chain(["/tmp", "/var/tmp", "/dev/shm"].map(PathBuf::from));
        let name = format!("job-guard-{}", rustix::process::geteuid().as_raw());
        Self::among(&places.collect::<Vec<_>>(), &name, Memory::of_job().socket(), owner)
    }

    /// The folder of this name in one of these places. `socket`: where the job's memory says that its guard is, or was when it was killed.
    fn among(places: &[PathBuf], name: &str, socket: Option<PathBuf>, owner: Owner) -> Result<Self, Error> {
        // A running guard stays where it is, even if an earlier place has become free.
        let known = socket.into_iter().filter_map(|socket| socket.parent().map(Path::to_owned));
        let usual = places.iter().map(|base| base.join(name));
        let is_at_work = |folder: &PathBuf| {
            folder.join(format!("{owner}.socket")).exists()
                && folder.parent().is_some_and(|base| safe_place(base).is_ok())
                && own_folder(folder).is_ok()
        };
        if let Some(folder) = known.chain(usual).find(is_at_work) {
            return Ok(Place::at(folder, owner));
        }
        let found = first_own_folder(places, name)?;
        Ok(Place { squatters: squatters(&found), folder: found.path, owner })
    }

    /// What another user has put in its place, in sentences.
    pub(crate) fn squatters(&self) -> Option<&str> {
        self.squatters.as_deref()
    }

    /// The place given by the module that starts the guard.
    pub(crate) fn at(folder: PathBuf, owner: Owner) -> Self {
        Place { folder, owner, squatters: None }
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
        self.pending().into_iter().map(|note| note.path).filter(|path| is_old(path)).for_each(|path| {
            let _ = fs::remove_file(path);
        });
    }

    pub(crate) fn of_all_jobs(&self, kind: &str) -> Vec<Place> {
        let files = self.folder.read_dir().into_iter().flatten().flatten().map(|entry| entry.path());
        files
            .filter(|path| path.extension().is_some_and(|found| found == kind))
            .filter_map(|path| path.file_stem()?.to_str()?.parse().ok())
            .map(|owner| Place::at(self.folder.clone(), owner))
            .collect()
    }

    pub(crate) fn file(&self, kind: &str) -> PathBuf {
        self.folder.join(format!("{}.{kind}", self.owner))
    }
}

/// What to say of those who have taken the usual folders.
fn squatters(found: &FoundAgain) -> Option<String> {
    let taken = found.in_the_way.iter().filter(|error| matches!(error, PrivateError::Squatted { .. }));
    let taken: Vec<String> = taken.map(ToString::to_string).collect();
    if taken.is_empty() {
        return None;
    }
    let taken = taken.join("; ");
    Some(if found.has_own_name {
        format!(
            "{taken}. So the guard process that closes what this job opened uses {}. Later jobs look there only while these are in the way; after that, nothing reports what a killed job left open. Remove them (as root if they belong to another user), or set XDG_RUNTIME_DIR to a folder that only this user can enter.",
            found.path.display()
        )
    } else {
        format!(
            "{taken}. The guard process that closes what this job opened uses another folder instead. Find out who created it."
        )
    })
}

fn open_folder(path: &Path) -> std::io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(open(path, flags, Mode::empty())?.into())
}

/// Whether our socket fits in this folder: its whole path must be short.
fn is_fit(base: &Path) -> bool {
    const MOST_BYTES: usize = 107;
    const OF_OURS: usize =
        "/job-guard-4294967295-0123456789abcdef/2147483647-18446744073709551615.socket".len();
    base.is_absolute() && base.as_os_str().len() + OF_OURS <= MOST_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::{fs::PermissionsExt, net::UnixListener};

    #[test]
    fn only_a_folder_that_can_hold_a_socket_is_used() {
        assert!(is_fit(Path::new("/run/user/1000")));
        for base in [String::new(), "run".into(), format!("/{}", "x".repeat(60))] {
            assert!(!is_fit(Path::new(&base)), "{base}");
        }
    }

    #[test]
    fn where_all_usual_folders_are_taken_all_tasks_of_the_job_use_another_one_and_each_squatter_is_named() {
        let bases = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let places = bases.each_ref().map(|base| base.path().canonicalize().unwrap());
        for place in &places {
            fs::create_dir(place.join("own")).unwrap();
            fs::set_permissions(place.join("own"), fs::Permissions::from_mode(0o777)).unwrap();
        }
        let me = Owner::of_parent().unwrap();
        let find = |socket| Place::among(&places, "own", socket, me).unwrap();
        let first = find(None);
        let said = first.squatters().unwrap();
        for place in &places {
            assert!(
                said.contains(&format!("{}/own: others can access it (mode 777)", place.display())),
                "{said}"
            );
        }
        assert!(said.contains("XDG_RUNTIME_DIR") && said.contains(&first.folder().display().to_string()));
        assert_eq!(find(None).folder(), first.folder());
        // Once the guard runs there, it is found although a usual place is free again; but nobody's word is taken for a folder.
        let _socket = UnixListener::bind(first.socket()).unwrap();
        fs::remove_dir(places[0].join("own")).unwrap();
        assert_eq!(find(Some(first.socket())).folder(), first.folder());
        let _foreign = UnixListener::bind(places[1].join("own").join(format!("{me}.socket"))).unwrap();
        let foreign = places[1].join("own").join(format!("{me}.socket"));
        let found = find(Some(foreign));
        assert_eq!((found.folder(), found.squatters()), (&*places[0].join("own"), None));
    }

    #[test]
    fn where_one_folder_is_taken_the_next_place_is_used() {
        let bases = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let places = bases.each_ref().map(|base| base.path().canonicalize().unwrap());
        fs::write(places[0].join("own"), "").unwrap();
        let place = Place::among(&places, "own", None, Owner::of_parent().unwrap()).unwrap();
        assert_eq!(place.folder(), places[1].join("own"));
        assert!(place.squatters().unwrap().contains("own: it is a file. The guard process"));
    }
}
