//! A unit's life: predicted, made, found, predicted to stay; and the same for its end.
use super::{Release, Truenas, VOLUME, and, changed, gone, unit};
use serde_json::json;

#[test]
fn four_times_there_and_twice_gone_on_every_release() {
    for release in Release::ALL {
        let truenas = Truenas::of(release);
        let predicted = truenas.check(unit());
        assert!(changed(&predicted), "{release:?}");
        assert!(truenas.changes().is_empty(), "{:?}", truenas.changes());
        assert_eq!(predicted["diff"]["before"]["volume"], json!(null));
        assert_eq!(predicted["diff"]["after"]["volume"]["name"], VOLUME);
        assert_eq!(predicted["iqn"], "iqn.2005-10.org.freenas.ctl:r630-01");

        let made = truenas.target(unit());
        assert!(changed(&made));
        assert_eq!(made["processing"]["actions"], predicted["processing"]["actions"]);
        assert_eq!(
            made["processing"]["made"],
            json!({ "volume": VOLUME, "portal": "192.0.2.10", "chap_user": "bench", "target": "r630-01", "extent": "r630-01" })
        );
        for predictable in ["iqn", "lun", "portals", "volume"] {
            assert_eq!(made[predictable], predicted[predictable], "{predictable}");
        }
        assert_eq!(made["lun"], 0);
        assert_eq!(made["portals"], json!([{ "ip": "192.0.2.10", "port": 3260 }]));
        assert_eq!(made["volume"], json!({ "name": VOLUME, "size": 20_u64 << 30 }));
        assert_eq!(made["housekeeping"]["verified"], true);
        assert_eq!(made["sessions"], json!([]));
        for part in ["target", "extent", "mapping", "portal", "initiator", "auth"] {
            assert!(made["ids"][part].is_u64(), "{part}: {made:?}");
        }
        let service = truenas.0.admin("service.query", &json!([[["service", "=", "iscsitarget"]]]));
        assert_eq!((&service[0]["state"], &service[0]["enable"]), (&json!("RUNNING"), &json!(true)));

        for again in [truenas.target(unit()), truenas.check(unit())] {
            assert!(!changed(&again), "{release:?} {again:?}");
            assert_eq!((&again["ids"], &again["lun"]), (&made["ids"], &made["lun"]));
            assert_eq!(again["housekeeping"]["verified"], true);
        }

        assert!(changed(&truenas.check(gone())));
        assert!(!truenas.is_bare());
        assert!(changed(&truenas.target(gone())), "{release:?}");
        assert!(truenas.is_bare(), "{release:?}");
        for again in [truenas.target(gone()), truenas.check(gone())] {
            assert!(!changed(&again), "{release:?} {again:?}");
        }
    }
}

#[test]
fn with_nothing_but_names_everybody_may_log_in_everywhere() {
    for release in Release::ALL {
        let truenas = Truenas::of(release);
        let plain = json!({ "name": "plain", "volume": "tank/plain", "size": "1G" });
        assert!(changed(&truenas.target(plain.clone())));
        assert!(!changed(&truenas.target(plain)));
        let target = &truenas.0.rows("iscsi.target")[0];
        let group = &target["groups"][0];
        assert_eq!((&group["initiator"], &group["authmethod"]), (&json!(null), &json!("NONE")));
        assert_eq!(truenas.0.rows("iscsi.portal")[0]["listen"][0]["ip"], "0.0.0.0");
    }
}

#[test]
fn what_is_asked_for_later_is_changed_and_only_that() {
    let truenas = Truenas::of(Release::V25_10);
    truenas.target(unit());
    for (more, actions) in [
        (
            json!({ "size": "30G" }),
            json!([format!("grow zvol {VOLUME} from {} to {} bytes", 20_u64 << 30, 30_u64 << 30)]),
        ),
        (json!({ "size": "30G", "lun": 7 }), json!(["change LUN 0 to 7"])),
        (
            json!({ "size": "30G", "lun": 7, "initiators": [] }),
            json!([
                "change portals, initiators or login of target r630-01",
                "delete the group of initiators"
            ]),
        ),
        (
            json!({ "size": "30G", "lun": 7, "initiators": [], "portal": "192.0.2.11" }),
            json!(["create a portal at 192.0.2.11", "change portals, initiators or login of target r630-01"]),
        ),
        (
            json!({ "size": "30G", "lun": 7, "initiators": [], "portal": "192.0.2.11", "chap": { "user": "bench", "secret": "other-secret-1" } }),
            json!(["change the secret of CHAP user bench"]),
        ),
    ] {
        let args = and(unit(), more);
        assert!(changed(&truenas.check(args.clone())), "{args}");
        let made = truenas.target(args.clone());
        assert!(changed(&made), "{made:?}");
        assert_eq!(made["processing"]["actions"], actions);
        assert!(!changed(&truenas.target(args)));
    }
}

#[test]
fn what_is_not_asked_for_stays_as_it_is() {
    let truenas = Truenas::of(Release::V25_10);
    truenas.target(unit());
    let bare = json!({ "name": "r630-01", "volume": VOLUME });
    assert!(!changed(&truenas.target(bare)));
}

#[test]
fn a_secret_that_can_t_be_read_is_written_only_when_asked() {
    let truenas = Truenas::start(super::Options { masked: true, ..super::Options::default() });
    truenas.target(unit());
    let again = truenas.target(unit());
    assert!(!changed(&again));
    assert!(again["warnings"][0].as_str().unwrap().contains("update_secret"), "{again:?}");
    let written = truenas.target(and(unit(), json!({ "update_secret": true })));
    assert!(changed(&written));
    assert_eq!(written["housekeeping"]["verified"], true);
}

#[test]
fn a_service_that_was_stopped_is_started() {
    for release in Release::ALL {
        let truenas = Truenas::of(release);
        truenas.target(unit());
        truenas.0.admin("service.update", &json!(["iscsitarget", { "enable": false }]));
        let again = truenas.target(unit());
        assert_eq!(
            again["processing"]["actions"],
            json!(["have the iSCSI service start with TrueNAS"]),
            "{release:?}"
        );
    }
}
