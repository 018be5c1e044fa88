//! What is there already is adopted by its name, and never taken from others.
use super::{Options, Release, Truenas, VOLUME, and, changed, refused, unit};
use serde_json::{Value, json};

fn zvol(truenas: &Truenas, name: &str) {
    let new = json!([{ "name": name, "type": "VOLUME", "volsize": 20_u64 << 30, "sparse": true, "create_ancestors": true }]);
    truenas.0.admin("pool.dataset.create", &new);
}

fn extent(truenas: &Truenas, name: &str, volume: &str) -> Value {
    truenas.0.admin("iscsi.extent.create", &json!([{ "name": name, "disk": format!("zvol/{volume}") }]))["id"]
        .clone()
}

fn target(truenas: &Truenas, name: &str) -> Value {
    truenas.0.admin("iscsi.target.create", &json!([{ "name": name }]))["id"].clone()
}

#[test]
fn every_half_made_unit_is_finished_and_nothing_made_twice() {
    for parts in 1..16_u32 {
        let truenas = Truenas::of(Release::V25_10);
        let has = |part: u32| parts & (1 << part) != 0;
        if has(0) || has(2) {
            zvol(&truenas, VOLUME);
        }
        let target = has(1).then(|| target(&truenas, "r630-01"));
        let extent = has(2).then(|| extent(&truenas, "r630-01", VOLUME));
        if let (Some(target), Some(extent), true) = (target, extent, has(3)) {
            truenas.0.admin("iscsi.targetextent.create", &json!([{ "target": target, "extent": extent }]));
        }
        assert!(changed(&truenas.target(unit())), "{parts}");
        for table in ["iscsi.target", "iscsi.extent", "iscsi.targetextent", "iscsi.auth", "iscsi.initiator"] {
            assert_eq!(truenas.0.rows(table).len(), 1, "{table} {parts}");
        }
        assert!(!changed(&truenas.target(unit())), "{parts}");
    }
}

#[test]
fn an_extent_with_another_name_is_known_by_its_zvol() {
    let truenas = Truenas::of(Release::V25_10);
    zvol(&truenas, VOLUME);
    extent(&truenas, "by-hand", VOLUME);
    assert!(changed(&truenas.target(unit())));
    assert_eq!(truenas.0.rows("iscsi.extent").len(), 1);
    assert!(!changed(&truenas.target(unit())));
}

#[test]
fn an_existing_portal_is_chosen_rather_than_made() {
    for (portals, asked, chosen) in [
        (&["0.0.0.0"][..], None, "0.0.0.0"),
        (&["0.0.0.0"], Some("192.0.2.10"), "0.0.0.0"),
        (&["192.0.2.9", "192.0.2.10"], Some("192.0.2.10"), "192.0.2.10"),
        (&["192.0.2.9", "0.0.0.0"], None, "0.0.0.0"),
        (&["192.0.2.9"], None, "192.0.2.9"),
        (&["0.0.0.0"], Some("2001:db8::1"), "2001:db8::1"),
    ] {
        let truenas = Truenas::start(Options {
            portal: portals.iter().map(|ip| (*ip).to_owned()).collect(),
            ..Options::default()
        });
        let made = truenas.target(and(unit(), json!({ "portal": asked })));
        assert!(changed(&made));
        assert_eq!(made["portals"][0]["ip"], chosen, "{portals:?} {asked:?}");
    }
    let two = ["192.0.2.9", "192.0.2.10"].map(str::to_owned).to_vec();
    let truenas = Truenas::start(Options { portal: two, ..Options::default() });
    let answer = truenas.check(and(unit(), json!({ "portal": null })));
    refused(&answer, "conflict", "192.0.2.9 or 192.0.2.10");
    let answer = truenas.check(and(unit(), json!({ "portal": "storage" })));
    refused(&answer, "not_found", "no portal with the address, comment or id \"storage\"");
}

