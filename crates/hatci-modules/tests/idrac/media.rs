//! `idrac_virtual_media`: inserted, replaced and ejected, wherever the iDRAC keeps its drives.
use crate::server::{Idrac, and, failed, well};
use bench_sim::idrac::Generation;
use hatci_modules::{IdracBoot, IdracInfo, IdracVirtualMedia};
use serde_json::json;

const IMAGE: &str = "http://s3.example.com/isos/agent.x86_64.iso";

#[test]
fn an_image_is_inserted_once_and_ejected_once() {
    for idrac in Idrac::all() {
        let run = idrac.four_times::<IdracVirtualMedia>(&json!({ "image": IMAGE }), |_| ());
        assert_eq!(
            (&run["image"], &run["inserted"], &run["device"]),
            (&json!(IMAGE), &json!(true), &json!("cd"))
        );
        idrac.run::<IdracBoot>(&json!({ "once": "virtual_cd", "reset": "if_needed" }));
        assert_eq!(idrac.0.boots(), [format!("virtual CD {IMAGE}")]);
        let gone = idrac.four_times::<IdracVirtualMedia>(&json!({ "state": "absent" }), |_| ());
        assert_eq!((gone.get("image"), &gone["inserted"]), (None, &json!(false)), "{gone:?}");
        // An empty drive is no reason to send anything.
        assert_eq!(idrac.count("EjectMedia"), 1);
    }
}

#[test]
fn another_image_is_ejected_first_also_if_that_takes_a_while() {
    for generation in [Idrac::eight, Idrac::nine] {
        let idrac = generation(&["slow-eject"]);
        let other = "http://s3.example.com/isos/other.iso";
        idrac.run::<IdracVirtualMedia>(&json!({ "image": other }));
        let run = idrac.run::<IdracVirtualMedia>(&json!({ "image": IMAGE }));
        well(&run, true);
        assert_eq!(run["image"], IMAGE);
        assert_eq!(
            run["processing"]["actions"],
            json!([format!("eject {other}"), format!("insert {IMAGE}")])
        );
        // Only the image that is named goes.
        well(&idrac.run::<IdracVirtualMedia>(&json!({ "image": other, "state": "absent" })), false);
        well(&idrac.run::<IdracVirtualMedia>(&json!({ "image": IMAGE, "state": "absent" })), true);
    }
}

#[test]
fn firmware_that_can_not_insert_is_told_which_can() {
    for (generation, firmware) in [(Generation::Thirteen, "2.70.70.70"), (Generation::Fourteen, "3.21.21.21")]
    {
        let idrac = Idrac::with(generation, Some(firmware), &[]);
        let run = idrac.run::<IdracVirtualMedia>(&json!({ "image": IMAGE }));
        failed(&run, "invalid", "2.75.75.75");
        assert!(run["msg"].as_str().unwrap().contains(firmware), "{run:?}");
        assert_eq!(run["changed"], false);
        // Also before anything else is changed because of it.
        failed(&idrac.check::<IdracVirtualMedia>(&json!({ "image": IMAGE })), "invalid", "2.75.75.75");
        well(&idrac.check::<IdracVirtualMedia>(&json!({ "state": "absent" })), false);
    }
}

#[test]
fn a_share_needs_a_login_whose_password_is_never_shown() {
    let idrac = Idrac::nine(&[]);
    let share = json!({ "image": "//files.example.com/isos/agent.iso" });
    failed(&idrac.run::<IdracVirtualMedia>(&share), "invalid", "username");
    let login = json!({ "username": "bench", "password": "s3cr3t-share" });
    well(&idrac.run::<IdracVirtualMedia>(&and(share, login)), true);
    let sent = idrac.0.requests().into_iter().find(|it| it.path.ends_with("InsertMedia")).unwrap();
    assert_eq!(sent.body["Password"], "s3cr3t-share");
    let url = json!({ "image": "https://kim:s3cr3t-url@files.example.com/agent.iso" });
    well(&idrac.run::<IdracVirtualMedia>(&url), true);
}

#[test]
fn what_no_idrac_can_read_is_refused() {
    let idrac = Idrac::nine(&[]);
    failed(
        &idrac.run::<IdracVirtualMedia>(&json!({ "image": "/srv/agent.iso" })),
        "invalid",
        "not an address",
    );
    failed(&idrac.run::<IdracVirtualMedia>(&json!({})), "invalid", "image");
    assert_eq!(idrac.0.requests().len(), 0);
}

#[test]
fn an_image_in_the_other_drive_is_a_conflict_where_the_drives_exclude_each_other() {
    let idrac = Idrac::eight(&[]);
    idrac.0.attach_to_removable_disk("http://s3.example.com/other.img");
    let run = idrac.run::<IdracVirtualMedia>(&json!({ "image": IMAGE }));
    failed(&run, "conflict", "VRM0012");
    assert_eq!(idrac.count("InsertMedia"), 1);
}

#[test]
fn a_query_in_an_address_is_never_shown_whoever_has_inserted_it() {
    let signed = "http://s3.example.com/isos/agent.iso?X-Amz-Signature=s3cr3t-signature";
    let idrac = Idrac::nine(&["image-unreachable=1"]);
    let run = idrac.run::<IdracVirtualMedia>(&json!({ "image": signed }));
    failed(&run, "unavailable", "http://s3.example.com/isos/agent.iso:");
    idrac.four_times::<IdracVirtualMedia>(&json!({ "image": signed }), |_| ());
    // What another task finds in the drive.
    well(&idrac.check::<IdracVirtualMedia>(&json!({ "image": IMAGE })), true);
    well(&idrac.run::<IdracInfo>(&json!({ "gather": ["media"] })), false);
    well(&idrac.run::<IdracVirtualMedia>(&json!({ "image": IMAGE })), true);
}

#[test]
fn an_insert_that_fails_is_not_blamed_on_somebody_else() {
    for generation in [Idrac::eight, Idrac::nine] {
        let idrac = generation(&["image-unreachable"]);
        let run = idrac.run::<IdracVirtualMedia>(&json!({ "image": IMAGE }));
        failed(&run, "unavailable", "can't read");
        assert_eq!((run.get("warnings"), &run["housekeeping"]["verified"]), (None, &json!(false)), "{run:?}");
    }
}

#[test]
fn an_unchanged_run_has_no_actions() {
    let idrac = Idrac::nine(&[]);
    let run = idrac.run::<IdracVirtualMedia>(&json!({ "state": "absent" }));
    well(&run, false);
    assert_eq!(run["processing"]["actions"], json!([]), "{run:?}");
}
