//! The cost of a module that makes one call to the SUMS API: as a task, and as a process alone.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use fs_err as fs;
use serde_json::json;

use super::{PLAYS, PROCESSES, Row, high_water, medians, mega, milliseconds, module, timed};
use crate::environment::program;
use crate::error::{Error, Result};
use crate::http::exchange;
use crate::lab::sums_sim;
use crate::process;
use crate::server::Server;
use crate::tree;
use crate::venv::{self, CORE_2_19};

const TOKEN: &str = "bench-token";
/// The items of each task's loop in `tests/bench/play.yml`.
const ITEMS: f64 = 30.0;
const MEMORY_RUNS: usize = 5;
/// In kB.
const MEMORY_AT_LEAST: u64 = 1000;

/// What the servers write goes to `folder`.
pub(super) fn rows(folder: &Path) -> Result<Vec<Row>> {
    let (_sums, url) = sums_sim(&["--token", TOKEN], folder, false)?;
    let event = format!("/api/v1/events/{}", make_event(&url)?);
    let mut rows = tasks(&url, &event)?;
    rows.extend(processes(&url, &event, folder)?);
    Ok(rows)
}

/// The times of the tasks of `tests/bench/play.yml`, by tag, minus that of the empty one.
fn tasks(url: &str, event: &str) -> Result<Vec<Row>> {
    let play = |tag| move || timed(&mut play(tag, url, event)?);
    let [debug, in_place, copied, uri, python] =
        medians(PLAYS, [&play("debug"), &play("in_place"), &play("copied"), &play("uri"), &play("python")])?;
    let beyond = |time: f64| (time - debug) / ITEMS;
    let row = |what, time| Row::beside(what, beyond(time), beyond(in_place));
    Ok(vec![
        row("A task, beyond `debug`: a module of this collection, in place", in_place),
        row("The same module, copied as to a remote target", copied),
        row("`ansible.builtin.uri` doing the same call", uri),
        row("A Python module doing the same call", python),
    ])
}

fn play(tag: &str, url: &str, event: &str) -> Result<Command> {
    let variables = json!({ "base_url": url, "token": TOKEN, "event_id": event.rsplit('/').next() });
    let mut play =
        program(&venv::folder(CORE_2_19), "ansible-playbook", &["tests/bench/play.yml", "--tags", tag])?;
    play.current_dir(tree::root())
        .args(["--extra-vars", &variables.to_string()])
        .env("ANSIBLE_COLLECTIONS_PATH", tree::target("collection"))
        .env("ANSIBLE_BECOME_PLUGINS", tree::root().join("tests/bench/become_plugins"));
    Ok(play)
}

/// The times of the program alone, started with an arguments file as Ansible does.
fn processes(url: &str, event: &str, folder: &Path) -> Result<Vec<Row>> {
    let mut server = program(&venv::folder(CORE_2_19), "python", &["tests/bench/https.py"])?;
    server.current_dir(tree::root()).arg(folder);
    let mut server = Server::start("https", server, folder, false)?;
    let [http, https, trust] = server.told()?;

    let plain = arguments(&folder.join("sums.json"), url, event, None)?;
    let over_http = arguments(&folder.join("http.json"), &http, event, None)?;
    let over_https = arguments(&folder.join("https.json"), &https, event, Some(&trust))?;
    let module = |arguments: &Path| timed(Command::new(module("hatci_update_status")).arg(arguments));
    let [process, nothing, round_trip, over_http, over_https] = medians(
        PROCESSES,
        [
            &|| module(&plain),
            &|| timed(&mut Command::new("true")),
            &|| round_trip(url, event),
            &|| module(&over_http),
            &|| module(&over_https),
        ],
    )?;
    let (_slow, slow) = sums_sim(&["--token", TOKEN, "--fault", "latency:300ms"], folder, false)?;
    let waiting =
        arguments(&folder.join("slow.json"), &slow, &format!("/api/v1/events/{}", make_event(&slow)?), None)?;
    let [memory] = medians(MEMORY_RUNS, [&|| peak_memory(&waiting)])?;
    Ok(vec![
        Row::new("`true` and one HTTP round trip", format!("{:.2} ms", nothing + round_trip)),
        Row::beside("The process of the module, compared with these two", process, nothing + round_trip),
        Row::new("What https adds to it", format!("{:.2} ms", over_https - over_http)),
        Row::new("Its peak memory (resident)", format!("{memory:.2} MB")),
    ])
}

/// Writes the arguments file and returns its path.
fn arguments(file: &Path, url: &str, event: &str, trust: Option<&str>) -> Result<PathBuf> {
    let id = event.rsplit('/').next();
    let mut arguments = json!({ "hatci_base_url": url, "hatci_token": TOKEN, "event_id": id });
    if let Some(trust) = trust {
        arguments["hatci_ca_path"] = trust.into();
    }
    fs::write(file, arguments.to_string())?;
    Ok(file.to_path_buf())
}

fn make_event(url: &str) -> Result<String> {
    let body = json!({
        "tester_name": "bench", "program_name": "bench", "model_year": "2026", "vin": "1HGBH41JXMN109186",
        "update_type": "RROM", "region": "US", "build_level": "1",
        "ecus": [{ "ecu_name": "Gateway", "part_number": "GW-1", "sw_version": "1" }],
    });
    let event = exchange(url, "POST /api/v1/events", TOKEN, &body.to_string())?;
    let id = event["event_id"].as_str();
    id.map(str::to_owned).ok_or_else(|| Error::Tree(format!("the simulator created no event: {event}")))
}

/// Milliseconds for the request alone.
fn round_trip(url: &str, path: &str) -> Result<f64> {
    let started = Instant::now();
    exchange(url, &format!("GET {path}"), TOKEN, "")?;
    Ok(milliseconds(started.elapsed()))
}

/// The peak memory of the module's process in MB, read from `/proc` until it has ended. Its server answers slowly, so that
/// there is time to read it. (What `wait4` reports would include this process, from which it is forked.)
fn peak_memory(arguments: &Path) -> Result<f64> {
    let mut command = Command::new(module("hatci_update_status"));
    command.arg(arguments).stdout(Stdio::null());
    let mut child = command.spawn().map_err(|source| process::not_started(&command, source))?;
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait()?.is_none() {
        peak = fs::read_to_string(&status).ok().as_deref().and_then(high_water).unwrap_or(0).max(peak);
        sleep(Duration::from_millis(5));
    }
    match peak {
        // No program of this size uses less: the kernel showed no figure while it ran.
        0..MEMORY_AT_LEAST => {
            Err(Error::Tree(format!("the module's peak memory reads {peak} kB, which is impossible")))
        }
        peak => Ok(mega(peak * 1024)),
    }
}
