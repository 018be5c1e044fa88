//! A unit that can't be finished: what was made is taken back, or named; lost answers are settled.
use super::{Release, Truenas, WAYS, and, changed, gone, refused, unit};
use serde_json::json;

const CREATES: [&str; 6] = [
    "pool.dataset.create",
    "iscsi.initiator.create",
    "iscsi.auth.create",
    "iscsi.target.create",
    "iscsi.extent.create",
    "iscsi.targetextent.create",
];

#[test]
fn whichever_step_fails_what_was_made_before_is_taken_back() {
    for release in WAYS {
        for method in CREATES {
            let truenas = Truenas::with_faults(release, &[&format!("fails:{method}")]);
            let failed = truenas.target(unit());
            refused(&failed, "failed", "an unexpected error");
            // The dataset above the zvol stays, and is named.
            let has_parent = method != "pool.dataset.create";
            assert_eq!(failed["changed"], has_parent, "{method} of {release:?}: {failed:?}");
            let says = failed["msg"].as_str().unwrap().contains("stay: tank/benches. Delete them");
            assert_eq!(says, has_parent, "{failed:?}");
            assert!(truenas.is_bare(), "{method} of {release:?}");
            assert!(truenas.0.rows("iscsi.portal").is_empty());
            assert!(changed(&truenas.target(unit())));
            assert!(!changed(&truenas.target(unit())));
        }
    }
}

#[test]
fn whichever_answer_is_lost_nothing_is_made_twice() {
    for release in WAYS {
        for fault in ["drop-before", "drop-after"] {
            let faults: Vec<_> = CREATES.iter().map(|method| format!("{fault}:{method}")).collect();
            let truenas =
                Truenas::with_faults(release, &faults.iter().map(String::as_str).collect::<Vec<_>>());
            let made = truenas.target(unit());
            assert!(changed(&made), "{fault} of {release:?}");
            for table in
                ["iscsi.target", "iscsi.extent", "iscsi.targetextent", "iscsi.auth", "iscsi.initiator"]
            {
                assert_eq!(truenas.0.rows(table).len(), 1, "{table}: {fault} of {release:?}");
            }
            assert!(!changed(&truenas.target(unit())));
        }
    }
}

#[test]
fn what_was_made_though_the_server_says_it_failed_is_found_and_made_once() {
    for release in WAYS {
        for method in CREATES {
            let truenas = Truenas::with_faults(release, &[&format!("fails-after:{method}")]);
            assert!(changed(&truenas.target(unit())), "{method} of {release:?}");
            for table in
                ["iscsi.target", "iscsi.extent", "iscsi.targetextent", "iscsi.auth", "iscsi.initiator"]
            {
                assert_eq!(truenas.0.rows(table).len(), 1, "{table}: {method} of {release:?}");
            }
            assert!(!changed(&truenas.target(unit())));
        }
    }
}

#[test]
fn all_datasets_above_a_zvol_that_was_taken_back_are_named_and_none_that_was_there() {
    for release in WAYS {
        let truenas = Truenas::with_faults(release, &["fails:iscsi.targetextent.create"]);
        truenas.0.admin("pool.dataset.create", &json!([{ "name": "tank/there" }]));
        let failed = truenas.target(and(unit(), json!({ "volume": "tank/there/x/y/b1" })));
        refused(&failed, "failed", "What this task had created was removed again.");
        refused(&failed, "failed", "stay: tank/there/x, tank/there/x/y. Delete them");
        assert_eq!(failed["changed"], true);
    }
}

#[test]
fn a_zvol_that_has_grown_before_a_step_failed_is_told() {
    let truenas = Truenas::with_faults(Release::V25_10, &["fails:iscsi.target.create"]);
    let zvol = json!([{ "name": super::VOLUME, "type": "VOLUME", "volsize": 10_u64 << 30, "create_ancestors": true }]);
    truenas.0.admin("pool.dataset.create", &zvol);
    let failed = truenas.target(unit());
    refused(&failed, "failed", "These steps were done, and stay: grow zvol tank/benches/r630-01 from");
    assert_eq!(failed["changed"], true);
}

