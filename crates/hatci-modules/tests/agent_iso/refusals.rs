//! What cannot work is refused before anything is started.
use crate::bench::{AGENT, Bench, INSTALL};
use serde_json::json;
use std::{fs, os::unix::fs::PermissionsExt};

#[test]
fn nmstatectl_that_is_missing_is_found_before_anything_is_started() {
    let bench = Bench::new();
    let agent = format!("{AGENT}    networkConfig: {{interfaces: [{{name: eno1}}]}}\n");
    let options = bench.options(&json!({ "agent_config": agent }));
    let (_, msg) = bench.fails(&options);
    assert!(
        msg.contains("nmstatectl is not on PATH") && msg.contains("Install the package nmstate"),
        "{msg}"
    );
    assert!(!bench.at("isos").exists());
    let program = bench.at("bin/nmstatectl");
    fs::write(&program, "#!/bin/sh\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    assert!(bench.changed(&options, false));
}

#[test]
fn a_target_with_an_underscore_is_refused_before_anything_is_made() {
    let bench = Bench::new();
    let disk = "/dev/disk/by-path/ip-198.51.100.2:3260-iscsi-iqn.2005-10.org.freenas.ctl:bench_1-lun-0";
    let agent = format!("{AGENT}    rootDeviceHints: {{deviceName: '{disk}'}}\n");
    let (kind, msg) = bench.fails(&bench.options(&json!({ "agent_config": agent })));
    assert_eq!(kind, "invalid");
    assert!(msg.contains("underscore"), "{msg}");
    assert!(!bench.at("isos").exists());
}

#[test]
fn options_that_contradict_each_other_are_refused() {
    let bench = Bench::new();
    for (further, why) in [
        (
            json!({ "version": "4.17.1" }),
            "the installer is for OpenShift 4.18.9, but `version` asks for 4.17.1",
        ),
        (json!({ "installer": null, "version": "stable" }), "or a `channel`"),
        (json!({ "installer": null, "channel": "../x" }), "channel is"),
        (json!({ "installer": bench.at("nothing") }), "is not a program"),
        (json!({ "installer": null }), "any of the following are missing: version, channel, installer"),
        (json!({ "channel": "stable" }), "mutually exclusive"),
        (json!({ "max_age": "old" }), "max_age"),
        (json!({ "install_config": bench.at("nothing.yaml") }), "can't be read"),
        (json!({ "install_config": format!("{INSTALL}\n : broken\n  - x: {{") }), "not valid YAML"),
    ] {
        let result = bench.run(&bench.options(&further), false);
        let msg = result["msg"].as_str().unwrap_or_default();
        assert!(result["failed"] == true && msg.contains(why), "{further}: {result}");
    }
}

#[test]
fn a_place_where_nothing_can_be_made_is_found_in_check_mode() {
    let bench = Bench::new();
    let file = bench.at("install-config.yaml");
    for (further, option, why) in [
        (json!({ "dest": "/proc/x.iso" }), "dest", "belongs to the kernel"),
        (json!({ "dest": "/proc/x/y.iso" }), "dest", "belongs to the kernel"),
        (json!({ "dest": file.join("b.iso") }), "dest", "is not a folder"),
        (
            json!({ "cache": "/proc/x", "installer": null, "version": "4.18.9" }),
            "cache",
            "belongs to the kernel",
        ),
    ] {
        for check in [true, false] {
            let result = bench.run(&bench.options(&further), check);
            let msg = result["msg"].as_str().unwrap_or_default();
            assert!(msg.starts_with(&format!("{option}: ")) && msg.contains(why), "{further}: {result}");
            assert_eq!(
                (&result["changed"], &result["error"]["kind"]),
                (&json!(false), &json!("invalid")),
                "{result}"
            );
        }
    }
}

#[test]
fn names_and_networks_that_cannot_work_are_refused_before_anything_is_started() {
    let bench = Bench::new();
    let network = "networking: {machineNetwork: [{cidr: 198.51.100.0/24}]}\n";
    for (install, agent, why) in [
        (INSTALL.replace("bench1", "bench_1"), AGENT.to_owned(), "metadata.name is \"bench_1\""),
        (INSTALL.to_owned(), AGENT.replace("r630", "r_630"), "the hostname \"r_630\""),
        (INSTALL.replace("replicas: 1", "replicas: 2"), AGENT.to_owned(), "controlPlane.replicas is 2"),
        (
            format!("{INSTALL}{network}"),
            AGENT.to_owned(),
            "rendezvousIP 192.0.2.10 is not in the machine network",
        ),
        (
            format!("{INSTALL}{}", network.replace("/24", "/99")),
            AGENT.to_owned(),
            "networking.machineNetwork[0].cidr",
        ),
    ] {
        let options = bench.options(&json!({ "install_config": install, "agent_config": agent }));
        let (kind, msg) = bench.fails(&options);
        assert!(kind == "invalid" && msg.contains(why), "{msg}");
        assert!(!bench.at("isos").exists());
    }
}
