//! The file of a campaign at the moment at which its job is killed, and how another job goes on from it.
use crate::sums::{Sums, and, run_at};
use ::fleet::{Campaign, Stage, Vehicle};
use ansible_module::NoEnv;
use hatci_modules::{HatciFleetPlan, HatciFleetUpdate};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    thread::sleep,
    time::Duration,
};
use sums_sim::Options;
use test_servers::{Request, ScriptedServer, Step};

const VEHICLES: usize = 20;
const CONCURRENCY: usize = 4;

/// What was seen before the job was killed.
#[derive(Default)]
struct Seen {
    requests: usize,
    at_the_end: String,
    unmarked: Vec<String>,
}

/// A server that honours no keys.
fn sums() -> Sums {
    Sums::with(Options { no_idempotency: true, step: Duration::ZERO, ..Options::default() })
}

fn plan(path: &Path) -> Value {
    let ecus =
        |version: &str| json!([{ "ecu_name": "Gateway", "part_number": "GW-1", "sw_version": version }]);
    let vehicle = |number: usize| {
        json!({
            "host": format!("car{number}"), "vin": format!("TESTVEHC0{number:08}"),
            "tester_name": "Jane", "program_name": "OTA", "model_year": "2026", "region": "US",
            "source": { "build_level": "1", "ecus": ecus("1.0") }, "target": { "build_level": "2", "ecus": ecus("2.0") },
        })
    };
    let vehicles: Vec<_> = (1..=VEHICLES).map(vehicle).collect();
    let options =
        json!({ "campaign_id": "winter", "resume_file": path, "vehicles": vehicles, "waves": ["100%"] });
    let Value::Object(options) = options else { unreachable!() };
    ansible_module::run::<HatciFleetPlan>(options, &NoEnv).json.into()
}

fn update(url: &str, path: &Path) -> Value {
    let options = json!({
        "campaign_id": "winter", "resume_file": path, "vehicles": plan(path)["updates"], "concurrency": CONCURRENCY,
        "retries": 0, "attempts": 1,
    });
    run_at::<HatciFleetUpdate>(url, options).into()
}

fn campaign(text: &str) -> Campaign {
    Campaign::from_yaml(text).unwrap()
}

/// Passes a request on, and the answer back.
fn forwarded(request: &Request, url: &str) -> Step {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    write!(
        stream,
        "{} {} HTTP/1.1\r\nhost: sums\r\nauthorization: {}\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{}",
        request.method,
        request.target,
        request.header("authorization"),
        request.body.len(),
        request.body
    )
    .unwrap();
    let mut answer = vec![];
    stream.read_to_end(&mut answer).unwrap();
    Step::SendAndClose(answer)
}

/// The file of a job that is killed when it sends its request number `last`, which nobody answers; and what else was seen.
fn killed_at(last: usize, sums: &Sums, path: &Path) -> Seen {
    plan(path);
    let (url, file) = (sums.0.url(), PathBuf::from(path));
    let seen = Arc::new(Mutex::new(Seen::default()));
    let seen_by_server = seen.clone();
    let server = ScriptedServer::answering(move |request| {
        let mut seen = seen_by_server.lock().unwrap();
        if !seen.at_the_end.is_empty() {
            return test_servers::json(401, "{}");
        }
        let now = fs::read_to_string(&file).unwrap();
        // Each event is of a vehicle whose mark is in the file.
        let is_of = |it: &&Vehicle| request.body.contains(it.vin.as_deref().unwrap_or("none"));
        let waits =
            || campaign(&now).vehicles.iter().find(is_of).is_some_and(|it| it.stage == Stage::Waiting);
        if request.method == "POST" && waits() {
            seen.unmarked.push(request.body.clone());
        }
        seen.requests += 1;
        if seen.requests == last {
            seen.at_the_end = now;
            return test_servers::json(401, "{}");
        }
        forwarded(request, &url)
    });
    update(&server.url(), path);
    drop(server);
    std::mem::take(&mut *seen.lock().unwrap())
}

/// Whether all that can be made for it is known.
fn is_known(vehicle: &Vehicle) -> bool {
    vehicle.deployment_id.is_some() && vehicle.test_event_id.is_some()
}

