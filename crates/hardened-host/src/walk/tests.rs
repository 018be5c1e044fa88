use super::*;
use crate::{
    OpenFolder, lock_folder, make_folders, named_folder, read_named_file, read_own_file, replace_file,
    safe_place,
};
use rustix::fs::{RenameFlags, fstat, renameat_with};
use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, lchown, symlink},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::Duration,
};

fn reached(path: &Path) -> io::Result<(PathBuf, u64)> {
    let mut walk = Walk::of(path)?;
    while walk.step()? {}
    Ok((walk.real().to_owned(), fstat(walk.here())?.st_ino))
}

fn expected(path: &Path) -> (PathBuf, u64) {
    (path.canonicalize().unwrap(), path.metadata().unwrap().ino())
}

#[test]
fn links_of_ours_lead_where_the_system_would_go() {
    let base = tempfile::tempdir().unwrap();
    let at = |name: &str| base.path().join(name);
    fs::create_dir_all(at("a/b")).unwrap();
    symlink("a/b", at("relative")).unwrap();
    symlink(at("relative"), at("a/absolute")).unwrap();
    symlink("loop", at("loop")).unwrap();
    symlink("new", at("dangling")).unwrap();
    fs::write(at("file"), "").unwrap();
    for name in ["a/b", "relative", "a/absolute", "a/absolute/../b", "relative/../../a/./b/"] {
        assert_eq!(reached(&at(name)).unwrap(), expected(&at(name)), "{name}");
    }
    for name in ["..", ".", "./src/../.."] {
        assert_eq!(reached(Path::new(name)).unwrap(), expected(Path::new(name)), "{name}");
    }
    assert_eq!(reached(Path::new("/../..")).unwrap(), expected(Path::new("/")));
    for (name, error) in [
        ("loop", Errno::LOOP),
        ("missing/..", Errno::NOENT),
        ("dangling", Errno::NOENT),
        ("file", Errno::NOTDIR),
        ("file/..", Errno::NOTDIR),
    ] {
        assert_eq!(reached(&at(name)).unwrap_err().raw_os_error(), Some(error.raw_os_error()), "{name}");
    }
    assert!(reached(Path::new("")).is_err());
    make_folders(&at("dangling/x/../y")).unwrap();
    assert!(at("new/x").is_dir() && at("new/y").is_dir());
    assert_eq!(at("new/y").metadata().unwrap().permissions().mode() & 0o777, 0o700);
    assert!(make_folders(&at("file")).is_err() && make_folders(&at("file/x")).is_err());
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
            OpenFolder::at(&folder).unwrap_err(),
            OpenFolder::made(&folder.join("new")).unwrap_err(),
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

/// Runs this while somebody else exchanges `base/open/folder` with a link of his to `base/private`, as fast as he can.
fn while_a_folder_is_exchanged(base: &Path, mut work: impl FnMut(&Path)) {
    let at = |name: &str| base.join(name);
    fs::create_dir_all(at("open/folder")).unwrap();
    fs::create_dir(at("private")).unwrap();
    fs::write(at("private/file"), "mine").unwrap();
    symlink("../private", at("open/link")).unwrap();
    if lchown(at("open/link"), Some(4711), None).is_err() {
        return; // only root can give a link to another user
    }
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let open = open(at("open"), FOLDER, Mode::empty()).unwrap();
            while !is_over.load(Relaxed) {
                renameat_with(&open, "folder", &open, "link", RenameFlags::EXCHANGE).unwrap();
            }
        });
        (0..2000).for_each(|_| work(&at("open/folder")));
        is_over.store(true, Relaxed);
    });
    let names: Vec<_> =
        fs::read_dir(at("private")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["file"]);
    assert_eq!(fs::read_to_string(at("private/file")).unwrap(), "mine");
}

#[test]
fn nobody_can_lead_us_elsewhere_by_exchanging_a_folder_with_a_link_while_we_use_it() {
    let base = tempfile::tempdir().unwrap();
    while_a_folder_is_exchanged(base.path(), |folder| {
        let file = folder.join("file");
        let _ = replace_file(&file, b"theirs", 0o600);
        let _ = make_folders(&folder.join("new"));
        let _ = OpenFolder::at(folder).and_then(|folder| folder.remove(OsStr::new("file")));
        assert_ne!(read_named_file(&file, 10).unwrap_or_default(), b"mine");
        assert_ne!(read_own_file(&file, 10).unwrap_or_default(), b"mine");
    });
}

#[test]
fn a_folder_is_a_safe_place_only_if_each_link_on_the_way_is_in_one() {
    let base = tempfile::tempdir().unwrap();
    let at = |name: &str| base.path().join(name);
    for name in ["open", "closed", "start"] {
        fs::create_dir(at(name)).unwrap();
    }
    symlink(at("closed"), at("open/middle")).unwrap();
    symlink(at("open/middle"), at("start/link")).unwrap();
    assert_eq!(safe_place(&at("start/link")).unwrap(), at("closed").canonicalize().unwrap());
    fs::set_permissions(at("open"), fs::Permissions::from_mode(0o777)).unwrap();
    // Neither `start` nor `closed` is open to others, but the link between them can be exchanged.
    let error = safe_place(&at("start/link")).unwrap_err().to_string();
    assert!(error.contains("open: files there could be replaced"), "{error}");
}
