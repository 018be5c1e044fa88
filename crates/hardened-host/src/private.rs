//! Private folders, on a machine where other users may have put anything in their place. Modes are set at creation, so a `umask` can only
//! tighten them.
use crate::{
    OpenFolder,
    place::{login_place, safe_place},
    private_error::{PrivateError, kind, objection},
    private_file::{OPENED_BY_USER, create_file},
};
use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat, open};
use std::{
    fs::{DirBuilder, File},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

/// The mode of a folder.
pub(crate) const ENTERED_BY_USER: u32 = 0o700;
/// How many names are tried if others are taken.
const NAMES: usize = 16;
/// How many random characters are in a name.
pub(crate) const RANDOM: usize = 16;

/// A new private folder with an unguessable name. It is removed with its contents on drop.
#[derive(Debug)]
pub struct FreshFolder {
    path: PathBuf,
}

impl FreshFolder {
    /// Creates it in the first usable place for temporary files: `TMPDIR`, `XDG_RUNTIME_DIR`, `/tmp`, `/var/tmp`, `/dev/shm`.
    /// The error is that of the first place.
    pub fn new(prefix: &str) -> Result<Self, PrivateError> {
        let of_user = std::env::var_os("TMPDIR").map(PathBuf::from).filter(|place| place.is_absolute());
        let usual = ["/tmp", "/var/tmp", "/dev/shm"].map(PathBuf::from);
        let places = of_user.into_iter().chain(login_place()).chain(usual);
        let mut first = None;
        for place in places {
            match Self::within(&place, prefix) {
                Ok(folder) => return Ok(folder),
                Err(error) => first = first.or(Some(error)),
            }
        }
        // There is at least one place.
        Err(first.unwrap_or_else(|| PrivateError::of(Path::new("/tmp"), &io::ErrorKind::NotFound.into())))
    }

    /// Creates it in this folder, which must be a [`safe_place`].
    pub fn within(place: &Path, prefix: &str) -> Result<Self, PrivateError> {
        let (path, ()) = under_a_fresh_name(&safe_place(place)?, prefix, |path| {
            DirBuilder::new().mode(ENTERED_BY_USER).create(path)
        })?;
        Ok(FreshFolder { path })
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Creates a file in it, with this content.
    pub fn write(&self, name: &str, content: &[u8]) -> Result<PathBuf, PrivateError> {
        let path = self.path.join(name);
        let write = || io::Write::write_all(&mut create_file(&path)?, content);
        write().map_err(|e| PrivateError::of(&path, &e))?;
        Ok(path)
    }

    /// Creates a pipe in it.
    pub fn make_pipe(&self, name: &str) -> Result<(), PrivateError> {
        let path = self.path.join(name);
        let made = mknodat(CWD, &path, FileType::Fifo, Mode::from_raw_mode(OPENED_BY_USER), 0);
        made.map_err(|e| PrivateError::of(&path, &e.into()))
    }

    /// Opens the reading end of that pipe. Neither opening nor reading ever blocks.
    pub fn open_pipe(&self, name: &str) -> Result<File, PrivateError> {
        let path = self.path.join(name);
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let opened = open(&path, flags, Mode::empty());
        opened.map(File::from).map_err(|e| PrivateError::of(&path, &e.into()))
    }
}

impl Drop for FreshFolder {
    fn drop(&mut self) {
        // The guarding process may have removed it already.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

/// Ensures a private folder: created if missing, refused if somebody else could have prepared it.
pub fn own_folder(path: &Path) -> Result<(), PrivateError> {
    match DirBuilder::new().mode(ENTERED_BY_USER).create(path) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(PrivateError::of(path, &e)),
        _ => {}
    }
    is_own_folder(path)
}

/// The same for one that exists.
pub(crate) fn is_own_folder(path: &Path) -> Result<(), PrivateError> {
    let found = path.symlink_metadata().map_err(|e| PrivateError::of(path, &e))?;
    let what = if found.is_dir() { objection(&found) } else { Some(format!("it is {}", kind(&found))) };
    what.map_or(Ok(()), |what| Err(PrivateError::Squatted { path: path.into(), what }))
}

/// Ensures a folder named by this user, which others may read: created if missing, with its parents. It must be a [`safe_place`].
pub fn named_folder(path: &Path) -> Result<(), PrivateError> {
    make_folders(path).map_err(|e| PrivateError::of(path, &e))?;
    safe_place(path).map(drop)
}

/// Creates a private folder and its parents if missing. Accepts an existing folder of any owner, but none behind a link of another user.
pub fn make_folders(path: &Path) -> io::Result<()> {
    OpenFolder::made(path).map(drop)
}

/// Makes something under a name that nobody can guess: this prefix and random letters and digits.
pub(crate) fn under_a_fresh_name<T>(
    place: &Path,
    prefix: &str,
    make: impl Fn(&Path) -> io::Result<T>,
) -> Result<(PathBuf, T), PrivateError> {
    let mut left = NAMES;
    loop {
        let random: String = std::iter::repeat_with(fastrand::alphanumeric).take(RANDOM).collect();
        let path = place.join(format!("{prefix}{random}"));
        match make(&path) {
            Ok(new) => return Ok((path, new)),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists && left > 0 => left -= 1,
            Err(e) => return Err(PrivateError::of(&path, &e)),
        }
    }
}

#[cfg(test)]
mod tests;
