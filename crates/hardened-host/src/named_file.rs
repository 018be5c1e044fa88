//! Reads a file that the user named in an option or a variable, or refuses it at once.
//!
//! The name may lead to anything. A pipe would block beyond every deadline, a device would fill the memory, and merely
//! opening a watchdog or a tape drive has effects. So the file is checked before it is opened, opened without blocking and
//! without becoming our terminal, and checked again, since another user may have replaced it meanwhile. A
//! symbolic link is followed if this user or root made it: the user meant its target. Whoever else made it could lead us anywhere.
use crate::{
    followed::{ForeignLink, MOST_LINKS, beside_followed},
    trusted_users::is_trusted,
};
use rustix::{
    fs::{FileType, Mode, OFlags, RawMode, Stat, fstat, open, readlinkat},
    io::Errno,
};
use std::{
    ffi::OsStr,
    fs::File,
    io::{self, Read},
    os::{fd::OwnedFd, unix::ffi::OsStrExt},
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
    read(path, limit, |_| Ok(()))
}

/// The same for a file that this program has written itself: it must belong to this user or to root.
pub fn read_own_file(path: &Path, limit: u64) -> Result<Vec<u8>, NamedFileError> {
    read(path, limit, |found| {
        if is_trusted(found.st_uid) { Ok(()) } else { Err(NamedFileError::Foreign { owner: found.st_uid }) }
    })
}

/// The regular file at `path`, open for reading, whoever owns it: for one that need not fit into memory. Never waits for another
/// process.
pub fn open_named_file(path: &Path) -> Result<File, NamedFileError> {
    let file = open_followed(path)?;
    check(fstat(&file).map_err(unreadable)?.st_mode)?;
    Ok(File::from(file))
}

fn read(
    path: &Path,
    limit: u64,
    check_owner: impl Fn(&Stat) -> Result<(), NamedFileError>,
) -> Result<Vec<u8>, NamedFileError> {
    let file = open_named_file(path)?;
    let found = fstat(&file).map_err(unreadable)?;
    check_owner(&found)?;
    let size = u64::try_from(found.st_size).unwrap_or_default();
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

/// Opens what the path leads to. A link is checked and read through one descriptor, so nobody can exchange it in between.
fn open_followed(path: &Path) -> Result<OwnedFd, NamedFileError> {
    let mut path = path.to_owned();
    for _ in 0..=MOST_LINKS {
        path = beside_followed(&path).map_err(not_followed)?;
        let name = open(&path, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty());
        let name = name.map_err(unreadable)?;
        let found = fstat(&name).map_err(unreadable)?;
        if FileType::from_raw_mode(found.st_mode) == FileType::Symlink {
            if !is_trusted(found.st_uid) {
                return Err(NamedFileError::ForeignLink { owner: found.st_uid });
            }
            let target = readlinkat(&name, "", vec![]).map_err(unreadable)?;
            path = beside(&path, OsStr::from_bytes(target.to_bytes()));
            continue;
        }
        check(found.st_mode)?;
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NOFOLLOW;
        return open(&path, flags, Mode::empty()).map_err(unreadable);
    }
    Err(unreadable(Errno::LOOP))
}

/// Where the target of this link is.
fn beside(link: &Path, target: &OsStr) -> PathBuf {
    link.parent().unwrap_or(Path::new("/")).join(target)
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

fn not_followed(e: io::Error) -> NamedFileError {
    match e.get_ref().and_then(|inner| inner.downcast_ref::<ForeignLink>()) {
        Some(ForeignLink { link, owner }) => {
            NamedFileError::BehindForeignLink { link: link.clone(), owner: *owner }
        }
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
