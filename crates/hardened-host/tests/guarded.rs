//! Starts programs, and checks that they and all their descendants end.
#![allow(clippy::disallowed_methods)] // the program under test is started plainly
use std::{
    fs::File,
    io::{BufRead, BufReader, Read, Write},
    os::{fd::AsRawFd, unix::fs::PermissionsExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Starts processes that must not survive: in a session of its own, without environment, orphaned, and one that only SIGKILL ends.
/// Each holds standard output open, as far as it can.
const HYDRA: &str = "exec 3>\"$0\"; sleep 60 & setsid sh -c 'sleep 60 & wait' & (env -i setsid sleep 60 &) ; \
    sh -c 'trap \"\" TERM; sleep 60; sleep 60' & (trap '' TERM; setsid sh -c 'sleep 60; sleep 60' & exit) ; echo begun >&3;";

fn program() -> PathBuf {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.join("examples/starts-another")
}

fn start(seconds: &str, arguments: &[&str]) -> Child {
    let mut command = Command::new(program());
    command.arg(seconds).args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
    command.spawn().unwrap()
}

fn said(child: Child) -> String {
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
}

/// A pipe that every process of the hydra holds open: it closes when the last of them has ended.
fn hydra(folder: &Path, then: &str) -> (Child, BufReader<File>) {
    let pipe = folder.join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let child = start("600", &["/bin/sh", "-c", &format!("{HYDRA} {then}"), pipe.to_str().unwrap()]);
    let mut reader = BufReader::new(File::open(&pipe).unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    assert_eq!(line, "begun\n");
    (child, reader)
}

fn wait_for_the_last(mut reader: BufReader<File>) {
    assert_eq!(reader.read(&mut [0]).unwrap(), 0);
}

#[test]
fn the_output_and_the_exit_code_come_back() {
    assert_eq!(
        said(start("600", &["/bin/sh", "-c", "echo out; echo err >&2; exit 7"])),
        "Exited(7)\nout\nerr\n\n"
    );
    assert!(said(start("600", &["/bin/sh", "-c", "kill -9 $$"])).starts_with("Killed(9)"));
}

#[test]
fn what_a_program_has_started_ends_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let (child, reader) = hydra(folder.path(), "exit 0");
    assert!(said(child).starts_with("Exited(0)"));
    wait_for_the_last(reader);
}

#[test]
fn what_a_program_has_started_ends_with_whoever_started_that() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, reader) = hydra(folder.path(), "sleep 60");
    child.kill().unwrap();
    child.wait().unwrap();
    wait_for_the_last(reader);
}

#[test]
fn what_a_program_has_started_ends_also_if_its_guard_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let (child, reader) = hydra(folder.path(), "sleep 60");
    let children = format!("/proc/{0}/task/{0}/children", child.id());
    let guard = std::fs::read_to_string(children).unwrap();
    assert!(Command::new("kill").args(["-KILL", guard.trim()]).status().unwrap().success());
    assert!(said(child).starts_with("GuardDied"));
    wait_for_the_last(reader);
}

#[test]
fn a_folder_that_is_still_used_goes_away_when_its_user_ends_or_is_killed() {
    for is_killed in [false, true] {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("folder");
        std::fs::create_dir(&folder).unwrap();
        let name = folder.to_str().unwrap();
        let mut command = Command::new(program());
        command.args(["--folder", name, "600", "/bin/sh", "-c", &format!("echo made > {name}/file")]);
        let mut user = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(user.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "Exited(0)\n");
        assert_eq!(std::fs::read_to_string(folder.join("file")).unwrap(), "made\n");
        if is_killed {
            user.kill().unwrap();
        }
        drop(user.stdin.take());
        user.wait().unwrap();
        let end = Instant::now() + Duration::from_secs(60);
        while folder.exists() {
            assert!(Instant::now() < end, "the folder is still there");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

#[test]
fn a_program_that_takes_too_long_is_ended() {
    assert!(
        said(start("1", &["/bin/sh", "-c", "trap '' TERM; while :; do sleep 60; done"]))
            .starts_with("Killed")
    );
}

/// Says when it begins, and when it has ended after an interrupt, which takes a while; its child would say if it were interrupted as well.
const CAREFUL: &str = "trap 'echo interrupted; sleep 1; echo saved; exit 3' INT; echo begun; \
    sh -c 'trap \"echo child\" INT TERM; while :; do sleep 0.1; done' & while :; do sleep 0.1; done";

fn careful(seconds: &str, output: &Path) -> Child {
    let mut command = Command::new(program());
    command.args([seconds, "/bin/sh", "-c", CAREFUL]).env("OUTPUT_FILE", output);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap()
}

/// Waits until this is in the file.
fn wait_for(text: &str, file: &Path) -> String {
    loop {
        let found = std::fs::read_to_string(file).unwrap_or_default();
        if found.contains(text) {
            return found;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[test]
fn a_careful_program_is_interrupted_once_and_has_time_to_end() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("output");
    assert!(said(careful("1", &output)).starts_with("Exited(3)"));
    let written = std::fs::read_to_string(&output).unwrap();
    // At the very end, what it has started is ended as usual.
    assert!(written.starts_with("begun\ninterrupted\nsaved\n"), "{written}");
}

#[test]
fn a_careful_program_has_time_to_end_also_if_whoever_started_it_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("output");
    let mut child = careful("600", &output);
    wait_for("begun", &output);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(wait_for("saved", &output).starts_with("begun\ninterrupted\nsaved\n"));
}

#[test]
fn neither_environment_nor_folder_nor_descriptors_are_inherited() {
    let secret = tempfile::tempfile().unwrap();
    (&secret).write_all(b"planted").unwrap();
    let inherited = format!("/proc/{}/fd/{}", std::process::id(), secret.as_raw_fd());
    let script =
        format!("exec 9<{inherited}; exec \"$0\" 600 /bin/sh -c 'pwd; env; ls -l /proc/self/fd; ulimit -c'");
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &script]).arg(program()).env("TOKEN", "planted").env("PYTHONPATH", "/planted");
    let output = String::from_utf8(command.current_dir("/tmp").output().unwrap().stdout).unwrap();
    assert!(output.starts_with("Exited(0)\n/\n"), "{output}");
    assert!(
        !output.contains("planted") && !output.contains(" 9 ->") && output.trim_end().ends_with("\n0"),
        "{output}"
    );
}

#[test]
fn a_program_that_cannot_be_started_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let (text, missing) = (folder.path().join("text"), folder.path().join("missing"));
    std::fs::write(&text, "no program").unwrap();
    std::fs::set_permissions(&text, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert!(said(start("600", &[missing.to_str().unwrap()])).contains("is_missing: true"));
    assert!(said(start("600", &[text.to_str().unwrap()])).contains("permission denied"));
}
