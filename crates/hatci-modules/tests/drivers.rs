//! `jumpstarter_exporter_config` looks for drivers, and runs nothing that anybody has laid out for it.
#![allow(clippy::disallowed_methods)] // the program under test is started plainly
use serde_json::{Value, json};
use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Stdio},
};

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A program that begins like a `jmp` that pip has installed.
fn jmp(folder: &Path, python: &str) {
    write(&folder.join("jmp"), &format!("#!{python}\n"));
    fs::set_permissions(folder.join("jmp"), Permissions::from_mode(0o755)).unwrap();
}

fn python() -> String {
    let output = Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The warnings for these drivers, looked for in this folder.
fn warnings(folder: &Path, drivers: &[&str]) -> Vec<String> {
    let export: Value = drivers
        .iter()
        .map(|class| (class.replace('.', "-"), json!({ "type": class })))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let content = json!({ "metadata": { "namespace": null, "name": "a" }, "export": export }).to_string();
    let arguments = json!({ "name": "a", "dir": folder.join("exporters"), "content": content, "_ansible_check_mode": true });
    write(&folder.join("arguments.json"), &arguments.to_string());
    let mut command =
        Command::new(Path::new(env!("CARGO_BIN_EXE_hatci")).with_file_name("jumpstarter_exporter_config"));
    command.arg(folder.join("arguments.json")).current_dir(folder.join("work")).stdin(Stdio::null());
    // An empty part of either is the working folder.
    command.env("PATH", format!(":{}:/usr/bin:/bin", folder.display()));
    command
        .env("PYTHONPATH", format!(":{}", folder.join("packages").display()))
        .env("PYTHONSTARTUP", "work/grpc.py");
    let output = command.output().unwrap();
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    let warnings = result["warnings"].as_array().cloned().unwrap_or_default();
    let warnings =
        warnings.iter().filter_map(Value::as_str).filter(|warning| warning.contains("not installed"));
    warnings.map(|warning| warning.split(' ').nth(2).unwrap().to_owned()).collect()
}

#[test]
fn nothing_of_a_driver_and_nothing_in_the_working_folder_is_run() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let trap = format!("open({:?}, 'w')\n", folder.join("sprung"));
    for name in [
        "grpc",
        "site",
        "sitecustomize",
        "usercustomize",
        "importlib",
        "json",
        "evil/__init__",
        "evil/driver",
    ] {
        write(&folder.join("work").join(name).with_extension("py"), &trap);
    }
    for name in ["known/__init__", "known/driver", "known/sub/__init__"] {
        write(&folder.join("packages").join(name).with_extension("py"), &trap);
    }
    write(&folder.join("work/jmp"), "#!/bin/false\n");
    fs::set_permissions(folder.join("work/jmp"), Permissions::from_mode(0o755)).unwrap();
    jmp(folder, &python());
    let drivers = [
        "evil.driver.A",
        "json.decoder.JSONDecoder",
        "known.driver.A",
        "known.missing.A",
        "known.sub.A",
        "missing.driver.A",
        "single",
    ];
    assert_eq!(
        warnings(folder, &drivers),
        ["evil.driver.A", "known.missing.A", "missing.driver.A", "single"]
    );
    assert!(!folder.join("sprung").exists());
}

#[test]
fn a_python_that_is_none_is_no_reason_to_fail() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("work")).unwrap();
    for python in ["/nonexistent", "/bin/false", "python3", "/usr/bin/env python3", ""] {
        jmp(folder.path(), python);
        assert_eq!(warnings(folder.path(), &["missing.driver.A"]), [""; 0], "{python}");
    }
}
