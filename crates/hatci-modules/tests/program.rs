//! The programs as Ansible starts them: all modules in one, told apart by name; each also on its own.
#![allow(clippy::disallowed_methods)] // tests lay out by hand what others would
use assert_cmd::Command;
use jumpstarter::Owner;
use serde_json::{Value, json};
use std::{
    fs::File,
    os::unix::fs::symlink,
    path::Path,
    process::{self, Stdio},
};
use tempfile::TempDir;

const BOTH: &str = env!("CARGO_BIN_EXE_hatci");

/// The answer to `args`, and that the exit status fits it.
fn answer(program: &str, args: &Value) -> Value {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("args");
    std::fs::write(&file, args.to_string()).unwrap();
    let out = Command::new(program).env_clear().arg(file).output().unwrap();
    let answer: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(out.status.success(), answer.get("failed").is_none(), "{answer}");
    answer
}

/// That this is what only the module of that name answers to no options.
fn assert_missing(answer: &Value, module: &str) {
    let options = match module {
        "hatci_fix_event" => "event_id, hatci_base_url, hatci_token",
        "hatci_info" => "hatci_base_url, hatci_token",
        other => panic!("{other}"),
    };
    let msg = answer["msg"].as_str().unwrap();
    assert!(msg.starts_with(&format!("missing required arguments: {options}. ")), "{msg}");
}

#[test]
fn the_shipped_program_goes_by_the_link_it_is_started_under() {
    let folder = TempDir::new().unwrap();
    for module in ["hatci_fix_event", "hatci_info"] {
        let link = folder.path().join(module);
        symlink(BOTH, &link).unwrap();
        assert_missing(&answer(link.to_str().unwrap(), &json!({})), module);
    }
}

#[test]
fn what_ansible_says_counts_more_than_the_link() {
    let args = json!({ "_ansible_module_name": "hatci.automation.__x86_64__.hatci_info" });
    assert_missing(&answer(BOTH, &args), "hatci_info");
    let of_one_module = Path::new(BOTH).with_file_name("hatci_fix_event");
    assert_missing(&answer(of_one_module.to_str().unwrap(), &args), "hatci_fix_event");
}

#[test]
fn a_name_that_is_no_module_is_told_which_there_are() {
    let answer = answer(BOTH, &json!({}));
    assert_eq!(answer["error"]["kind"], "protocol");
    for module in hatci_modules::MODULES {
        assert!(answer["msg"].as_str().unwrap().contains(module.name), "{answer}");
    }
}

#[test]
fn by_hand_it_lists_its_modules_and_says_its_version() {
    let names: Vec<_> = hatci_modules::MODULES.iter().map(|module| module.name).collect();
    Command::new(BOTH).arg("--list").assert().success().stdout(names.join("\n") + "\n");
    let version = concat!("hatci ", env!("CARGO_PKG_VERSION"), "\n");
    Command::new(BOTH).arg("--version").assert().success().stdout(version);
}

#[test]
fn a_result_that_can_not_be_written_is_no_success() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("args");
    let args = json!({ "_ansible_module_name": "hatci_outcome", "status": "PASS", "summary": "well" });
    std::fs::write(&file, args.to_string()).unwrap();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let out = process::Command::new(BOTH).arg(&file).stdout(full).output().unwrap();
    let said = String::from_utf8(out.stderr).unwrap();
    assert!(
        !out.status.success() && said.contains("can't be written to standard output: No space"),
        "{said}"
    );
}

#[test]
fn a_full_disk_is_no_change_of_an_exporter() {
    let folder = TempDir::new().unwrap();
    let (file, exporters) = (folder.path().join("args"), folder.path().join("exporters"));
    std::fs::create_dir(&exporters).unwrap();
    let content = "apiVersion: jumpstarter.dev/v1alpha1\nkind: ExporterConfig\nmetadata: {namespace: n, name: car}\nendpoint: ''\ntoken: ''\nexport: {}\n";
    let args = json!({ "_ansible_module_name": "jumpstarter_exporter_config", "name": "car", "dir": exporters, "content": content });
    std::fs::write(&file, args.to_string()).unwrap();
    // No file may grow, as on a full disk.
    let script = "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$1\"";
    let out = process::Command::new("sh").args(["-c", script, BOTH]).arg(&file).output().unwrap();
    let answer: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!((&answer["failed"], &answer["changed"]), (&json!(true), &json!(false)), "{answer}");
    assert_eq!(std::fs::read_dir(&exporters).unwrap().count(), 0);
}

#[test]
fn the_keeper_of_leases_lives_on_a_full_disk() {
    let folder = TempDir::new().unwrap();
    let owner = Owner::of(i32::try_from(process::id()).unwrap()).unwrap();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let keeper = process::Command::new(BOTH)
        .args(["--job-guard", &owner.to_string()])
        .arg(folder.path())
        .stdout(Stdio::piped())
        .stderr(full)
        .spawn()
        .unwrap();
    // It ends by itself, since there is nothing to keep; it logs that before.
    let out = keeper.wait_with_output().unwrap();
    assert_eq!((out.status.code(), out.stdout.as_slice()), (Some(0), &b"ready\n"[..]));
}
