//! The cost of recording in ARA: one event beyond the server's own time, and a whole OTA test.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use fs_err as fs;
use serde_json::{Value, json};

use super::{PLAYS, PROCESSES, Row, medians, milliseconds, module, timed};
use crate::environment::program;
use crate::error::{Error, Result};
use crate::http::exchange;
use crate::lab::{ara_server, sums_sim};
use crate::package;
use crate::process;
use crate::tree;
use crate::venv::{self, ARA, CORE_2_19};

const RUN: &str = "0b5e1c9e-6a3f-4d55-9c39-2f9f6c3a1b77";
const TOKEN: &str = "bench-token";
/// The items of the loops in `tests/bench/ara.yml`.
const ITEMS: f64 = 30.0;
/// The duration of each state of the simulated update; its end falls between two polls, which are a second apart.
const STEP: &str = "1500ms";

/// What the servers write goes to `folder`.
pub(super) fn rows(folder: &Path) -> Result<Vec<Row>> {
    venv::make_all(&[ARA])?;
    let folder = folder.join("ara");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let (_ara, url) = ara_server(&folder, false)?;
    let bench = Bench { folder, url, events: Cell::new(0) };
    let mut rows = bench.event()?;
    rows.extend(bench.ota_test()?);
    Ok(rows)
}

/// A time in milliseconds.
fn time(what: &'static str, time: f64) -> Row {
    Row::new(what, format!("{time:.2} ms"))
}

struct Bench {
    folder: PathBuf,
    /// The URL of the ARA server.
    url: String,
    /// How many events were created by plain requests.
    events: Cell<u32>,
}

impl Bench {
    /// One more event of a known run: by the module, and by the same requests alone.
    fn event(&self) -> Result<Vec<Row>> {
        let arguments = self.folder.join("event.json");
        let options = json!({
            "events": [{ "name": "an event" }], "run_id": RUN, "ara_api_base_url": self.url, "spool": self.spool(),
        });
        fs::write(&arguments, options.to_string())?;
        let mut record = Command::new(module("ara_event"));
        record.arg(&arguments);
        let known: Value = serde_json::from_str(&process::output_of(&mut record)?)
            .map_err(|e| Error::Tree(e.to_string()))?;
        let common = self.common(&known["playbook_id"])?;
        let [process, requests] = medians(
            PROCESSES,
            [&|| timed(Command::new(module("ara_event")).arg(&arguments)), &|| self.by_hand(&common)],
        )?;
        let play = |tag| move || timed(&mut self.tasks(tag)?);
        let [debug, task] = medians(PLAYS, [&play("debug"), &play("event")])?;
        Ok(vec![
            time("The requests of one event, to an ARA server on this machine", requests),
            time("`ara_event`, beyond these", process - requests),
            time("A task with `ara_event`, beyond these and `debug`", (task - debug) / ITEMS - requests),
        ])
    }

    /// The fields common to all objects of an event; ARA ignores those that an object doesn't have.
    fn common(&self, playbook: &Value) -> Result<Value> {
        let mut common = json!({
            "playbook": playbook, "name": "an event", "action": "none", "lineno": 1, "handler": false, "content": {},
            "started": "2026-11-20T20:00:00.25Z", "ended": "2026-11-20T20:00:00.5Z",
        });
        for kind in ["play", "host", "file"] {
            let list = exchange(&self.url, &format!("GET /api/v1/{kind}s?playbook={playbook}"), "", "")?;
            common[kind] = list["results"][0]["id"].clone();
        }
        Ok(common)
    }

    /// Milliseconds for the plain requests of an event.
    fn by_hand(&self, common: &Value) -> Result<f64> {
        self.events.set(self.events.get() + 1);
        let mut event = common.clone();
        event["uuid"] = format!("{:032x}", self.events.get()).into();
        let look = format!("GET /api/v1/tasks?uuid={}&order=id&limit=1", event["uuid"]);
        let started = Instant::now();
        exchange(&self.url, &look.replace('"', ""), "", "")?;
        event["status"] = "completed".into();
        event["task"] = exchange(&self.url, "POST /api/v1/tasks", "", &event.to_string())?["id"].clone();
        event["status"] = "ok".into();
        exchange(&self.url, "POST /api/v1/results", "", &event.to_string())?;
        Ok(milliseconds(started.elapsed()))
    }

    /// The tasks of this tag in `tests/bench/ara.yml`.
    fn tasks(&self, tag: &str) -> Result<Command> {
        let variables = json!({ "run": RUN, "url": self.url, "spool": self.spool() });
        playbook("tests/bench/ara.yml", &variables, &["--tags", tag])
    }

    /// A whole test of a vehicle, with and without recording.
    fn ota_test(&self) -> Result<Vec<Row>> {
        let vehicle = format!("@{}", package::folder().join("playbooks/examples/vehicle.yml").display());
        let name = "hatci.automation.ota_single_vehicle";
        let test = |recorded: bool| {
            let vehicle = &vehicle;
            move || {
                let (_sums, sums) = sums_sim(&["--step", STEP, "--token", TOKEN], &self.folder, false)?;
                let variables = json!({
                    "hatci_base_url": sums, "hatci_token": TOKEN, "hatci_poll_interval_seconds": 1, "ota_lease": false,
                    "ara_enabled": recorded, "ara_api_base_url": self.url, "ara_spool": self.spool(),
                });
                timed(&mut playbook(name, &variables, &["-e", vehicle])?)
            }
        };
        let [without, with] = medians(PLAYS, [&test(false), &test(true)])?;
        let ratio = format!("{:.3}", with / without);
        let with = time("The same with each step recorded in ARA", with);
        Ok(vec![time("An OTA test of one vehicle", without), Row { ratio, ..with }])
    }

    fn spool(&self) -> PathBuf {
        self.folder.join("spool")
    }
}

fn playbook(name: &str, variables: &Value, args: &[&str]) -> Result<Command> {
    let mut playbook = program(&venv::folder(CORE_2_19), "ansible-playbook", &[name])?;
    playbook
        .current_dir(tree::root())
        .args(args)
        .args(["--extra-vars", &variables.to_string()])
        .env("ANSIBLE_COLLECTIONS_PATH", tree::target("collection"));
    Ok(playbook)
}
