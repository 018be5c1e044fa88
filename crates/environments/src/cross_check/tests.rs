use super::*;
use crate::definition_tree::read_documents;

/// What is wrong between these definitions, each a kind and a text.
fn found(definitions: &[(&str, &str)]) -> Vec<String> {
    let of = |(kind, text): &(&str, &str)| Definition {
        kind: (*kind).into(),
        file: format!("{kind}.yml").into(),
        content: read_documents(text.as_bytes()).unwrap().remove(0),
    };
    check(&definitions.iter().map(of).collect::<Vec<_>>()).iter().map(ToString::to_string).collect()
}

const ROLE: (&str, &str) = (
    "roles",
    "role: {name: k8s-worker}\nvm_size: m.1\ndisks: [single]\nnetwork:\n  vlans:\n  - management\n  - nested_cluster_data\n",
);

#[test]
fn a_role_that_names_what_nobody_defines_is_found() {
    let vlans = ("vlans", "vlan:\n- {name: management}\n- {name: storage}\n");
    let disks = ("disks", "layouts: {single: {disks: []}}");
    assert_eq!(
        found(&[ROLE, ("sizes", "size: [{name: m.1}]"), disks, vlans]),
        [
            "roles.yml:7: network.vlans[1]: There is no vlan nested_cluster_data; there are management, storage. Correct the name, or define it."
        ]
    );
    let all = found(&[ROLE, ("sizes", "- {name: xs.1}"), ("disks", "layout: [{name: raid}]")]).join("\n");
    assert!(all.contains("roles.yml:2: vm_size: There is no size m.1; there are xs.1"), "{all}");
    assert!(all.contains("disks[0]: There is no disk layout single; there are raid"), "{all}");
    assert_eq!(found(&[ROLE]), Vec::<String>::new(), "there is nothing to compare with");
}

#[test]
fn a_name_that_is_defined_twice_is_found() {
    let all = found(&[("sizes", "size:\n- {name: m.1}\n- {name: m.1}")]);
    assert!(all[0].starts_with("sizes.yml:3: The size m.1 is defined twice; also in sizes.yml:2"), "{all:?}");
}

#[test]
fn partitions_that_do_not_fit_on_their_disk_are_found() {
    let disks = |root| {
        format!(
            "layouts:\n- name: a\n  disks:\n  - device: /dev/sda\n    size: 100\n    partitions: [{{size: 40}}, {{size: {root}}}]\n"
        )
    };
    assert_eq!(found(&[("disks", &disks(60))]), Vec::<String>::new());
    assert_eq!(
        found(&[("disks", &disks(61))]),
        [
            "disks.yml:4: layouts[0].disks[0]: Its partitions need 101, but its size is 100. Make them smaller, or the disk larger."
        ]
    );
}

#[test]
fn a_range_that_ends_before_it_begins_is_found() {
    assert_eq!(found(&[("vlans", "vlan: [{range: {min: 5, max: 5}}]")]), Vec::<String>::new());
    let all = found(&[("vlans", "vlan: [{range: {min: 6, max: 5}}]")]);
    assert!(all[0].starts_with("vlans.yml:1: vlan[0].range: min is 6, which is above max 5"), "{all:?}");
}

#[test]
fn a_gateway_outside_its_network_is_found() {
    for (network, gateway, expected) in [
        ("10.1.0.0/16", "10.1.255.1", ""),
        ("10.1.0.0/24", "10.1.1.1", "gateway: The gateway 10.1.1.1 is not within the network 10.1.0.0/24"),
        ("10.1.0.0", "192.168.0.1", ""),
        ("0.0.0.0/0", "192.168.0.1", ""),
        ("10.1.0.7/32", "10.1.0.7", ""),
        ("10.1.0.7/32", "10.1.0.8", "is not within"),
        ("10.1.300.0/24", "10.1.0.1", "network: \"10.1.300.0/24\" is not a network"),
        ("10.1.0.0/33", "10.1.0.1", "is not a network"),
        ("10.1.0.0/24", "10.1.0", "gateway: \"10.1.0\" is not the address"),
        ("by name", "gw", ""),
        ("'fd00:1::/64'", "'fd00:1::1'", ""),
        ("'fd00:1::/64'", "'fd00:2::1'", "The gateway fd00:2::1 is not within the network fd00:1::/64"),
        ("'fd00:1::/64'", "10.1.0.1", "is not within"),
        ("'fd00:1::/129'", "'fd00:1::1'", "is not a network"),
        ("'::/0'", "'fe80::1'", ""),
    ] {
        let all = found(&[("vlans", &format!("a: {{network: {network}, gateway: {gateway}}}"))]).join("\n");
        assert!(
            if expected.is_empty() { all.is_empty() } else { all.contains(expected) },
            "{network} {gateway}: {all}"
        );
    }
}
