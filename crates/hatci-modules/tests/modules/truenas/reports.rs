//! What people report of TrueNAS and iSCSI, as tests.
use super::{Options, Release, Truenas, VOLUME, WAYS, and, changed, gone, refused, unit};
use hatci_modules::TruenasInfo;
use serde_json::{Value, json};

#[test]
fn an_api_key_never_leaves_over_http_and_a_revoked_one_is_told_from_a_wrong_one() {
    // https://github.com/TheGrandWazoo/freenas-proxmox/issues/205
    let truenas = Truenas::of(Release::V25_10);
    for url in ["http://192.0.2.1", "ws://192.0.2.1", "http://truenas.example"] {
        let answer = truenas.run::<TruenasInfo>(json!({ "truenas_url": url }));
        refused(&answer, "invalid", "permanently revokes a key");
    }
    let revoked = Truenas::with_faults(Release::V25_10, &["revoked"]);
    refused(&revoked.run::<TruenasInfo>(json!({})), "auth", "Create a new key");
    let wrong = revoked.run::<TruenasInfo>(json!({ "truenas_api_key": "2-another-key" }));
    refused(&wrong, "auth", "rejects the API key of user bench");
}

#[test]
fn the_iqn_has_the_base_name_of_this_server() {
    // https://github.com/truenas/truenas-csi/issues/41
    for basename in ["iqn.2005-10.org.freenas.ctl", "iqn.2000-01.io.truenas"] {
        let truenas = Truenas::start(Options { basename: basename.into(), ..Options::default() });
        assert_eq!(truenas.target(unit())["iqn"], format!("{basename}:r630-01"));
    }
    let truenas = Truenas::of(Release::V25_10);
    let whole = json!({ "name": "iqn.2005-10.org.freenas.ctl:r630-01" });
    refused(&truenas.target(and(unit(), whole)), "invalid", "looks like a whole IQN");
    let underscore = json!({ "name": "r630_01" });
    refused(&truenas.target(and(unit(), underscore)), "invalid", "underscore");
    assert!(truenas.0.calls().is_empty());
}

#[test]
fn every_release_is_sent_only_what_it_knows() {
    // https://github.com/democratic-csi/democratic-csi/issues/532: the stand-in refuses any field that a release doesn't know.
    for release in Release::ALL {
        let truenas = Truenas::of(release);
        assert!(changed(
            &truenas.target(and(unit(), json!({ "blocksize": 4096, "lun": 3, "sparse": false })))
        ));
        assert!(changed(&truenas.target(gone())));
    }
}

#[test]
fn a_half_done_run_is_gone_on_with_and_no_trace_is_shown() {
    // https://github.com/truenas/truenas-proxmox-plugin/issues/27
    for release in WAYS {
        let faults = ["fails:iscsi.auth.create:1", "drop-after:iscsi.targetextent.create"];
        let truenas = Truenas::with_faults(release, &faults);
        let failed = truenas.target(unit());
        refused(&failed, "failed", "an unexpected error");
        assert!(truenas.is_bare(), "{release:?}");
        assert!(changed(&truenas.target(unit())));
        assert_eq!(truenas.0.rows("iscsi.targetextent").len(), 1);
        assert!(!changed(&truenas.target(unit())));
    }
}

#[test]
fn a_dataset_that_is_busy_after_its_unit_was_deleted_is_waited_for() {
    // https://github.com/boomshankerx/proxmox-truenas/issues/52, https://github.com/TheGrandWazoo/freenas-proxmox/issues/214
    for release in WAYS {
        let truenas = Truenas::with_faults(release, &["busy:pool.dataset.delete:1"]);
        truenas.target(unit());
        assert!(changed(&truenas.target(gone())), "{release:?}");
        assert!(truenas.is_bare());
    }
}

#[test]
fn a_unit_is_one_task_on_the_controller_and_wired_by_names() {
    // https://github.com/arensb/ansible-truenas/pull/60 and /issues/36
    let truenas = Truenas::of(Release::V25_10);
    let made = truenas.target(unit());
    let target = &truenas.0.rows("iscsi.target")[0];
    let mapping = &truenas.0.rows("iscsi.targetextent")[0];
    let extent = &truenas.0.rows("iscsi.extent")[0];
    assert_eq!((&mapping["target"], &mapping["extent"]), (&target["id"], &extent["id"]));
    assert_eq!((&extent["disk"], &extent["name"]), (&json!(format!("zvol/{VOLUME}")), &json!("r630-01")));
    assert_eq!(made["ids"]["target"], target["id"]);
    // Made anew by hand, its parts have other ids.
    let delete = |method: &str, row: &Value| drop(truenas.0.admin(method, &json!([row["id"]])));
    delete("iscsi.target.delete", target);
    delete("iscsi.extent.delete", extent);
    assert!(changed(&truenas.target(unit())));
    assert!(!changed(&truenas.target(unit())));
}
