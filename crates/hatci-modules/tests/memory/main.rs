//! Tests that no module needs more than 100 MB for any input from a server, a device or a file, and generates
//! `collection/docs/memory.md`. It measures the program that is shipped: `cargo xtask test memory` builds and names it.
#![allow(clippy::disallowed_methods)] // the programs under test are started plainly
mod inputs;
mod sink;

use inputs::{ANSWERS, FILES, OUTPUTS, REPORTS, is_good_for};
use serde_json::{Value, json};
use std::{
    fmt::Write,
    fs::{self, Permissions},
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::Path,
    process::{Command, Stdio},
    thread::sleep,
    time::Duration,
};
use tempfile::TempDir;
use test_servers::ScriptedServer;

/// In kB.
const MOST: u64 = 100_000;
/// Of an upload, in kB, whatever its size.
const MOST_OF_UPLOAD: u64 = 40_000;
/// An ISO.
const UPLOAD: u64 = 1_500_000_000;
const REWRITE: &str = "REWRITE_MEMORY_TABLE";
/// Names the program to measure.
const PROGRAM: &str = "SHIPPED_PROGRAM";

/// The modules that call a server, with options that make them do so.
const ASKING: [(&str, &str); 25] = [
    ("hatci_info", "{}"),
    ("hatci_contract", "{}"),
    ("hatci_event_info", r#"{"vin": "1HGBH41JXMN109186"}"#),
    ("hatci_deployment_info", r#"{"vin": "1HGBH41JXMN109186"}"#),
    ("hatci_test_event_info", r#"{"vin": "1HGBH41JXMN109186"}"#),
    (
        "hatci_create_event",
        r#"{"vin": "1HGBH41JXMN109186", "tester_name": "Kim", "program_name": "CV", "model_year": "2026", "update_type": "UROM",
            "region": "NA", "build_level": "B2", "ecus": [{"ecu_name": "CCU", "part_number": "9", "sw_version": "2.0"}]}"#,
    ),
    ("hatci_fix_event", r#"{"event_id": "E-1"}"#),
    ("hatci_deploy_event", r#"{"event_id": "E-1"}"#),
    ("hatci_update_status", r#"{"deployment_id": "D-1"}"#),
    (
        "hatci_test_event",
        r#"{"vin": "1HGBH41JXMN109186", "event_id": "pending", "ansible_job_id": "7", "git_sha": "c0", "suite_name": "s"}"#,
    ),
    ("hatci_test_event_update", r#"{"test_event_id": "T-1", "status": "PASS", "summary": "good"}"#),
    (
        "hatci_fleet_update",
        r#"{"campaign_id": "it", "tester_name": "Kim", "program_name": "CV", "model_year": "2026", "region": "NA", "ansible_job_id": "7",
            "git_sha": "c0", "suite_name": "s",
            "source": {"build_level": "B1", "ecus": [{"ecu_name": "CCU", "part_number": "9", "sw_version": "1.0"}]},
            "target": {"build_level": "B2", "ecus": [{"ecu_name": "CCU", "part_number": "9", "sw_version": "2.0"}]},
            "vehicles": [{"host": "car1", "vin": "1HGBH41JXMN109186"}, {"host": "car2", "vin": "5NPE24AF5FH000002"}]}"#,
    ),
    (
        "hatci_fleet_status",
        r#"{"deployments": {"car1": "D-1", "car2": "D-2"}, "total_timeout": 3, "poll_interval": 1}"#,
    ),
    (
        "hatci_fleet_close",
        r#"{"test_events": [{"host": "car1", "test_event_id": "T-1", "status": "PASS", "summary": "good"},
            {"host": "car2", "test_event_id": "T-2", "status": "FAIL", "summary": "bad"}]}"#,
    ),
    ("ara_run", r#"{"run_id": "job"}"#),
    ("ara_event", r#"{"run_id": "job", "events": [{"name": "it"}]}"#),
    ("s3_artifact_store", r#"{"private_bucket": "bench"}"#),
    ("s3_artifact", r#"{"bucket": "bench", "key": "a.iso", "src": "Cargo.toml"}"#),
    ("s3_artifact_info", r#"{"bucket": "bench"}"#),
    ("truenas_info", "{}"),
    ("truenas_iscsi_target", r#"{"name": "bench1", "volume": "tank/bench1", "size": "1G"}"#),
    ("idrac_info", "{}"),
    ("idrac_boot", r#"{"once": "pxe"}"#),
    (
        "idrac_iscsi_boot",
        r#"{"function": "NIC.Integrated.1-1-1", "target": {"iqn": "iqn.2005-10.org:bench1", "address": "192.0.2.10"}}"#,
    ),
    ("idrac_virtual_media", r#"{"image": "http://192.0.2.1/a.iso"}"#),
];

struct Measured {
    module: &'static str,
    input: &'static str,
    kilobytes: u64,
}

#[test]
#[ignore = "needs the program that is shipped; `cargo xtask test memory` runs it"]
fn no_input_costs_more_than_100_mb() {
    let folder = TempDir::new().unwrap();
    let mut all = Vec::new();
    for (input, answer) in ANSWERS {
        for (module, options) in ASKING.iter().filter(|(module, _)| is_good_for(input, module)) {
            let server = ScriptedServer::answering(move |_| answer());
            let mut args: Value = serde_json::from_str(options).unwrap();
            let connection = connection(module, &server.url(), folder.path());
            args.as_object_mut().unwrap().extend(connection.as_object().unwrap().clone());
            all.push(Measured { module, input, kilobytes: peak(module, &args, folder.path()) });
        }
    }
    for (input, text) in FILES {
        let args = json!({ "name": "bench", "dir": folder.path().join("exporters"), "content": text() });
        let module = "jumpstarter_exporter_config";
        all.push(Measured { module, input, kilobytes: peak(module, &args, folder.path()) });
    }
    for (input, text) in REPORTS {
        let file = folder.path().join("slice.json");
        fs::write(&file, text()).unwrap();
        let args = json!({ "report_dir": folder.path().join("report"), "files": [file] });
        all.push(Measured {
            module: "hatci_report",
            input,
            kilobytes: peak("hatci_report", &args, folder.path()),
        });
        let _ = fs::remove_dir_all(folder.path().join("report"));
    }
    jmp(folder.path());
    for (input, command) in OUTPUTS {
        let args = json!({ "exporter": "bench", "commands": [command], "timeout": 20 });
        let module = "jumpstarter_shell";
        all.push(Measured { module, input, kilobytes: peak(module, &args, folder.path()) });
    }
    all.push(upload(folder.path()));
    for Measured { module, input, kilobytes } in &all {
        println!("{kilobytes:7} kB  {module}: {input}");
        // No program of this size needs less: the measurement must have failed.
        assert!((1000..MOST).contains(kilobytes), "{module} took {kilobytes} kB for {input}");
    }
    compare(&all);
}

/// The options by which the module's family reaches its server.
fn connection(module: &str, url: &str, folder: &Path) -> Value {
    match module.split('_').next().unwrap_or_default() {
        "ara" => {
            json!({ "ara_api_base_url": url, "retries": 0, "timeout": 5, "spool": folder.join("spool") })
        }
        "s3" => {
            json!({ "s3_endpoint": url, "s3_access_key": "kim", "s3_secret_key": "hush-0815", "timeout": 5, "deadline": 5 })
        }
        "truenas" => {
            json!({ "truenas_url": url, "truenas_api_key": "1-hush-0815", "timeout": 5, "deadline": 5 })
        }
        "idrac" => {
            json!({ "idrac_url": url, "idrac_username": "kim", "idrac_password": "hush-0815", "timeout": 5, "deadline": 5 })
        }
        _ => {
            json!({ "hatci_base_url": url, "hatci_token": "hush-0815", "retries": 0, "timeout": 5, "deadline": 20 })
        }
    }
}

/// An image as large as an agent ISO, sent in parts.
fn upload(folder: &Path) -> Measured {
    let image = folder.join("agent.iso");
    fs::File::create(&image).unwrap().set_len(UPLOAD).unwrap();
    let (url, uploaded) = sink::start(UPLOAD);
    let mut args = connection("s3_artifact", &url, folder);
    for (key, value) in [("bucket", "bench"), ("key", "isos/agent.iso"), ("src", &*image.to_string_lossy())] {
        args[key] = value.into();
    }
    let kilobytes = peak("s3_artifact", &args, folder);
    assert_eq!(uploaded.lock().unwrap().as_ref().map(|(size, _)| *size), Some(UPLOAD));
    assert!(kilobytes <= MOST_OF_UPLOAD, "the upload took {kilobytes} kB");
    Measured { module: "s3_artifact", input: "an upload of 1.5 GB", kilobytes }
}

/// The peak resident memory of the module's process, in kB, from `/proc` until the process ends. A process that takes
/// several times what is allowed is killed, before the machine runs short of memory.
fn peak(module: &str, args: &Value, folder: &Path) -> u64 {
    let arguments = folder.join("arguments.json");
    fs::write(&arguments, json!({ "_ansible_module_name": module, "ANSIBLE_MODULE_ARGS": args }).to_string())
        .unwrap();
    let program =
        fs::canonicalize(std::env::var_os(PROGRAM).expect("SHIPPED_PROGRAM names the program")).unwrap();
    let mut command = Command::new(&program);
    command
        .arg0(module)
        .arg(&arguments)
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", folder.display()))
        .env("TMPDIR", folder);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let [status, running] = ["status", "exe"].map(|file| format!("/proc/{}/{file}", child.id()));
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        // For a moment it still has the memory of this process.
        if fs::read_link(&running).is_ok_and(|running| running != program) {
            continue;
        }
        peak = high_water(&fs::read_to_string(&status).unwrap_or_default()).unwrap_or(0).max(peak);
        if peak > 5 * MOST {
            child.kill().unwrap();
        }
        sleep(Duration::from_micros(500));
    }
    peak
}

fn high_water(status: &str) -> Option<u64> {
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().strip_suffix(" kB")?.parse().ok()
}

/// A `jmp` without a device, which runs the command.
fn jmp(folder: &Path) {
    let program = folder.join("jmp");
    fs::write(&program, "#!/bin/sh\nwhile [ \"$1\" != -- ]; do shift; done\nshift\n\"$@\"\n").unwrap();
    fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
}

/// Checks that the page lists the same modules and inputs; its figures are those of one run.
fn compare(all: &[Measured]) {
    let mut page = HEAD.to_owned();
    for Measured { module, input, kilobytes } in all {
        let _ = writeln!(page, "| `{module}` | {input} | {} MB |", kilobytes.div_ceil(1000));
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../collection/docs/memory.md");
    if std::env::var_os(REWRITE).is_some() {
        fs::write(&file, &page).unwrap();
    }
    let written = fs::read_to_string(&file).unwrap_or_default();
    let rows = |page: &str| {
        page.lines().map(|line| line.rsplitn(3, '|').nth(2).map(str::to_owned)).collect::<Vec<_>>()
    };
    assert!(
        rows(&written) == rows(&page),
        "collection/docs/memory.md has other rows; regenerate it with\n\n    {REWRITE}=1 cargo xtask test memory\n"
    );
}

const HEAD: &str = "\
<!-- Written by `cargo xtask test memory`; do not edit. -->

# Peak memory of the modules

No module needs more than 100 MB, however large or malformed an answer, an output or a file is. Each row is one run: the peak resident
memory of the module's process. Input that is too large causes an error that says so, or is omitted with a
warning.

| module | input | peak |
|---|---|---|
";
