//! Tests the simulator as a program: its output, and how it ends.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

const PROGRAM: &str = env!("CARGO_BIN_EXE_sums-sim");

#[test]
fn it_prints_its_url_and_ends_in_silence_when_told_to() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut program =
            Command::new(PROGRAM).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(program.stdout.take().unwrap());
        let mut url = String::new();
        stdout.read_line(&mut url).unwrap();
        let address = url.strip_prefix("http://").unwrap().strip_suffix('\n').unwrap();
        assert!(address.starts_with("127.0.0.1:"), "{url}");
        TcpStream::connect(address).unwrap();

        kill_process(Pid::from_child(&program), signal).unwrap();
        let mut rest = String::new();
        stdout.read_to_string(&mut rest).unwrap();
        program.stderr.take().unwrap().read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "");
        assert_eq!(program.wait().unwrap().code(), Some(0));
        assert!(TcpStream::connect(address).is_err());
    }
}

#[test]
fn it_ends_with_its_parent() {
    let script = format!("'{PROGRAM}' --exit-with-parent & wait");
    let mut parent = Command::new("sh").args(["-c", &script]).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdout = BufReader::new(parent.stdout.take().unwrap());
    let mut url = String::new();
    stdout.read_line(&mut url).unwrap();
    parent.kill().unwrap();
    parent.wait().unwrap();
    // The simulator holds the other end of the pipe: the stream ends when it does.
    assert_eq!(stdout.read_to_string(&mut String::new()).unwrap(), 0);
}

#[test]
fn what_it_can_not_do_it_says_on_stderr() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let cases: [(&[&str], i32, &str); 5] = [
        (&["--listen", &address], 1, "cannot listen on"),
        (&["--log", "/nowhere/at/all.jsonl"], 1, "cannot write the log /nowhere/at/all.jsonl"),
        (&["--fault", "503:1.1"], 2, "a probability must be a number from 0 to 1"),
        (&["--scenario", "VIN=sleepy"], 2, "unknown scenario `sleepy`"),
        (&["--step", "fast"], 2, "--step"),
    ];
    for (options, code, words) in cases {
        let output = Command::new(PROGRAM).args(options).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{stderr}");
        assert!(stderr.contains(words), "{stderr}");
        assert!(output.stdout.is_empty());
    }
}
