//! Connections that end in the middle of a change.
use crate::{client, start};
use bench_sim::truenas::{Options, Release, Server};
use truenas_client::{Group, Kind, NewTarget, NewVolume};

fn with(release: Release, faults: &[&str]) -> Server {
    let faults = faults.iter().map(|fault| fault.parse().unwrap()).collect();
    start(Options { release, faults, portal: vec!["0.0.0.0".into()], ..Options::default() })
}

fn creates(server: &Server, method: &str) -> usize {
    server.calls().iter().filter(|(called, _)| called == method).count()
}

#[test]
fn a_create_whose_answer_is_lost_is_looked_for_and_not_made_twice() {
    for release in Release::ALL {
        let server = with(release, &["drop-after:iscsi.target.create", "drop-after:pool.dataset.create"]);
        let client = client(&server);
        let volume = client.create_volume(NewVolume { name: "tank/x", size: 1 << 30, sparse: true }).unwrap();
        assert_eq!(volume.name, "tank/x");
        let portal = client.portals().unwrap()[0].id;
        let group = Group { portal, initiator: None, auth: None, mutual: false };
        let target = client.create_target(NewTarget { name: "bench1", groups: &[group] }).unwrap();
        assert_eq!(target.name, "bench1");
        assert_eq!(server.rows("iscsi.target").len(), 1);
        assert_eq!(
            (creates(&server, "iscsi.target.create"), creates(&server, "pool.dataset.create")),
            (1, 1)
        );
        assert!(client.acted()());
    }
}

#[test]
fn a_create_that_was_cancelled_with_its_connection_is_made_after_all() {
    for release in Release::ALL {
        let server = with(release, &["drop-before:iscsi.initiator.create"]);
        client(&server).create_initiator(&["iqn.a:b".to_owned()].into(), "bench").unwrap();
        assert_eq!(server.rows("iscsi.initiator").len(), 1, "{release:?}");
    }
}

#[test]
fn reads_updates_and_deletions_are_sent_again() {
    for release in Release::ALL {
        let server = with(
            release,
            &[
                "drop-before:iscsi.target.query",
                "drop-after:service.update",
                "drop-after:iscsi.portal.delete",
            ],
        );
        let client = client(&server);
        assert!(client.targets().unwrap().is_empty());
        client.enable_iscsi().unwrap();
        client.delete_portal(client.portals().unwrap()[0].id).unwrap();
        assert!(server.rows("iscsi.portal").is_empty());
    }
}

#[test]
fn a_change_that_was_refused_has_changed_nothing() {
    let server = with(Release::V25_10, &[]);
    let client = client(&server);
    let refused =
        client.create_volume(NewVolume { name: "none/x", size: 1 << 30, sparse: true }).unwrap_err();
    assert_eq!(refused.kind(), Kind::Invalid);
    assert!(!client.acted()());
}
