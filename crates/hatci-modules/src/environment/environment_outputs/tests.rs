use super::*;
use crate::environment::environment_info::EnvironmentInfo;
use ansible_module::{Answer, NoEnv, run};
use serde_json::Map;
use std::fs;
use tempfile::TempDir;

const SECRET: &str = "s3cr3t-t0ken";

fn repository() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("config/packages/core");
    fs::create_dir_all(home.join("inventory")).unwrap();
    let package = json!({ "id": "core", "version": "v0.2.0", "environments": [
        { "name": "development", "files": { "terraform": "dev.tfvars", "kubesprayInventory": "inventory" } },
        { "name": "staging", "files": { "terraform": "dev.tfvars" } },
    ] });
    fs::write(home.join("package.json"), package.to_string()).unwrap();
    fs::write(home.join("dev.tfvars"), format!("api_token = \"{SECRET}\"\n")).unwrap();
    fs::write(home.join("inventory/inventory.ini"), "[kube_node]\n").unwrap();
    folder
}

fn arguments(folder: &TempDir, options: &Value) -> Map<String, Value> {
    let mut all =
        json!({ "root": folder.path(), "id": "development", "_ansible_diff": true, "_ansible_verbosity": 4 });
    all.as_object_mut().unwrap().extend(options.as_object().unwrap().clone());
    all.as_object().unwrap().clone()
}

/// The answer, in which the secret never is.
fn outputs(folder: &TempDir, options: &Value) -> Map<String, Value> {
    let Answer { json, .. } = run::<EnvironmentOutputs>(arguments(folder, options), &NoEnv);
    assert!(!Value::from(json.clone()).to_string().contains(SECRET), "{json:?}");
    json
}

fn info(folder: &TempDir) -> Map<String, Value> {
    run::<EnvironmentInfo>(arguments(folder, &json!({})), &NoEnv).json
}

#[test]
fn what_is_predicted_is_done_once_and_undone_once() {
    let folder = repository();
    let changed = |options: Value| outputs(&folder, &options)["changed"] == true;
    let check = json!({ "_ansible_check_mode": true });
    assert!(changed(check.clone()));
    assert!(!folder.path().join("api").exists(), "check mode makes neither folders nor a lock");
    assert!(changed(json!({})));
    assert!(!changed(json!({})) && !changed(check));
    assert!(changed(json!({ "state": "absent", "_ansible_check_mode": true })));
    assert!(changed(json!({ "state": "absent" })));
    assert!(!changed(json!({ "state": "absent" })));
    assert!(!folder.path().join("api/outputs/development").exists());
}

#[test]
fn consumers_get_the_same_from_info() {
    let folder = repository();
    let made = outputs(&folder, &json!({}));
    let found = info(&folder);
    for key in ["metadata", "metadata_path", "files", "digest", "package", "version"] {
        assert_eq!(made[key], found[key], "{key}");
    }
    assert_eq!((&made["package"], &made["version"]), (&json!("core"), &json!("v0.2.0")));
    assert_eq!(made["changed_files"], json!(["kubespray/inventory.ini", "terraform.tfvars"]));
    assert_eq!(found["changed"], false);
}

#[test]
fn what_is_missing_is_told_with_what_there_is() {
    let folder = repository();
    for (options, kind, expected) in [
        (
            json!({ "id": "production" }),
            "not_found",
            "core has no environment production; it has development, staging",
        ),
        (json!({ "package": "cor" }), "invalid", "There is no package cor; there are core"),
        (json!({ "id": "../x" }), "invalid", "id: \"../x\" is not a name"),
        (json!({ "root": "/nonexistent" }), "not_found", "/nonexistent"),
    ] {
        let answer = outputs(&folder, &options);
        assert_eq!(answer["error"]["kind"], kind, "{answer:?}");
        assert!(answer["msg"].as_str().unwrap().contains(expected), "{answer:?}");
    }
    let answer = info(&folder);
    assert_eq!(answer["error"]["kind"], "not_found");
    assert!(
        answer["msg"]
            .as_str()
            .unwrap()
            .contains("ansible-playbook hatci.automation.environment -e env=development")
    );
}

