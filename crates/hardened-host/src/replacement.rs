//! Replaces a file that the user named in one step: whoever reads it sees the old content or the new, never a part.
use crate::{
    OpenFolder,
    private::{RANDOM, under_a_fresh_name},
    private_error::PrivateError,
};
use rustix::fs::{AtFlags, FileType, fstat, renameat, statat};
use std::{
    ffi::{OsStr, OsString},
    fs::{self, File, Permissions},
    io::{self, Write},
    os::unix::fs::{MetadataExt, PermissionsExt, fchown},
    path::{Path, PathBuf},
};

/// Makes `content` the content of the file at `path`, which is not behind a link of another user; see [`OpenFolder::replace`].
pub fn replace_file(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let (folder, name) = OpenFolder::of(path)?;
    folder.replace(name, content, mode)
}

impl OpenFolder {
    /// Makes `content` the content of the file of this name, with this mode, whatever the umask; creates it if it does not exist.
    ///
    /// What has the name is replaced, not written to: a symbolic link, or another name of the same file, leads nobody elsewhere, and a
    /// reader who has the old file open keeps it. The new file belongs to this user; root leaves it to the owner of the old one, unless
    /// somebody else may have put that there. A folder is not replaced. On an error, what was there is unchanged.
    pub fn replace(&self, name: &OsStr, content: &[u8], mode: u32) -> io::Result<()> {
        let (fresh, mut file) = self.create_beside(name)?;
        let written = file
            .write_all(content)
            .and_then(|()| self.keep_owner(&file, name))
            .and_then(|()| file.set_permissions(Permissions::from_mode(mode)))
            .and_then(|()| file.sync_all())
            .and_then(|()| Ok(renameat(&self.folder, &fresh, &self.folder, name)?));
        written.inspect_err(|_| {
            // The name is ours, and the file is of no use.
            let _ = self.remove(&fresh);
        })
    }

    /// Creates a file beside the one of this name, under a unique name, to replace it atomically later.
    fn create_beside(&self, name: &OsStr) -> Result<(OsString, File), PrivateError> {
        let prefix = format!(".{}.", name.to_string_lossy());
        let create = |path: &Path| self.create(path.file_name().unwrap_or_default());
        let (path, file) = under_a_fresh_name(self.path(), &prefix, create)?;
        Ok((path.file_name().unwrap_or_default().to_owned(), file))
    }

    fn keep_owner(&self, file: &File, name: &OsStr) -> io::Result<()> {
        const WRITTEN_BY_OTHERS: u32 = 0o022;
        let Ok(before) = statat(&self.folder, name, AtFlags::SYMLINK_NOFOLLOW) else { return Ok(()) };
        let folder = fstat(&self.folder)?;
        let is_put_there_by_owner = folder.st_uid == before.st_uid || folder.st_mode & WRITTEN_BY_OTHERS == 0;
        let is_file = FileType::from_raw_mode(before.st_mode) == FileType::RegularFile;
        if file.metadata()?.uid() == 0 && is_file && before.st_uid != 0 && is_put_there_by_owner {
            fchown(file, Some(before.st_uid), Some(before.st_gid))?;
        }
        Ok(())
    }
}

/// What processes have left in this folder that were killed while they replaced a file: the name of that file, and the path of what is left. A
/// process that replaces a file right now has such a file there, too.
pub fn unfinished(folder: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let entries = match fs::read_dir(folder) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
        entries => entries?,
    };
    let found = |entry: fs::DirEntry| Some((replaced(entry.file_name().to_str()?)?.to_owned(), entry.path()));
    Ok(entries.flatten().filter_map(found).collect())
}