#[test]
fn when_a_job_is_killed_no_more_vehicles_are_unknown_than_it_works_on_at_once() {
    for last in [2, 7, 20, 90, 140] {
        let sums = sums();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("resume.yml");
        let seen = killed_at(last, &sums, &path);
        assert_eq!(
            seen.unmarked,
            Vec::<String>::new(),
            "nothing is sent for a vehicle whose mark is not in the file"
        );
        let at_the_end = campaign(&seen.at_the_end);
        let unknown = at_the_end.vehicles.iter().filter(|it| it.stage == Stage::Starting && !is_known(it));
        assert!(unknown.count() <= CONCURRENCY, "{last}: {}", seen.at_the_end);
        for vehicle in at_the_end.vehicles.iter().filter(|it| it.stage != Stage::Starting) {
            let is_waiting = vehicle.stage == Stage::Waiting && vehicle.started.is_none();
            assert!(is_waiting || vehicle.stage == Stage::Updating && is_known(vehicle), "{vehicle:?}");
        }
    }
}

#[test]
fn the_next_job_begins_what_was_not_begun_and_makes_nothing_twice() {
    for last in [20, 90] {
        let sums = sums();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("resume.yml");
        let seen = killed_at(last, &sums, &path);
        fs::write(&path, &seen.at_the_end).unwrap();
        let answer = update(&sums.0.url(), &path);
        let count = |state: &str| usize::try_from(answer["counts"][state].as_u64().unwrap()).unwrap();
        assert!(count("deployed") >= VEHICLES - CONCURRENCY, "{answer}");
        assert_eq!(count("deployed") + count("unknown"), VEHICLES, "{answer}");
        let deployments = serde_json::to_value(sums.0.state().deployments).unwrap();
        let deployments = deployments.as_array().unwrap();
        let events: BTreeSet<_> = deployments.iter().map(|it| it["event_id"].as_str()).collect();
        assert_eq!(events.len(), deployments.len(), "an event was deployed twice");
        assert!(sums.0.state().test_events.len() <= VEHICLES);
    }
}

#[test]
fn the_ids_of_a_vehicle_get_into_the_file_while_its_next_step_takes_its_time() {
    let sums = sums();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("resume.yml");
    plan(&path);
    let (url, file) = (sums.0.url(), path.clone());
    let server = ScriptedServer::answering(move |request| {
        let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
        if let Some(id) = body["event_id"].as_str() {
            let id = format!("\"{id}\"");
            let is_there = || fs::read_to_string(&file).unwrap().contains(&id);
            let later = || {
                sleep(Duration::from_millis(5));
                is_there()
            };
            assert!(is_there() || (0..4000).any(|_| later()), "{id} did not get into the file");
        }
        forwarded(request, &url)
    });
    let answer = update(&server.url(), &path);
    assert_eq!(answer["counts"]["deployed"], VEHICLES, "{answer}");
    let after = campaign(&fs::read_to_string(&path).unwrap());
    assert!(after.vehicles.iter().all(|it| it.stage == Stage::Updating && is_known(it)));
}

#[test]
fn a_file_that_can_no_longer_be_written_keeps_other_vehicles_from_being_begun() {
    let sums = sums();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("campaign/resume.yml");
    plan(&path);
    let (url, file) = (sums.0.url(), path.clone());
    let server = ScriptedServer::answering(move |request| {
        // A file stands where its folder was. The folder goes in one step: other vehicles are being noted in it.
        let folder = file.parent().unwrap();
        if request.method == "POST" && fs::rename(folder, folder.with_extension("moved")).is_ok() {
            fs::write(folder, "").unwrap();
        }
        forwarded(request, &url)
    });
    let updates = plan(&path)["updates"].clone();
    let options = json!({
        "campaign_id": "winter", "resume_file": path, "vehicles": updates, "concurrency": CONCURRENCY, "retries": 0,
    });
    let answer =
        Value::from(run_at::<HatciFleetUpdate>(&server.url(), and(options, json!({ "attempts": 1 }))));
    assert_eq!(answer["failed"], true, "{answer}");
    assert!(sums.0.state().test_events.len() <= CONCURRENCY, "{answer}");
    let last = &answer["vehicles"]["car20"];
    assert!(last["reason"].as_str().unwrap().starts_with("Note its start in the resume file"), "{last}");
}
