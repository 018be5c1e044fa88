//! Nothing is deleted that somebody uses, and nothing of others.
use super::{Release, Truenas, VOLUME, WAYS, and, changed, gone, refused, unit};
use serde_json::json;

#[test]
fn the_zvol_stays_unless_its_deletion_is_asked_for() {
    for release in WAYS {
        let truenas = Truenas::of(release);
        truenas.target(unit());
        let kept = json!({ "name": "r630-01", "state": "absent" });
        let answer = truenas.target(kept.clone());
        assert!(changed(&answer));
        assert!(
            answer["warnings"][0].as_str().unwrap().contains("CHAP user bench (tag 1) stays"),
            "{answer:?}"
        );
        assert!(!changed(&truenas.target(kept)));
        assert_eq!(truenas.0.rows("pool.dataset").iter().filter(|row| row["id"] == VOLUME).count(), 1);
        // What was on it is there again.
        assert!(changed(&truenas.target(unit())));
        assert!(changed(&truenas.target(gone())));
        assert!(!truenas.0.rows("pool.dataset").iter().any(|row| row["id"] == VOLUME));
    }
}

#[test]
fn sessions_are_looked_at_before_anything_is_deleted() {
    for release in Release::ALL {
        let truenas = Truenas::of(release);
        truenas.target(unit());
        truenas.0.log_in("r630-01", "iqn.1994-05.com.redhat:r630-01");
        let before = truenas.changes();
        for answer in [truenas.check(gone()), truenas.target(gone())] {
            refused(&answer, "conflict", "in use by iqn.1994-05.com.redhat:r630-01");
            assert_eq!(answer["error"]["initiators"], json!(["iqn.1994-05.com.redhat:r630-01"]));
            assert_eq!(
                (&answer["changed"], answer["sessions"].as_array().unwrap().len()),
                (&json!(false), 1)
            );
        }
        assert_eq!(truenas.changes(), before);
        assert!(!changed(&truenas.target(unit())), "a session is no reason to change something");
        assert!(changed(&truenas.target(and(gone(), json!({ "force": true })))), "{release:?}");
        assert!(truenas.is_bare());
    }
}

#[test]
fn the_order_is_mapping_target_extent_zvol() {
    let truenas = Truenas::of(Release::V25_10);
    truenas.target(unit());
    let made = truenas.changes().len();
    truenas.target(gone());
    assert_eq!(
        truenas.changes()[made..],
        [
            "iscsi.targetextent.delete",
            "iscsi.target.delete",
            "iscsi.extent.delete",
            "iscsi.initiator.delete",
            "iscsi.auth.delete",
            "pool.dataset.delete"
        ]
    );
}

#[test]
fn a_target_with_further_units_is_not_deleted_by_chance() {
    let truenas = Truenas::of(Release::V25_10);
    truenas.target(unit());
    truenas
        .0
        .admin("pool.dataset.create", &json!([{ "name": "tank/x", "type": "VOLUME", "volsize": 1 << 30 }]));
    let extent =
        truenas.0.admin("iscsi.extent.create", &json!([{ "name": "second", "disk": "zvol/tank/x" }]));
    let target = truenas.0.rows("iscsi.target")[0]["id"].clone();
    truenas.0.admin("iscsi.targetextent.create", &json!([{ "target": target, "extent": extent["id"] }]));
    refused(&truenas.target(gone()), "conflict", "also has LUN 1 (second)");
    assert!(changed(&truenas.target(and(gone(), json!({ "force": true })))));
    assert_eq!(truenas.0.rows("iscsi.extent")[0]["name"], "second");
    assert!(!changed(&truenas.target(gone())));
}

#[test]
fn a_zvol_of_another_target_is_not_deleted() {
    let truenas = Truenas::of(Release::V25_10);
    truenas.target(unit());
    refused(
        &truenas.target(and(gone(), json!({ "name": "r630-02" }))),
        "conflict",
        "belongs to target r630-01",
    );
    assert!(!changed(&truenas.target(unit())));
}

#[test]
fn what_others_use_of_access_stays() {
    let truenas = Truenas::of(Release::V25_10);
    truenas.target(unit());
    truenas.target(and(unit(), json!({ "name": "r630-02", "volume": "tank/benches/r630-02" })));
    truenas.target(gone());
    assert_eq!((truenas.0.rows("iscsi.auth").len(), truenas.0.rows("iscsi.initiator").len()), (1, 1));
}
