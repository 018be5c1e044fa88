//! Errors that an iDRAC puts into an answer with a good status.
use crate::server::{Idrac, failed};
use hatci_modules::{IdracBoot, IdracIscsiBoot, IdracVirtualMedia};
use serde_json::{Value, json};

/// Eight and nine: each change is answered with 200 and an error, and isn't made.
fn both() -> [Idrac; 2] {
    [Idrac::eight, Idrac::nine].map(|generation| generation(&["refused-in-200"]))
}

#[test]
fn a_bios_change_that_is_refused_within_a_200_fails_and_no_job_is_asked_for() {
    for idrac in both() {
        let run = idrac.run::<IdracBoot>(&json!({ "bios": { "SysProfile": "Custom" } }));
        failed(&run, "invalid", "SYS410");
        assert_eq!((&run["changed"], run.get("job"), idrac.count("Jobs")), (&json!(false), None, 0));
        assert_eq!(run["error"]["message_ids"], json!(["SYS410"]));
    }
}

#[test]
fn a_boot_order_that_is_refused_within_a_200_fails() {
    for (idrac, id) in both().into_iter().zip(["SYS410", "BOOT016"]) {
        let run = idrac.run::<IdracBoot>(&json!({ "order": ["iSCSI"] }));
        failed(&run, "invalid", id);
        assert_eq!(run["changed"], false, "{run:?}");
    }
}

#[test]
fn iscsi_settings_that_are_refused_within_a_200_fail() {
    let wanted = json!({
        "function": "NIC.Integrated.1-1-1",
        "target": { "iqn": "iqn.2005-10.org.freenas.ctl:bench1", "address": "192.0.2.7" },
    });
    for idrac in both() {
        let run = idrac.run::<IdracIscsiBoot>(&wanted);
        failed(&run, "invalid", "SYS410");
        assert_eq!((&run["changed"], idrac.count("Jobs")), (&json!(false), 0), "{run:?}");
    }
}

#[test]
fn one_time_boots_that_are_refused_within_a_200_fail() {
    for idrac in both() {
        for once in ["pxe", "virtual_cd"] {
            let run = idrac.run::<IdracBoot>(&json!({ "once": once }));
            failed(&run, "invalid", "SYS410");
            assert_eq!(run["changed"], false, "{run:?}");
        }
    }
}

#[test]
fn an_image_that_can_not_be_read_is_told_also_if_that_comes_with_a_200() {
    for idrac in both() {
        let run = idrac.run::<IdracVirtualMedia>(&json!({ "image": "http://s3.example.com/agent.iso" }));
        failed(&run, "unavailable", "RAC0904");
        assert!(
            run["msg"].as_str().unwrap().contains("can't read http://s3.example.com/agent.iso"),
            "{run:?}"
        );
        assert_eq!((&run["changed"], idrac.count("InsertMedia")), (&Value::Bool(false), 1));
    }
}

#[test]
fn a_restart_that_is_refused_within_a_200_fails() {
    for idrac in both() {
        let run = idrac.run::<IdracBoot>(&json!({ "reset": "always" }));
        failed(&run, "invalid", "SYS410");
        assert_eq!(idrac.0.boots().len(), 0);
    }
}
