//! The life of a module's process: phases, signals, panics, unreadable arguments. It starts `tests/program/thing.rs`.
#![allow(clippy::disallowed_methods)] // tests lay out by hand what others would
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

/// Built by `cargo test -p ansible-module`, but not by `cargo test --test life` alone.
fn thing() -> Command {
    let mut path: PathBuf = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    let mut command = Command::new(path.join("examples").join("thing"));
    command.env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn arguments(args: &Value) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(args.to_string().as_bytes()).unwrap();
    file
}

/// Status, the one JSON object, stderr.
fn answer(command: &mut Command) -> (i32, Value, String) {
    told(command.spawn().unwrap())
}

fn told(child: Child) -> (i32, Value, String) {
    let out = child.wait_with_output().unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    let json = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
    (out.status.code().unwrap(), json, String::from_utf8(out.stderr).unwrap())
}

fn run(args: &Value) -> (i32, Value, String) {
    answer(thing().arg(arguments(args).path()))
}

#[test]
fn changes_then_predicts_then_leaves_alone() {
    let (status, out, stderr) = run(&json!({ "_ansible_diff": true }));
    assert_eq!((status, stderr.as_str()), (0, ""));
    assert_eq!(
        out,
        json!({
            "id": "T-1",
            "changed": true,
            "diff": { "before": null, "after": { "name": "thing" }, "before_header": "as it was (thing)", "after_header": "as it is to be (thing)" },
            "invocation": { "module_args": { "name": "thing", "when": "never", "what": "fail", "unacted": false, "untidy": false, "token": null } },
        })
    );
    let (_, out, _) = run(&json!({ "_ansible_check_mode": true }));
    assert_eq!((&out["changed"], out.get("id")), (&json!(true), None));
    let (_, out, _) = run(&json!({ "name": "there" }));
    assert_eq!((&out["changed"], &out["id"]), (&json!(false), &json!("T-0")));
}

#[test]
fn the_options_are_told_unless_ansible_does_not_want_them() {
    for (wanted, told) in [(json!(true), true), (json!(false), false)] {
        let (_, out, _) = run(&json!({ "_ansible_inject_invocation": wanted }));
        assert_eq!(out.get("invocation").is_some(), told);
    }
}

#[test]
fn a_failed_process_still_tells_the_id_and_its_kind() {
    let (status, out, _) = run(&json!({ "when": "process", "token": "s3cr3t-token" }));
    assert_eq!(status, 1);
    assert_eq!((&out["failed"], &out["changed"], &out["id"]), (&json!(true), &json!(true), &json!("T-1")));
    assert_eq!(out["error"], json!({ "kind": "conflict", "status": 409 }));
    assert_eq!(out["msg"], "process of thing with ********.");
}

#[test]
fn a_warning_of_a_short_secret_is_not_spoiled_by_it() {
    let (_, out, _) = run(&json!({ "token": "e", "when": "process" }));
    let warning = out["warnings"][0].as_str().unwrap();
    assert!(warning.contains("token") && !warning.contains('*'), "{out}");
    assert!(out["msg"].as_str().unwrap().contains("proc********ss"), "{out}");
}

#[test]
fn a_panic_is_an_answer_without_the_secret() {
    for what in ["panic", "panic_telling"] {
        let (status, out, _) = run(&json!({ "when": "process", "what": what, "token": "s3cr3t-token" }));
        assert_eq!((status, &out["failed"], &out["error"]["kind"]), (1, &json!(true), &json!("internal")));
        assert!(!out.to_string().contains("s3cr3t"), "{out}");
        if what == "panic" {
            assert_eq!(out["id"], "T-1");
        }
    }
}

