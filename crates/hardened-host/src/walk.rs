//! Walks to a folder one name at a time, each from the open folder before it, so that nobody can exchange what was checked before it is used.
//!
//! A symbolic link on the way is followed if this user or root made it: the user meant its target. Whoever else made one could lead us into
//! a folder that only we may enter.
use crate::trusted_users::is_trusted;
use rustix::{
    fs::{FileType, Mode, OFlags, fstat, mkdirat, open, openat, readlinkat},
    io::Errno,
};
use std::{
    collections::VecDeque,
    env::current_dir,
    ffi::{OsStr, OsString},
    io,
    os::{fd::OwnedFd, unix::ffi::OsStrExt},
    path::{Component, Path, PathBuf},
};

/// As many symbolic links as the kernel follows.
pub(crate) const MOST_LINKS: usize = 40;

/// Reaches a folder that may be entered but not read. `DIRECTORY` also mounts what is mounted on demand.
const FOLDER: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
const ANYTHING: OFlags = OFlags::PATH.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
const ENTERED_BY_USER: Mode = Mode::RWXU;

/// A symbolic link of another user is on the way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "it is reached through {}, a symbolic link of user {owner}, and links of others are not followed",
    link.display()
)]
pub(crate) struct ForeignLink {
    pub(crate) link: PathBuf,
    /// Who made the link.
    pub(crate) owner: u32,
}

/// A walk, part of which may be left.
pub(crate) struct Walk {
    /// Those from which `..` leads back; the last is where the walk has arrived. There is always one.
    folders: Vec<OwnedFd>,
    /// The path of the last, without links, as it was on the way.
    real: PathBuf,
    left: VecDeque<OsString>,
    links: usize,
}

impl Walk {
    /// A walk along this path. A relative one begins in the current folder, whatever its path is by now.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        if path.as_os_str().is_empty() {
            return Err(Errno::NOENT.into());
        }
        let (start, real) = if path.is_absolute() { ("/", "/".into()) } else { (".", current_dir()?) };
        Ok(Self::from(open(start, FOLDER, Mode::empty())?, real, path))
    }

    /// A walk along this path from an open folder, which has the path `real`.
    pub(crate) fn from(folder: OwnedFd, real: PathBuf, path: &Path) -> Self {
        Walk { folders: vec![folder], real, left: parts(path), links: 0 }
    }

    /// Where the walk has arrived.
    pub(crate) fn here(&self) -> &OwnedFd {
        // There is always one.
        &self.folders[self.folders.len() - 1]
    }

    /// Its path, without links.
    pub(crate) fn real(&self) -> &Path {
        &self.real
    }

    /// The folder at the end, and its path without links.
    pub(crate) fn folder(mut self) -> io::Result<(OwnedFd, PathBuf)> {
        while self.step()? {}
        Ok(self.arrived())
    }

    /// The same, and the folders that are missing are made, for this user alone.
    pub(crate) fn made_folder(mut self) -> io::Result<(OwnedFd, PathBuf)> {
        loop {
            match self.step() {
                Ok(true) => {}
                Ok(false) => return Ok(self.arrived()),
                Err(e) if e.kind() == io::ErrorKind::NotFound => self.make_next(e)?,
                Err(e) => return Err(e),
            }
        }
    }

    /// Goes on until one name is left, which may be anything, and returns it; none if the path ends in a folder by its form, such as `..`.
    pub(crate) fn last_name(&mut self) -> io::Result<Option<OsString>> {
        while self.left.len() > 1 || self.left.front().is_some_and(|name| name == "..") {
            self.step()?;
        }
        Ok(self.left.pop_front())
    }

    /// Goes into the next folder, or on to where the next link leads. False at the end.
    pub(crate) fn step(&mut self) -> io::Result<bool> {
        let Some(name) = self.left.front().cloned() else { return Ok(false) };
        if name == ".." {
            self.go_back()?;
        } else {
            match openat(self.here(), &name, FOLDER, Mode::empty()) {
                Ok(folder) => {
                    self.folders.push(folder);
                    self.real.push(&name);
                }
                Err(Errno::NOTDIR | Errno::LOOP) => return self.step_along_link(&name),
                Err(e) => return Err(e.into()),
            }
        }
        self.left.pop_front();
        Ok(true)
    }

    /// Has the walk go on where this link leads, which was found here under this name.
    pub(crate) fn follow(&mut self, link: &OwnedFd, name: &OsStr) -> io::Result<()> {
        let owner = fstat(link)?.st_uid;
        if !is_trusted(owner) {
            return Err(io::Error::other(ForeignLink { link: self.real.join(name), owner }));
        }
        self.links += 1;
        if self.links > MOST_LINKS {
            return Err(Errno::LOOP.into());
        }
        let target = readlinkat(link, "", vec![])?;
        let target = Path::new(OsStr::from_bytes(target.to_bytes()));
        if target.is_absolute() {
            self.folders = vec![open("/", FOLDER, Mode::empty())?];
            self.real = "/".into();
        }
        for part in parts(target).into_iter().rev() {
            self.left.push_front(part);
        }
        Ok(())
    }

    fn step_along_link(&mut self, name: &OsStr) -> io::Result<bool> {
        let link = openat(self.here(), name, ANYTHING, Mode::empty())?;
        if FileType::from_raw_mode(fstat(&link)?.st_mode) != FileType::Symlink {
            return Err(Errno::NOTDIR.into());
        }
        self.left.pop_front();
        self.follow(&link, name)?;
        Ok(true)
    }

    fn go_back(&mut self) -> io::Result<()> {
        if self.folders.len() > 1 {
            self.folders.pop();
        } else {
            // Above where the walk has begun.
            self.folders = vec![openat(self.here(), "..", FOLDER, Mode::empty())?];
        }
        self.real.pop();
        Ok(())
    }

    fn make_next(&self, missing: io::Error) -> io::Result<()> {
        let name = self.left.front().filter(|name| *name != "..").ok_or(missing)?;
        match mkdirat(self.here(), name, ENTERED_BY_USER) {
            // Somebody else was first: what that is, is seen when it is entered.
            Err(Errno::EXIST) => Ok(()),
            made => Ok(made?),
        }
    }

    fn arrived(mut self) -> (OwnedFd, PathBuf) {
        // There is always one.
        (self.folders.swap_remove(self.folders.len() - 1), self.real)
    }
}

/// The folder that this file is in, and the file's name; none if the path has none, such as `/`.
pub(crate) fn beside(path: &Path) -> Option<(&Path, &OsStr)> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    Some((folder.unwrap_or(Path::new(".")), path.file_name()?))
}

fn parts(path: &Path) -> VecDeque<OsString> {
    let is_named = |part: &Component| matches!(part, Component::Normal(_) | Component::ParentDir);
    path.components().filter(is_named).map(|part| part.as_os_str().to_owned()).collect()
}

#[cfg(test)]
mod tests;
