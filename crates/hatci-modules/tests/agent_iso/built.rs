//! What is built, once, and what makes it be built again.
use crate::bench::{Bench, INSTALL};
use serde_json::{Value, json};
use std::{fs, os::unix::fs::PermissionsExt, time::Duration};

/// Each module: check mode says changed, run says changed, second run unchanged, check mode unchanged; then absent twice.
fn assert_four_times(bench: &Bench, options: &Value) {
    assert!(bench.changed(options, true));
    assert!(!bench.at("isos").exists() && !bench.at("cache").exists(), "check mode has written something");
    assert!(bench.changed(options, false));
    assert!(!bench.changed(options, false));
    assert!(!bench.changed(options, true));
    let gone = json!({ "dest": options["dest"], "state": "absent" });
    assert!(bench.changed(&gone, true));
    assert!(bench.at("isos/bench1.iso").exists());
    assert!(bench.changed(&gone, false));
    assert!(!bench.changed(&gone, false));
    assert!(!bench.changed(&gone, true));
    assert_eq!(fs::read_dir(bench.at("isos")).unwrap().count(), 0);
}

#[test]
fn with_an_installer_of_ones_own_it_is_built_once() {
    let bench = Bench::new();
    assert_four_times(&bench, &bench.options(&json!({})));
    assert_eq!(bench.mirror.requests(), Vec::<String>::new());
}

#[test]
fn of_a_channel_it_is_built_once_and_the_installer_is_fetched_once() {
    let bench = Bench::new();
    let options = bench.options(&json!({ "installer": null, "channel": "stable-4.18" }));
    assert_four_times(&bench, &options);
    assert!(bench.changed(&options, false));
    let fetched = bench.mirror.requests().iter().filter(|path| path.ends_with("tar.gz")).count();
    assert_eq!(fetched, 1, "{:?}", bench.mirror.requests());
}

#[test]
fn of_a_version_nothing_is_asked_of_the_mirror_once_it_is_built() {
    let bench = Bench::new();
    let options = bench.options(&json!({ "installer": null, "version": "4.19.0-rc.2" }));
    assert_four_times(&bench, &options);
    assert!(bench.changed(&options, false));
    let before = bench.mirror.requests().len();
    assert!(!bench.changed(&options, false));
    assert_eq!(bench.mirror.requests().len(), before);
}

#[test]
fn the_results_name_what_was_made_and_others_cannot_read_it() {
    let bench = Bench::new();
    let result = bench.run(&bench.options(&json!({})), false);
    let iso = bench.at("isos/bench1.iso");
    let bytes = fs::read(&iso).unwrap();
    assert_eq!(&bytes[32_769..32_774], b"CD001");
    assert_eq!((result["path"].as_str(), result["size"].as_u64()), (iso.to_str(), Some(bytes.len() as u64)));
    assert_eq!((&result["version"], &result["rendezvous_ip"]), (&json!("4.18.9"), &json!("192.0.2.10")));
    assert_eq!(result["kubeconfig"], json!(bench.at("isos/bench1.kubeconfig")));
    assert_eq!(result["inputs_hash"].as_str().unwrap().len(), 64);
    assert_eq!(result["discovery"]["exists"], false);
    assert_eq!(
        result["processing"]["actions"],
        json!(["build the ISO of OpenShift 4.18.9, because there is no ISO"])
    );
    assert_eq!(result["housekeeping"]["verified"], true);
    let mut names: Vec<_> = fs::read_dir(bench.at("isos")).unwrap().map(|it| it.unwrap()).collect();
    names.sort_by_key(fs::DirEntry::file_name);
    let names: Vec<_> = names
        .iter()
        .map(|it| {
            (it.file_name().into_string().unwrap(), it.metadata().unwrap().permissions().mode() & 0o777)
        })
        .collect();
    let expected = ["bench1.iso", "bench1.json", "bench1.kubeadmin-password", "bench1.kubeconfig"];
    assert_eq!(names, expected.map(|name| (name.to_owned(), 0o600)));
    let password = fs::read_to_string(bench.at("isos/bench1.kubeadmin-password")).unwrap();
    assert!(!result.to_string().contains(&password));
}

#[test]
fn comments_and_order_of_the_inputs_make_no_other_iso_and_their_content_does() {
    let bench = Bench::new();
    let options = bench.options(&json!({}));
    assert!(bench.changed(&options, false));
    let shuffled = format!(
        "{}\n# a comment\nbaseDomain: 'bench.example'\n",
        INSTALL.replace("baseDomain: bench.example\n", "")
    );
    fs::write(bench.at("install-config.yaml"), shuffled).unwrap();
    assert!(!bench.changed(&options, false));
    let text = json!(format!("# another form\n{INSTALL}"));
    assert!(!bench.changed(&bench.options(&json!({ "install_config": text })), false));
    fs::write(bench.at("home/at-home.yaml"), INSTALL).unwrap();
    assert!(!bench.changed(&bench.options(&json!({ "install_config": "~/at-home.yaml" })), false));
    fs::write(bench.at("install-config.yaml"), INSTALL.replace("bench.example", "other.example")).unwrap();
    assert!(bench.changed(&options, true));
    assert!(bench.changed(&options, false));
}

#[test]
fn an_iso_that_is_too_old_or_not_as_it_was_built_is_built_again() {
    let bench = Bench::new();
    let options = bench.options(&json!({}));
    assert!(bench.changed(&options, false));
    let result = bench.run(&bench.options(&json!({ "max_age": 0 })), true);
    assert_eq!(
        result["processing"]["actions"],
        json!(["build the ISO of OpenShift 4.18.9, because `max_age` is 0"])
    );
    let old = std::time::SystemTime::now() - Duration::from_secs(21 * 3600);
    fs::File::options().append(true).open(bench.at("isos/bench1.iso")).unwrap().set_modified(old).unwrap();
    assert!(!bench.changed(&bench.options(&json!({ "max_age": "2d" })), true));
    let result = bench.run(&options, false);
    assert_eq!(
        result["processing"]["actions"],
        json!(["build the ISO of OpenShift 4.18.9, because the ISO is 21 h old"])
    );
    for name in ["bench1.iso", "bench1.kubeconfig", "bench1.json"] {
        fs::write(bench.at(&format!("isos/{name}")), "damaged").unwrap();
        assert!(bench.changed(&options, false), "{name}");
        assert!(!bench.changed(&options, false), "{name}");
    }
}
