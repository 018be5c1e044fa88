//! `truenas_info`
use super::{Release, Truenas, VOLUME, changed, kind, unit};
use hatci_modules::TruenasInfo;
use serde_json::json;

#[test]
fn everything_is_shown_on_every_release_and_nothing_changed() {
    for release in Release::ALL {
        let truenas = Truenas::of(release);
        truenas.target(unit());
        truenas.0.log_in("r630-01", "iqn.1994-05.com.redhat:r630-01");
        truenas.0.admin("iscsi.target.create", &json!([{ "name": "left-over" }]));
        let before = truenas.changes();
        let shown = truenas.run::<TruenasInfo>(json!({}));
        assert!(!changed(&shown));
        assert!(shown["system"]["version"].as_str().unwrap().starts_with("TrueNAS"), "{shown:?}");
        assert_eq!(
            (&shown["pools"][0]["name"], &shown["pools"][0]["healthy"]),
            (&json!("tank"), &json!(true))
        );
        assert_eq!(
            shown["luns"],
            json!([{
                "iqn": "iqn.2005-10.org.freenas.ctl:r630-01", "target": "r630-01", "lun": 0, "extent": "r630-01",
                "volume": VOLUME, "size": 20_u64 << 30, "blocksize": 512, "enabled": true,
            }])
        );
        assert_eq!(shown["service"]["state"], "RUNNING");
        assert_eq!(shown["sessions"][0]["address"], "192.0.2.30");
        assert_eq!(shown["orphans"], json!({ "targets": ["left-over"], "extents": [], "initiators": [] }));
        assert_eq!(truenas.changes(), before);
    }
}

#[test]
fn only_what_is_asked_for_is_gathered() {
    let truenas = Truenas::of(Release::V26);
    let shown = truenas.run::<TruenasInfo>(json!({ "gather": ["pools"] }));
    assert!(shown.contains_key("pools") && !shown.contains_key("luns") && !shown.contains_key("system"));
    let wrong = truenas.run::<TruenasInfo>(json!({ "gather": ["disks"] }));
    assert_eq!(kind(&wrong), "invalid");
}