#[test]
fn lost_answers_to_deletions_are_settled_too() {
    for release in WAYS {
        let truenas = Truenas::with_faults(
            release,
            &[
                "drop-after:iscsi.targetextent.delete",
                "drop-after:iscsi.target.delete",
                "drop-before:iscsi.extent.delete",
                "drop-after:pool.dataset.delete",
            ],
        );
        truenas.target(unit());
        assert!(changed(&truenas.target(gone())), "{release:?}");
        assert!(truenas.is_bare());
    }
}

#[test]
fn what_can_t_be_taken_back_is_named_and_absent_removes_it() {
    let faults = ["fails:iscsi.extent.create", "fails:iscsi.target.delete", "fails:pool.dataset.delete:0"];
    let truenas = Truenas::with_faults(Release::V25_10, &faults);
    let failed = truenas.target(unit());
    refused(&failed, "failed", "still to do: delete target r630-01; delete CHAP user bench");
    assert!(failed["msg"].as_str().unwrap().contains("`state: absent`"), "{failed:?}");
    assert_eq!(failed["changed"], true);
    assert!(changed(&truenas.target(gone())));
    assert!(truenas.is_bare());
}

#[test]
fn a_service_that_does_not_start_leaves_a_whole_unit() {
    for release in Release::ALL {
        let fault = match release {
            // In REST it is a 500, which is tried again.
            Release::V24_10 => "fails:service.start:4",
            Release::V25_04 => "fails:service.start",
            _ => "fails:service.control",
        };
        let truenas = Truenas::with_faults(release, &[fault]);
        let failed = truenas.target(unit());
        refused(&failed, "failed", "The unit itself is complete");
        assert_eq!(failed["changed"], true);
        let again = truenas.target(unit());
        assert_eq!(again["processing"]["actions"], json!(["start the iSCSI service"]), "{release:?}");
    }
}

#[test]
fn a_unit_whose_creation_is_never_answered_is_in_doubt() {
    let truenas = Truenas::with_faults(
        Release::V25_10,
        &["silent:iscsi.target.create:9", "silent:iscsi.target.query:0"],
    );
    let hasty = json!({ "timeout": 1, "deadline": 2 });
    // It was made though nobody said so, and is found.
    assert!(changed(&truenas.target(and(unit(), hasty))));
    assert_eq!(truenas.0.rows("iscsi.target").len(), 1);
}

/// A change of each kind to a unit that is there, and the calls that make it.
fn later_changes() -> [(&'static str, serde_json::Value); 4] {
    [
        ("pool.dataset.update", json!({ "size": "30G" })),
        ("iscsi.auth.update", json!({ "chap": { "user": "bench", "secret": "other-secret-1" } })),
        ("iscsi.target.update", json!({ "initiators": [] })),
        ("iscsi.targetextent.update", json!({ "lun": 7 })),
    ]
}

#[test]
fn a_change_that_the_server_calls_failed_is_changed_only_if_it_was_made() {
    for release in WAYS {
        for (method, more) in later_changes() {
            // REST tries its 500 again.
            let truenas = Truenas::with_faults(release, &[&format!("fails:{method}:4")]);
            truenas.target(unit());
            let failed = truenas.target(and(unit(), more.clone()));
            refused(&failed, "failed", "an unexpected error");
            let answer = (&failed["changed"], &failed["processing"]["actions"]);
            assert_eq!(answer, (&json!(false), &json!([])), "{method} of {release:?}: {failed:?}");
            let tries = if release == Release::V24_10 { 4 } else { 1 };
            let truenas = Truenas::with_faults(release, &[&format!("fails-after:{method}:{tries}")]);
            truenas.target(unit());
            let made = truenas.target(and(unit(), more.clone()));
            assert!(changed(&made), "{method} of {release:?}");
            assert!(!made["processing"]["actions"].as_array().unwrap().is_empty(), "{made:?}");
            assert!(!changed(&truenas.target(and(unit(), more))), "{method} of {release:?}");
        }
    }
}

#[test]
fn a_change_of_which_nothing_more_is_heard_is_in_doubt() {
    for (method, more) in later_changes() {
        let silence = format!("silent:{method}:9");
        let truenas = Truenas::with_faults(Release::V25_10, &[&silence]);
        truenas.target(unit());
        let hasty = and(and(unit(), more.clone()), json!({ "timeout": 1, "deadline": 2 }));
        // It was made though nobody said so, which reading shows.
        assert!(changed(&truenas.target(hasty)), "{method}");
        assert!(!changed(&truenas.target(and(unit(), more))), "{method}");
    }
}