/// The name of the file beside which [`OpenFolder::create_beside`] has given this name.
fn replaced(name: &str) -> Option<&str> {
    let (before, random) = name.strip_prefix('.')?.rsplit_once('.')?;
    let is_random = random.len() == RANDOM && random.bytes().all(|c| c.is_ascii_alphanumeric());
    (is_random && !before.is_empty()).then_some(before)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn read(path: &Path) -> (String, u32) {
        let mode = path.symlink_metadata().unwrap().permissions().mode() & 0o7777;
        (fs::read_to_string(path).unwrap(), mode)
    }

    fn names(folder: &Path) -> usize {
        fs::read_dir(folder).unwrap().count()
    }

    #[test]
    fn a_new_file_and_a_replaced_one_have_the_content_and_the_mode() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        for (content, mode) in [("first", 0o600), ("second", 0o644), ("", 0o640)] {
            replace_file(&path, content.as_bytes(), mode).unwrap();
            assert_eq!(read(&path), (content.into(), mode));
            assert_eq!(names(folder.path()), 1);
        }
    }

    #[test]
    fn what_replaces_a_file_gets_a_name_of_its_own_each_time() {
        let base = tempfile::tempdir().unwrap();
        let folder = OpenFolder::at(base.path()).unwrap();
        let [one, other] = [(); 2].map(|()| folder.create_beside(OsStr::new("a.yaml")).unwrap().0);
        assert_ne!(one, other);
        assert_eq!(read(&base.path().join(one)).1, 0o600);
    }

    #[test]
    fn what_a_killed_process_has_left_is_found_by_the_name_of_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in [
            "file",
            ".file",
            ".file.short",
            "file.abcdefghijklmnop",
            "..abcdefghijklmnop",
            ".file.abcdefgh-jklmnop",
        ] {
            fs::write(at(name), "").unwrap();
        }
        let (left, _) = OpenFolder::at(folder.path()).unwrap().create_beside(OsStr::new("file.img")).unwrap();
        let left = folder.path().join(left);
        assert_eq!(unfinished(folder.path()).unwrap(), [("file.img".into(), left)]);
        assert!(unfinished(&at("missing")).unwrap().is_empty());
    }

    #[test]
    fn what_other_names_lead_to_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("target"), "kept").unwrap();
        symlink("target", at("link")).unwrap();
        fs::hard_link(at("target"), at("other name")).unwrap();
        for name in ["link", "other name"] {
            replace_file(&at(name), b"new", 0o600).unwrap();
            assert_eq!(read(&at(name)), ("new".into(), 0o600));
        }
        assert_eq!(read(&at("target")).0, "kept");
    }

    #[test]
    fn a_file_is_replaced_in_the_folder_that_was_opened_whatever_has_its_name_now() {
        let base = tempfile::tempdir().unwrap();
        let at = |name: &str| base.path().join(name);
        for name in ["shared", "private"] {
            fs::create_dir(at(name)).unwrap();
            fs::write(at(name).join("report"), name).unwrap();
        }
        let folder = OpenFolder::at(&at("shared")).unwrap();
        fs::rename(at("shared"), at("away")).unwrap();
        fs::rename(at("private"), at("shared")).unwrap();
        folder.replace(OsStr::new("report"), b"new", 0o600).unwrap();
        assert_eq!(read(&at("away/report")).0, "new");
        assert_eq!(read(&at("shared/report")).0, "private");
        folder.remove(OsStr::new("report")).unwrap();
        assert_eq!((names(&at("away")), names(&at("shared"))), (0, 1));
    }

    #[test]
    fn after_an_error_there_is_what_there_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("folder");
        fs::create_dir_all(path.join("full")).unwrap();
        replace_file(&path, b"new", 0o600).unwrap_err();
        assert!(path.is_dir());
        assert_eq!(names(folder.path()), 1);
        replace_file(&folder.path().join("missing/file"), b"new", 0o600).unwrap_err();
    }

    #[test]
    fn root_leaves_a_file_to_its_owner_where_nobody_else_can_have_put_it() {
        for (mode, is_kept) in [(0o755, true), (0o1777, false)] {
            let folder = tempfile::tempdir().unwrap();
            fs::set_permissions(folder.path(), Permissions::from_mode(mode)).unwrap();
            let path = folder.path().join("file");
            fs::write(&path, "old").unwrap();
            let ours = path.metadata().unwrap().uid();
            if ours == 0 {
                std::os::unix::fs::chown(&path, Some(4711), Some(4712)).unwrap();
            }
            replace_file(&path, b"new", 0o600).unwrap();
            let found = path.metadata().unwrap();
            let owner = if ours == 0 && is_kept { 4711 } else { ours };
            assert_eq!((found.uid(), found.mode() & 0o7777), (owner, 0o600));
        }
    }
}
