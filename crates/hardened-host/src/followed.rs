//! Follows the symbolic links on the way to a folder that this user or root made: the user meant their targets. Whoever else made one could lead
//! us into a folder that only we may enter.
use crate::trusted_users::is_trusted;
use std::{
    collections::VecDeque,
    ffi::OsString,
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Component, Path, PathBuf, absolute},
};

/// As many symbolic links as the kernel follows.
pub(crate) const MOST_LINKS: usize = 40;

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

/// Where this path leads, without links. What does not exist, and whatever is below it, stays as it is given.
pub(crate) fn followed(path: &Path) -> io::Result<PathBuf> {
    let mut real = PathBuf::from("/");
    let mut left = parts(&absolute(path)?);
    let mut links = 0;
    while let Some(part) = left.pop_front() {
        if part == ".." {
            real.pop();
            continue;
        }
        real.push(&part);
        let found = match real.symlink_metadata() {
            Ok(found) => found,
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                real.extend(left);
                break;
            }
            Err(e) => return Err(e),
        };
        if !found.is_symlink() {
            continue;
        }
        if !is_trusted(found.uid()) {
            return Err(io::Error::other(ForeignLink { link: real, owner: found.uid() }));
        }
        links += 1;
        if links > MOST_LINKS {
            return Err(rustix::io::Errno::LOOP.into());
        }
        let target = fs::read_link(&real)?;
        if target.is_absolute() {
            real = PathBuf::from("/");
        } else {
            real.pop();
        }
        for part in parts(&target).into_iter().rev() {
            left.push_front(part);
        }
    }
    Ok(real)
}

/// The same for a file, of which only the folder counts.
pub(crate) fn beside_followed(path: &Path) -> io::Result<PathBuf> {
    match (path.parent(), path.file_name()) {
        (Some(folder), Some(name)) => Ok(followed(&Path::new(".").join(folder))?.join(name)),
        _ => Ok(path.to_owned()),
    }
}

fn parts(path: &Path) -> VecDeque<OsString> {
    let is_named = |part: &Component| matches!(part, Component::Normal(_) | Component::ParentDir);
    path.components().filter(is_named).map(|part| part.as_os_str().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{lock_folder, make_folders, named_folder, read_named_file, read_own_file, replace_file};
    use std::{
        os::unix::fs::{lchown, symlink},
        time::Duration,
    };

    #[test]
    fn links_of_ours_lead_where_the_system_would_go() {
        let base = tempfile::tempdir().unwrap();
        let at = |name: &str| base.path().join(name);
        fs::create_dir_all(at("a/b")).unwrap();
        symlink("a/b", at("relative")).unwrap();
        symlink(at("relative"), at("a/absolute")).unwrap();
        symlink("loop", at("loop")).unwrap();
        for name in ["a/b", "relative", "a/absolute", "a/absolute/../b", "relative/../../a/./b/"] {
            assert_eq!(followed(&at(name)).unwrap(), at(name).canonicalize().unwrap(), "{name}");
        }
        let real = base.path().canonicalize().unwrap();
        assert_eq!(followed(&at("relative/new/../x")).unwrap(), real.join("a/b/new/../x"));
        assert_eq!(beside_followed(&at("relative/file")).unwrap(), real.join("a/b/file"));
        assert!(followed(&at("loop")).is_err());
        assert_eq!(
            beside_followed(Path::new("file")).unwrap(),
            std::env::current_dir().unwrap().join("file")
        );
    }

    #[test]
    fn a_folder_behind_a_link_of_another_user_is_neither_read_nor_written_nor_made() {
        let base = tempfile::tempdir().unwrap();
        let at = |name: &str| base.path().join(name);
        fs::create_dir(at("private")).unwrap();
        fs::write(at("private/file"), "mine").unwrap();
        symlink("private", at("planted")).unwrap();
        symlink("planted", at("ours")).unwrap();
        if lchown(at("planted"), Some(4711), None).is_err() {
            return; // only root can give a link to another user
        }
        for way in ["planted", "ours", "private/../ours"] {
            let (folder, file) = (at(way), at(way).join("file"));
            let errors = [
                make_folders(&folder).unwrap_err(),
                make_folders(&folder.join("new")).unwrap_err(),
                lock_folder(&folder, Duration::ZERO).unwrap_err(),
                replace_file(&file, b"new", 0o600).unwrap_err(),
                read_named_file(&file, 10).unwrap_err().into(),
                read_own_file(&file, 10).unwrap_err().into(),
                read_own_file(&folder.join("missing"), 10).unwrap_err().into(),
                named_folder(&folder.join("new")).unwrap_err().into(),
            ];
            for error in errors {
                let text = error.to_string();
                assert!(text.contains("planted, a symbolic link of user 4711"), "{way}: {text}");
            }
        }
        assert_eq!(fs::read_dir(at("private")).unwrap().count(), 1);
        assert_eq!(fs::read_to_string(at("private/file")).unwrap(), "mine");
        lchown(at("planted"), Some(0), None).unwrap();
        make_folders(&at("ours/new")).unwrap();
        replace_file(&at("ours/file"), b"new", 0o600).unwrap();
        assert_eq!(read_own_file(&at("ours/file"), 10).unwrap(), b"new");
    }
}
