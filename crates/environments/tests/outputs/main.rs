//! The outputs while processes write them: killed at any moment, and read beside a writer.
#![allow(clippy::disallowed_methods)] // tests lay out by hand what others would
use environments::{Name, OutputsError, Place};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::Duration,
};
use tempfile::TempDir;

/// A package whose two versions have other contents in every file.
fn repository(files: usize, bytes: usize) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("config/packages/core");
    for (version, number) in [("one", 1), ("two", 2)] {
        let text = format!(
            r#"{{"id": "core", "version": "v{number}.0.0", "environments": [{{"name": "development", "files": {{"terraform": "{version}/t.tfvars", "inventory": "{version}/inventory"}}}}]}}"#
        );
        fs::create_dir_all(home.join(version).join("inventory")).unwrap();
        fs::write(home.join(format!("{version}.json")), &text).unwrap();
        fs::write(home.join("package.json"), &text).unwrap();
        fs::write(home.join(version).join("t.tfvars"), version).unwrap();
        for file in 0..files {
            let content = format!("{version}{file}").repeat(bytes / 4);
            let path = home.join(version).join(format!("inventory/{}/{file}.yml", file % 50));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
    }
    folder
}

fn place(folder: &TempDir) -> Place {
    let outputs = folder.path().canonicalize().unwrap().join("api/outputs");
    Place::new(&outputs, &Name::parse("development").unwrap()).unwrap()
}

fn program() -> PathBuf {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.join("examples/generates")
}

fn start(folder: &TempDir, times: &[&str]) -> Child {
    let mut command = Command::new(program());
    command.arg(folder.path()).args(times).stdin(Stdio::null()).stdout(Stdio::piped());
    command.spawn().unwrap()
}

fn run(folder: &TempDir, times: &[&str]) -> u64 {
    let output = start(folder, times).wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

fn names(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_writer_that_is_killed_leaves_the_old_outputs_or_the_new_ones_whole() {
    let folder = repository(40, 100);
    run(&folder, &["1"]);
    for time in 0..20_u64 {
        let mut writer = start(&folder, &["1000000"]);
        sleep(Duration::from_millis(20 + time * 37 % 61));
        writer.kill().unwrap();
        writer.wait().unwrap();
        let version = environments::read_outputs(&place(&folder)).unwrap().version;
        assert!(["v1.0.0", "v2.0.0"].contains(&version.as_str()));
    }
    run(&folder, &["2"]);
    let expected = [".development.lock", "development"].map(str::to_owned);
    assert_eq!(
        names(&folder.path().join("api/outputs")),
        BTreeSet::from(expected),
        "nothing is left of the killed ones"
    );
}

#[test]
fn a_reader_beside_two_writers_gets_one_generation_whole() {
    let folder = repository(40, 100);
    run(&folder, &["1"]);
    let mut writers = [start(&folder, &["8"]), start(&folder, &["8"])];
    let (mut read, mut seen) = (0, BTreeSet::new());
    while writers.iter_mut().any(|writer| writer.try_wait().unwrap().is_none()) {
        let metadata = environments::read_outputs(&place(&folder)).unwrap();
        seen.insert((metadata.version, metadata.digest));
        read += 1;
    }
    assert!(writers.into_iter().all(|mut writer| writer.wait().unwrap().success()));
    assert!(read > 3, "only {read} reads");
    // Two contents and two versions; a mixture would be a third one.
    assert_eq!(seen.len(), 2, "{seen:?}");
}

#[test]
fn files_that_were_exchanged_unnoticed_are_not_taken_for_those_that_were_generated() {
    let folder = repository(1, 10);
    run(&folder, &["1"]);
    let other = folder.path().join("config/packages/core/two/t.tfvars");
    fs::copy(other, folder.path().join("api/outputs/development/terraform.tfvars")).unwrap();
    assert!(matches!(environments::read_outputs(&place(&folder)), Err(OutputsError::Damaged(_))));
}

#[test]
fn many_files_take_little_memory() {
    let folder = repository(5000, 700);
    let first = run(&folder, &[]);
    let second = run(&folder, &[]);
    assert!(first < 30 << 10 && second < 30 << 10, "{first} and {second} KiB");
}
