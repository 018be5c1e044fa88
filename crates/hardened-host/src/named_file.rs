//! Reads a file that the user named in an option or a variable, or refuses it at once.
//!
//! The name may lead to anything. A pipe would block beyond every deadline, a device would fill the memory, and merely
//! opening a watchdog or a tape drive has effects. So the file is checked before it is opened, opened without blocking and
//! without becoming our terminal, and checked again, since another user may have replaced it meanwhile. A
//! symbolic link is followed if this user or root made it: the user meant its target. Whoever else made it could lead us anywhere.
use crate::{
    OpenFolder,
    trusted_users::is_trusted,
    walk::{ForeignLink, Walk},
};
use rustix::{
    fs::{FileType, Mode, OFlags, RawMode, Stat, fstat, openat},
    io::Errno,
};
use std::{
    ffi::OsStr,
    fs::File,
    io::{self, Read},
    os::fd::OwnedFd,
    path::{Path, PathBuf},
};

/// Why a file named by the user was not read. `Display` is a clause about the file: "it is a directory".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NamedFileError {
    /// It is not a regular file.
    #[error("it is {what}, not a file")]
    NotAFile {
        /// With its article: `a directory`, `a device`, `a pipe`, `a socket`.
        what: &'static str,
    },
    /// It is larger than its purpose needs.
    #[error("it is larger than {}", size(*limit))]
    TooLarge {
        /// The limit, in bytes.
        limit: u64,
    },
    /// It is a symbolic link, or leads to one, that another user made.
    #[error("it is a symbolic link of user {owner}, and links of others are not followed")]
    ForeignLink {
        /// Who made the link.
        owner: u32,
    },
    /// Its folder is behind a symbolic link that another user made.
    #[error("it is reached through {}, a symbolic link of user {owner}, and links of others are not followed", link.display())]
    BehindForeignLink {
        /// The link.
        link: PathBuf,
        /// Who made it.
        owner: u32,
    },
    /// It belongs to another user, and only a file of our own is wanted.
    #[error("it belongs to user {owner}")]
    Foreign {
        /// Whose it is.
        owner: u32,
    },
    /// The system can't read it, or it doesn't exist.
    #[error("{why}")]
    Unreadable {
        /// The class of the system's error, to distinguish a missing file.
        kind: io::ErrorKind,
        /// The system's message.
        why: String,
    },
}

impl NamedFileError {
    /// Whether the file doesn't exist.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Unreadable { kind: io::ErrorKind::NotFound, .. })
    }
}

/// For callers that handle all file errors alike.
impl From<NamedFileError> for io::Error {
    fn from(e: NamedFileError) -> Self {
        let kind = match &e {
            NamedFileError::NotAFile { .. } => io::ErrorKind::InvalidInput,
            NamedFileError::TooLarge { .. } => io::ErrorKind::FileTooLarge,
            NamedFileError::ForeignLink { .. }
            | NamedFileError::BehindForeignLink { .. }
            | NamedFileError::Foreign { .. } => io::ErrorKind::Other,
            NamedFileError::Unreadable { kind, .. } => *kind,
        };
        Self::new(kind, e)
    }
}

/// The content of the regular file at `path`, of at most `limit` bytes, whoever owns it. Never waits for another process.
pub fn read_named_file(path: &Path, limit: u64) -> Result<Vec<u8>, NamedFileError> {
    read(open_named_file(path)?, limit)
}

/// The same for a file that this program has written itself: it must belong to this user or to root.
pub fn read_own_file(path: &Path, limit: u64) -> Result<Vec<u8>, NamedFileError> {
    read_own(open_named_file(path)?, limit)
}

/// The regular file at `path`, open for reading, whoever owns it: for one that need not fit into memory. Never waits for another
/// process.
pub fn open_named_file(path: &Path) -> Result<File, NamedFileError> {
    open_at_end(Walk::of(path).map_err(io_unreadable)?)
}

/// The same for a file of this name in an open folder.
impl OpenFolder {
    /// As [`read_named_file`].
    pub fn read_named(&self, name: &OsStr, limit: u64) -> Result<Vec<u8>, NamedFileError> {
        read(self.open_named(name)?, limit)
    }

