//! A folder that stays the same one while it is read, whatever becomes of its name; nothing below it is reached through a link.
use crate::walk::{Walk, beside};
use rustix::{
    fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat, fstat, openat, statat},
    io::Errno,
};
use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io,
    os::{
        fd::{AsRawFd, OwnedFd},
        unix::ffi::OsStrExt,
    },
    path::{Component, Path, PathBuf},
};

/// A folder that was opened once. It need not be readable, only to be entered.
#[derive(Debug)]
pub struct OpenFolder {
    pub(crate) folder: OwnedFd,
    path: PathBuf,
    real: PathBuf,
}

/// What an entry of a folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File {
        /// Whether its owner may run it.
        is_executable: bool,
    },
    /// A folder.
    Folder,
    /// A symbolic link, which leads anywhere or nowhere.
    Link,
    /// A pipe, a socket or a device.
    Other,
}

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

impl OpenFolder {
    /// Opens the folder of this name, which is not behind a link of another user.
    pub fn at(path: &Path) -> io::Result<Self> {
        let (folder, real) = Walk::of(path)?.folder()?;
        Ok(OpenFolder { folder, path: path.to_owned(), real })
    }

    /// The same; it is made if it is missing, and so are its parents, for this user alone. An existing folder may have any owner.
    pub fn made(path: &Path) -> io::Result<Self> {
        let (folder, real) = Walk::of(path)?.made_folder()?;
        Ok(OpenFolder { folder, path: path.to_owned(), real })
    }

    /// The folder that the file of this name is in, and its name there.
    pub fn of(file: &Path) -> io::Result<(Self, &OsStr)> {
        let (folder, name) = beside(file).ok_or(Errno::ISDIR)?;
        Ok((Self::at(folder)?, name))
    }

    /// The same, but the folder is made if it is missing.
    pub fn made_of(file: &Path) -> io::Result<(Self, &OsStr)> {
        let (folder, name) = beside(file).ok_or(Errno::ISDIR)?;
        Ok((Self::made(folder)?, name))
    }

    /// The folder of this name in it, to which links of this user or root may lead.
    pub fn within(&self, name: &OsStr) -> io::Result<Self> {
        let start = Walk::from(self.folder.try_clone()?, self.real.clone(), Path::new(name));
        let (folder, real) = start.folder()?;
        Ok(OpenFolder { folder, path: self.path.join(name), real })
    }

    /// A path that leads to it for as long as it is open, whatever has its name: for functions that take a path.
    pub fn by_descriptor(&self) -> PathBuf {
        format!("/proc/self/fd/{}", self.folder.as_raw_fd()).into()
    }

    /// The name under which it was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its path without links, when it was opened.
    pub fn real(&self) -> &Path {
        &self.real
    }

    /// Whether its name still leads to it.
    pub fn is_still_there(&self) -> bool {
        let same = |there: Stat| {
            fstat(&self.folder).map(|ours| (ours.st_dev, ours.st_ino) == (there.st_dev, there.st_ino))
        };
        rustix::fs::stat(&self.path).and_then(same).unwrap_or(false)
    }

