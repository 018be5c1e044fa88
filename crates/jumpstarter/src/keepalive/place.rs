//! Where the keeper of a job is found: its socket, its lock and its log, in a directory of this user alone.
use crate::{Error, Owner};
use hardened_host::{Access, PrivateError, first_own_folder, open_file, own_folder};
use std::{
    fs::File,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// Logs of ended jobs are kept so long.
const OLD: Duration = Duration::from_secs(7 * 24 * 3600);

/// The files of one job's keeper.
#[derive(Debug, Clone)]
pub(super) struct Place {
    directory: PathBuf,
    owner: Owner,
    squatter: Option<String>,
}

impl Place {
    /// In the directory for such things if the login has one, else in /tmp: the way to a socket must be short. Where somebody else was
    /// there first, in another place.
    pub(super) fn of(owner: Owner) -> Result<Self, Error> {
        let name = format!("jumpstarter-keepalive-{}", rustix::process::geteuid().as_raw());
        let at_login = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|base| is_fit(base));
        let places = at_login.into_iter().chain(["/tmp", "/var/tmp", "/dev/shm"].map(PathBuf::from));
        let places: Vec<PathBuf> = places.collect();
        // The keeper stays where it is, also if the place before has become free.
        let socket = format!("{owner}.socket");
        let at_work = places
            .iter()
            .find(|base| base.join(&name).join(&socket).exists() && own_folder(&base.join(&name)).is_ok());
        let chosen = at_work.map_or(places.clone(), |base| vec![base.clone()]);
        match first_own_folder(chosen, &name) {
            Ok((directory, in_the_way)) => {
                let squatter = in_the_way.filter(|error| matches!(error, PrivateError::Squatted { .. }));
                Ok(Place { directory, owner, squatter: squatter.map(|error| error.to_string()) })
            }
            Err(error) => {
                Err(Error::private("There is no place for the process that keeps leases alive", &error))
            }
        }
    }

    /// What somebody else has put where this would be.
    pub(super) fn squatter(&self) -> Option<&str> {
        self.squatter.as_deref()
    }

    /// Where the module that starts the keeper looks for it.
    pub(super) fn at(directory: PathBuf, owner: Owner) -> Self {
        Place { directory, owner, squatter: None }
    }

    pub(super) fn owner(&self) -> Owner {
        self.owner
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.file("socket")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.file("log")
    }

    /// Held while the keeper is looked for and started, and while it takes itself away.
    pub(super) fn lock(&self) -> Result<File, Error> {
        let path = self.file("lock");
        open_file(&path, Access::Append)
            .map_err(|e| Error::system(format!("{} can't be opened", path.display()), &e))
    }

    /// Where the keepers of all jobs are found that have one.
    pub(super) fn neighbours(&self) -> Vec<Place> {
        let sockets = self.directory.read_dir().into_iter().flatten().flatten().map(|entry| entry.path());
        sockets
            .filter(|path| path.extension().is_some_and(|kind| kind == "socket"))
            .filter_map(|path| path.file_stem()?.to_str()?.parse().ok())
            .map(|owner| Place::at(self.directory.clone(), owner))
            .collect()
    }

    /// Removes what ended jobs have left.
    pub(super) fn tidy(&self) {
        let is_old = |entry: &std::fs::DirEntry| {
            let modified = entry.metadata().and_then(|found| found.modified()).unwrap_or(SystemTime::now());
            modified.elapsed().is_ok_and(|age| age > OLD)
        };
        let Ok(entries) = self.directory.read_dir() else { return };
        for entry in entries.flatten().filter(is_old) {
            let owner = entry.path().file_stem().and_then(|stem| stem.to_str()?.parse::<Owner>().ok());
            if owner.is_some_and(|owner| !owner.is_alive()) {
                // Another keeper may be doing the same.
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }

    fn file(&self, kind: &str) -> PathBuf {
        self.directory.join(format!("{}.{kind}", self.owner))
    }
}

/// Whether a socket can be in a directory of ours in there: its whole path must be short.
fn is_fit(base: &Path) -> bool {
    const LONGEST: usize = 107;
    const OF_OURS: usize = "/jumpstarter-keepalive-4294967295/2147483647-18446744073709551615.socket".len();
    base.is_absolute() && base.as_os_str().len() + OF_OURS <= LONGEST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_directory_that_can_hold_a_socket_is_used() {
        assert!(is_fit(Path::new("/run/user/1000")));
        for base in [String::new(), "run".into(), format!("/{}", "x".repeat(60))] {
            assert!(!is_fit(Path::new(&base)), "{base}");
        }
    }
}
