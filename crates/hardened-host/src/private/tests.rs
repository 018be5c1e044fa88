use super::*;
use crate::{Access, first_own_folder, is_still_at, open_file};
use std::{
    fs::{self, Permissions},
    io::{Read, Write},
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
};

fn mode(path: &Path) -> u32 {
    path.symlink_metadata().unwrap().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_fresh_folder_and_what_is_in_it_are_for_this_user_alone_and_go_with_it() {
    let place = tempfile::tempdir().unwrap();
    let folder = FreshFolder::within(place.path(), "x-").unwrap();
    let file = folder.write("f", b"hush").unwrap();
    folder.make_pipe("p").unwrap();
    let mut pipe = folder.open_pipe("p").unwrap();
    let path = folder.path().to_owned();
    assert_eq!([mode(&path), mode(&file), mode(&path.join("p"))], [0o700, 0o600, 0o600]);
    assert!(folder.write("f", b"again").is_err(), "what is there is not written over");
    File::options().write(true).open(path.join("p")).unwrap().write_all(b"said").unwrap();
    let mut said = String::new();
    pipe.read_to_string(&mut said).unwrap();
    assert_eq!(said, "said");
    drop(folder);
    assert!(!path.exists());
}

#[test]
fn an_own_folder_is_not_one_that_others_could_have_prepared() {
    let base = tempfile::tempdir().unwrap();
    let own = base.path().join("own");
    own_folder(&own).unwrap();
    own_folder(&own).unwrap();
    assert_eq!(mode(&own), 0o700);
    symlink(&own, base.path().join("link")).unwrap();
    fs::write(base.path().join("file"), "").unwrap();
    let said = |path: &Path| own_folder(path).unwrap_err().to_string();
    assert!(said(&base.path().join("link")).ends_with("it is a symbolic link"));
    assert!(said(&base.path().join("file")).ends_with("it is a file"));
    set_mode(&own, 0o1777);
    assert!(said(&own).ends_with("others can access it (mode 1777)"));
}

#[test]
fn a_file_is_opened_only_if_it_is_this_users_own_and_no_link() {
    let base = tempfile::tempdir().unwrap();
    let at = |name: &str| base.path().join(name);
    open_file(&at("own"), Access::Append).unwrap().write_all(b"1").unwrap();
    assert_eq!(mode(&at("own")), 0o600);
    assert!(open_file(&at("missing"), Access::Read).is_err());
    symlink(at("own"), at("link")).unwrap();
    symlink(at("made-by-the-link"), at("dangling")).unwrap();
    fs::hard_link(at("own"), at("other name")).unwrap();
    fs::write(at("open"), "").unwrap();
    set_mode(&at("open"), 0o644);
    mknodat(CWD, at("pipe"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    for name in ["link", "dangling", "own", "other name", "open", "pipe"] {
        for access in [Access::Read, Access::Append] {
            assert!(open_file(&at(name), access).is_err(), "{name}");
        }
        assert!(create_file(&at(name)).is_err(), "{name}");
    }
    assert!(!at("made-by-the-link").exists());
    fs::remove_file(at("other name")).unwrap();
    let own = open_file(&at("own"), Access::Read).unwrap();
    assert!(is_still_at(&own, &at("own")) && !is_still_at(&own, &at("open")));
}

#[test]
fn nothing_private_is_put_where_others_could_exchange_it() {
    let base = tempfile::tempdir().unwrap();
    let (open, closed) = (base.path().join("open"), base.path().join("closed"));
    fs::create_dir_all(open.join("within")).unwrap();
    fs::create_dir(&closed).unwrap();
    set_mode(&open, 0o777);
    for place in [open.clone(), open.join("within")] {
        assert!(matches!(FreshFolder::within(&place, "x-"), Err(PrivateError::Unsafe { .. })));
        assert!(matches!(named_folder(&place.join("spool")), Err(PrivateError::Unsafe { .. })));
        let found = first_own_folder(&[place, closed.clone()], "own").unwrap();
        assert_eq!(found.path, closed.canonicalize().unwrap().join("own"));
        assert!(
            matches!(&found.in_the_way[..], [PrivateError::Unsafe { path, .. }] if path.ends_with("open"))
        );
    }
}
