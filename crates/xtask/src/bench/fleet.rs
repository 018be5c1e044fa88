//! The cost of a fleet: a whole campaign for each vehicle, beside the playbook for one vehicle on several hosts and beside its requests alone,
//! the memory of the wait, and a report.

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
/// The default of `hatci_concurrency`.
const CONCURRENCY: f64 = 8.0;
/// Seconds for which the wait is watched.
const WATCHED: u64 = 20;

/// What the servers write goes to `folder`.
pub(super) fn rows(folder: &Path) -> Result<Vec<Row>> {
    // Updates end at once: what is measured is all but them.
    let (_sums, url) = sums_sim(&["--token", TOKEN, "--step", "0s"], folder, false)?;
    let cpu_before = cpu_of_children()?;
    let fleet = timed(&mut play("ota_fleet", FLEET, 5, &url, folder)?)? / f64::from(FLEET);
    let cpu = (cpu_of_children()? - cpu_before) / f64::from(FLEET);
    let requests = number_of_requests(&url)? / f64::from(FLEET);
    let limit = requests * round_trip(&url)? / CONCURRENCY;
    let single = |forks| -> Result<f64> {
        Ok(timed(&mut play("ota_single_vehicle", FEW, forks, &url, folder)?)? / f64::from(FEW))
    };
    let (few_forks, many_forks) = (single(5)?, single(50)?);
    let report = timed(Command::new(module("hatci_report")).arg(report_arguments(folder)?))?;
    let (_still, still) = sums_sim(&["--token", TOKEN, "--step", "1h"], folder, false)?;
    let memory = peak_memory(&waiting(&still, folder)?)?;
    Ok(vec![
        Row::beside("A vehicle of a fleet of 1,000, without lease, in `ota_fleet`", fleet, fleet),
        Row::beside("The same in `ota_single_vehicle`, with 20 hosts and 50 forks", many_forks, fleet),
        Row::beside("The same with 5 forks", few_forks, fleet),
        Row::beside("Its requests alone: their number × a round trip / concurrency", limit, fleet),
        Row::beside("Processor time of a vehicle of that fleet, without the server's", cpu, fleet),
        Row::new("Requests of a vehicle of that fleet", format!("{requests:.1}")),
        Row::new("The same in a second", format!("{:.0}", requests / fleet * 1000.0)),
        Row::new("A report of 1,000 vehicles in all four forms", format!("{report:.0} ms")),
        Row::new("Peak memory (resident) of the wait for 1,000 vehicles", format!("{memory:.2} MB")),
    ])
}

/// Milliseconds of processor time of all processes that this one has started and that have ended, as proc(5) describes.
fn cpu_of_children() -> Result<f64> {
    const TICK: f64 = 10.0; // of every Linux
    let stat = fs::read_to_string("/proc/self/stat")?;
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let times = fields.skip(13).take(2).map(str::parse::<f64>);
    let ticks: f64 = times.collect::<std::result::Result<Vec<_>, _>>().unwrap_or_default().iter().sum();
    if ticks > 0.0 { Ok(ticks * TICK) } else { Err(Error::Tree(format!("/proc/self/stat is {stat:?}"))) }
}

/// How many requests the server has answered so far.
fn number_of_requests(url: &str) -> Result<f64> {
    let requests = crate::http::exchange(url, "GET /sim/requests", TOKEN, "")?;
    let number = requests.as_array().map(Vec::len).and_then(|number| u32::try_from(number).ok());
    number.map(f64::from).ok_or_else(|| Error::Tree(format!("{url} shows no list of requests")))
}

/// Milliseconds of a request and its answer.
fn round_trip(url: &str) -> Result<f64> {
    const TRIES: u32 = 200;
    let started = std::time::Instant::now();
    for _ in 0..TRIES {
        crate::http::exchange(url, "GET /api/v1/health", TOKEN, "")?;
    }
    Ok(super::milliseconds(started.elapsed()) / f64::from(TRIES))
}

fn report_arguments(folder: &Path) -> Result<PathBuf> {
    let outcome = |number: u32| {
        let outcome = json!({
            "status": if number.is_multiple_of(10) { "FAIL" } else { "PASS" }, "summary": "Updated from 1 to 2.", "seconds": 61.5,
            "vin": format!("TESTVEHC0{number:08}"), "deployment_id": format!("DEP-{number:06}"),
        });
        (format!("car{number:05}"), outcome)
    };
    let results: Map<String, Value> = (1..=FLEET).map(outcome).collect();
    let file = folder.join("report.json");
    fs::write(&file, json!({ "report_dir": folder.join("report"), "results": results }).to_string())?;
    Ok(file)
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
