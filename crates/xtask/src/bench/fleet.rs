//! The cost of a fleet: a whole campaign for each vehicle, beside the playbook for one vehicle on several hosts, and the memory of the wait.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use fs_err as fs;
use serde_json::{Map, Value, json};

use super::{Row, high_water, mega, module, timed};
use crate::environment::program;
use crate::error::{Error, Result};
use crate::lab::sums_sim;
use crate::process;
use crate::tree;
use crate::venv::{self, CORE_2_19};

const TOKEN: &str = "bench-token";
const FLEET: u32 = 1000;
/// Of the playbook for one vehicle, which takes its time with each.
const FEW: u32 = 20;
/// Seconds for which the wait is watched.
const WATCHED: u64 = 20;

/// What the servers write goes to `folder`.
pub(super) fn rows(folder: &Path) -> Result<Vec<Row>> {
    // Updates end at once: what is measured is all but them.
    let (_sums, url) = sums_sim(&["--token", TOKEN, "--step", "0s"], folder, false)?;
    let fleet = timed(&mut play("ota_fleet", FLEET, 5, &url, folder)?)? / f64::from(FLEET);
    let single = timed(&mut play("ota_single_vehicle", FEW, 50, &url, folder)?)? / f64::from(FEW);
    let (_still, still) = sums_sim(&["--token", TOKEN, "--step", "1h"], folder, false)?;
    let memory = peak_memory(&waiting(&still, folder)?)?;
    Ok(vec![
        Row::beside("A vehicle of a fleet of 1,000, without lease, in `ota_fleet`", fleet, fleet),
        Row::beside("The same in `ota_single_vehicle`, with 20 hosts and 50 forks", single, fleet),
        Row::new("Peak memory (resident) of the wait for 1,000 vehicles", format!("{memory:.2} MB")),
    ])
}

/// This playbook on so many vehicles.
fn play(playbook: &str, vehicles: u32, forks: u32, url: &str, folder: &Path) -> Result<Command> {
    let ecus = |version| json!([{ "ecu_name": "Gateway", "part_number": "GW-1", "sw_version": version }]);
    let same = json!({
        "hatci_tester_name": "bench", "hatci_program_name": "bench", "hatci_model_year": "2026", "hatci_region": "US",
        "hatci_source_build_level": "1", "hatci_source_ecus": ecus("1"),
        "hatci_target_build_level": "2", "hatci_target_ecus": ecus("2"),
    });
    let host = |number| (format!("car{number:05}"), json!({ "hatci_vin": format!("TESTVEHC0{number:08}") }));
    let hosts: Map<String, Value> = (1..=vehicles).map(host).collect();
    let inventory = folder.join(format!("{playbook}.json"));
    fs::write(&inventory, json!({ "fleet": { "hosts": hosts, "vars": same } }).to_string())?;
    let resume = folder.join("resume.yml");
    if resume.exists() {
        fs::remove_file(&resume)?;
    }
    let variables = json!({
        "hatci_base_url": url, "hatci_token": TOKEN, "ota_hosts": "fleet", "ota_lease": false, "hatci_resume_file": resume,
    });
    let mut play = program(
        &venv::folder(CORE_2_19),
        "ansible-playbook",
        &[&format!("hatci.automation.{playbook}"), "--forks", &forks.to_string()],
    )?;
    play.current_dir(tree::root())
        .arg("--inventory")
        .arg(&inventory)
        .args(["--extra-vars", &variables.to_string()])
        .env("ANSIBLE_COLLECTIONS_PATH", tree::target("collection"));
    Ok(play)
}

/// The arguments of a wait for the same deployment a thousand times over: as much is kept, and asked, as for a thousand.
fn waiting(url: &str, folder: &Path) -> Result<PathBuf> {
    let deployment = make_deployment(url)?;
    let deployments: Map<String, Value> =
        (1..=FLEET).map(|number| (format!("car{number:05}"), deployment.as_str().into())).collect();
    let file = folder.join("fleet_status.json");
    let arguments = json!({
        "hatci_base_url": url, "hatci_token": TOKEN, "deployments": deployments, "wait_timeout": WATCHED, "poll_interval": 5,
    });
    fs::write(&file, arguments.to_string())?;
    Ok(file)
}

fn make_deployment(url: &str) -> Result<String> {
    let id = |answer: &Value, name: &str| {
        let id = answer[name].as_str().map(str::to_owned);
        id.ok_or_else(|| Error::Tree(format!("the simulator created none: {answer}")))
    };
    let exchange = |call: &str, body: &Value| crate::http::exchange(url, call, TOKEN, &body.to_string());
    let event = exchange(
        "POST /api/v1/events",
        &json!({
            "tester_name": "bench", "program_name": "bench", "model_year": "2026", "vin": "1HGBH41JXMN109186",
            "update_type": "UROM", "region": "US", "build_level": "1",
            "ecus": [{ "ecu_name": "Gateway", "part_number": "GW-1", "sw_version": "1" }],
        }),
    )?;
    let event = id(&event, "event_id")?;
    exchange(&format!("POST /api/v1/events/{event}/fix"), &json!({}))?;
    id(&exchange("POST /api/v1/deployments", &json!({ "event_id": event }))?, "deployment_id")
}

/// In MB, read from `/proc` until the module has ended.
fn peak_memory(arguments: &Path) -> Result<f64> {
    let mut command = Command::new(module("hatci_fleet_status"));
    command.arg(arguments).stdout(Stdio::null());
    let mut child = command.spawn().map_err(|source| process::not_started(&command, source))?;
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait()?.is_none() {
        peak = fs::read_to_string(&status).ok().as_deref().and_then(high_water).unwrap_or(0).max(peak);
        sleep(Duration::from_millis(20));
    }
    Ok(mega(peak * 1024))
}