#[test]
fn the_same_version_with_other_contents_is_warned_of_and_stale_outputs_are_refused() {
    let folder = repository();
    outputs(&folder, &json!({}));
    fs::write(folder.path().join("config/packages/core/dev.tfvars"), format!("api_token = \"{SECRET}2\"\n"))
        .unwrap();
    assert_eq!(info(&folder)["error"]["kind"], "conflict");
    let answer = outputs(&folder, &json!({}));
    assert!(answer["warnings"].to_string().contains("Raise the version"), "{answer:?}");
    assert_eq!(answer["changed_files"], json!(["terraform.tfvars"]));
    assert!(info(&folder).get("failed").is_none());
}

#[test]
fn what_a_killed_process_has_left_goes_with_the_next_run_which_is_no_change() {
    let folder = repository();
    let left = folder.path().join("api/outputs/.development.1.new");
    for (state, changed) in [("present", true), ("present", false), ("absent", true), ("absent", false)] {
        fs::create_dir_all(&left).unwrap();
        fs::write(left.join("dev.tfvars"), SECRET).unwrap();
        if state == "present" && !changed {
            let answer = outputs(&folder, &json!({ "_ansible_check_mode": true }));
            assert!(answer["changed"] == false && left.exists(), "check mode writes nothing: {answer:?}");
        }
        let answer = outputs(&folder, &json!({ "state": state }));
        assert_eq!(answer["changed"], changed, "{answer:?}");
        assert!(!left.exists(), "{state}");
        assert_eq!(folder.path().join("api/outputs/development").exists(), state == "present");
    }
}

#[test]
fn a_failure_before_the_exchange_is_no_change() {
    let folder = repository();
    outputs(&folder, &json!({}));
    let lock = folder.path().join("api/outputs/.development.lock");
    fs::remove_file(&lock).unwrap();
    fs::create_dir(&lock).unwrap();
    for options in [json!({ "state": "absent" }), json!({ "state": "present" })] {
        fs::write(folder.path().join("api/outputs/development/terraform.tfvars"), "damaged").unwrap();
        let answer = outputs(&folder, &options);
        assert_eq!((&answer["failed"], &answer["changed"]), (&json!(true), &json!(false)), "{answer:?}");
    }
}

#[test]
fn consumers_learn_that_the_package_is_broken_and_a_command_for_their_place() {
    let folder = repository();
    let elsewhere = folder.path().join("a b");
    let options = json!({ "outputs": elsewhere });
    let msg = run::<EnvironmentInfo>(arguments(&folder, &options), &NoEnv).json["msg"].to_string();
    let root = folder.path().canonicalize().unwrap();
    assert!(msg.contains(&format!("-e environment_root={}", root.display())), "{msg}");
    assert!(msg.contains("environment_outputs") && msg.contains("/a b"), "{msg}");
    outputs(&folder, &json!({}));
    fs::write(folder.path().join("config/packages/core/package.json"), "{").unwrap();
    let answer = info(&folder);
    assert!(answer["msg"].as_str().unwrap().contains("package.json:1"), "{answer:?}");
    fs::remove_dir_all(folder.path().join("config/packages/core")).unwrap();
    assert!(info(&folder).get("failed").is_none());
}

#[test]
fn outputs_may_be_elsewhere_and_their_package_need_not_be_there() {
    let (folder, elsewhere) = (repository(), tempfile::tempdir().unwrap());
    outputs(&folder, &json!({ "outputs": elsewhere.path() }));
    let other = tempfile::tempdir().unwrap();
    let options = json!({ "root": other.path(), "outputs": elsewhere.path() });
    let answer = run::<EnvironmentInfo>(arguments(&folder, &options), &NoEnv);
    assert!(!answer.failed, "{:?}", answer.json);
}