#[test]
fn a_signal_is_an_answer_that_says_what_was_done() {
    for (when, unacted, signal, said) in [
        ("discover", false, "TERM", "Nothing was changed. The hook ran."),
        (
            "process",
            false,
            "INT",
            "A change was being made and may or may not have happened. Known by then: id T-1. The hook ran.",
        ),
        ("process", true, "INT", "Nothing was changed. Known by then: id T-1. The hook ran."),
        (
            "housekeep",
            false,
            "HUP",
            "The change was made; only the check after it was interrupted. Known by then: id T-1. The hook ran.",
        ),
    ] {
        let args = json!({ "when": when, "unacted": unacted, "what": "hang", "token": "s3cr3t-token" });
        let args = arguments(&args);
        let (reader, writer) = std::io::pipe().unwrap();
        let mut command = thing();
        // Progress goes to stdin's place: the only descriptor that can be handed over without unsafe code.
        command.arg(args.path()).env("ANSIBLE_MODULE_PROGRESS_FD", "0").stdin(writer);
        let child = command.spawn().unwrap();
        drop(command);
        let mut line = String::new();
        BufReader::new(reader).read_line(&mut line).unwrap();
        assert_eq!(line, format!("{{\"msg\":\"hanging in {when} of thing with ********.\"}}\n"));
        let pid = child.id().to_string();
        assert!(Command::new("kill").args([format!("-{signal}"), pid]).status().unwrap().success());
        let (status, out, stderr) = told(child);
        assert_eq!((status, stderr.as_str(), &out["error"]["kind"]), (1, "", &json!("interrupted")));
        assert_eq!(out["msg"], format!("The task was interrupted by SIG{signal}. {said}"));
        assert_eq!(out.get("id").is_some(), when != "discover");
        assert_eq!(out["changed"], json!(when != "discover" && !unacted));
    }
}

#[test]
fn if_both_process_and_housekeep_fail_the_first_is_told_and_the_second_warned_of() {
    let (_, out, _) = run(&json!({ "when": "process", "untidy": true }));
    assert_eq!(out["msg"], "process of thing with none.");
    assert_eq!(out["warnings"], json!(["It could not be tidied up."]));
    let (_, out, _) = run(&json!({ "untidy": true }));
    assert_eq!((&out["msg"], out.get("warnings")), (&json!("It could not be tidied up."), None));
}

#[test]
fn durations_are_told_at_vvv_only() {
    let (_, out, _) = run(&json!({ "_ansible_verbosity": 3 }));
    let phases: Vec<_> = out["phase_seconds"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(phases, ["discover", "process", "housekeep"]);
    let (_, out, _) = run(&json!({ "_ansible_verbosity": 2 }));
    assert_eq!(out.get("phase_seconds"), None);
}

#[test]
fn by_hand() {
    let (status, out, stderr) = answer(&mut thing());
    assert_eq!((status, &out["error"]["kind"]), (1, &json!("protocol")));
    assert_eq!(stderr.trim(), out["msg"].as_str().unwrap());

    let (_, out, stderr) = answer(thing().arg("/no/such/file"));
    assert!(stderr.contains("/no/such/file can't be read"), "{stderr}");
    assert_eq!(out["changed"], false);

    let version = thing().arg("--version").output().unwrap();
    assert_eq!(String::from_utf8(version.stdout).unwrap(), "thing 1.2.3\n");
    let help = thing().arg("--help").output().unwrap();
    assert!(String::from_utf8(help.stdout).unwrap().starts_with("thing: Change a thing"));
}

#[test]
fn a_reader_of_the_help_that_is_gone_is_no_fault() {
    for flag in ["--help", "--version", "--list"] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        assert!(thing().arg(flag).stdout(writer).status().unwrap().success(), "{flag}");
    }
}

#[test]
fn a_module_of_a_collection_is_told_with_its_full_name() {
    let (_, out, _) = run(&json!({ "nmae": "x", "_ansible_module_name": "ns.name.__x86_64__.thing" }));
    let msg = out["msg"].as_str().unwrap();
    assert!(msg.starts_with("Unsupported parameters for (ns.name.thing) module: nmae. "), "{msg}");
}

#[test]
fn arguments_that_are_no_json_are_refused_without_showing_them() {
    for text in
        ["", "[1]", "{\"token\": \"s3cr3t-token", "{\"token\": \"s3cr3t-token\\ud800\"}", "{\"a\": NaN}"]
    {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let (status, out, stderr) = answer(thing().arg(file.path()));
        assert_eq!((status, &out["failed"]), (1, &json!(true)));
        assert!(!format!("{out}{stderr}").contains("s3cr3t"), "{out}");
    }
}

#[test]
fn a_secret_in_two_lines_of_a_failure_is_masked_before_these_are_one() {
    let (_, out, _) =
        run(&json!({ "name": "s3cr\n3t-0815", "token": "s3cr3t-0815", "when": "discover", "what": "fail" }));
    let msg = out["msg"].as_str().unwrap();
    assert!(!msg.contains("s3cr") && !msg.contains("3t-0815") && msg.contains("********"), "{msg}");
}
