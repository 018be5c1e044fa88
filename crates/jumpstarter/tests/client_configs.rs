//! Client configurations in every notation, compared with the real `jmp` if installed: what it accepts, we accept.
#![allow(clippy::disallowed_methods)] // tests create by hand what other programs would
use jumpstarter::{Choice, ConfigSource, Environment};
use serde_json::{Map, Value};
use std::{
    collections::BTreeMap,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/e2e/jumpstarter_forms.py");

/// A configuration with these fields.
fn with(changes: &[(&str, &str)]) -> String {
    let mut fields = BTreeMap::from([
        ("metadata", "{namespace: lab, name: ci}"),
        ("endpoint", "c:1"),
        ("token", "planted"),
    ]);
    fields.extend(changes.iter().copied());
    fields.iter().fold(String::new(), |text, (field, value)| format!("{text}{field}: {value}\n"))
}

fn forms() -> BTreeMap<String, String> {
    let mut forms = BTreeMap::new();
    let mut add = |name: String, text: String| drop(forms.insert(name, text));
    for value in [
        "true", "yes", "on", "\"yes\"", "\"on\"", "1", "\"1\"", "\"t\"", "\"Y\"", "\"TRUE\"", "0", "\"off\"",
        "\"n\"", "2", "maybe", "1.0", "0.0", "~", "\"\"",
    ] {
        add(format!("insecure {value}"), with(&[("tls", &format!("{{insecure: {value}}}"))]));
    }
    for value in [
        "5",
        "1e5",
        "\"5\"",
        "!!str 5",
        "true",
        "yes",
        "0x10",
        "12:30:00",
        "2026-01-01",
        ">-\n  abc\n  def",
        "[a]",
        "abc # comment",
        "'a''b'",
        "1.5",
        "010",
        "\"a b\"",
        "a.b.c_-~+/=",
        "&x y",
    ] {
        add(format!("token {value}"), with(&[("token", value)]));
        let metadata = format!("\n  namespace: lab\n  name: {}", value.replace('\n', "\n  "));
        add(format!("name {value}"), with(&[("metadata", &metadata)]));
    }
    for value in ["5", "true", "1.0", "1.5", "\"x\"", "[1]"] {
        let options = format!("{{grpc.ssl_target_name_override: {value}, grpc.keepalive_time_ms: {value}}}");
        add(format!("grpcOptions {value}"), with(&[("grpcOptions", &options)]));
    }
    for field in [
        "tls",
        "grpcOptions",
        "drivers",
        "shell",
        "leases",
        "refresh_token",
        "alias",
        "path",
        "kind",
        "apiVersion",
        "metadata",
    ] {
        for value in ["null", "{}", "[]", "x", "\"\""] {
            add(format!("{field} = {value}"), with(&[(field, value)]));
        }
    }
    for value in [
        "\"aGVsbG8=\"",
        "\"aGVs\\nbG8=\"",
        "aGVsbG8=",
        "\"aGVs bG8=\"",
        "\"aGVs-bG8=\"",
        "|\n    aGVs\n    bG8=\n",
        "\"\"",
    ] {
        add(format!("ca {value}"), with(&[("tls", &format!("\n  ca: {value}"))]));
    }
    let plain = with(&[]);
    for (name, text) in [
        ("a byte-order mark", format!("\u{feff}{plain}")),
        ("a beginning", format!("---\n{plain}")),
        ("an end", format!("{plain}...\n")),
        ("a directive", format!("%YAML 1.1\n---\n{plain}")),
        ("two documents", format!("{plain}---\nx: 1\n")),
        ("a key twice", format!("{plain}token: other\n")),
        ("CRLF", plain.replace('\n', "\r\n")),
        ("an anchor", with(&[("endpoint", "&e c:1"), ("token", "*e")])),
        ("a merged key", with(&[("metadata", "{<<: {namespace: lab}, name: ci}")])),
        (
            "JSON",
            r#"{"metadata": {"namespace": "lab", "name": "ci"}, "endpoint": "c:1", "token": "planted"}"#
                .into(),
        ),
        ("comments", format!("# x\n{plain}# y")),
        ("more in metadata", with(&[("metadata", "{namespace: lab, name: ci, x: 1}")])),
        ("more in tls", with(&[("tls", "{x: 1}")])),
        ("more", with(&[("x", "1")])),
        ("drivers", with(&[("drivers", "{allow: 'a,b', unsafe: 'yes'}")])),
        ("leases", with(&[("leases", "{acquisition_timeout: '60', retry_timeout: 1.5}")])),
    ] {
        add(name.into(), text);
    }
    forms
}

/// What we read: name and token.
fn ours(text: &str) -> Result<(String, String), String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ci.yaml");
    std::fs::write(&path, text).unwrap();
    let source = ConfigSource { choice: Choice::File(path), environment: Environment::of(|_| None) };
    let config = source.load().map_err(|e| e.to_string())?;
    Ok((config.name.clone(), config.secrets()[0].expose().to_owned()))
}

/// What `jmp` reads, by case; `None` if it is not installed.
fn jmps(forms: &BTreeMap<String, String>) -> Option<Map<String, Value>> {
    let venv = std::env::var("JUMPSTARTER_VENV")
        .unwrap_or(concat!(env!("CARGO_MANIFEST_DIR"), "/../../.venv/jumpstarter").into());
    let python = Path::new(&venv).join("bin/python");
    if !python.exists() {
        return None;
    }
    let mut child =
        Command::new(python).arg(SCRIPT).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&serde_json::to_vec(forms).unwrap()).unwrap();
    let output = child.wait_with_output().unwrap();
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn whatever_jmp_takes_we_take_and_read_the_same() {
    let forms = forms();
    let Some(jmps) = jmps(&forms) else {
        println!("skipped: there is no jmp; `cargo xtask venv jumpstarter` installs it");
        return;
    };
    let mut count = 0;
    let mut wrong = vec![];
    for (form, text) in &forms {
        let (Some(name), Some(token)) = (jmps[form]["name"].as_str(), jmps[form]["token"].as_str()) else {
            continue;
        };
        count += 1;
        let ours = ours(text);
        if ours != Ok((name.to_owned(), token.to_owned())) {
            wrong.push(format!("{form}: {ours:?}, not {name} and {token}"));
        }
    }
    assert!(count > 50, "{count}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn these_forms_are_known_to_be_taken() {
    for text in [
        with(&[("tls", "{insecure: \"yes\"}")]),
        with(&[("tls", "{insecure: 1}")]),
        with(&[("tls", "{ca: \"aGVs-bG8=\"}")]),
        with(&[("grpcOptions", "{grpc.ssl_target_name_override: 5}")]),
        with(&[("drivers", "{allow: 'a,b', unsafe: 'yes'}")]),
    ] {
        assert_eq!(ours(&text), Ok(("ci".into(), "planted".into())), "{text}");
    }
}
