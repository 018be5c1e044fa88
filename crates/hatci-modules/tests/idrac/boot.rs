//! `idrac_boot` and `idrac_info`: boot order, one-time boot and BIOS of both generations.
use crate::server::{Idrac, and, failed, well};
use hatci_modules::{IdracBoot, IdracInfo};
use serde_json::json;

#[test]
fn a_boot_order_is_set_once_and_found_again_while_it_waits_and_when_it_is_applied() {
    for idrac in Idrac::all() {
        let order = json!({ "order": ["iSCSI"] });
        // Not restarted: the job waits, is found, and nothing is sent again.
        let run = idrac.four_times::<IdracBoot>(&order, |_| ());
        assert_eq!(run["pending"], true, "{run:?}");
        let again = idrac.run::<IdracBoot>(&order);
        assert_eq!((&again["job"], &again["pending"]), (&run["job"], &json!(true)), "{again:?}");
        idrac.restart();
        let applied = idrac.run::<IdracBoot>(&order);
        well(&applied, false);
        assert_eq!(
            (&applied["pending"], &applied["housekeeping"]["verified"]),
            (&json!(false), &json!(true))
        );
        assert!(idrac.0.boots().len() == 1, "{:?}", idrac.0.boots());
        idrac.0.restart();
        assert!(idrac.0.boots()[1].starts_with("iSCSI"), "{:?}", idrac.0.boots());
    }
}

#[test]
fn with_a_reset_it_is_applied_when_the_task_ends() {
    for idrac in Idrac::all() {
        let wanted = json!({ "order": ["pxe device 2"], "bios": { "SriovGlobalEnable": "Enabled", "AcPwrRcvryUserDelay": "90" }, "reset": "if_needed" });
        let run = idrac.four_times::<IdracBoot>(&wanted, |_| ());
        assert_eq!(
            (&run["pending"], &run["housekeeping"]["verified"]),
            (&json!(false), &json!(true)),
            "{run:?}"
        );
        let info = idrac.run::<IdracInfo>(&json!({}));
        assert_eq!(info["bios"]["AcPwrRcvryUserDelay"], 90, "{info:?}");
        assert!(info["boot"]["order"][0]["name"].as_str().unwrap().contains('2'), "{:?}", info["boot"]);
        assert_eq!(idrac.0.boots().len(), 1);
    }
}

#[test]
fn another_order_than_the_one_that_waits_is_a_conflict_with_its_job() {
    for idrac in [Idrac::eight(&[]), Idrac::nine(&[])] {
        let first = idrac.run::<IdracBoot>(&json!({ "order": ["iSCSI"] }));
        let written = idrac.writes();
        let other = idrac.run::<IdracBoot>(&json!({ "order": ["PXE"] }));
        failed(&other, "conflict", first["job"].as_str().unwrap());
        assert_eq!((&other["error"]["job"], &other["changed"]), (&first["job"], &json!(false)));
        assert_eq!(idrac.writes(), written);
    }
}

#[test]
fn each_one_time_boot_is_set_and_found_again() {
    for idrac in Idrac::all() {
        for (once, boots) in [
            ("pxe", "Pxe"),
            ("hdd", "Hdd"),
            ("bios_setup", "BiosSetup"),
            ("virtual_cd", "virtual CD (empty)"),
        ] {
            let run = idrac.four_times::<IdracBoot>(&json!({ "once": once }), |_| ());
            assert_eq!(run["pending"], true, "{run:?}");
            idrac.0.restart();
            assert_eq!(idrac.0.boots().last().unwrap(), boots);
        }
        for once in ["pxe", "virtual_cd"] {
            idrac.run::<IdracBoot>(&json!({ "once": once }));
            idrac.four_times::<IdracBoot>(&json!({ "once": "none" }), |_| ());
            idrac.0.restart();
            assert!(idrac.0.boots().last().unwrap().starts_with("Hard drive"), "{:?}", idrac.0.boots());
        }
    }
}

#[test]
fn an_idrac8_has_no_http_boot_and_says_what_it_has() {
    let answer = Idrac::eight(&[]).run::<IdracBoot>(&json!({ "once": "uefi_http" }));
    failed(&answer, "invalid", "Pxe");
    well(&Idrac::nine(&[]).run::<IdracBoot>(&json!({ "once": "uefi_http" })), true);
}

#[test]
fn bios_settings_are_checked_before_they_are_sent() {
    for idrac in Idrac::all() {
        for (bios, says) in [
            (json!({ "BootMode": "uefi" }), "Bios, Uefi"),
            (json!({ "bootmode": "Uefi" }), "Write it as BootMode"),
            (json!({ "NoSuch": 1 }), "no setting NoSuch"),
            (json!({ "AcPwrRcvryUserDelay": "long" }), "an integer"),
        ] {
            failed(&idrac.run::<IdracBoot>(&json!({ "bios": bios })), "invalid", says);
        }
        assert_eq!(idrac.writes(), Vec::<String>::new());
    }
}