    /// The regular file at this relative path, for reading. A link on the way is an error (`ELOOP` or `ENOTDIR`), and so is `..`.
    pub fn file(&self, below: &Path) -> io::Result<File> {
        let (parent, name) = self.parent(below)?;
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NOCTTY;
        // Opening a device may have effects.
        if !matches!(kind(&stat(&parent, name)?), EntryKind::File { .. }) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file"));
        }
        let file = openat(&parent, name, flags, Mode::empty())?;
        match kind(&fstat(&file)?) {
            EntryKind::File { .. } => Ok(file.into()),
            _ => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file")),
        }
    }

    /// What is at this relative path.
    pub fn kind(&self, below: &Path) -> io::Result<EntryKind> {
        let (parent, name) = self.parent(below)?;
        Ok(kind(&stat(&parent, name)?))
    }

    /// The names in the folder at this relative path, in alphabetical order; an empty path is the folder itself.
    pub fn entries(&self, below: &Path) -> io::Result<Vec<(OsString, EntryKind)>> {
        let folder = self.folder_at(below)?;
        let mut found = vec![];
        for entry in Dir::read_from(&folder)? {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name != "." && name != ".." {
                found.push((name.to_owned(), kind(&stat(&folder, name)?)));
            }
        }
        found.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(found)
    }

    /// The folder itself, for reading: to lock it, or to read its entries.
    pub(crate) fn opened(&self) -> io::Result<OwnedFd> {
        Ok(openat(&self.folder, ".", FOLDER, Mode::empty())?)
    }

    fn parent<'a>(&self, below: &'a Path) -> io::Result<(OwnedFd, &'a OsStr)> {
        let name = below.file_name().ok_or(Errno::INVAL)?;
        Ok((self.folder_at(below.parent().unwrap_or(Path::new("")))?, name))
    }

    fn folder_at(&self, below: &Path) -> io::Result<OwnedFd> {
        let mut folder = self.opened()?;
        for part in below.components() {
            match part {
                Component::Normal(name) => folder = openat(&folder, name, FOLDER, Mode::empty())?,
                Component::CurDir => {}
                _ => return Err(Errno::INVAL.into()),
            }
        }
        Ok(folder)
    }
}

fn stat(folder: &OwnedFd, name: &OsStr) -> rustix::io::Result<Stat> {
    statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)
}

fn kind(found: &Stat) -> EntryKind {
    match FileType::from_raw_mode(found.st_mode) {
        FileType::RegularFile => EntryKind::File { is_executable: found.st_mode & 0o100 != 0 },
        FileType::Directory => EntryKind::Folder,
        FileType::Symlink => EntryKind::Link,
        _ => EntryKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, io::Read, os::unix::fs::symlink};

    #[test]
    fn nothing_is_reached_through_a_link_and_no_pipe_is_opened() {
        let base = tempfile::tempdir().unwrap();
        let at = |name: &str| base.path().join(name);
        fs::create_dir_all(at("folder/below")).unwrap();
        fs::write(at("outside"), "secret").unwrap();
        fs::write(at("folder/below/file"), "content").unwrap();
        symlink("../outside", at("folder/link")).unwrap();
        symlink("..", at("folder/up")).unwrap();
        let pipe = at("folder/pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
        let folder = OpenFolder::at(&at("folder")).unwrap();
        let mut text = String::new();
        folder.file(Path::new("below/file")).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "content");
        for bad in ["link", "up/outside", "../outside", "pipe", "below", "missing", "", "/etc/passwd"] {
            assert!(folder.file(Path::new(bad)).is_err(), "{bad}");
        }
        let names = folder.entries(Path::new("")).unwrap();
        let kinds: Vec<_> = names.iter().map(|(name, kind)| (name.to_str().unwrap(), *kind)).collect();
        let expected = [
            ("below", EntryKind::Folder),
            ("link", EntryKind::Link),
            ("pipe", EntryKind::Other),
            ("up", EntryKind::Link),
        ];
        assert_eq!(kinds, expected);
    }

    #[test]
    fn it_stays_the_same_folder_when_another_takes_its_name() {
        let base = tempfile::tempdir().unwrap();
        let at = |name: &str| base.path().join(name);
        for name in ["old", "new"] {
            fs::create_dir(at(name)).unwrap();
            fs::write(at(name).join("file"), name).unwrap();
        }
        let folder = OpenFolder::at(&at("old")).unwrap();
        assert!(folder.is_still_there());
        fs::rename(at("old"), at("away")).unwrap();
        fs::rename(at("new"), at("old")).unwrap();
        assert!(!folder.is_still_there());
        let mut text = String::new();
        folder.file(Path::new("file")).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "old");
    }
}
