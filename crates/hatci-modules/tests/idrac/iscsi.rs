//! `idrac_iscsi_boot`: in one step on an iDRAC9, in several on an iDRAC8.
use crate::server::{Idrac, and, failed, well};
use hatci_modules::{IdracInfo, IdracIscsiBoot};
use serde_json::{Value, json};

const FUNCTION: &str = "NIC.Integrated.1-1-1";

fn target() -> Value {
    json!({
        "function": FUNCTION,
        "target": { "iqn": "iqn.2005-10.org.freenas.ctl:bench1", "address": "192.0.2.7" },
        "chap": { "user": "bench1", "secret": "s3cr3t-hush-hush" },
    })
}

fn with_reset(args: Value) -> Value {
    and(args, json!({ "reset": "if_needed" }))
}

#[test]
fn with_restarts_one_run_sets_all_and_absent_takes_it_back() {
    for idrac in Idrac::all() {
        let run = idrac.four_times::<IdracIscsiBoot>(&with_reset(target()), |_| ());
        assert_eq!(
            (&run["applied"], &run["pending"], &run["verified"]),
            (&json!(true), &json!(false), &json!("yes")),
            "{run:?}"
        );
        let info = idrac.run::<IdracInfo>(&json!({ "gather": ["nics"] }));
        let iscsi = &info["nics"][0]["iscsi"];
        assert_eq!(
            (&iscsi["PrimaryTargetIPAddress"], &iscsi["CHAPUsername"]),
            (&json!("192.0.2.7"), &json!("bench1"))
        );
        let absent = with_reset(json!({ "function": FUNCTION, "state": "absent" }));
        let gone = idrac.four_times::<IdracIscsiBoot>(&absent, |_| ());
        assert_eq!(gone["verified"], "yes", "{gone:?}");
        let info = idrac.run::<IdracInfo>(&json!({ "gather": ["nics"] }));
        assert_eq!(info["nics"][0]["iscsi"]["TargetInfoViaDHCP"], true);
    }
}

#[test]
fn without_restarts_each_run_does_the_next_step_and_a_waiting_job_is_found() {
    let idrac = Idrac::eight(&[]);
    let mut steps = 0;
    loop {
        let run = idrac.run::<IdracIscsiBoot>(&target());
        if run["changed"] == false {
            assert_eq!((&run["applied"], &run["verified"]), (&json!(true), &json!("yes")), "{run:?}");
            break;
        }
        well(&run, true);
        let written = idrac.writes();
        let again = idrac.run::<IdracIscsiBoot>(&target());
        well(&again, false);
        assert_eq!(
            (&again["pending"], &again["applied"], &again["jobs"]),
            (&json!(true), &json!(false), &run["jobs"]),
            "{again:?}"
        );
        assert_eq!(idrac.writes(), written);
        idrac.restart();
        steps += 1;
        assert!(steps < 5);
    }
    assert_eq!(steps, 3);
}

#[test]
fn another_target_than_the_one_that_waits_is_a_conflict() {
    let idrac = Idrac::nine(&[]);
    let run = idrac.run::<IdracIscsiBoot>(&target());
    let other = json!({ "target": { "iqn": "iqn.2005-10.org.freenas.ctl:bench2", "address": "192.0.2.8" } });
    let other = idrac.run::<IdracIscsiBoot>(&and(target(), other));
    failed(&other, "conflict", run["jobs"][0].as_str().unwrap());
}

#[test]
fn a_secret_is_sent_again_only_if_asked_for() {
    let idrac = Idrac::nine(&[]);
    well(&idrac.run::<IdracIscsiBoot>(&with_reset(target())), true);
    let always = and(with_reset(target()), json!({ "update_secret": "always" }));
    well(&idrac.run::<IdracIscsiBoot>(&always), true);
    let sent =
        idrac.0.requests().into_iter().filter(|it| it.body["iSCSIBoot"].get("CHAPSecret").is_some()).count();
    assert_eq!(sent, 2);
}

