//! The example module does what the README says of it, in the space that it says.
#![allow(clippy::disallowed_methods)] // tests lay out by hand what others would
use serde_json::{Value, json};
use std::process::Command;

/// Runs `examples/present.rs`, which `cargo test -p ansible-module` builds beside the tests.
fn present(args: &Value) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("args.json");
    std::fs::write(&file, args.to_string()).unwrap();
    let tests = std::env::current_exe().unwrap();
    let example = tests.ancestors().nth(2).unwrap().join("examples/present");
    let output = Command::new(example).arg(file).env_clear().output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn it_predicts_changes_and_leaves_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ready");
    let predicted = present(&json!({ "path": path, "_ansible_check_mode": true }));
    assert_eq!((&predicted["changed"], path.exists()), (&json!(true), false));
    let changed = present(&json!({ "path": path }));
    assert_eq!((&changed["changed"], &changed["size"], path.exists()), (&json!(true), &json!(0), true));
    std::fs::write(&path, "ready").unwrap();
    let left_alone = present(&json!({ "path": path }));
    assert_eq!((&left_alone["changed"], &left_alone["size"]), (&json!(false), &json!(5)));
}

#[test]
fn it_fails_in_the_words_of_ansible() {
    let unknown = present(&json!({ "path": "/", "state": "present" }));
    assert_eq!(
        unknown["msg"],
        "Unsupported parameters for (present) module: state. Supported parameters include: path."
    );
    let impossible = present(&json!({ "path": "/no/such/folder/ready" }));
    assert_eq!((&impossible["error"]["kind"], &impossible["changed"]), (&json!("invalid"), &json!(true)));
}

#[test]
fn it_takes_at_most_sixty_lines_and_stands_in_the_readme() {
    // The lint that this workspace has for itself is no matter of a reader's.
    let example: String = include_str!("../examples/present.rs")
        .split_inclusive('\n')
        .filter(|line| !line.starts_with("#![allow("))
        .collect();
    assert!(example.lines().count() <= 60);
    assert!(include_str!("../README.md").contains(&example), "copy examples/present.rs into README.md");
}
