//! The cost of leases: a call compared with the real `jmp`, the wait for a free bench, and keeping many leases alive.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use fs_err as fs;
use jiff::{SignedDuration, Timestamp};
use rustix::param::clock_ticks_per_second;
use serde_json::{Value, json};

use super::{Row, high_water, median, medians, mega, milliseconds, module, timed};
use crate::controller::Controller;
use crate::environment::program;
use crate::error::{Error, Result};
use crate::process;
use crate::server::Server;
use crate::venv::{self, JUMPSTARTER};

/// `jmp` takes a second for each.
const CALLS: usize = 11;
const LEASES: usize = 200;
/// In seconds. A tenth of the usual `lease_ttl`, so that each lease is extended several times while the keeper is measured.
const TERM: u32 = 30;
/// Longer than the term: without the keeper, all leases would have ended.
const WATCHED: Duration = Duration::from_secs(60);
/// How long the keeper may take to exit.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the servers write goes to `folder`.
pub(super) fn rows(folder: &Path) -> Result<Vec<Row>> {
    venv::make_all(&[JUMPSTARTER])?;
    let benches: Vec<_> = (0..=LEASES).map(|n| format!("--exporter=bench-{n}:bench={n}")).collect();
    let controller = Controller::start(&benches, folder, false)?;
    let lab = Lab { folder: folder.into(), client_config: controller.client_config()? };
    let mut rows = lab.calls()?;
    rows.extend(lab.keeping()?);
    Ok(rows)
}

/// The client whose modules are run.
struct Lab {
    folder: PathBuf,
    client_config: PathBuf,
}

impl Lab {
    /// One call, in its own process, by this collection and by `jmp`.
    fn calls(&self) -> Result<Vec<Row>> {
        let lease =
            json!({ "lease_name": "looked-at", "exporter": format!("bench-{LEASES}"), "keepalive": false });
        process::output_of(&mut self.module("jumpstarter_lease", lease)?)?;
        let list = || timed(&mut self.module("jumpstarter_lease_info", json!({}))?);
        let verify = json!({ "state": "verified", "lease_name": "looked-at", "keepalive": false });
        let verify = || timed(&mut self.module("jumpstarter_lease", verify.clone())?);
        let jmp = || {
            let args = ["get", "leases", "-o", "json", "--client-config"];
            timed(program(&venv::folder(JUMPSTARTER), "jmp", &args)?.arg(&self.client_config))
        };
        let [list, verify, jmp] = medians(CALLS, [&list, &verify, &jmp])?;
        Ok(vec![
            Row::new(
                "Checking one lease over TLS: `jumpstarter_lease`, a process",
                format!("{verify:.2} ms"),
            ),
            Row::new("Listing the leases: `jumpstarter_lease_info`, a process", format!("{list:.2} ms")),
            Row::beside("`jmp get leases` doing the same, compared with it", jmp, list),
        ])
    }

    /// One process of a job that keeps many leases, from the first lease to the end of the job.
    fn keeping(&self) -> Result<Vec<Row>> {
        let mut job = Command::new("sleep");
        job.arg("infinity");
        let job = Server::start("job", job, &self.folder, false)?;
        let waits = (0..LEASES).map(|n| self.acquire(n, job.process_id())).collect::<Result<Vec<_>>>()?;
        let slowest = waits.iter().copied().fold(0.0, f64::max);

        let keeper = keeper_of(job.process_id())?;
        let (cpu, since) = (cpu_seconds(keeper)?, Instant::now());
        sleep(WATCHED);
        let cpu = 100.0 * (cpu_seconds(keeper)? - cpu) / since.elapsed().as_secs_f64();
        let memory = fs::read_to_string(format!("/proc/{keeper}/status"))?;
        let memory = high_water(&memory).ok_or_else(|| Error::Tree("the keeper is gone".into()))?;
        self.check_that_there_are(LEASES + 1)?;

        drop(job);
        let ended = Instant::now();
        while fs::exists(format!("/proc/{keeper}"))? && ended.elapsed() < PATIENCE {
            sleep(Duration::from_millis(5));
        }
        let farewell = ended.elapsed().as_secs_f64();
        self.check_that_there_are(1)?;
        Ok(vec![
            Row::new(
                "From the assignment of a free bench to the end of `jumpstarter_lease`",
                format!("{:.0} ms; slowest of {LEASES}: {slowest:.0} ms", median(waits)),
            ),
            Row::new(
                "CPU of the keeper of 200 leases, with a term of 30 s: ten times the usual load",
                format!("{cpu:.2} % of a core"),
            ),
            Row::new("Its peak memory (resident)", format!("{:.2} MB", mega(memory * 1024))),
            Row::new("From the end of its job until all are released", format!("{farewell:.2} s")),
        ])
    }

