//! Seeds as a role gets them, from a package to the volume, which the programs that read such volumes are asked about.
#![allow(clippy::disallowed_methods)] // tests lay out by hand what others would
mod programs;
mod repository;

use repository::{KEY, Repository};
use serde_json::{Value, json};
use std::fs;

#[test]
fn a_role_has_one_image_and_a_record_of_it() {
    let repository = Repository::new();
    let request = repository.request(&[]);
    let plan = environments::plan_seeds(&request).unwrap();
    assert!(plan.is_change && !repository.at("provisioner").exists(), "a plan writes nothing");
    environments::build_seeds(&request, &plan).unwrap();
    let image = repository.at("provisioner/outputs/development/k8s-master.img");
    assert_eq!(plan.images[0].path, image);
    let bytes = fs::read(&image).unwrap();
    assert_eq!((plan.images[0].size, &plan.images[0].sha256), (128 << 10, &environments::sha256_hex(&bytes)));
    let record: Value = serde_json::from_slice(
        &fs::read(repository.at("api/outputs/development/provisioner/k8s-master.json")).unwrap(),
    )
    .unwrap();
    assert_eq!((&record["kind"], &record["artifactFormat"]), (&json!("nocloud-seed"), &json!("raw")));
    assert_eq!(record["artifact"], image.to_str().unwrap());
    assert_eq!(record["artifactChecksum"]["value"], plan.images[0].sha256.as_str());
    assert_eq!(record["remoteStorage"]["objectKey"], "images/k8s-master.img");
    let input = fs::read(repository.at("api/outputs/development/provisioner.json")).unwrap();
    assert_eq!(record["inputSha256"], environments::sha256_hex(&input));
    assert!(!environments::plan_seeds(&request).unwrap().is_change, "a second run has nothing to do");
}

#[test]
fn what_a_seed_cannot_do_is_told() {
    let warnings = environments::plan_seeds(&Repository::new().request(&[])).unwrap().warnings.join("\n");
    for expected in [
        "baseImage has no effect",
        "artifactFormat is \"qcow2\"",
        "filesystems has no effect",
        "kubeadm, kubelet are not in the archives",
        "kernalTweaks",
    ] {
        assert!(warnings.contains(expected), "{expected}\n{warnings}");
    }
}

#[test]
fn a_damaged_image_is_restored_with_the_same_bytes() {
    let repository = Repository::new();
    let request = repository.request(&["k8s-1", "k8s-2"]);
    Repository::build(&request);
    let image = repository.at("provisioner/outputs/development/k8s-master/k8s-2.img");
    let before = fs::read(&image).unwrap();
    fs::write(&image, "damaged").unwrap();
    let plan = environments::plan_seeds(&request).unwrap();
    assert_eq!(plan.changed, std::slice::from_ref(&image));
    environments::build_seeds(&request, &plan).unwrap();
    assert_eq!(fs::read(&image).unwrap(), before);
}

#[test]
fn seeds_are_removed_with_their_record_and_a_second_time_there_is_nothing() {
    let repository = Repository::new();
    let request = repository.request(&["k8s-1", "k8s-2"]);
    Repository::build(&request);
    fs::write(repository.at("provisioner/outputs/development/mine.img"), "mine").unwrap();
    assert_eq!(environments::remove_seeds(&request, true).unwrap().len(), 3);
    assert!(repository.at("provisioner/outputs/development/k8s-master/k8s-1.img").exists());
    assert_eq!(environments::remove_seeds(&request, false).unwrap().len(), 3);
    assert!(!repository.at("provisioner/outputs/development/k8s-master").exists());
    assert!(repository.at("provisioner/outputs/development/mine.img").exists());
    assert!(environments::remove_seeds(&request, false).unwrap().is_empty());
}

