//! The one-time boot: used before a task ends, not shown, and only one at a time.
use crate::server::{Answer, Idrac, failed, well};
use bench_sim::idrac::Generation;
use hatci_modules::{IdracBoot, IdracInfo};
use serde_json::{Value, json};

fn warnings(answer: &Answer) -> String {
    answer.get("warnings").map(Value::to_string).unwrap_or_default()
}

#[test]
fn a_task_that_waits_ends_when_the_one_time_boot_is_used_however_the_server_was_started() {
    let slow = || Idrac::with(Generation::Thirteen, Some("2.70.70.70"), &["slow-boot"]);
    let off = || {
        let idrac = Idrac::nine(&["slow-boot"]);
        idrac.0.switch_off();
        idrac
    };
    for (idrac, reset) in [(slow(), "always"), (off(), "if_needed"), (Idrac::nine(&["slow-boot"]), "always")]
    {
        let run = idrac.run::<IdracBoot>(&json!({ "once": "pxe", "reset": reset }));
        well(&run, true);
        assert_eq!(idrac.0.boots(), ["Pxe"]);
        assert_eq!(
            (&run["pending"], &run["housekeeping"]["verified"]),
            (&json!(false), &json!(true)),
            "{run:?}"
        );
    }
}

#[test]
fn a_task_that_does_not_wait_says_that_the_one_time_boot_is_still_to_come() {
    let idrac = Idrac::nine(&["slow-boot"]);
    let run = idrac.run::<IdracBoot>(&json!({ "once": "pxe", "reset": "always", "wait": false }));
    well(&run, true);
    assert_eq!((&run["pending"], idrac.0.boots().len()), (&json!(true), 0), "{run:?}");
}

#[test]
fn a_server_that_never_boots_ends_the_wait() {
    let idrac = Idrac::with(Generation::Thirteen, Some("2.70.70.70"), &["no-boot"]);
    let run = idrac.run::<IdracBoot>(&json!({ "once": "pxe", "reset": "always", "wait_timeout": 1 }));
    failed(&run, "timeout", "did not use the one-time boot from Pxe");
    assert_eq!((&run["changed"], &run["pending"]), (&json!(true), &json!(true)), "{run:?}");
}

#[test]
fn a_one_time_boot_that_is_not_shown_is_set_and_said_to_be_unknown() {
    let idrac = Idrac::eight(&["no-attributes"]);
    let run = idrac.run::<IdracBoot>(&json!({ "once": "virtual_cd" }));
    well(&run, true);
    assert_eq!((&run["pending"], &run["housekeeping"]["verified"]), (&json!(true), &json!(false)), "{run:?}");
    assert!(warnings(&run).contains("unknown whether the next boot is from VCD-DVD"), "{run:?}");
    // It is cleared although it isn't shown.
    let none = idrac.run::<IdracBoot>(&json!({ "once": "none" }));
    well(&none, true);
    assert_eq!(idrac.count("ImportSystemConfiguration"), 2);
    assert!(warnings(&none).contains("unknown whether"), "{none:?}");
    assert_eq!(none["housekeeping"]["verified"], false, "{none:?}");
    idrac.0.restart();
    assert!(idrac.0.boots()[0].starts_with("Hard drive"), "{:?}", idrac.0.boots());
    // What is shown is known.
    let pxe = idrac.four_times::<IdracBoot>(&json!({ "once": "pxe" }), |_| ());
    assert_eq!(pxe["housekeeping"]["verified"], true, "{pxe:?}");
}

#[test]
fn setting_a_one_time_boot_clears_the_other_one() {
    for idrac in Idrac::all() {
        for (first, second, boots) in [
            ("hdd", "virtual_cd", "virtual CD (empty)"),
            ("virtual_cd", "hdd", "Hdd"),
            ("virtual_cd", "pxe", "Pxe"),
        ] {
            well(&idrac.run::<IdracBoot>(&json!({ "once": first })), true);
            let run = idrac.four_times::<IdracBoot>(&json!({ "once": second }), |_| ());
            assert_eq!(
                run["processing"]["actions"],
                json!(["clear the other one-time boot", "set the one-time boot"]),
                "{run:?}"
            );
            let info = idrac.run::<IdracInfo>(&json!({ "gather": ["boot"] }));
            let next = if second == "virtual_cd" { "VCD-DVD" } else { boots };
            assert_eq!(info["boot"]["next"], next);
            // The first is no longer set.
            well(&idrac.check::<IdracBoot>(&json!({ "once": first })), true);
            idrac.0.restart();
            assert_eq!(idrac.0.boots().last().unwrap(), boots);
        }
    }
}
