//! Jobs for the boot order and for the BIOS have the same name and kind, and many iDRACs take one of them at a time.
use crate::server::{Answer, Idrac, and, failed, well};
use bench_sim::idrac::Generation;
use hatci_modules::{IdracBoot, IdracInfo};
use serde_json::{Value, json};

const OLD_NINE: Option<&str> = Some("5.10.30.00");

fn warnings(answer: &Answer) -> String {
    answer.get("warnings").map(Value::to_string).unwrap_or_default()
}

fn order() -> Value {
    json!({ "order": ["iSCSI", "PXE"] })
}

fn with_reset(args: Value) -> Value {
    and(args, json!({ "reset": "if_needed" }))
}

#[test]
fn a_job_for_an_order_that_is_not_shown_is_found_whatever_it_says_it_is_for() {
    for target in ["order-job-of-bios", "order-job-of-nothing"] {
        let idrac = Idrac::with(Generation::Fourteen, OLD_NINE, &["one-bios-job", target]);
        let run = idrac.four_times::<IdracBoot>(&order(), |_| ());
        let again = idrac.run::<IdracBoot>(&order());
        assert_eq!((&again["job"], &again["pending"]), (&run["job"], &json!(true)), "{target}: {again:?}");
        // The iDRAC doesn't show to what, so it isn't claimed.
        assert_eq!(again.get("order"), None, "{again:?}");
        assert!(warnings(&again).contains("does not show how"), "{again:?}");
        let info = idrac.run::<IdracInfo>(&json!({ "gather": ["boot"] }));
        assert!(warnings(&info).contains(run["job"].as_str().unwrap()), "{info:?}");
        let finished = idrac.run::<IdracBoot>(&with_reset(order()));
        well(&finished, true);
        assert_eq!(finished["housekeeping"]["verified"], true, "{finished:?}");
        assert_eq!(idrac.0.boots().len(), 1);
        well(&idrac.run::<IdracBoot>(&with_reset(order())), false);
    }
}

#[test]
fn an_order_whose_answer_is_lost_is_the_job_that_it_has_made() {
    for target in ["order-job-of-bios", "order-job-of-nothing"] {
        let scenarios = ["one-bios-job", target, "change-lost=1"];
        let idrac = Idrac::with(Generation::Fourteen, OLD_NINE, &scenarios);
        let run = idrac.run::<IdracBoot>(&order());
        well(&run, true);
        assert!(run["job"].is_string() && run["pending"] == true, "{run:?}");
    }
}

#[test]
fn an_order_waits_for_the_bios_job_of_the_same_task() {
    let wanted = json!({ "bios": { "SysProfile": "Custom" }, "order": ["iSCSI"], "once": "bios_setup" });
    for generation in [Idrac::eight, Idrac::nine] {
        let idrac = generation(&["one-bios-job", "order-job-of-bios"]);
        let run = idrac.four_times::<IdracBoot>(&wanted, |_| ());
        let told = run["warnings"].as_array().unwrap();
        assert!(told.len() == 1 && warnings(&run).contains("not sent yet"), "{run:?}");
        let again = idrac.run::<IdracBoot>(&wanted);
        assert_eq!((&again["job"], &again["pending"]), (&run["job"], &json!(true)), "{again:?}");
        assert!(warnings(&again).contains("not sent yet"), "{again:?}");
        let finished = idrac.run::<IdracBoot>(&with_reset(wanted.clone()));
        well(&finished, true);
        let done = [&finished["pending"], &finished["housekeeping"]["verified"]];
        assert_eq!(done, [&json!(false), &json!(true)], "{finished:?}");
        // Once for each job.
        assert_eq!(idrac.0.boots(), ["BiosSetup", "BiosSetup"]);
        well(&idrac.run::<IdracBoot>(&order_and_bios(&wanted)), false);
    }
}

fn order_and_bios(wanted: &Value) -> Value {
    json!({ "bios": wanted["bios"], "order": wanted["order"], "reset": "if_needed" })
}

#[test]
fn a_bios_job_of_somebody_else_is_a_conflict_with_its_id() {
    for generation in [Idrac::eight, Idrac::nine] {
        let idrac = generation(&["one-bios-job"]);
        let other = idrac.run::<IdracBoot>(&json!({ "bios": { "SysProfile": "Custom" } }));
        let run = idrac.run::<IdracBoot>(&order());
        failed(&run, "conflict", other["job"].as_str().unwrap());
        assert_eq!((&run["error"]["job"], &run["changed"]), (&other["job"], &json!(false)), "{run:?}");
    }
}

#[test]
fn an_order_job_of_somebody_else_is_no_job_for_other_bios_values() {
    let idrac = Idrac::with(Generation::Fourteen, OLD_NINE, &["one-bios-job", "order-job-of-bios"]);
    let other = idrac.run::<IdracBoot>(&order());
    let run = idrac.run::<IdracBoot>(&json!({ "bios": { "SysProfile": "Custom" } }));
    failed(&run, "conflict", "must run before");
    assert_eq!(run["error"]["job"], other["job"]);
}

#[test]
fn another_order_than_the_one_that_is_shown_as_pending_is_a_conflict_whatever_its_job_says() {
    for target in ["order-job-of-bios", "order-job-of-nothing"] {
        let idrac = Idrac::nine(&["one-bios-job", target]);
        let first = idrac.run::<IdracBoot>(&json!({ "order": ["iSCSI"] }));
        let run = idrac.run::<IdracBoot>(&json!({ "order": ["PXE"] }));
        failed(&run, "conflict", first["job"].as_str().unwrap());
    }
}

#[test]
fn settings_that_no_job_is_made_for_are_a_change_that_is_told_and_completed_by_the_next_run() {
    let adapter = json!({
        "function": "NIC.Integrated.1-1-1",
        "target": { "iqn": "iqn.2005-10.org.freenas.ctl:bench1", "address": "192.0.2.7" },
    });
    let boot: fn(&Idrac, &Value) -> Answer = |it, args| it.run::<IdracBoot>(args);
    let iscsi: fn(&Idrac, &Value) -> Answer = |it, args| it.run::<hatci_modules::IdracIscsiBoot>(args);
    for (run, args, scenario, action) in [
        (boot, order(), "job-refused=1", "change the boot order, without a job"),
        (
            boot,
            json!({ "bios": { "BootMode": "Bios" } }),
            "job-refused=1",
            "change the BIOS settings, without a job",
        ),
        // Of an adapter, it is asked for in two ways.
        (iscsi, adapter, "job-refused=2", "IPMaskDNSViaDHCP, without a job"),
    ] {
        let (idrac, args) = (Idrac::eight(&[scenario]), &args);
        let refused = run(&idrac, args);
        failed(&refused, "invalid", "The values stay pending");
        failed(&refused, "invalid", "job store is full");
        assert_eq!(refused["changed"], true, "{refused:?}");
        let actions = refused["processing"]["actions"].as_array().unwrap();
        assert!(actions[0].as_str().unwrap().contains(action), "{refused:?}");
        well(&run(&idrac, args), true);
        well(&run(&idrac, args), false);
    }
}