    /// Leases a bench for a job; returns the milliseconds from the controller's assignment to the module's end.
    fn acquire(&self, number: usize, job: u32) -> Result<f64> {
        let lease = json!({
            "lease_name": format!("kept-{number}"),
            "exporter": format!("bench-{number}"),
            "duration": "1h",
            "lease_ttl": TERM,
        });
        let mut acquire = self.module("jumpstarter_lease", lease)?;
        let told = process::output_of(acquire.env("ANSIBLE_MODULE_OWNER", job.to_string()))?;
        let now = Timestamp::now();
        let told: Value = serde_json::from_str(&told).unwrap_or_default();
        let expires = told["expires_at"].as_str().and_then(|time| time.parse::<Timestamp>().ok());
        let expires = expires.ok_or_else(|| Error::Tree(format!("no bench was assigned: {told}")))?;
        let assigned = expires - SignedDuration::from_secs(TERM.into());
        Ok(milliseconds(now.duration_since(assigned).unsigned_abs()))
    }

    /// Checks that this many leases are active.
    fn check_that_there_are(&self, expected: usize) -> Result<()> {
        let told = process::output_of(&mut self.module("jumpstarter_lease_info", json!({}))?)?;
        let told: Value = serde_json::from_str(&told).unwrap_or_default();
        let leases = told["leases"].as_array().map_or(&[][..], Vec::as_slice);
        let held = leases.iter().filter(|lease| lease["state"] == "ready").count();
        if held == expected {
            return Ok(());
        }
        Err(Error::Tree(format!("{held} leases are active, not {expected}: {told}")))
    }

    /// The module's program with these options, as this lab's client.
    fn module(&self, name: &str, mut options: Value) -> Result<Command> {
        options["client_config"] = self.client_config.display().to_string().into();
        let file = self.folder.join(format!("{name}.json"));
        fs::write(&file, options.to_string())?;
        let mut command = Command::new(module(name));
        command.arg(file);
        Ok(command)
    }
}

/// The process that keeps the leases of a job, identified by its arguments.
fn keeper_of(job: u32) -> Result<u32> {
    let owner = format!("\0--job-guard\0{job}-");
    for entry in fs::read_dir("/proc")? {
        let entry = entry?;
        let command = fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default();
        if command.contains(&owner)
            && let Ok(number) = entry.file_name().to_string_lossy().parse()
        {
            return Ok(number);
        }
    }
    Err(Error::Tree("no process keeps the leases".into()))
}

/// The CPU time of all threads of a process so far.
fn cpu_seconds(process: u32) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The second field, in parentheses, may contain anything. The 14th and 15th are user and system time.
    let (_, fields) = stat.rsplit_once(')').unwrap_or_default();
    let ticks: f64 = fields.split_whitespace().skip(11).take(2).filter_map(|it| it.parse::<f64>().ok()).sum();
    #[expect(clippy::cast_precision_loss, reason = "it is about 100")]
    Ok(ticks / clock_ticks_per_second() as f64)
}
