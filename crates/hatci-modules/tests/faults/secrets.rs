//! Secrets that come back in a good answer, or stand where they don't belong: no result shows them.
use assert_cmd::Command;
use serde_json::{Value, json};
use std::path::Path;
use tempfile::TempDir;
use test_servers::{ScriptedServer, json};

/// The result of a look at event `E-1`, as the program writes it.
fn status(base_url: &str, proxy: &str) -> String {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("args");
    let args = json!({
        "hatci_base_url": base_url, "hatci_token": "hush/0815", "event_id": "E-1", "retries": 0,
        // So that the options are told, whatever the version of Ansible.
        "_ansible_verbosity": 3,
    });
    std::fs::write(&file, json!({ "ANSIBLE_MODULE_ARGS": args }).to_string()).unwrap();
    let mut program =
        Command::new(Path::new(env!("CARGO_BIN_EXE_hatci")).with_file_name("hatci_update_status"));
    let output = program.env_clear().env("http_proxy", proxy).arg(file).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_good_answer_that_sends_the_credentials_back() {
    let echo = [
        "Bearer hush/0815",
        "hush%2F0815",
        "aHVzaC8wODE1",
        // kim:hush-pr0xy, as a header has it.
        "Basic a2ltOmh1c2gtcHIweHk=",
        "hush-pr0xy",
    ];
    let body = json!({ "state": "PENDING", "echo": echo }).to_string();
    let proxy = ScriptedServer::new([json(200, &body)]);
    let url = proxy.url().replace("http://", "http://kim:hush-pr0xy@");
    let result = status("http://sums.example", &url);
    let read: Value = serde_json::from_str(&result).unwrap();
    assert_eq!(read["state"], "PENDING", "{result}");
    for secret in echo {
        assert!(!result.contains(secret.rsplit(' ').next().unwrap()), "{secret}: {result}");
    }
}

#[test]
fn a_base_url_with_what_does_not_belong_there() {
    for url in [
        "https://kim:hush-pw@h.invalid",
        "https://kim:hush-pw/x@h.invalid",
        "https://kim:hush-pw#x@h.invalid",
        "kim:hush-pw@h.invalid",
        "//kim:hush-pw@h.invalid",
        "https:/kim:hush-pw@h.invalid",
        "https://h.invalid/?token=hush-pw",
        "https://h.invalid/#hush-pw",
    ] {
        let result = status(url, "");
        assert!(result.contains("the base URL") && !result.contains("hush-pw"), "{url}: {result}");
    }
}
