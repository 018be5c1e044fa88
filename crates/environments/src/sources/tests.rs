use super::*;
use crate::{Name, Root};
use std::{fs, os::unix::fs::symlink};
use tempfile::TempDir;

/// A package with this file under the key `k`.
fn sources(folder: &TempDir, path: &str) -> Result<Sources, String> {
    let home = folder.path().join("config/packages/core");
    let text = format!(
        r#"{{"id": "core", "version": "v1.0.0", "environments": [{{"name": "lab", "files": {{"k": "{path}"}}}}]}}"#
    );
    fs::write(home.join("package.json"), text).unwrap();
    let package = Package::read(&Root::at(folder.path()).unwrap(), &Name::parse("core").unwrap()).unwrap();
    let found = Sources::of(&package, package.environment("lab").unwrap());
    found.map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

fn package() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let home = folder.path().join("config/packages/core");
    fs::create_dir_all(home.join("f/below")).unwrap();
    fs::write(home.join("f/below/file.yml"), "x").unwrap();
    fs::write(folder.path().join("outside"), "secret").unwrap();
    (folder, home)
}

fn names(sources: &Sources) -> Vec<(&str, &str)> {
    sources.files.iter().map(|(name, file)| (name.as_str(), file.path.to_str().unwrap())).collect()
}

#[test]
fn links_that_stay_within_the_package_are_followed() {
    let (folder, home) = package();
    symlink("below/file.yml", home.join("f/link.yml")).unwrap();
    symlink("below", home.join("f/twice")).unwrap();
    symlink(home.canonicalize().unwrap().join("f/below"), home.join("whole")).unwrap();
    let expected = [
        ("k/below/file.yml", "f/below/file.yml"),
        ("k/link.yml", "f/link.yml"),
        ("k/twice/file.yml", "f/twice/file.yml"),
    ];
    assert_eq!(names(&sources(&folder, "f").unwrap()), expected);
    assert_eq!(names(&sources(&folder, "whole").unwrap()), [("k/file.yml", "whole/file.yml")]);
    assert_eq!(names(&sources(&folder, "f/link.yml").unwrap()), [("k.yml", "f/link.yml")]);
}

#[test]
fn what_leads_out_is_refused_however_deep_it_lies() {
    for (link, target) in [
        ("f/out", "../../../../outside"),
        ("f/below/out", "/etc/passwd"),
        ("f/below/folder", "/"),
        ("f/up", "../../../.."),
    ] {
        let (folder, home) = package();
        symlink(target, home.join(link)).unwrap();
        let error = sources(&folder, "f").unwrap_err();
        assert!(error.contains("leads out of its folder") && error.contains(link), "{error}");
        assert!(error.contains("environments[0].files.k"), "{error}");
    }
    let (folder, home) = package();
    symlink(folder.path(), home.join("root")).unwrap();
    assert!(sources(&folder, "root/outside").unwrap_err().contains("leads out of its folder"));
}
