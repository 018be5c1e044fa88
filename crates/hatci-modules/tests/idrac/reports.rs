//! What users have reported of iDRACs, each as a test.
use crate::server::{Answer, Idrac, PASSWORD, and, failed, well};
use bench_sim::idrac::Generation;
use hatci_modules::{IdracBoot, IdracInfo, IdracIscsiBoot, IdracVirtualMedia};
use serde_json::{Value, json};

const IMAGE: &str = "http://s3.example.com/isos/agent.x86_64.iso";

fn warnings(answer: &Answer) -> String {
    answer.get("warnings").map(Value::to_string).unwrap_or_default()
}

#[test]
fn a_400_to_a_boot_override_that_is_applied_is_a_change_with_a_warning() {
    for scenario in ["override-refused-though-applied", "error-in-200"] {
        let idrac = Idrac::eight(&[scenario]);
        let run = idrac.run::<IdracBoot>(&json!({ "once": "pxe" }));
        well(&run, true);
        assert!(warnings(&run).contains("SYS4"), "{run:?}");
        assert_eq!(idrac.count("System.Embedded.1"), 1);
    }
}

#[test]
fn the_virtual_cd_of_an_idrac8_is_set_by_an_import_and_that_is_told() {
    let idrac = Idrac::eight(&["import-503=2"]);
    well(&idrac.run::<IdracVirtualMedia>(&json!({ "image": IMAGE })), true);
    let run = idrac.run::<IdracBoot>(&json!({ "once": "virtual_cd" }));
    well(&run, true);
    assert_eq!(run["method"], "scp_import");
    assert_eq!(idrac.count("ImportSystemConfiguration"), 3);
    idrac.0.restart();
    assert_eq!(idrac.0.boots(), [format!("virtual CD {IMAGE}")]);
    let run = Idrac::nine(&[]).run::<IdracBoot>(&json!({ "once": "virtual_cd" }));
    assert_eq!(run["method"], "idrac_attributes", "{run:?}");
}

#[test]
fn an_import_that_is_always_answered_with_503_ends_with_the_deadline() {
    let idrac = Idrac::eight(&["import-503"]);
    let run = idrac.run::<IdracBoot>(&json!({ "once": "virtual_cd", "deadline": 2 }));
    failed(&run, "unavailable", "503");
}

#[test]
fn a_bios_job_is_scheduled_once_and_other_values_are_a_conflict_with_its_id() {
    for generation in [Idrac::eight, Idrac::nine] {
        let idrac = generation(&[]);
        let wanted = json!({ "bios": { "SriovGlobalEnable": "Enabled" } });
        let run = idrac.four_times::<IdracBoot>(&wanted, |_| ());
        let other = idrac.run::<IdracBoot>(&json!({ "bios": { "SriovGlobalEnable": "Disabled" } }));
        failed(&other, "conflict", run["job"].as_str().unwrap());
        // With a restart, the job that waits is the one that runs.
        let finished = idrac.run::<IdracBoot>(&and(wanted, json!({ "reset": "if_needed" })));
        well(&finished, true);
        assert_eq!((&finished["job"], &finished["pending"]), (&run["job"], &json!(false)));
        assert_eq!(idrac.count("Bios/Settings"), 1);
    }
}

#[test]
fn if_match_is_sent_fresh_with_a_patch_and_never_with_an_action() {
    let idrac = Idrac::nine(&["stale-etag=1"]);
    let wanted = json!({ "once": "pxe", "bios": { "BootMode": "Bios" }, "reset": "if_needed" });
    well(&idrac.run::<IdracBoot>(&wanted), true);
    for request in idrac.0.requests() {
        assert_eq!(request.if_match.is_some(), request.method == "PATCH", "{request:?}");
    }
    let refused = idrac.0.requests().iter().filter(|it| it.status == 412).count();
    assert_eq!(refused, 1);
    let always = Idrac::nine(&["stale-etag"]).run::<IdracBoot>(&json!({ "once": "pxe" }));
    failed(&always, "conflict", "412");
    let eight = Idrac::eight(&[]);
    well(&eight.run::<IdracBoot>(&json!({ "once": "pxe" })), true);
    assert!(eight.0.requests().iter().all(|it| it.if_match.is_none()));
}

#[test]
fn used_up_sessions_are_unavailable_at_once_and_none_is_opened() {
    for generation in [Idrac::eight, Idrac::nine] {
        let idrac = generation(&["sessions-used-up"]);
        let run = idrac.run::<IdracInfo>(&json!({}));
        failed(&run, "unavailable", "sessions");
        assert_eq!((idrac.0.requests().len(), &run["error"]["message_ids"]), (1, &json!(["RAC0218"])));
    }
}

#[test]
fn an_idrac_that_is_not_ready_is_waited_for_within_the_deadline() {
    for (generation, scenario) in [(Generation::Thirteen, "not-ready"), (Generation::Fourteen, "unavailable")]
    {
        let idrac = Idrac::with(generation, None, &[&format!("{scenario}=2")]);
        well(&idrac.run::<IdracBoot>(&json!({ "once": "pxe" })), true);
        // Also in the middle of a change: it says that it did nothing.
        idrac.0.add(format!("{scenario}=1").parse().unwrap());
        well(&idrac.run::<IdracBoot>(&json!({ "once": "hdd" })), true);
        let idrac = Idrac::with(generation, None, &[scenario]);
        let run = idrac.run::<IdracInfo>(&json!({ "deadline": 2 }));
        failed(&run, "unavailable", "deadline");
    }
}

