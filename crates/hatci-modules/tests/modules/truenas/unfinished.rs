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
            assert_eq!(failed["changed"], false, "{method} of {release:?}: {failed:?}");
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