#[test]
fn images_that_are_no_longer_wanted_are_removed_and_others_are_not() {
    let images = |repository: &Repository| {
        let mut found = vec![];
        for folder in [
            "provisioner/outputs/development",
            "provisioner/outputs/development/k8s-master",
            "elsewhere/development",
        ] {
            let entries = fs::read_dir(repository.at(folder)).into_iter().flatten().flatten();
            let files = entries.filter(|entry| entry.path().is_file());
            found.extend(files.map(|entry| entry.file_name().into_string().unwrap()));
        }
        found.sort();
        found
    };
    for (before, directory, after, expected) in [
        (&["k8s-1", "k8s-2"][..], "provisioner/outputs", &["k8s-1"][..], &["k8s-1.img", "mine.img"][..]),
        (&["k8s-1", "k8s-2"], "provisioner/outputs", &[], &["k8s-master.img", "mine.img"]),
        (&[], "provisioner/outputs", &["k8s-1"], &["k8s-1.img", "mine.img"]),
        (&[], "elsewhere", &[], &["k8s-master.img", "mine.img"]),
    ] {
        let repository = Repository::new();
        Repository::build(&repository.request(before));
        repository.write("provisioner/outputs/development/mine.img", "mine");
        repository.change(|config| config["artifacts"]["local"]["directory"] = json!(directory));
        let request = repository.request(after);
        let plan = environments::plan_seeds(&request).unwrap();
        assert!(plan.is_change && !plan.obsolete.is_empty(), "{before:?} {after:?}");
        environments::build_seeds(&request, &plan).unwrap();
        assert_eq!(images(&repository), expected, "{before:?} {after:?}");
        let plan = environments::plan_seeds(&request).unwrap();
        assert!(!plan.is_change && plan.obsolete.is_empty(), "{before:?} {after:?}");
    }
}

#[test]
fn what_a_killed_process_has_left_is_removed() {
    let repository = Repository::new();
    let request = repository.request(&["k8s-1"]);
    Repository::build(&request);
    let left = [
        "provisioner/outputs/development/.k8s-master.img.abcdefghijklmnop",
        "provisioner/outputs/development/k8s-master/.k8s-9.img.abcdefghijklmnop",
        "api/outputs/development/provisioner/.k8s-master.json.abcdefghijklmnop",
    ];
    for removes in [false, true] {
        for path in left {
            repository.write(path, "half");
        }
        let plan = environments::plan_seeds(&request).unwrap();
        assert!(plan.has_leftovers && !plan.is_change);
        if removes {
            environments::remove_seeds(&request, false).unwrap();
        } else {
            environments::build_seeds(&request, &plan).unwrap();
            assert!(repository.at("provisioner/outputs/development/k8s-master/k8s-1.img").exists());
        }
        assert!(left.iter().all(|path| !repository.at(path).exists()));
    }
    assert!(!repository.at("provisioner/outputs/development/k8s-master").exists());
}

#[test]
fn the_images_of_a_repository_that_was_moved_are_still_its_own() {
    let repository = Repository::new();
    let request = repository.request(&["k8s-1"]);
    Repository::build(&request);
    let record = repository.at("api/outputs/development/provisioner/k8s-master.json");
    let text = fs::read_to_string(&record).unwrap();
    fs::write(&record, text.replace(request.root.to_str().unwrap(), "/before/it/was/moved")).unwrap();
    let removed = environments::remove_seeds(&request, false).unwrap();
    assert_eq!(removed, [repository.at("provisioner/outputs/development/k8s-master/k8s-1.img"), record]);
}

#[test]
fn a_record_can_not_have_other_files_removed() {
    let repository = Repository::new();
    let request = repository.request(&[]);
    Repository::build(&request);
    let victim = repository.at("k8s-master.img");
    fs::write(&victim, "x").unwrap();
    let outside = tempfile::NamedTempFile::with_suffix("k8s-master.img").unwrap();
    let record = repository.at("api/outputs/development/provisioner/k8s-master.json");
    let paths =
        [outside.path().to_str().unwrap(), &format!("{}/a/../../k8s-master.img", request.root.display())];
    let images: Vec<_> = paths.map(|path| json!({ "artifact": path })).into();
    fs::write(&record, json!({ "images": images }).to_string()).unwrap();
    assert_eq!(environments::remove_seeds(&request, false).unwrap(), [record]);
    assert!(outside.path().exists() && victim.exists());
}

