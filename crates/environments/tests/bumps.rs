//! Compares packages with a base in real repositories of git.
#![allow(clippy::disallowed_methods)] // the program under test and git are started plainly
use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use tempfile::TempDir;

const PACKAGE: &str = "config/packages/core";

struct Repository {
    folder: TempDir,
}

impl Repository {
    /// With the package core v0.2.0, committed on `main`; `work` is checked out.
    fn new() -> Self {
        let repository = Repository { folder: tempfile::tempdir().unwrap() };
        repository.git(&["init", "--quiet", "--initial-branch", "main"]);
        repository.set_version("v0.2.0");
        repository.write("a.tfvars", "a = 1");
        repository.commit();
        repository.git(&["checkout", "--quiet", "-b", "work"]);
        repository
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn git(&self, arguments: &[&str]) {
        let mut command = Command::new("git");
        command
            .current_dir(self.path())
            .args(["-c", "user.name=t", "-c", "user.email=t@localhost"])
            .args(arguments);
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").stdin(Stdio::null());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    }

    fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "a change"]);
    }

    fn write(&self, file: &str, content: &str) {
        let path = self.path().join(PACKAGE).join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn set_version(&self, version: &str) {
        let files = r#"[{"name": "lab", "files": {"terraform": "a.tfvars"}}]"#;
        self.write(
            "package.json",
            &format!(r#"{{"id": "core", "version": "{version}", "environments": {files}}}"#),
        );
    }

    fn check(&self, base: &str) -> String {
        check(self.path(), base, &[])
    }
}

/// What a check of a repository says; empty if all is well.
fn check(root: &Path, base: &str, environment: &[(&str, &str)]) -> String {
    let mut program: PathBuf = std::env::current_exe().unwrap();
    program.pop();
    program.pop();
    let mut command = Command::new(program.join("examples/check-bumps"));
    command.arg(root).arg(base).env("HOME", "/nonexistent").envs(environment.iter().copied());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

type Change = fn(&Repository);

const NOT_RAISED: &str = "but its version v0.2.0 is not higher than v0.2.0 there. Raise the version.";

#[test]
fn any_change_of_a_package_needs_a_higher_version() {
    let changes: [(&str, Change); 6] = [
        ("content", |repository| repository.write("a.tfvars", "a = 2")),
        ("committed", |repository| {
            repository.write("a.tfvars", "a = 2");
            repository.commit();
        }),
        ("mode", |repository| {
            let path = repository.path().join(PACKAGE).join("a.tfvars");
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        }),
        ("untracked", |repository| repository.write("na\u{ef}ve", "")),
        ("renamed", |repository| {
            repository.git(&["mv", "config/packages/core/a.tfvars", "config/packages/core/b"]);
        }),
        // The origin of this layout is satisfied by any edit of package.json.
        ("package.json", |repository| {
            repository.write("package.json", r#"{"id": "core", "version": "v0.2.0", "environments": [{"name": "x", "files": {"a": "a.tfvars"}}]}"#);
        }),
    ];
    for (what, change) in changes {
        let repository = Repository::new();
        assert!(!repository.check("main").contains("problem"), "{what}");
        change(&repository);
        let found = repository.check("main");
        assert!(
            found.contains(NOT_RAISED) && found.contains("package.json:1: version: core differs from main"),
            "{what}: {found}"
        );
        for (version, is_enough) in [
            ("v0.2.0+b", false),
            ("v0.2.0-rc.1", false),
            ("v0.1.9", false),
            ("v0.10.0", true),
            ("0.2.1", true),
        ] {
            repository.set_version(version);
            assert_eq!(!repository.check("main").contains("problem"), is_enough, "{what} {version}");
        }
    }
}

#[test]
fn a_bump_without_changes_another_folder_and_a_new_package_are_fine() {
    let repository = Repository::new();
    repository.set_version("v0.3.0");
    fs::write(repository.path().join("README.md"), "x").unwrap();
    let new = repository.path().join("config/packages/new");
    fs::create_dir(&new).unwrap();
    fs::copy(repository.path().join(PACKAGE).join("a.tfvars"), new.join("a.tfvars")).unwrap();
    let content = r#"{"id": "new", "version": "v0.0.1", "environments": [{"name": "lab", "files": {"a": "a.tfvars"}}]}"#;
    fs::write(new.join("package.json"), content).unwrap();
    assert!(!repository.check("main").contains("problem"));
}

#[test]
fn what_the_base_has_gone_on_to_is_compared_from_where_it_was_left_and_warned_of() {
    let repository = Repository::new();
    repository.git(&["checkout", "--quiet", "main"]);
    repository.write("a.tfvars", "a = 3");
    repository.set_version("v0.3.0");
    repository.commit();
    repository.git(&["checkout", "--quiet", "work"]);
    assert!(!repository.check("main").contains("core"), "nothing has changed here");
    repository.write("a.tfvars", "a = 2");
    repository.set_version("v0.3.0");
    let found = repository.check("main");
    assert!(found.contains("\nwarning main has moved on to core v0.3.0"), "{found}");
}

#[test]
fn a_base_that_cannot_be_compared_with_is_never_no_change() {
    let repository = Repository::new();
    for (base, expected) in [
        ("nowhere", "git can't compare with nowhere"),
        ("--output=x", "can't be the name of a commit"),
        ("", "can't be the name of a commit"),
    ] {
        let found = repository.check(base);
        assert!(found.starts_with("problem ") && found.contains(expected), "{base}: {found}");
    }
    repository.git(&["checkout", "--quiet", "--orphan", "other"]);
    // With the same content it could be the same commit.
    repository.write("other", "");
    repository.commit();
    assert!(repository.check("main").contains("have no commit in common"), "{}", repository.check("main"));
    fs::remove_dir_all(repository.path().join(".git")).unwrap();
    assert!(repository.check("main").contains("is not in a git repository"), "{}", repository.check("main"));
}

#[test]
fn a_shallow_clone_is_told_how_to_get_the_rest() {
    let repository = Repository::new();
    repository.write("a.tfvars", "a = 2");
    repository.commit();
    let clone = tempfile::tempdir().unwrap();
    let url = format!("file://{}", repository.path().display());
    repository.git(&[
        "clone",
        "--quiet",
        "--depth",
        "1",
        "--no-single-branch",
        &url,
        clone.path().to_str().unwrap(),
    ]);
    let found = check(clone.path(), "origin/main", &[]);
    assert!(found.contains("git fetch --unshallow"), "{found}");
    // With itself there is nothing to compare, which could be since the rest is missing.
    let found = check(clone.path(), "HEAD", &[]);
    assert!(found.contains("only uncommitted changes") && found.contains("git fetch --unshallow"), "{found}");
}

#[test]
fn neither_the_repository_nor_the_environment_makes_git_run_or_read_anything_else() {
    let repository = Repository::new();
    repository.write("a.tfvars", "a = 2");
    let mark = repository.path().join("mark");
    let program = repository.path().join("program");
    fs::write(&program, format!("#!/bin/sh\ntouch '{}'\n", mark.display())).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    for setting in ["core.fsmonitor", "diff.external", "core.pager", "core.sshCommand", "diff.x.textconv"] {
        repository.git(&["-c", "core.fsmonitor=false", "config", setting, program.to_str().unwrap()]);
    }
    repository.write(".gitattributes", "* diff=x");
    let nowhere =
        [("GIT_DIR", "/nonexistent"), ("GIT_WORK_TREE", "/nonexistent"), ("GIT_INDEX_FILE", "/nonexistent")];
    let found = check(repository.path(), "main", &nowhere);
    assert!(found.contains(NOT_RAISED), "{found}");
    assert!(!mark.exists());
}

#[test]
fn the_root_may_be_a_folder_within_the_repository() {
    let outer = tempfile::tempdir().unwrap();
    let repository = Repository::new();
    fs::remove_dir_all(repository.path().join(".git")).unwrap();
    let outer = Repository { folder: outer };
    outer.git(&["init", "--quiet", "--initial-branch", "main"]);
    let within = outer.path().join("project");
    Command::new("cp").arg("-r").arg(repository.path()).arg(&within).status().unwrap();
    outer.commit();
    fs::write(within.join(PACKAGE).join("a.tfvars"), "a = 2").unwrap();
    let found = check(&within, "main", &[]);
    assert!(found.contains(NOT_RAISED) && found.contains("(config/packages/core/a.tfvars)"), "{found}");
}

#[test]
fn a_link_that_changes_its_target_is_a_change() {
    let repository = Repository::new();
    let link = repository.path().join(PACKAGE).join("link");
    symlink("a.tfvars", &link).unwrap();
    repository.commit();
    repository.git(&["branch", "--force", "main", "work"]);
    assert!(!repository.check("main").contains("problem"));
    fs::remove_file(&link).unwrap();
    symlink("package.json", &link).unwrap();
    assert!(repository.check("main").contains(NOT_RAISED));
}