#[test]
fn a_server_that_is_off_is_switched_on() {
    for idrac in Idrac::all() {
        idrac.0.switch_off();
        let run = idrac.run::<IdracBoot>(&json!({ "bios": { "BootMode": "Bios" }, "reset": "if_needed" }));
        well(&run, true);
        assert_eq!((&run["power"], &run["pending"]), (&json!("On"), &json!(false)), "{run:?}");
    }
}

#[test]
fn a_reset_is_made_always_if_asked_for() {
    let idrac = Idrac::nine(&[]);
    let wanted = json!({ "once": "pxe", "reset": "always" });
    well(&idrac.run::<IdracBoot>(&wanted), true);
    well(&idrac.run::<IdracBoot>(&wanted), true);
    assert_eq!(idrac.0.boots(), ["Pxe", "Pxe"]);
}

#[test]
fn a_job_that_fails_fails_the_task_with_its_id() {
    for generation in [Idrac::eight, Idrac::nine] {
        let idrac = generation(&["job-fails"]);
        let run = idrac.run::<IdracBoot>(&json!({ "bios": { "BootMode": "Bios" }, "reset": "if_needed" }));
        failed(&run, "failed", "JID_");
        assert_eq!(run["changed"], true);
    }
}

#[test]
fn a_wait_for_a_job_ends() {
    let idrac = Idrac::with_slow_jobs();
    let wanted = json!({ "bios": { "BootMode": "Bios" }, "reset": "if_needed", "wait_timeout": 1 });
    let run = idrac.run::<IdracBoot>(&wanted);
    failed(&run, "timeout", "still Running");
    assert_eq!((&run["changed"], run["job"].is_string()), (&json!(true), true), "{run:?}");
    // The same again doesn't restart a server whose job runs.
    let again = idrac.run::<IdracBoot>(&wanted);
    failed(&again, "timeout", "still Running");
    assert_eq!(idrac.0.boots().len(), 1);
}

#[test]
fn unknown_names_are_told_with_those_that_there_are() {
    for idrac in Idrac::all() {
        failed(&idrac.run::<IdracBoot>(&json!({ "order": ["USB"] })), "not_found", "iSCSI");
    }
}

#[test]
fn what_is_asked_for_is_seen_by_the_info_module() {
    for (idrac, generation, firmware) in Idrac::all()
        .into_iter()
        .zip([(13, "2.86.86.86"), (14, "5.10.30.00"), (14, "6.10.30.20")])
        .map(|(a, (b, c))| (a, b, c))
    {
        let info = idrac.run::<IdracInfo>(&json!({}));
        well(&info, false);
        assert_eq!(
            (&info["generation"], &info["firmware"], &info["power"]),
            (&json!(generation), &json!(firmware), &json!("On"))
        );
        assert_eq!(info["boot"]["order"].as_array().unwrap().len(), 5, "{info:?}");
        assert_eq!(info["nics"].as_array().unwrap().len(), 2);
        assert_eq!((&info["media"][0]["inserted"], &info["jobs"]), (&json!(false), &json!([])));
        assert_eq!(info.get("warnings"), None, "{info:?}");
        let little = idrac.run::<IdracInfo>(&json!({ "gather": ["bios"] }));
        assert!(little.get("boot").is_none() && little.contains_key("bios"));
    }
    let odd = Idrac::nine(&[]).run::<IdracInfo>(&and(json!({}), json!({ "gather": ["fans"] })));
    failed(&odd, "invalid", "gather");
}

#[test]
fn an_operating_system_that_ignores_a_restart_is_not_waited_for_for_ever() {
    for generation in [Idrac::eight, Idrac::nine] {
        for wanted in [json!({ "bios": { "BootMode": "Bios" } }), json!({ "once": "virtual_cd" })] {
            let idrac = generation(&["restart-hangs"]);
            let run =
                idrac.run::<IdracBoot>(&and(wanted, json!({ "reset": "if_needed", "wait_timeout": 4 })));
            well(&run, true);
            assert!(run["warnings"][0].as_str().unwrap().contains("ignored a graceful restart"), "{run:?}");
            assert_eq!((&run["pending"], idrac.0.boots().len()), (&json!(false), 1));
        }
    }
}

#[test]
fn bios_settings_that_somebody_has_left_without_a_job_are_a_conflict() {
    for idrac in Idrac::all() {
        idrac.0.stage_bios("SysProfile", "Custom");
        let run = idrac.run::<IdracBoot>(&json!({ "bios": { "ProcVirtualization": "Disabled" } }));
        failed(&run, "conflict", "SysProfile");
        assert_eq!((&run["changed"], idrac.writes()), (&json!(false), vec![]));
        // What is set already or asked for is none.
        well(&idrac.run::<IdracBoot>(&json!({ "bios": { "ProcVirtualization": "Enabled" } })), false);
        let both = json!({ "ProcVirtualization": "Disabled", "SysProfile": "PerfOptimized" });
        well(&idrac.run::<IdracBoot>(&json!({ "bios": both, "reset": "if_needed" })), true);
        let info = idrac.run::<IdracInfo>(&json!({ "gather": ["bios"] }));
        assert_eq!(info["bios"]["SysProfile"], "PerfOptimized");
    }
}
