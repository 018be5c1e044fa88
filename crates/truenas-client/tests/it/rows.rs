//! Every operation on every release.
use crate::{client, start};
use bench_sim::truenas::{Options, Release};
use std::collections::BTreeSet;
use truenas_client::{Group, Kind, NewExtent, NewTarget, NewVolume, Secret};

const GIB: u64 = 1 << 30;

#[test]
fn a_unit_is_made_and_taken_down_on_every_release() {
    for release in Release::ALL {
        let server = start(Options { release, ..Options::default() });
        let client = client(&server);
        let name = "tank/lab/boot disk";
        assert_eq!(client.volume(name).unwrap(), None);
        let volume = client.create_volume(NewVolume { name, size: GIB, sparse: true }).unwrap();
        assert_eq!((volume.size, volume.sparse, volume.blocksize), (GIB, true, Some(16384)));
        client.grow_volume(name, 2 * GIB).unwrap();
        assert_eq!(client.volume(name).unwrap().unwrap().size, 2 * GIB);
        assert_eq!(client.volumes().unwrap().len(), 1);

        let portal = client.create_portal("192.0.2.10", "bench").unwrap();
        assert_eq!(portal.listen, [("192.0.2.10".to_owned(), Some(3260))]);
        let names = BTreeSet::from(["iqn.1994-05.com.redhat:bench".to_owned()]);
        let initiator = client.create_initiator(&names, "bench").unwrap();
        let secret = Secret::new("twelve-signs1");
        let auth = client.create_auth(7, "bench", &secret).unwrap();
        client.change_secret(auth.id, &Secret::new("twelve-signs2")).unwrap();
        assert_eq!(client.auths().unwrap()[0].secret.as_ref().unwrap().expose(), "twelve-signs2");

        let open = Group { portal: portal.id, initiator: None, auth: None, mutual: false };
        let closed = Group { initiator: Some(initiator.id), auth: Some(7), ..open.clone() };
        let target =
            client.create_target(NewTarget { name: "bench1", groups: std::slice::from_ref(&open) }).unwrap();
        assert_eq!(target.groups, [open]);
        client.regroup_target(target.id, std::slice::from_ref(&closed)).unwrap();
        assert_eq!(client.targets().unwrap()[0].groups, [closed]);

        let new = NewExtent { name: "bench1", volume: name, blocksize: 4096 };
        let extent = client.create_extent(new).unwrap();
        assert_eq!((extent.volume.as_deref(), extent.blocksize), (Some(name), 4096));
        client.enable_extent(extent.id).unwrap();
        let mapping = client.map(target.id, extent.id, Some(3)).unwrap();
        client.renumber(&mapping, 0).unwrap();
        assert_eq!(client.mappings().unwrap()[0].lun, 0);

        assert!(!client.iscsi_service().unwrap().is_running());
        client.start_iscsi().unwrap();
        client.enable_iscsi().unwrap();
        let service = client.iscsi_service().unwrap();
        assert!(service.is_running() && service.enabled, "{release:?}");
        assert_eq!(client.iscsi_global().unwrap().basename, "iqn.2005-10.org.freenas.ctl");
        assert!(client.system().unwrap()["version"].as_str().unwrap().contains("TrueNAS"));
        assert_eq!(client.pools().unwrap()[0].name, "tank");

        server.log_in("bench1", "iqn.1994-05.com.redhat:bench");
        assert_eq!(client.sessions().unwrap()[0].target, "iqn.2005-10.org.freenas.ctl:bench1");
        for refused in [
            client.unmap(mapping.id, false),
            client.delete_target(target.id, false),
            client.delete_extent(extent.id, false),
        ] {
            assert!(refused.unwrap_err().is_busy());
        }
        client.unmap(mapping.id, true).unwrap();
        client.delete_target(target.id, true).unwrap();
        client.delete_extent(extent.id, true).unwrap();
        client.delete_volume(name).unwrap();
        client.delete_initiator(initiator.id).unwrap();
        client.delete_auth(auth.id).unwrap();
        client.delete_portal(portal.id).unwrap();
        // What is gone is deleted.
        client.unmap(mapping.id, false).unwrap();
        client.delete_target(target.id, false).unwrap();
        client.delete_extent(extent.id, false).unwrap();
        client.delete_volume(name).unwrap();
        for table in ["iscsi.target", "iscsi.extent", "iscsi.targetextent", "iscsi.auth", "iscsi.portal"] {
            assert!(server.rows(table).is_empty(), "{table} of {release:?}");
        }
    }
}

#[test]
fn a_refusal_names_the_field_in_the_server_s_words_on_every_release() {
    for release in Release::ALL {
        let server = start(Options { release, ..Options::default() });
        let client = client(&server);
        let refused =
            client.create_volume(NewVolume { name: "tank/x", size: GIB + 1, sparse: true }).unwrap_err();
        assert_eq!(refused.kind(), Kind::Invalid);
        let refusal = refused.refusal().unwrap();
        assert_eq!(refusal.fields, ["volsize"]);
        assert!(refused.to_string().contains("volsize: Volume size should be a multiple"), "{refused}");
        client.create_volume(NewVolume { name: "tank/x", size: GIB, sparse: true }).unwrap();
        let shrunk = client.grow_volume("tank/x", GIB / 2).unwrap_err();
        assert!(shrunk.to_string().contains("You cannot shrink a zvol"), "{shrunk}");
        let gone = client.grow_volume("tank/y", GIB).unwrap_err();
        assert_eq!(gone.kind(), Kind::NotFound, "{release:?} {gone}");
    }
}

#[test]
fn the_newest_known_version_is_pinned_and_rest_is_used_only_where_there_is_nothing_else() {
    // The service is started by a job on 25.10 and 26, and by a plain call before.
    for (release, method) in [
        (Release::V24_10, "service.start"),
        (Release::V25_04, "service.start"),
        (Release::V25_10, "service.control"),
        (Release::V26, "service.control"),
    ] {
        let server = start(Options { release, ..Options::default() });
        client(&server).start_iscsi().unwrap();
        let calls = server.calls();
        assert_eq!(calls.last().unwrap().0, method, "{release:?}");
        assert!(calls.iter().all(|(method, _)| method != "auth.login_ex"));
    }
}