#[test]
fn a_group_of_initiators_of_others_is_referred_to_and_never_changed() {
    let truenas = Truenas::of(Release::V25_10);
    let names = json!(["iqn.1994-05.com.redhat:r630-01"]);
    truenas.0.admin("iscsi.initiator.create", &json!([{ "initiators": names, "comment": "of others" }]));
    truenas.target(unit());
    assert_eq!(truenas.0.rows("iscsi.initiator").len(), 1);
    truenas.target(and(unit(), json!({ "initiators": ["iqn.other:x"] })));
    assert_eq!(truenas.0.rows("iscsi.initiator").len(), 2);
    assert_eq!(truenas.0.rows("iscsi.initiator")[0]["initiators"], names);
}

#[test]
fn a_chap_user_that_others_need_keeps_its_secret() {
    let truenas = Truenas::of(Release::V25_10);
    truenas.target(unit());
    let second = json!({ "name": "r630-02", "volume": "tank/benches/r630-02" });
    truenas.target(and(unit(), second.clone()));
    assert_eq!(truenas.0.rows("iscsi.auth").len(), 1);
    let other = and(second, json!({ "chap": { "user": "bench", "secret": "other-secret-1" } }));
    assert!(changed(&truenas.target(and(unit(), other.clone()))));
    let auths = truenas.0.rows("iscsi.auth");
    assert_eq!((auths.len(), &auths[0]["secret"]), (2, &json!(super::SECRET)));
    assert!(!changed(&truenas.target(unit())));
    assert!(!changed(&truenas.target(and(unit(), other))));
}

#[test]
fn a_chap_user_of_the_discovery_or_of_somebody_else_is_neither_changed_nor_deleted() {
    for (discovery, masked, secret) in [
        ("CHAP", false, "of-all-others-1"),
        ("CHAP_MUTUAL", true, "of-all-others-1"),
        ("CHAP", false, super::SECRET),
        ("NONE", false, "of-all-others-1"),
    ] {
        let truenas = Truenas::start(Options { masked, ..Options::default() });
        let theirs = json!([{ "tag": 1, "user": "bench", "secret": secret, "discovery_auth": discovery }]);
        truenas.0.admin("iscsi.auth.create", &theirs);
        assert!(changed(&truenas.target(unit())));
        let auths = truenas.0.rows("iscsi.auth");
        assert_eq!((auths.len(), &auths[0]["secret"]), (2, &json!(secret)), "{discovery}");
        assert_eq!(truenas.0.rows("iscsi.target")[0]["groups"][0]["auth"], auths[1]["tag"]);
        assert!(!changed(&truenas.target(unit())));
        assert!(changed(&truenas.target(and(unit(), json!({ "state": "absent" })))));
        let left = truenas.0.rows("iscsi.auth");
        assert_eq!((left.len(), &left[0]["secret"]), (1, &json!(secret)), "{discovery}");
    }
}

#[test]
fn a_target_that_logs_in_as_the_discovery_does_gets_a_user_of_its_own_for_another_secret() {
    for release in [Release::V24_10, Release::V25_10] {
        let truenas = Truenas::of(release);
        truenas.target(unit());
        let auth = &truenas.0.rows("iscsi.auth")[0];
        if release == Release::V24_10 {
            let listen = json!([{ "ip": "192.0.2.99" }]);
            let portal = json!([{ "listen": listen, "discovery_authmethod": "CHAP", "discovery_authgroup": auth["tag"] }]);
            truenas.0.admin("iscsi.portal.create", &portal);
        } else {
            truenas.0.admin("iscsi.auth.update", &json!([auth["id"], { "discovery_auth": "CHAP" }]));
        }
        let other = json!({ "chap": { "user": "bench", "secret": "other-secret-1" } });
        assert!(changed(&truenas.target(and(unit(), other.clone()))));
        let auths = truenas.0.rows("iscsi.auth");
        assert_eq!((auths.len(), &auths[0]["secret"]), (2, &json!(super::SECRET)), "{release:?}");
        assert!(changed(&truenas.target(and(and(unit(), other), json!({ "state": "absent" })))));
        assert_eq!(truenas.0.rows("iscsi.auth").len(), 1, "{release:?}");
    }
}

