//! `cargo xtask demo`: runs a whole OTA test of a simulated vehicle with the packaged collection, on a leased bench.

use std::path::PathBuf;
use std::process::Command;

use fs_err as fs;
use serde_json::{Value, json};

use crate::environment::program;
use crate::error::{Error, Result};
use crate::http::exchange;
use crate::lab::Lab;
use crate::package;
use crate::process;
use crate::tree;
use crate::venv::{self, ARA, CORE_2_19, JUMPSTARTER};

/// Runs the demo; an error if its verdict is not PASS. With `keep` the servers keep running.
pub(crate) fn demo(keep: bool) -> Result<()> {
    venv::make_all(&[CORE_2_19, JUMPSTARTER, ARA])?;
    let archive = package::package(Vec::new(), false)?;
    if folder().exists() {
        fs::remove_dir_all(folder())?;
    }
    fs::create_dir_all(folder())?;

    println!("Installing {}", archive.display());
    process::output_of(ansible("ansible-galaxy", &["collection", "install", "--offline"])?.arg(archive))?;
    println!("Starting a SUMS simulator, an ARA server, a Jumpstarter controller and an exporter");
    let lab = Lab::start(&folder(), keep)?;
    let played = process::run(&mut playbook(&lab)?);

    let state = exchange(&lab.sums_url, "GET /sim/state", Lab::SUMS_TOKEN, "")?;
    print!("{}", summary(&state));
    if report().join("report.html").exists() {
        println!("Report      file://{}", report().join("report.html").display());
    }
    println!("In ARA      {}{}", run_page(&lab.ara_url)?, if keep { "" } else { " (use --keep to view it)" });
    println!("Log         {}", folder().join("ansible.log").display());
    if keep {
        println!("SUMS API    {}, token {}", lab.sums_url, Lab::SUMS_TOKEN);
        println!(
            "Jumpstarter {}, client configuration {}",
            lab.controller.endpoint,
            lab.client_config.display()
        );
        println!("To stop     kill {}", lab.process_ids().map(|id| id.to_string()).join(" "));
    }
    played?;
    match state["test_events"][0]["status"].as_str() {
        Some("PASS") => Ok(()),
        other => Err(Error::Tree(format!("the verdict is {}, not PASS", other.unwrap_or("missing")))),
    }
}

/// The folder for everything that the demo creates.
fn folder() -> PathBuf {
    tree::target("demo")
}

/// The folder of the report.
fn report() -> PathBuf {
    folder().join("report")
}

fn ansible(name: &str, args: &[&str]) -> Result<Command> {
    let mut program = program(&venv::folder(CORE_2_19), name, args)?;
    program.current_dir(folder()).env("ANSIBLE_COLLECTIONS_PATH", folder().join("collections"));
    Ok(program)
}

fn playbook(lab: &Lab) -> Result<Command> {
    let variables = json!({
        "hatci_base_url": lab.sums_url,
        "hatci_token": Lab::SUMS_TOKEN,
        "hatci_poll_interval_seconds": 1,
        "ara_enabled": true,
        "ara_api_base_url": lab.ara_url,
        "jumpstarter_client_config": lab.client_config,
        "hatci_report_dir": report(),
        "hatci_report_ara_url": lab.ara_url,
    });
    fs::write(folder().join("variables.json"), variables.to_string())?;
    let vehicle = "@collections/ansible_collections/hatci/automation/playbooks/examples/vehicle.yml";
    let args = ["hatci.automation.ota_single_vehicle", "-e", vehicle, "-e", "@variables.json"];
    let mut playbook = ansible("ansible-playbook", &args)?;
    playbook
        .env("ANSIBLE_LOG_PATH", folder().join("ansible.log"))
        .env("ANSIBLE_LOCALHOST_WARNING", "false")
        .env("ANSIBLE_INVENTORY_UNPARSED_WARNING", "false");
    Ok(playbook)
}

/// The URL of the run's page in ARA.
fn run_page(ara: &str) -> Result<String> {
    let runs = exchange(ara, "GET /api/v1/playbooks", "", "")?;
    let id = runs["results"][0]["id"].as_u64();
    id.map(|id| format!("{ara}/playbooks/{id}.html"))
        .ok_or_else(|| Error::Tree(format!("ARA has no record of the run: {runs}")))
}

/// A summary of the server's state after the run, in a few lines.
fn summary(state: &Value) -> String {
    let rows = |kind: &str| state[kind].as_array().cloned().unwrap_or_default();
    let mut lines = vec![];
    for event in rows("events") {
        let [id, end, level] = texts(&event, ["event_id", "update_type", "build_level"]);
        let fixed = if event["fixed"] == true { "fixed" } else { "not fixed" };
        lines.push(format!("Event       {id}, {end} {level}, {fixed}"));
    }
    for deployment in rows("deployments") {
        let [id, state] = texts(&deployment, ["deployment_id", "state"]);
        let [created, started, finished] =
            texts(&deployment["timestamps"], ["created", "started", "finished"]);
        lines.push(format!(
            "Deployment  {id}, {state}: PENDING {created}, IN_PROGRESS {started}, {state} {finished}"
        ));
    }
    for test_event in rows("test_events") {
        let [id, status, summary] = texts(&test_event, ["test_event_id", "status", "summary"]);
        lines.push(format!("Verdict     {status} in test event {id}: {summary}"));
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

/// These fields as text; `-` if missing.
fn texts<const N: usize>(object: &Value, names: [&str; N]) -> [String; N] {
    names.map(|name| object[name].as_str().unwrap_or("-").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_tells_what_there_is() {
        let state = json!({
            "events": [{ "event_id": "E1", "update_type": "RROM", "build_level": "1.0", "fixed": true }],
            "deployments": [{ "deployment_id": "D1", "state": "FAILED", "timestamps": { "created": "12:00", "started": "12:01" } }],
            "test_events": [{ "test_event_id": "T1", "status": "FAIL", "summary": "no" }],
        });
        assert_eq!(
            summary(&state),
            "Event       E1, RROM 1.0, fixed\n\
             Deployment  D1, FAILED: PENDING 12:00, IN_PROGRESS 12:01, FAILED -\n\
             Verdict     FAIL in test event T1: no\n"
        );
        assert_eq!(summary(&json!({})), "");
    }
}
