use super::*;
use crate::environment::environment_outputs::EnvironmentOutputs;
use ansible_module::{NoEnv, run};
use std::fs;
use tempfile::TempDir;

const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f kim@example.com";

fn arguments(folder: &TempDir, options: &Value) -> Map<String, Value> {
    let mut all = json!({ "root": folder.path(), "id": "development" });
    all.as_object_mut().unwrap().extend(options.as_object().unwrap().clone());
    all.as_object().unwrap().clone()
}

/// A repository whose outputs are generated.
fn repository() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("config/packages/core");
    fs::create_dir_all(&home).unwrap();
    let package = json!({ "id": "core", "version": "v0.2.0", "environments": [{ "name": "development", "files": { "provisioner": "p.json" } }] });
    fs::write(home.join("package.json"), package.to_string()).unwrap();
    let configuration = json!({
        "staticConfig": { "artifactFormat": "qcow2" },
        "dynamicConfig": { "sshUsers": [{ "name": "kim", "authorizedKeys": [KEY] }], "roles": { "k8s-master": { "packages": ["curl"] } } },
    });
    fs::write(home.join("p.json"), configuration.to_string()).unwrap();
    let made = run::<EnvironmentOutputs>(arguments(&folder, &json!({})), &NoEnv);
    assert!(!made.failed, "{:?}", made.json);
    folder
}

fn seed(folder: &TempDir, options: &Value) -> Map<String, Value> {
    let mut options = options.clone();
    options["role"] = options.get("role").cloned().unwrap_or("k8s-master".into());
    run::<EnvironmentSeed>(arguments(folder, &options), &NoEnv).json
}

#[test]
fn what_is_predicted_is_done_once_and_undone_once() {
    for hosts in [json!([]), json!(["k8s-1", "k8s-2"])] {
        let folder = repository();
        let changed = |state: &str, check: bool| {
            let answer =
                seed(&folder, &json!({ "hosts": hosts, "state": state, "_ansible_check_mode": check }));
            answer["changed"].as_bool().unwrap_or_else(|| panic!("{answer:?}"))
        };
        assert!(changed("present", true) && !folder.path().join("provisioner").exists());
        assert!(changed("present", false) && !changed("present", false) && !changed("present", true));
        assert!(changed("absent", true) && changed("absent", false) && !changed("absent", false));
    }
}

#[test]
fn the_images_are_returned_and_what_a_seed_cannot_do_is_warned_of() {
    let folder = repository();
    let answer = seed(&folder, &json!({ "hosts": ["k8s-1"] }));
    let image = &answer["images"][0];
    assert_eq!((&image["host"], &image["size"]), (&json!("k8s-1"), &json!(131_072)));
    let bytes = fs::read(image["path"].as_str().unwrap()).unwrap();
    assert_eq!(image["sha256"], environments::sha256_hex(&bytes));
    assert!(
        answer["metadata_path"]
            .as_str()
            .unwrap()
            .ends_with("api/outputs/development/provisioner/k8s-master.json")
    );
    assert!(answer["warnings"].to_string().contains("artifactFormat"), "{answer:?}");
}

#[test]
fn an_unknown_role_is_told_with_those_there_are() {
    let answer = seed(&repository(), &json!({ "role": "worker" }));
    assert!(
        answer["msg"].as_str().unwrap().contains("there is no role worker; there are k8s-master"),
        "{answer:?}"
    );
}

#[test]
fn an_upload_is_noted_once_and_forgotten_when_the_images_change() {
    let folder = repository();
    let path = folder.path().join("api/outputs/development/provisioner/k8s-master.json");
    let remote = || -> Value {
        serde_json::from_slice::<Value>(&fs::read(&path).unwrap()).unwrap()["remoteStorage"].clone()
    };
    let upload = json!({ "uploaded_to": "lab" });
    let early = seed(&folder, &upload);
    assert!(early["msg"].as_str().unwrap().contains("can't be marked as uploaded to lab"), "{early:?}");
    assert_eq!(seed(&folder, &json!({}))["images"][0]["object_key"], "k8s-master.img");
    assert_eq!(remote()["uploaded"], false);
    assert_eq!(seed(&folder, &upload)["changed"], true);
    assert_eq!(seed(&folder, &upload)["changed"], false);
    let noted = remote();
    assert_eq!(
        (&noted["bucket"], &noted["uploaded"], &noted["objectKey"]),
        (&json!("lab"), &json!(true), &json!("k8s-master.img"))
    );
    assert_eq!(seed(&folder, &json!({}))["changed"], false);
    assert_eq!(remote(), noted);
    assert_eq!(
        seed(&folder, &json!({ "hosts": ["k8s-1"] }))["images"][0]["object_key"],
        "k8s-master/k8s-1.img"
    );
    assert_eq!(remote()["uploaded"], false);
}