#[test]
fn what_contradicts_is_a_conflict_before_anything_is_changed() {
    let truenas = Truenas::of(Release::V25_10);
    truenas.target(unit());
    zvol(&truenas, "tank/other");
    extent(&truenas, "other", "tank/other");
    truenas.0.admin("pool.dataset.create", &json!([{ "name": "tank/files" }]));
    let before = truenas.changes();
    for (more, kind, says) in [
        (
            json!({ "name": "r630-02", "volume": "tank/files" }),
            "conflict",
            "a dataset with files, not a zvol",
        ),
        (json!({ "size": 20_000_000_001_u64 + (10 << 30) }), "invalid", "a multiple of its block size"),
        (json!({ "size": "10G" }), "conflict", "can't be made smaller"),
        (json!({ "blocksize": 4096 }), "conflict", "blocks of 512 bytes"),
        (json!({ "volume": "tank/benches/r630-02" }), "conflict", "exports tank/benches/r630-01"),
        (json!({ "name": "r630-02" }), "conflict", "is already LUN 0 of target r630-01"),
        (json!({ "name": "r630-02", "volume": "none/x" }), "not_found", "Its pools are: tank"),
        (
            json!({ "name": "r630-02", "volume": "tank/x", "size": "900G" }),
            "conflict",
            "80 % of the free space",
        ),
        (json!({ "name": "r630-02", "volume": "tank/x", "size": null }), "invalid", "Give its `size`"),
    ] {
        for answer in [truenas.check(and(unit(), more.clone())), truenas.target(and(unit(), more))] {
            refused(&answer, kind, says);
            assert_eq!(answer["changed"], false);
        }
    }
    assert_eq!(truenas.changes(), before);
}

#[test]
fn a_second_unit_of_a_target_takes_another_number() {
    let truenas = Truenas::of(Release::V25_10);
    truenas.target(unit());
    zvol(&truenas, "tank/other");
    let extra = extent(&truenas, "other", "tank/other");
    let target = truenas.0.rows("iscsi.target")[0]["id"].clone();
    truenas.0.admin("iscsi.targetextent.create", &json!([{ "target": target, "extent": extra, "lunid": 5 }]));
    refused(&truenas.check(and(unit(), json!({ "lun": 5 }))), "conflict", "is already extent other");
    assert!(!changed(&truenas.target(unit())));
}

#[test]
fn who_is_logged_in_keeps_the_way_to_the_disk_from_being_changed_without_force() {
    for release in Release::ALL {
        for more in [
            json!({ "portal": "192.0.2.11" }),
            json!({ "initiators": ["iqn.1994-05.com.redhat:r630-02"] }),
            json!({ "lun": 7 }),
        ] {
            let truenas = Truenas::of(release);
            truenas.target(unit());
            truenas.0.log_in("r630-01", "iqn.1994-05.com.redhat:r630-01");
            let args = and(unit(), more);
            let before = truenas.changes();
            for answer in [truenas.check(args.clone()), truenas.target(args.clone())] {
                refused(&answer, "conflict", "in use by iqn.1994-05.com.redhat:r630-01");
                assert_eq!(answer["changed"], false);
                assert_eq!(answer["error"]["initiators"], json!(["iqn.1994-05.com.redhat:r630-01"]));
            }
            assert_eq!(truenas.changes(), before);
            // What takes nothing from them is done.
            assert!(changed(&truenas.target(and(unit(), json!({ "size": "30G" })))));
            let args = and(args, json!({ "size": "30G", "force": true }));
            assert!(changed(&truenas.target(args.clone())), "{release:?}");
            assert!(!changed(&truenas.target(args)));
        }
    }
}
