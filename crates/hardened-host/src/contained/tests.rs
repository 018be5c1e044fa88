use super::*;
use rustix::fs::mknodat;
use std::{
    fs,
    io::Read,
    os::unix::{
        fs::{PermissionsExt, symlink},
        net::UnixListener,
    },
};
use tempfile::TempDir;

/// `outside/secret` and `package/` with `a/file` (executable), `a/b/deep` and an empty folder.
fn laid_out() -> (TempDir, PathBuf) {
    let base = tempfile::tempdir().unwrap();
    let package = base.path().canonicalize().unwrap().join("package");
    fs::create_dir_all(package.join("a/b")).unwrap();
    fs::create_dir_all(package.join("empty")).unwrap();
    fs::create_dir(base.path().join("outside")).unwrap();
    fs::write(base.path().join("outside/secret"), "secret").unwrap();
    fs::write(package.join("a/file"), "text").unwrap();
    fs::write(package.join("a/b/deep"), "deep").unwrap();
    fs::set_permissions(package.join("a/file"), fs::Permissions::from_mode(0o755)).unwrap();
    (base, package)
}

fn fault(package: &Path, path: &str) -> ContainedFault {
    ContainedFolder::open(package).unwrap().find(Path::new(path)).unwrap_err().what
}

fn text(package: &Path, path: &str) -> String {
    match ContainedFolder::open(package).unwrap().find(Path::new(path)).unwrap() {
        Contained::File(mut found) => {
            let mut text = String::new();
            found.file.read_to_string(&mut text).unwrap();
            assert_eq!(text.len() as u64, found.size);
            text
        }
        Contained::Folder => "folder".into(),
    }
}

fn walked(package: &Path, path: &str) -> Result<Vec<String>, ContainedError> {
    let mut all = vec![];
    ContainedFolder::open(package).unwrap().walk(Path::new(path), &mut |path, found| {
        let what = match found {
            Contained::Folder => "/",
            Contained::File(file) if file.is_executable => "*",
            Contained::File(_) => "",
        };
        all.push(format!("{}{what}", path.display()));
        Ok::<_, ContainedError>(())
    })?;
    Ok(all)
}

#[test]
fn files_and_folders_are_visited_in_order_with_their_executable_bit() {
    let (_base, package) = laid_out();
    assert_eq!(walked(&package, "a/file").unwrap(), ["*"]);
    assert_eq!(walked(&package, "").unwrap(), ["/", "a/", "a/b/", "a/b/deep", "a/file*", "empty/"]);
}

#[test]
fn links_that_stay_within_are_followed_relative_or_absolute() {
    let (_base, package) = laid_out();
    symlink("../a/../a/b", package.join("empty/relative")).unwrap();
    symlink(package.join("a/file"), package.join("absolute")).unwrap();
    assert_eq!(text(&package, "empty/relative/deep"), "deep");
    assert_eq!(text(&package, "absolute"), "text");
    assert_eq!(text(&package, "empty/relative"), "folder");
    assert_eq!(walked(&package, "empty").unwrap(), ["/", "relative/", "relative/deep"]);
}

#[test]
fn nothing_leads_out_by_a_link_of_the_file_of_a_folder_or_deep_within() {
    let (base, package) = laid_out();
    symlink("../outside/secret", package.join("file")).unwrap();
    symlink(base.path().join("outside"), package.join("folder")).unwrap();
    symlink("../../../outside/secret", package.join("a/b/link")).unwrap();
    symlink("../package/a", package.join("out_and_in")).unwrap();
    for path in
        ["file", "folder", "folder/secret", "a/b/link", "../outside/secret", "out_and_in", "/etc/passwd"]
    {
        assert_eq!(fault(&package, path), ContainedFault::LeadsOut, "{path}");
    }
    let error = walked(&package, "a").unwrap_err();
    assert_eq!(error.to_string(), "a/b/link leads out of its folder");
}

#[test]
fn a_folder_that_only_begins_like_this_one_is_outside() {
    let (base, package) = laid_out();
    fs::create_dir(base.path().join("package2")).unwrap();
    symlink(package.with_file_name("package2"), package.join("link")).unwrap();
    assert_eq!(fault(&package, "link"), ContainedFault::LeadsOut);
}

#[test]
fn links_that_lead_back_are_found_and_never_followed_for_ever() {
    let (_base, package) = laid_out();
    symlink("self", package.join("self")).unwrap();
    assert_eq!(fault(&package, "self"), ContainedFault::Loop);
    symlink("..", package.join("a/b/up")).unwrap();
    assert_eq!(walked(&package, "a").unwrap_err().what, ContainedFault::Loop);
    symlink("../..", package.join("a/b/top")).unwrap();
    assert_eq!(walked(&package, "a/b/top").unwrap_err().what, ContainedFault::Loop);
}

#[test]
fn pipes_sockets_and_devices_are_named_and_not_opened() {
    let (_base, package) = laid_out();
    mknodat(CWD, package.join("pipe"), FileType::Fifo, Mode::RUSR, 0).unwrap();
    let _socket = UnixListener::bind(package.join("a/socket")).unwrap();
    assert_eq!(fault(&package, "pipe"), ContainedFault::Special("a pipe"));
    assert_eq!(
        walked(&package, "a").unwrap_err().to_string(),
        "a/socket is a socket, neither a file nor a folder"
    );
    assert_eq!(fault(&package, "missing"), ContainedFault::Missing);
    assert!(matches!(fault(&package, "a/file/x"), ContainedFault::System(_)));
}

#[test]
fn a_tree_of_links_that_multiply_has_an_end() {
    let (_base, package) = laid_out();
    for level in 0..30 {
        let folder = package.join(format!("l{level}"));
        fs::create_dir(&folder).unwrap();
        for link in ["x", "y", "z"] {
            symlink(format!("../l{}", level + 1), folder.join(link)).unwrap();
        }
    }
    fs::create_dir(package.join("l30")).unwrap();
    assert_eq!(walked(&package, "l0").unwrap_err().what, ContainedFault::TooMuch);
}
