//! What the ARA modules write down, refuse and warn of while no server answers; a real one is asked elsewhere.
#![allow(clippy::disallowed_methods)] // tests lay out by hand what others would
use assert_cmd::Command;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// One of the two modules, with a folder of its own for temporary files and for its spool.
struct Machine(TempDir);

impl Machine {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn spool(&self) -> PathBuf {
        self.0.path().join("spool")
    }

    fn temporary(&self) -> PathBuf {
        self.0.path().join("temporary")
    }

    /// The result of `ara_event` with these options beside its usual ones.
    fn record(&self, options: &Value) -> Value {
        std::fs::create_dir_all(self.temporary()).unwrap();
        self.record_with(&self.temporary(), options)
    }

    fn record_with(&self, temporary: &Path, options: &Value) -> Value {
        let mut all = json!({
            "ara_api_base_url": "http://127.0.0.1:1", "retries": 0, "run_id": "job 4711", "spool": self.spool(),
        });
        all.as_object_mut().unwrap().extend(options.as_object().unwrap().clone());
        let arguments = self.0.path().join("arguments");
        std::fs::write(&arguments, all.to_string()).unwrap();
        let mut program = Command::new(Path::new(env!("CARGO_BIN_EXE_hatci")).with_file_name("ara_event"));
        let out = program.env_clear().env("TMPDIR", temporary).arg(arguments).output().unwrap();
        serde_json::from_slice(&out.stdout).unwrap()
    }
}

/// Everything in the files below this folder whose names end so.
fn text(folder: &Path, name: &str) -> String {
    let Ok(entries) = std::fs::read_dir(folder) else { return String::new() };
    entries
        .flatten()
        .map(|entry| match entry.path() {
            path if path.is_dir() => text(&path, name),
            path if path.ends_with(name) => std::fs::read_to_string(path).unwrap(),
            _ => String::new(),
        })
        .collect()
}

/// The events that wait below this folder.
fn events(folder: &Path) -> Vec<Value> {
    let lines = text(folder, "entries.jsonl");
    let entries = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    entries.filter_map(|entry| entry["Event"].get(0).cloned()).collect()
}

fn warnings(result: &Value) -> Vec<&str> {
    result["warnings"].as_array().into_iter().flatten().map(|warning| warning.as_str().unwrap()).collect()
}

#[test]
fn events_of_one_task_that_share_a_name_are_several() {
    let machine = Machine::new();
    let same = json!([{ "name": "check" }, { "name": "check", "status": "failed" }, { "name": "check" }, { "name": "check", "key": "own" }]);
    machine.record(&json!({ "events": same }));
    let mut keys: Vec<_> = events(&machine.spool()).iter().map(|event| event["key"].to_string()).collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 4, "{keys:?}");
}

#[test]
fn the_words_of_other_programs_for_how_it_ended_are_understood() {
    let machine = Machine::new();
    let words = ["success", "completed", "failure", "error"];
    let events_given: Vec<_> = words.iter().map(|word| json!({ "name": word, "status": word })).collect();
    machine.record(&json!({ "events": events_given }));
    let statuses: Vec<_> = events(&machine.spool()).iter().map(|event| event["status"].clone()).collect();
    assert_eq!(statuses, ["Ok", "Ok", "Failed", "Failed"]);
}

#[test]
fn a_secret_is_nowhere_in_the_spool() {
    let machine = Machine::new();
    let secret = "planted-7713";
    let hidden = format!("has {secret}");
    let result = machine.record(&json!({
        "ara_api_token": secret, "run_name": hidden, "labels": [hidden], "metadata": { hidden.clone(): [{ hidden.clone(): hidden }] },
        "events": [{
            "name": hidden, "key": hidden, "host": hidden, "action": hidden,
            "details": { hidden.clone(): { hidden.clone(): [hidden] } },
        }],
    }));
    assert_eq!(events(&machine.spool()).len(), 1, "{result}");
    for file in ["entries.jsonl", "known.json"] {
        let text = text(machine.0.path(), file);
        assert!(text.contains("has ***") || file == "known.json", "{text}");
        assert!(!text.contains(secret), "{text}");
    }
}

#[test]
fn a_duration_that_no_calendar_holds_is_refused() {
    for seconds in [-1.0, 1e18, 4e8] {
        let machine = Machine::new();
        let result = machine.record(&json!({ "events": [{ "name": "it", "duration": seconds }] }));
        assert_eq!(result["error"]["kind"], "invalid", "{result}");
        assert_eq!(events(&machine.spool()), Vec::<Value>::new());
    }
}

#[test]
fn a_spool_that_cannot_be_written_is_replaced_and_warned_of_once() {
    let machine = Machine::new();
    let options = |name: &str| json!({ "spool": "/proc/nowhere", "events": [{ "name": name }] });
    let results = [machine.record(&options("one")), machine.record(&options("two"))];
    let of_spool = |result| warnings(result).iter().filter(|warning| warning.contains("ara_spool")).count();
    assert_eq!(results.each_ref().map(of_spool), [1, 0], "{results:?}");
    assert!(results.iter().all(|result| result.get("failed").is_none()), "{results:?}");
    assert_eq!(events(&machine.temporary()).len(), 2);
}

#[test]
fn where_nothing_can_be_kept_only_who_insists_on_ara_fails() {
    let machine = Machine::new();
    let options =
        |strict| json!({ "spool": "/proc/nowhere", "events": [{ "name": "it" }], "fail_on_error": strict });
    let result = machine.record_with(Path::new("/proc/nowhere"), &options(false));
    let [warning] = warnings(&result)[..] else { panic!("{result}") };
    assert!(
        warning.starts_with("This run can't be recorded in ARA") && warning.contains("ara_spool"),
        "{warning}"
    );
    assert!(warning.ends_with("Its events are lost.") && result.get("failed").is_none(), "{result}");
    let result = machine.record(&options(true));
    assert!(result["failed"] == true && result["msg"].as_str().unwrap().contains("ara_spool"), "{result}");
}

#[test]
fn a_base_url_that_is_none_is_said_to_be_that_of_ara() {
    let result = Machine::new().record(&json!({ "ara_api_base_url": "127.0.0.1:18000" }));
    let msg = result["msg"].as_str().unwrap();
    assert!(
        msg.starts_with("This run can't be recorded in ARA") && msg.contains("ara_api_base_url"),
        "{msg}"
    );
}

#[test]
fn any_timeout_may_be_given() {
    let result = Machine::new().record(&json!({ "timeout": u64::MAX, "events": [{ "name": "it" }] }));
    assert_eq!(result["waiting"], 2, "{result}");
}
