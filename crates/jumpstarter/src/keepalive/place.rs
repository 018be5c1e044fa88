//! Where the keeper of a job is found: its socket, its lock and its log, in a directory of this user alone.
use crate::{Error, Owner};
use std::{
    fs::{DirBuilder, File},
    os::unix::fs::{DirBuilderExt, MetadataExt},
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
}

impl Place {
    /// In the directory for such things if the login has one, else in /tmp: the way to a socket must be short.
    pub(super) fn of(owner: Owner) -> Result<Self, Error> {
        let user = rustix::process::getuid().as_raw();
        let in_base = |base: PathBuf| own_directory(base.join(format!("jumpstarter-keepalive-{user}")), user);
        let at_login = std::env::var_os("XDG_RUNTIME_DIR")
            .map(PathBuf::from)
            .filter(|base| is_fit(base))
            .and_then(|base| in_base(base).ok());
        match at_login.map_or_else(|| in_base("/tmp".into()), Ok) {
            Ok(directory) => Ok(Place { directory, owner }),
            Err(why) => Err(Error::Keepalive { why }),
        }
    }

    /// Where the module that starts the keeper looks for it.
    pub(super) fn at(directory: PathBuf, owner: Owner) -> Self {
        Place { directory, owner }
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
        let failed = |e: std::io::Error| Error::Keepalive { why: format!("{}: {e}", path.display()) };
        File::options().create(true).append(true).open(&path).map_err(failed)
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

/// Makes the directory where it is missing, and refuses one that somebody else could have prepared.
fn own_directory(directory: PathBuf, user: u32) -> Result<PathBuf, String> {
    let failed = |why: String| format!("{}: {why}", directory.display());
    match DirBuilder::new().mode(0o700).create(&directory) {
        Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => return Err(failed(e.to_string())),
        _ => {}
    }
    let found = directory.symlink_metadata().map_err(|e| failed(e.to_string()))?;
    if !found.is_dir() || found.uid() != user || found.mode() & 0o077 != 0 {
        return Err(failed("it is not a directory of this user alone".into()));
    }
    Ok(directory)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        fs::Permissions,
        os::unix::fs::{PermissionsExt, symlink},
    };

    #[test]
    fn only_a_directory_that_can_hold_a_socket_is_used() {
        assert!(is_fit(Path::new("/run/user/1000")));
        for base in [String::new(), "run".into(), format!("/{}", "x".repeat(60))] {
            assert!(!is_fit(Path::new(&base)), "{base}");
        }
    }

    #[test]
    fn a_directory_that_others_could_have_prepared_is_refused() {
        let user = rustix::process::getuid().as_raw();
        let base = tempfile::tempdir().unwrap();
        let directory = base.path().join("own");
        assert_eq!(own_directory(directory.clone(), user), Ok(directory.clone()));
        assert_eq!(own_directory(directory.clone(), user), Ok(directory.clone()), "it may be there already");
        symlink(&directory, base.path().join("link")).unwrap();
        assert!(own_directory(base.path().join("link"), user).is_err(), "a link");
        assert!(own_directory(directory.clone(), user + 1).is_err(), "another's");
        std::fs::set_permissions(&directory, Permissions::from_mode(0o750)).unwrap();
        assert!(own_directory(directory, user).is_err(), "open to others");
    }
}
