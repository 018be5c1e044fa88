//! Reads below a folder and nowhere else, whatever the links in it say and whoever changes it meanwhile.
//!
//! A path is followed one name at a time, from one open folder to the next, and `..` goes back to the folder that it came from. So neither a
//! link nor a folder that is moved meanwhile leads out. `openat2` would do the same, but is missing before Linux 5.6 and in old containers, and
//! refuses absolute links that lead back in.
use crate::{SystemFault, walk::MOST_LINKS};
use rustix::{
    fs::{CWD, Dir, FileType, Mode, OFlags, Stat, fstat, openat, readlinkat},
    io::Errno,
};
use std::{
    collections::VecDeque,
    ffi::{OsStr, OsString},
    fs::File,
    io,
    os::{fd::OwnedFd, unix::ffi::OsStrExt},
    path::{Component, Path, PathBuf},
    rc::Rc,
};

/// A folder below which to read.
#[derive(Debug)]
pub struct ContainedFolder {
    top: Rc<OwnedFd>,
    /// Its path without links; absolute links into it are recognised by it.
    real: PathBuf,
}

/// What was found below a [`ContainedFolder`].
#[derive(Debug)]
pub enum Contained {
    /// A folder.
    Folder,
    /// A regular file.
    File(ContainedFile),
}

/// A regular file, open for reading.
#[derive(Debug)]
pub struct ContainedFile {
    /// At its beginning.
    pub file: File,
    /// In bytes, when it was opened.
    pub size: u64,
    /// Whether its owner may execute it.
    pub is_executable: bool,
}

/// Why something below a [`ContainedFolder`] can't be read. `Display` is a clause that begins with the path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} {what}", path.display())]
pub struct ContainedError {
    /// From the folder.
    pub path: PathBuf,
    /// What is wrong with it.
    pub what: ContainedFault,
}

/// What is wrong with a path below a [`ContainedFolder`]. `Display` continues a sentence about the path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContainedFault {
    /// Nothing is there.
    #[error("does not exist")]
    Missing,
    /// It is, or is behind, a link to somewhere else.
    #[error("leads out of its folder")]
    LeadsOut,
    /// Links lead to each other, or to a folder that they are in.
    #[error("is a link that leads back to itself or to a folder that it is in")]
    Loop,
    /// It is neither a file nor a folder.
    #[error("is {0}, neither a file nor a folder")]
    Special(&'static str),
    /// More than [`ContainedFolder::MOST_ENTRIES`] entries, or deeper than [`ContainedFolder::DEEPEST`].
    #[error(
        "holds too much: more than {} entries, or folders nested more than {} deep",
        ContainedFolder::MOST_ENTRIES,
        ContainedFolder::DEEPEST
    )]
    TooMuch,
    /// The system can't read it.
    #[error("can't be read: {}", .0.cause())]
    System(SystemFault),
}

/// The open folders from the top down to one.
type Way = Vec<Rc<OwnedFd>>;

enum Reached {
    Folder(Way),
    File(ContainedFile),
}

impl ContainedFolder {
    /// A walk visits at most so many files and folders.
    pub const MOST_ENTRIES: usize = 50_000;
    /// A walk goes at most so many folders deep.
    pub const DEEPEST: usize = 64;

    /// The folder at this path, to which links may lead.
    pub fn open(path: &Path) -> io::Result<Self> {
        let real = path.canonicalize()?;
        Ok(ContainedFolder { top: Rc::new(open_folder(CWD, &real)?), real })
    }

    /// What this relative path leads to.
    pub fn find(&self, path: &Path) -> Result<Contained, ContainedError> {
        match self.reach(&self.start(), path) {
            Ok(Reached::Folder(_)) => Ok(Contained::Folder),
            Ok(Reached::File(file)) => Ok(Contained::File(file)),
            Err(what) => Err(ContainedError { path: path.to_owned(), what }),
        }
    }

    /// Visits what this relative path leads to, and if it is a folder everything in it, in the order of the names, each folder before its
    /// content. `visit` gets the path from there, which is empty for the first. Links are followed; what they lead to is visited at the link's
    /// path.
    pub fn walk<E: From<ContainedError>>(
        &self,
        path: &Path,
        visit: &mut dyn FnMut(&Path, Contained) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut walk = Walk { folder: self, start: path, visit, entries: 0, within: vec![] };
        walk.visit(&self.start(), path.as_os_str(), Path::new(""))
    }

    fn start(&self) -> Way {
        vec![self.top.clone()]
    }