    /// As [`read_own_file`].
    pub fn read_own(&self, name: &OsStr, limit: u64) -> Result<Vec<u8>, NamedFileError> {
        read_own(self.open_named(name)?, limit)
    }

    /// As [`open_named_file`].
    pub fn open_named(&self, name: &OsStr) -> Result<File, NamedFileError> {
        let folder = self.folder.try_clone().map_err(io_unreadable)?;
        open_at_end(Walk::from(folder, self.real().into(), Path::new(name)))
    }
}

fn read_own(file: File, limit: u64) -> Result<Vec<u8>, NamedFileError> {
    let owner = found(&file)?.st_uid;
    if is_trusted(owner) { read(file, limit) } else { Err(NamedFileError::Foreign { owner }) }
}

fn read(file: File, limit: u64) -> Result<Vec<u8>, NamedFileError> {
    let size = u64::try_from(found(&file)?.st_size).unwrap_or_default();
    if size > limit {
        return Err(NamedFileError::TooLarge { limit });
    }
    // Files in /proc report no size, and a file can grow while it is read.
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(io_unreadable)?;
    if bytes.len() as u64 > limit {
        return Err(NamedFileError::TooLarge { limit });
    }
    Ok(bytes)
}

fn found(file: &File) -> Result<Stat, NamedFileError> {
    fstat(file).map_err(unreadable)
}

/// Opens what the walk leads to. A link is checked and read through one descriptor, so nobody can exchange it in between.
fn open_at_end(mut walk: Walk) -> Result<File, NamedFileError> {
    loop {
        let Some(name) = walk.last_name().map_err(|e| refused(e, true))? else {
            return Err(NamedFileError::NotAFile { what: "a directory" });
        };
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let there = openat(walk.here(), &name, flags, Mode::empty()).map_err(unreadable)?;
        let mode = fstat(&there).map_err(unreadable)?.st_mode;
        if FileType::from_raw_mode(mode) == FileType::Symlink {
            walk.follow(&there, &name).map_err(|e| refused(e, false))?;
            continue;
        }
        check(mode)?;
        return open_checked(&walk, &name);
    }
}

fn open_checked(walk: &Walk, name: &OsStr) -> Result<File, NamedFileError> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NOFOLLOW;
    let file: OwnedFd = openat(walk.here(), name, flags, Mode::empty()).map_err(unreadable)?;
    let file = File::from(file);
    check(found(&file)?.st_mode)?;
    Ok(file)
}

fn check(mode: RawMode) -> Result<(), NamedFileError> {
    let what = match FileType::from_raw_mode(mode) {
        FileType::RegularFile => return Ok(()),
        FileType::Directory => "a directory",
        FileType::CharacterDevice | FileType::BlockDevice => "a device",
        FileType::Fifo => "a pipe",
        FileType::Socket => "a socket",
        FileType::Symlink | FileType::Unknown => "something unknown",
    };
    Err(NamedFileError::NotAFile { what })
}

/// An error on the way to the folder of the file, or of a link that has the file's own name.
fn refused(e: io::Error, is_on_the_way: bool) -> NamedFileError {
    match e.get_ref().and_then(|inner| inner.downcast_ref::<ForeignLink>()) {
        Some(ForeignLink { link, owner }) if is_on_the_way => {
            NamedFileError::BehindForeignLink { link: link.clone(), owner: *owner }
        }
        Some(ForeignLink { owner, .. }) => NamedFileError::ForeignLink { owner: *owner },
        None => io_unreadable(e),
    }
}

fn unreadable(e: Errno) -> NamedFileError {
    io_unreadable(e.into())
}

#[allow(clippy::needless_pass_by_value)] // for `map_err`
fn io_unreadable(e: io::Error) -> NamedFileError {
    let words = e.to_string();
    // The number adds nothing to the words.
    let why = words.split(" (os error").next().unwrap_or_default().to_owned();
    NamedFileError::Unreadable { kind: e.kind(), why }
}