#[test]
fn connections_that_break_are_made_again() {
    let idrac = Idrac::nine(&["refuses-connections=2"]);
    well(&idrac.run::<IdracInfo>(&json!({})), false);
}

#[test]
fn a_job_without_percent_complete_is_waited_for_all_the_same() {
    for generation in [Idrac::eight, Idrac::nine] {
        let idrac = generation(&["no-percent"]);
        let run = idrac.run::<IdracBoot>(&json!({ "bios": { "BootMode": "Bios" }, "reset": "if_needed" }));
        well(&run, true);
        let info = idrac.run::<IdracInfo>(&json!({ "gather": ["jobs"] }));
        assert_eq!(
            (&info["jobs"][0]["percent"], &info["jobs"][0]["state"]),
            (&Value::Null, &json!("Completed"))
        );
    }
}

#[test]
fn an_image_that_the_idrac_can_not_reach_is_told_with_its_address_and_without_secrets() {
    for (generation, id) in [(Generation::Thirteen, "SYS446"), (Generation::Fourteen, "RAC0904")] {
        let idrac = Idrac::with(generation, None, &["image-unreachable"]);
        let image = "https://kim:s3cr3t-url@s3.example.com/isos/agent.iso";
        let run = idrac.run::<IdracVirtualMedia>(&json!({ "image": image }));
        failed(&run, "unavailable", id);
        let msg = run["msg"].as_str().unwrap();
        assert!(
            msg.contains("s3.example.com/isos/agent.iso") && msg.contains("iDRAC itself must reach"),
            "{msg}"
        );
        assert_eq!(idrac.count("InsertMedia"), 1);
    }
}

#[test]
fn a_server_that_is_already_on_is_no_failure() {
    for generation in [Idrac::eight, Idrac::nine] {
        let idrac = generation(&["reset-already-done"]);
        idrac.0.switch_off();
        let run = idrac.run::<IdracBoot>(&json!({ "once": "pxe", "reset": "if_needed" }));
        well(&run, true);
        assert_eq!(run["power"], "On");
    }
}

#[test]
fn without_a_graceful_restart_the_server_is_shut_down_and_switched_on() {
    let idrac = Idrac::with(Generation::Thirteen, Some("2.70.70.70"), &[]);
    let run = idrac.run::<IdracBoot>(&json!({ "once": "pxe", "reset": "always" }));
    well(&run, true);
    assert_eq!(run["method"], "boot_override, graceful_shutdown_and_on");
    let resets: Vec<Value> = idrac
        .0
        .requests()
        .into_iter()
        .filter(|it| it.path.ends_with("Reset"))
        .map(|it| it.body["ResetType"].clone())
        .collect();
    assert_eq!(resets, ["GracefulShutdown", "On"]);
}

#[test]
fn a_reset_whose_answer_is_lost_is_settled_by_what_came_of_it_and_never_repeated() {
    for generation in [Idrac::eight, Idrac::nine] {
        let idrac = generation(&["reset-lost"]);
        let run = idrac.run::<IdracBoot>(&json!({ "bios": { "BootMode": "Bios" }, "reset": "if_needed" }));
        well(&run, true);
        assert_eq!((idrac.0.boots().len(), idrac.count("Reset")), (1, 1));
    }
}

#[test]
fn a_refused_login_is_sent_once() {
    for generation in [Idrac::eight, Idrac::nine] {
        let idrac = generation(&[]);
        let run = idrac.run::<IdracInfo>(&json!({ "idrac_password": "s3cr3t-wrong" }));
        failed(&run, "auth", "password");
        assert_eq!(idrac.0.requests().len(), 1);
    }
    assert!(PASSWORD.contains("s3cr3t"));
}

#[test]
fn changes_whose_answers_are_lost_are_made_once() {
    let bios = json!({ "bios": { "BootMode": "Bios" } });
    let order = json!({ "order": ["iSCSI"] });
    let image = json!({ "image": IMAGE });
    let iscsi = json!({
        "function": "NIC.Integrated.1-1-1", "reset": "if_needed",
        "target": { "iqn": "iqn.2005-10.org.freenas.ctl:bench1", "address": "192.0.2.7" },
    });
    for lost in [1, 3] {
        let lost = format!("change-lost={lost}");
        for idrac in [Idrac::eight, Idrac::nine].map(|generation| generation(&[&lost])) {
            well(&idrac.run::<IdracBoot>(&bios), true);
            well(&idrac.run::<IdracBoot>(&order), true);
            well(&idrac.run::<IdracBoot>(&json!({ "once": "pxe" })), true);
            let jobs = idrac.run::<IdracInfo>(&json!({ "gather": ["jobs"] }));
            assert_eq!(jobs["jobs"].as_array().unwrap().len(), 2, "{jobs:?}");
        }
        let idrac = Idrac::nine(&[&lost]);
        well(&idrac.run::<IdracVirtualMedia>(&image), true);
        well(&idrac.run::<IdracVirtualMedia>(&json!({ "state": "absent" })), true);
        let idrac = Idrac::nine(&[&lost]);
        well(&idrac.run::<IdracIscsiBoot>(&iscsi), true);
    }
}
