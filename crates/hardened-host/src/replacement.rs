//! Replaces a file that the user named in one step: whoever reads it sees the old content or the new, never a part.
use crate::{
    followed::beside_followed,
    private::{PrivateError, RANDOM, create_file, under_a_fresh_name},
};
use std::{
    fs::{self, File, Permissions},
    io::{self, Write},
    os::unix::fs::{MetadataExt, PermissionsExt, fchown},
    path::{Path, PathBuf},
};

/// Makes `content` the content of the file at `path`, with this mode, whatever the umask; creates it if it does not exist.
///
/// What has the name is replaced, not written to: a symbolic link, or another name of the same file, leads nobody elsewhere, and a
/// reader who has the old file open keeps it. The new file belongs to this user; root leaves it to the owner of the old one, unless
/// somebody else may have put that there. A folder is not replaced, nor a file behind a link of another user. On an error, what was there is unchanged.
pub fn replace_file(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let path = &*beside_followed(path)?;
    let (fresh, mut file) = create_beside(path)?;
    let written = file
        .write_all(content)
        .and_then(|()| keep_owner(&file, path))
        .and_then(|()| file.set_permissions(Permissions::from_mode(mode)))
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&fresh, path));
    written.inspect_err(|_| {
        // The name is ours, and the file is of no use.
        let _ = fs::remove_file(&fresh);
    })
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

/// Creates a file beside this one, under a unique name, to replace it atomically later.
fn create_beside(path: &Path) -> Result<(PathBuf, File), PrivateError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    under_a_fresh_name(path.parent().unwrap_or(Path::new("/")), &format!(".{name}."), create_file)
}

/// The name of the file beside which [`create_beside`] has given this name.
fn replaced(name: &str) -> Option<&str> {
    let (before, random) = name.strip_prefix('.')?.rsplit_once('.')?;
    let is_random = random.len() == RANDOM && random.bytes().all(|c| c.is_ascii_alphanumeric());
    (is_random && !before.is_empty()).then_some(before)
}

fn keep_owner(file: &File, path: &Path) -> io::Result<()> {
    const WRITTEN_BY_OTHERS: u32 = 0o022;
    let Ok(before) = path.symlink_metadata() else { return Ok(()) };
    // The folder of a bare name is an empty path.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = folder.metadata()?;
    let is_put_there_by_owner = folder.uid() == before.uid() || folder.mode() & WRITTEN_BY_OTHERS == 0;
    if file.metadata()?.uid() == 0 && before.is_file() && before.uid() != 0 && is_put_there_by_owner {
        fchown(file, Some(before.uid()), Some(before.gid()))?;
    }
    Ok(())
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
        let [one, other] = [(); 2].map(|()| create_beside(&base.path().join("a.yaml")).unwrap().0);
        assert_ne!(one, other);
        assert_eq!(read(&one).1, 0o600);
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
        let (left, _) = create_beside(&at("file.img")).unwrap();
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
