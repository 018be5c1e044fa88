//! Private files, on a machine where other users may have put anything in their place.
//!
//! Modes are set at creation, so a `umask` can only tighten them. Nothing is opened through a symbolic link, and
//! existing files are used only if they belong to this user and are closed to others.
use crate::{
    OpenFolder,
    private_error::{PrivateError, kind, objection},
};
use rustix::{
    fs::{AtFlags, CWD, FileType, Mode, OFlags, fstat, openat, statat, unlinkat},
    process::geteuid,
};
use std::{
    ffi::OsStr,
    fs::{File, Metadata, Permissions},
    io,
    os::{
        fd::AsFd,
        unix::fs::{MetadataExt, PermissionsExt},
    },
    path::Path,
};

/// The mode of a file that no other user can open.
pub const OPENED_BY_USER: u32 = 0o600;

/// Creates a private file. An error if anything of that name exists.
pub fn create_file(path: &Path) -> io::Result<File> {
    create_file_in(CWD, path)
}

/// The same in an open folder.
pub(crate) fn create_file_in(folder: impl AsFd, name: impl rustix::path::Arg) -> io::Result<File> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(openat(folder, name, flags, Mode::from_raw_mode(OPENED_BY_USER))?.into())
}

/// How [`open_file`] opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// To read; it must exist.
    Read,
    /// To read, and to write at its end; it is created if missing.
    Append,
}

/// Opens a private file of this user, which is no link and has no other name.
pub fn open_file(path: &Path, access: Access) -> io::Result<File> {
    open_private(CWD, path, path, access)
}

/// Opens a lock of this user in a folder that may be copied or checked out, which changes modes: others lose their access to it.
pub fn open_lock(path: &Path) -> io::Result<File> {
    let (file, found) = opened(CWD, path, path, Access::Append)?;
    if found.uid() == geteuid().as_raw() {
        file.set_permissions(Permissions::from_mode(OPENED_BY_USER))?;
        return Ok(file);
    }
    let what = format!("it belongs to user {}", found.uid());
    Err(PrivateError::Squatted { path: path.into(), what }.into())
}

fn open_private(folder: impl AsFd, name: &Path, shown: &Path, access: Access) -> io::Result<File> {
    let (file, found) = opened(folder, name, shown, access)?;
    match objection(&found) {
        None => Ok(file),
        Some(what) => Err(PrivateError::Squatted { path: shown.into(), what }.into()),
    }
}

fn opened(folder: impl AsFd, name: &Path, shown: &Path, access: Access) -> io::Result<(File, Metadata)> {
    let flags = match access {
        Access::Read => OFlags::RDONLY,
        Access::Append => OFlags::RDWR | OFlags::APPEND | OFlags::CREATE,
    };
    let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file: File = openat(folder, name, flags, Mode::from_raw_mode(OPENED_BY_USER))?.into();
    let found = file.metadata()?;
    let what = if found.is_file() {
        (found.nlink() > 1).then(|| "it has another hard link".into())
    } else {
        Some(format!("it is {}", kind(&found)))
    };
    match what {
        None => Ok((file, found)),
        Some(what) => Err(PrivateError::Squatted { path: shown.into(), what }.into()),
    }
}

/// Whether an open folder or file is still the one at its path.
pub fn is_still_at(file: &File, path: &Path) -> bool {
    let (Ok(ours), Ok(there)) = (fstat(file), path.symlink_metadata()) else { return false };
    (ours.st_dev, ours.st_ino) == (there.dev(), there.ino())
}

impl OpenFolder {
    /// As [`create_file`], for the file of this name in the folder.
    pub fn create(&self, name: &OsStr) -> io::Result<File> {
        create_file_in(&self.folder, name)
    }

    /// As [`open_file`], for the file of this name in the folder.
    pub fn open_own(&self, name: &OsStr, access: Access) -> io::Result<File> {
        open_private(&self.folder, Path::new(name), &self.path().join(name), access)
    }

    /// Whether an open file is still the one of this name in the folder.
    pub fn still_has(&self, file: &File, name: &OsStr) -> bool {
        let there = statat(&self.folder, name, AtFlags::SYMLINK_NOFOLLOW);
        let (Ok(ours), Ok(there)) = (fstat(file), there) else { return false };
        (ours.st_dev, ours.st_ino) == (there.st_dev, there.st_ino)
    }

    /// Whether this name is that of a symbolic link.
    pub fn is_link(&self, name: &OsStr) -> bool {
        let found = statat(&self.folder, name, AtFlags::SYMLINK_NOFOLLOW);
        found.is_ok_and(|found| FileType::from_raw_mode(found.st_mode).is_symlink())
    }

    /// Removes the file of this name, or the link, but not what the link leads to.
    pub fn remove(&self, name: &OsStr) -> io::Result<()> {
        Ok(unlinkat(&self.folder, name, AtFlags::empty())?)
    }

    /// What there is of the regular file of this name; none if there is none, or only a link.
    pub fn regular(&self, name: &OsStr) -> Option<Regular> {
        let found = statat(&self.folder, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
        let is_regular = FileType::from_raw_mode(found.st_mode).is_file();
        let size = u64::try_from(found.st_size).unwrap_or_default();
        is_regular.then_some(Regular { mode: found.st_mode & 0o777, size })
    }
}

/// A regular file, as its folder shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Regular {
    /// Its permissions, such as `0o644`.
    pub mode: u32,
    /// In bytes.
    pub size: u64,
}