#[test]
fn what_cloud_init_would_fail_at_on_the_machine_is_refused_with_its_place() {
    let cases: [(&str, Value, &str); 19] = [
        (
            "/dynamicConfig/sshUsers/0/authorizedKeys/0",
            json!("~/.ssh/none.pub"),
            "sshUsers[0].authorizedKeys[0] (kim): the file of public keys",
        ),
        ("/dynamicConfig/sshUsers/0/authorizedKeys/0", json!("id_rsa.pub"), "is a path"),
        (
            "/dynamicConfig/sshUsers/0/authorizedKeys/0",
            json!("ssh-rsa nonsense"),
            "is not an OpenSSH public key",
        ),
        ("/dynamicConfig/sshUsers/0/authorizedKeys", json!([]), "has no key"),
        ("/dynamicConfig/sshUsers/0/name", json!("Kim Lee"), "is not a user name"),
        ("/dynamicConfig/roles/k8s-master/hostnamePrefix", json!("a_b c"), "can't begin a host name"),
        (
            "/dynamicConfig/roles/k8s-master/packages/0",
            json!("a; rm -rf /"),
            "packages[0]: \"a; rm -rf /\" is not the name of a package",
        ),
        ("/dynamicConfig/roles/k8s-master/packages/0", json!(7), "packages[0]"),
        ("/dynamicConfig/roles/k8s-master/packages/0", json!("-o"), "packages[0]"),
        ("/staticConfig/kernelTweaks/0/name", json!("net.ipv4.ip_forward=1\nx"), "kernelTweaks[0].name"),
        ("/staticConfig/kernelTweaks/1/name", json!("net/bridge/bridge-nf-call-iptables"), "is set twice"),
        (
            "/staticConfig/kernelTweaks/0/value",
            json!("1\nkernel.panic = 1"),
            "kernelTweaks[0].value (net.bridge.",
        ),
        ("/staticConfig/kernelTweaks/0/value", json!(true), "kernelTweaks[0].value"),
        ("/artifacts/local/directory", json!("../elsewhere"), "artifacts.local.directory"),
        ("/artifacts/local/directory", json!("/srv"), "artifacts.local.directory"),
        ("/artifacts/local/directory", json!("api/outputs"), "would put images into"),
        ("/artifacts/local/directory", json!("config/packages/core"), "would put images into"),
        ("/dynamicConfig/sshUsers/0/name", json!("default"), "the distribution's own user"),
        ("/dynamicConfig/roles", json!({ "worker": {} }), "there is no role k8s-master; there are worker"),
    ];
    for (place, value, expected) in cases {
        let repository = Repository::with(|config| *config.pointer_mut(place).unwrap() = value.clone());
        let error = environments::plan_seeds(&repository.request(&[])).unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains("provisioner.json"), "{place} {value}: {error}");
    }
    for (hosts, expected) in [
        (&["a_b c"][..], "is not a host name"),
        (&["a", "A"], "is listed twice"),
        (&["../../x"], "is not a host name"),
    ] {
        let error = environments::plan_seeds(&Repository::new().request(hosts)).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_path_of_a_public_key_is_replaced_by_the_key() {
    let repository = Repository::with(|config| {
        config["dynamicConfig"]["sshUsers"][0]["authorizedKeys"] = json!(["~/.ssh/id.pub"]);
    });
    repository.write("home/.ssh/id.pub", &format!("{KEY}\n"));
    let request = repository.request(&[]);
    Repository::build(&request);
    let bytes = fs::read(repository.at("provisioner/outputs/development/k8s-master.img")).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains(KEY) && !text.contains("~/.ssh"));
    // Another key is another image.
    repository.write("home/.ssh/id.pub", &format!("{KEY}2\n"));
    assert!(environments::plan_seeds(&request).unwrap().is_change);
}

#[test]
fn generating_again_keeps_the_records_and_a_new_configuration_shows_that_they_are_stale() {
    let repository = Repository::new();
    let request = repository.request(&[]);
    Repository::build(&request);
    repository.change(|config| config["dynamicConfig"]["roles"]["k8s-master"]["packages"] = json!(["jq"]));
    assert!(repository.at("api/outputs/development/provisioner/k8s-master.json").exists());
    let plan = environments::plan_seeds(&request).unwrap();
    assert!(plan.is_change && plan.changed.len() == 1);
}

#[test]
fn without_outputs_the_command_is_named() {
    let repository = Repository::new();
    fs::remove_dir_all(repository.at("api/outputs/development")).unwrap();
    let error = environments::plan_seeds(&repository.request(&[])).unwrap_err().to_string();
    assert!(
        error.contains("has not been generated")
            && error.contains("ansible-playbook hatci.automation.environment"),
        "{error}"
    );
}