    fn reach(&self, from: &[Rc<OwnedFd>], path: &Path) -> Result<Reached, ContainedFault> {
        let mut way = from.to_vec();
        let mut left = self.parts(&mut way, path)?;
        let mut links = 0;
        while let Some(part) = left.pop_front() {
            if part == ".." {
                way.pop();
                if way.is_empty() {
                    return Err(ContainedFault::LeadsOut);
                }
                continue;
            }
            let here = way.last().ok_or(ContainedFault::LeadsOut)?;
            let name = openat(here, &part, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
            match FileType::from_raw_mode(fstat(&name)?.st_mode) {
                FileType::Symlink => {
                    links += 1;
                    if links > MOST_LINKS {
                        return Err(ContainedFault::Loop);
                    }
                    let target = readlinkat(&name, "", vec![])?;
                    let target = Path::new(OsStr::from_bytes(target.to_bytes()));
                    let mut parts = self.parts(&mut way, target)?;
                    parts.append(&mut left);
                    left = parts;
                }
                FileType::Directory => way.push(Rc::new(open_folder(&name, Path::new("."))?)),
                FileType::RegularFile if left.is_empty() => {
                    return Ok(Reached::File(open_file(here, &part)?));
                }
                FileType::RegularFile => return Err(Errno::NOTDIR.into()),
                other => return Err(ContainedFault::Special(named(other))),
            }
        }
        Ok(Reached::Folder(way))
    }

    /// The parts of a path. If it is absolute and leads into this folder, the way starts anew at the top.
    fn parts(&self, way: &mut Way, path: &Path) -> Result<VecDeque<OsString>, ContainedFault> {
        let path = if path.is_absolute() {
            way.truncate(1);
            path.strip_prefix(&self.real).map_err(|_| ContainedFault::LeadsOut)?
        } else {
            path
        };
        let is_named = |part: &Component| matches!(part, Component::Normal(_) | Component::ParentDir);
        Ok(path.components().filter(is_named).map(|part| part.as_os_str().to_owned()).collect())
    }
}

struct Walk<'a, E> {
    folder: &'a ContainedFolder,
    start: &'a Path,
    visit: &'a mut dyn FnMut(&Path, Contained) -> Result<(), E>,
    entries: usize,
    /// The folders being visited, by device and inode.
    within: Vec<(u64, u64)>,
}

impl<E: From<ContainedError>> Walk<'_, E> {
    /// Visits the entry of this name in the folder at the end of the way.
    fn visit(&mut self, way: &[Rc<OwnedFd>], name: &OsStr, path: &Path) -> Result<(), E> {
        let start = self.start;
        // A path joined with nothing would end in a slash.
        let whole = || if path.as_os_str().is_empty() { start.to_owned() } else { start.join(path) };
        let failed = |what| ContainedError { path: whole(), what };
        self.entries += 1;
        if self.entries > ContainedFolder::MOST_ENTRIES || self.within.len() > ContainedFolder::DEEPEST {
            return Err(failed(ContainedFault::TooMuch).into());
        }
        let way = match self.folder.reach(way, Path::new(name)).map_err(failed)? {
            Reached::File(file) => return (self.visit)(path, Contained::File(file)),
            Reached::Folder(way) => way,
        };
        let Some(here) = way.last() else { return Ok(()) };
        let found = fstat(here).map_err(|e| failed(e.into()))?;
        let identity = (found.st_dev, found.st_ino);
        if self.within.contains(&identity) {
            return Err(failed(ContainedFault::Loop).into());
        }
        (self.visit)(path, Contained::Folder)?;
        self.within.push(identity);
        for name in names(here).map_err(|e| failed(e.into()))? {
            self.visit(&way, &name, &path.join(&name))?;
        }
        self.within.pop();
        Ok(())
    }
}

impl From<Errno> for ContainedFault {
    fn from(e: Errno) -> Self {
        match e {
            Errno::NOENT => ContainedFault::Missing,
            other => ContainedFault::System(SystemFault::of(&other.into())),
        }
    }
}

fn open_folder(at: impl std::os::fd::AsFd, path: &Path) -> rustix::io::Result<OwnedFd> {
    openat(at, path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())
}

/// Opens a file that was regular a moment ago, and checks that it still is.
fn open_file(folder: &OwnedFd, name: &OsStr) -> Result<ContainedFile, ContainedFault> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = openat(folder, name, flags, Mode::empty())?;
    let found: Stat = fstat(&file)?;
    match FileType::from_raw_mode(found.st_mode) {
        FileType::RegularFile => Ok(ContainedFile {
            file: file.into(),
            size: u64::try_from(found.st_size).unwrap_or_default(),
            is_executable: found.st_mode & 0o100 != 0,
        }),
        other => Err(ContainedFault::Special(named(other))),
    }
}

/// The names in a folder, in order.
fn names(folder: &OwnedFd) -> rustix::io::Result<Vec<OsString>> {
    let mut all = vec![];
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if name != b"." && name != b".." {
            all.push(OsStr::from_bytes(name).to_owned());
        }
    }
    all.sort();
    Ok(all)
}

fn named(other: FileType) -> &'static str {
    match other {
        FileType::CharacterDevice | FileType::BlockDevice => "a device",
        FileType::Fifo => "a pipe",
        FileType::Socket => "a socket",
        _ => "something unknown",
    }
}

#[cfg(test)]
mod tests;