#[test]
fn what_reads_back_blank_is_unknown_and_not_sent_again() {
    for generation in [Idrac::eight, Idrac::nine] {
        let idrac = generation(&[]);
        well(&idrac.run::<IdracIscsiBoot>(&with_reset(target())), true);
        idrac.0.add("blank-iscsi".parse().unwrap());
        let written = idrac.writes();
        let again = idrac.run::<IdracIscsiBoot>(&with_reset(target()));
        well(&again, false);
        assert_eq!((&again["verified"], &again["applied"]), (&json!("unknown"), &json!(true)), "{again:?}");
        assert_eq!(idrac.writes(), written);
    }
}

#[test]
fn names_that_no_server_boots_from_are_refused() {
    let idrac = Idrac::nine(&[]);
    for iqn in ["bench1", "iqn.2005-10.org.freenas.ctl:bench_1", "iqn.2005-10.org freenas"] {
        let odd = json!({ "target": { "iqn": iqn, "address": "192.0.2.7" } });
        failed(&idrac.run::<IdracIscsiBoot>(&and(target(), odd)), "invalid", "target.iqn");
    }
    for (target_of, says) in [
        (json!({ "iqn": "iqn.2005-10.org:x", "address": "nas.example" }), "target.address"),
        (json!({ "iqn": "iqn.2005-10.org:x", "address": "192.0.2.7:3260" }), "target.address"),
        (json!({ "iqn": "iqn.2005-10.org:x", "address": "192.0.2.7", "port": 0 }), "target.port"),
    ] {
        let odd = and(target(), json!({ "target": target_of }));
        failed(&idrac.run::<IdracIscsiBoot>(&odd), "invalid", says);
    }
    for secret in ["s3cr3", "s3cr3t-11-c", "s3cr3t-17-charact"] {
        let odd = and(target(), json!({ "chap": { "user": "bench1", "secret": secret } }));
        failed(&idrac.run::<IdracIscsiBoot>(&odd), "invalid", "12 to 16");
    }
    assert_eq!(idrac.0.requests().len(), 0);
    let odd = and(target(), json!({ "function": "NIC.Slot.9-1-1" }));
    failed(&idrac.run::<IdracIscsiBoot>(&odd), "not_found", FUNCTION);
    let odd = and(target(), json!({ "function": "../../x" }));
    failed(&idrac.run::<IdracIscsiBoot>(&odd), "not_found", FUNCTION);
    assert_eq!(idrac.writes(), Vec::<String>::new());
}

#[test]
fn blanks_from_the_first_job_on_are_unknown_and_cost_no_further_restart() {
    for (generation, jobs) in [(Idrac::eight as fn(&[&str]) -> Idrac, 3), (Idrac::nine, 1)] {
        let idrac = generation(&["blank-iscsi"]);
        let run = idrac.run::<IdracIscsiBoot>(&with_reset(target()));
        well(&run, true);
        assert_eq!((&run["verified"], &run["applied"]), (&json!("unknown"), &json!(true)), "{run:?}");
        assert_eq!((run["jobs"].as_array().unwrap().len(), idrac.0.boots().len()), (jobs, jobs), "{run:?}");
    }
}

#[test]
fn what_somebody_else_has_left_without_a_job_is_a_conflict() {
    let idrac = Idrac::nine(&[]);
    idrac.0.stage_iscsi(FUNCTION, "InitiatorName", "iqn.2005-10.org:else");
    let run = idrac.run::<IdracIscsiBoot>(&target());
    failed(&run, "conflict", "InitiatorName");
    assert_eq!((&run["changed"], idrac.writes()), (&json!(false), vec![]));
    // What is asked for anyway is no conflict.
    let idrac = Idrac::nine(&[]);
    idrac.0.stage_iscsi(FUNCTION, "PrimaryTargetIPAddress", "192.0.2.7");
    well(&idrac.run::<IdracIscsiBoot>(&with_reset(target())), true);
}

#[test]
fn a_job_whose_values_are_not_shown_may_be_of_somebody_else_and_that_is_said() {
    for generation in [Idrac::eight, Idrac::nine] {
        let idrac = generation(&["hides-pending-nic"]);
        well(&idrac.run::<IdracIscsiBoot>(&target()), true);
        let run = idrac.run::<IdracIscsiBoot>(&target());
        well(&run, false);
        let warning = run["warnings"].to_string();
        assert!(warning.contains("does not show how") && warning.contains("JID_"), "{run:?}");
    }
}