/// `1 MiB`, `10 bytes`.
fn size(bytes: u64) -> String {
    const MIB: u64 = 1024 * 1024;
    if bytes >= MIB && bytes.is_multiple_of(MIB) {
        format!("{} MiB", bytes / MIB)
    } else {
        format!("{bytes} bytes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{CWD, mknodat};
    use std::os::unix::{
        fs::{chown, lchown, symlink},
        net::UnixListener,
    };

    fn refused(path: &Path) -> String {
        read_named_file(path, 10).unwrap_err().to_string()
    }

    #[test]
    fn a_file_and_a_link_to_it_are_read_whole_up_to_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        symlink("file", &link).unwrap();
        for text in ["", "0123456789"] {
            std::fs::write(&file, text).unwrap();
            assert_eq!(read_named_file(&file, 10).unwrap(), text.as_bytes());
            assert_eq!(read_named_file(&link, 10).unwrap(), text.as_bytes());
        }
        std::fs::write(&file, "0123456789+").unwrap();
        assert_eq!(refused(&file), "it is larger than 10 bytes");
        assert_eq!(NamedFileError::TooLarge { limit: 2 << 20 }.to_string(), "it is larger than 2 MiB");
    }

    #[test]
    fn a_file_of_any_size_can_be_opened_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "text").unwrap();
        let mut text = String::new();
        open_named_file(&path).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "text");
        assert_eq!(open_named_file(folder.path()).unwrap_err().to_string(), "it is a directory, not a file");
    }

    #[test]
    fn what_is_no_file_is_named_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        mknodat(CWD, at("pipe"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        let _socket = UnixListener::bind(at("socket")).unwrap();
        symlink("/dev/zero", at("link")).unwrap();
        assert_eq!(refused(&at("pipe")), "it is a pipe, not a file");
        assert_eq!(refused(&at("socket")), "it is a socket, not a file");
        assert_eq!(refused(&at("link")), "it is a device, not a file");
        assert_eq!(refused(Path::new("/dev/tty")), "it is a device, not a file");
        assert_eq!(refused(folder.path()), "it is a directory, not a file");
    }

    #[test]
    fn a_file_whose_size_the_kernel_does_not_know_is_bounded_too() {
        assert_eq!(refused(Path::new("/proc/self/status")), "it is larger than 10 bytes");
    }

    #[test]
    fn what_is_not_there_is_told_from_what_cannot_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let missing = read_named_file(&folder.path().join("missing"), 10).unwrap_err();
        assert!(missing.is_not_found(), "{missing:?}");
        assert_eq!(missing.to_string(), "No such file or directory");
        symlink("loop", folder.path().join("loop")).unwrap();
        let lost = read_named_file(&folder.path().join("loop"), 10).unwrap_err();
        assert!(!lost.is_not_found(), "{lost:?}");
    }

    #[test]
    fn a_link_of_another_user_is_not_followed_wherever_it_is_on_the_way() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("file"), "text").unwrap();
        symlink("file", at("planted")).unwrap();
        symlink(at("planted"), at("ours")).unwrap();
        assert_eq!(read_own_file(&at("ours"), 10).unwrap(), b"text");
        if !rustix::process::geteuid().is_root() {
            return; // only root can give a link to another user
        }
        lchown(at("planted"), Some(4711), None).unwrap();
        for name in ["planted", "ours"] {
            for read in [read_named_file, read_own_file] {
                assert_eq!(read(&at(name), 10), Err(NamedFileError::ForeignLink { owner: 4711 }), "{name}");
            }
        }
        assert!(refused(&at("planted")).contains("a symbolic link of user 4711"));
    }

    #[test]
    fn a_file_of_another_user_is_read_only_if_it_need_not_be_ours() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        std::fs::write(&file, "text").unwrap();
        symlink("file", &link).unwrap();
        assert_eq!(read_own_file(&file, 10).unwrap(), b"text");
        if !rustix::process::geteuid().is_root() {
            return; // only root can give a file to another user
        }
        chown(&file, Some(4711), None).unwrap();
        for path in [&file, &link] {
            assert_eq!(read_named_file(path, 10).unwrap(), b"text");
            assert_eq!(read_own_file(path, 10), Err(NamedFileError::Foreign { owner: 4711 }));
        }
    }
}
