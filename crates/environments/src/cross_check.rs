//! What definitions say of each other, which no schema can check: the names that a role uses, and numbers and addresses that belong together.
use crate::{
    Problem,
    definition_tree::{Node, Value, shown},
    name::listed,
    problem::field,
};
use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::PathBuf,
};

/// A definition that could be read.
pub(crate) struct Definition {
    /// The folder that it is in, such as `roles`.
    pub(crate) kind: String,
    pub(crate) file: PathBuf,
    pub(crate) content: Node,
}

/// What a role names: the field, the kind of definition that has the name, and what that is called.
const USED_BY_ROLES: [(&[&str], &str, &str); 3] = [
    (&["vm_size"], "sizes", "size"),
    (&["disks"], "disks", "disk layout"),
    (&["network", "vlans"], "vlans", "vlan"),
];

/// What is wrong between these definitions. A kind of which there is no definition is not checked.
pub(crate) fn check(definitions: &[Definition]) -> Vec<Problem> {
    let mut problems = vec![];
    let names: BTreeMap<&str, Vec<&str>> = USED_BY_ROLES
        .iter()
        .filter(|(_, kind, _)| definitions.iter().any(|definition| definition.kind == *kind))
        .map(|(_, kind, _)| {
            let of_kind = definitions.iter().filter(|definition| definition.kind == *kind);
            (
                *kind,
                of_kind.flat_map(|definition| names_in(&definition.content)).filter_map(Node::text).collect(),
            )
        })
        .collect();
    for definition in definitions {
        let mut add = |node: &Node, path: &str, message: String| {
            let (file, path) = (definition.file.clone(), path.to_owned());
            problems.push(Problem { file, line: Some(node.line), path, message });
        };
        let is_role = definition.kind == "roles";
        each_map(&definition.content, "", &mut |map, path| {
            if is_role {
                check_names(map, path, &names, &mut add);
            }
            check_partitions(map, path, &mut add);
            check_range(map, path, &mut add);
            check_gateway(map, path, &mut add);
        });
    }
    problems.extend(names_twice(definitions));
    problems
}

type Add<'a> = &'a mut dyn FnMut(&Node, &str, String);

/// The names that a definition gives: of the entries of its lists (`name`), the keys of a map of maps, or its own.
fn names_in(content: &Node) -> Vec<&Node> {
    let mut found = vec![];
    let mut lists: Vec<&Node> = vec![content];
    found.extend(content.field("name"));
    for (_, value) in content.map().unwrap_or_default() {
        lists.push(value);
        if let Some(own) = value.field("name") {
            found.push(own);
        } else if let Some(entries) = value.map() {
            found.extend(entries.iter().filter(|(_, inner)| inner.map().is_some()).map(|(key, _)| key));
        }
    }
    for list in lists {
        found.extend(list.list().unwrap_or_default().iter().filter_map(|item| item.field("name")));
    }
    found.retain(|name| name.text().is_some());
    found
}

/// Calls for each map in a value, with its path.
fn each_map(node: &Node, path: &str, call: &mut dyn FnMut(&Node, &str)) {
    match &node.value {
        Value::Map(entries) => {
            call(node, path);
            for (key, value) in entries {
                each_map(value, &field(path, key.text().unwrap_or("?")), call);
            }
        }
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                each_map(item, &format!("{path}[{index}]"), call);
            }
        }
        Value::Scalar(_) => {}
    }
}

fn check_names(role: &Node, path: &str, names: &BTreeMap<&str, Vec<&str>>, add: Add) {
    for (way, kind, what) in USED_BY_ROLES {
        let Some(known) = names.get(kind) else { continue };
        let Some(used) = way.iter().try_fold(role, |node, name| node.field(name)) else { continue };
        let path = field(path, &way.join("."));
        let mut check = |used: &Node, path: &str| {
            if let Some(name) = used.text().filter(|name| !known.contains(name)) {
                let message = format!(
                    "There is no {what} {name}; there are {}. Correct the name, or define it.",
                    listed(known.iter().map(ToString::to_string))
                );
                add(used, path, message);
            }
        };
        check(used, &path);
        for (index, item) in used.list().unwrap_or_default().iter().enumerate() {
            check(item, &format!("{path}[{index}]"));
        }
    }
}

/// The partitions of a disk fit on it.
fn check_partitions(disk: &Node, path: &str, add: Add) {
    let (Some((_, partitions)), Some((name, size))) = (entry(disk, "partition"), size_of(disk)) else {
        return;
    };
    let sizes = partitions.list().unwrap_or_default().iter().filter_map(size_of);
    let sum: i128 = sizes.map(|(_, size)| i128::from(size)).sum();
    if sum > i128::from(size) {
        let message = format!(
            "Its partitions need {sum}, but its {name} is {size}. Make them smaller, or the disk larger."
        );
        add(disk, path, message);
    }
}

/// The field whose name has this in it and that is a list.
fn entry<'n>(map: &'n Node, part: &str) -> Option<(&'n str, &'n Node)> {
    let entries = map.map()?.iter().filter_map(|(key, value)| Some((key.text()?, value)));
    entries.filter(|(_, value)| value.list().is_some()).find(|(name, _)| name.contains(part))
}

/// The number in the field that tells the size.
fn size_of(map: &Node) -> Option<(&str, i64)> {
    let numbers = map.map()?.iter().filter_map(|(key, value)| Some((key.text()?, value.integer()?)));
    numbers.into_iter().find(|(name, _)| name.contains("size") || name.contains("capacity"))
}

fn check_range(map: &Node, path: &str, add: Add) {
    for (lower, upper) in [("min", "max"), ("start", "end")] {
        let number = |name: &str| map.field(name).and_then(Node::integer);
        if let (Some(from), Some(to)) = (number(lower), number(upper))
            && from > to
        {
            add(map, path, format!("{lower} is {from}, which is above {upper} {to}. Swap or correct them."));
        }
    }
}

/// A gateway is an address of its network. A network without a prefix length says nothing of it.
fn check_gateway(map: &Node, path: &str, add: Add) {
    let text = |names: &[&'static str]| {
        names.iter().find_map(|name| map.field(name).and_then(|node| Some((*name, node, node.text()?))))
    };
    let Some((name, network, written)) = text(&["network", "subnet", "cidr", "prefix", "network_prefix"])
    else {
        return;
    };
    let is_of = |separator: u8, is_digit: fn(&u8) -> bool| {
        let of_number = |c: &u8| is_digit(c) || [b'.', b'/', separator].contains(c);
        written.as_bytes().contains(&separator) && written.as_bytes().iter().all(of_number)
    };
    if !is_of(b'.', u8::is_ascii_digit) && !is_of(b':', u8::is_ascii_hexdigit) {
        return;
    }
    let (base, length) =
        written.split_once('/').map_or((written, None), |(base, length)| (base, Some(length)));
    let length = length.map(|length| length.parse::<u32>().ok());
    let base = base
        .parse::<IpAddr>()
        .ok()
        .filter(|base| length != Some(None) && length.flatten() <= Some(bits(*base).1));
    let Some(base) = base else {
        let message = format!("{} is not a network, such as 10.0.0.0/24. Correct it.", shown(network));
        add(network, &field(path, name), message);
        return;
    };
    let Some((_, gateway, address)) = text(&["gateway"]) else { return };
    let Ok(parsed) = address.parse::<IpAddr>() else {
        let message = format!("{} is not the address of a gateway. Correct it.", shown(gateway));
        add(gateway, &field(path, "gateway"), message);
        return;
    };
    let Some(length) = length.flatten() else { return };
    let ((base, width), (address_bits, other_width)) = (bits(base), bits(parsed));
    let differing = (base ^ address_bits).checked_shr(width - length).unwrap_or(0);
    if width != other_width || differing != 0 {
        let message =
            format!("The gateway {address} is not within the {name} {written}. Correct one of them.");
        add(gateway, &field(path, "gateway"), message);
    }
}

/// An address as a number, and of how many bits it is.
fn bits(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(address) => (address.to_bits().into(), Ipv4Addr::BITS),
        IpAddr::V6(address) => (address.to_bits(), Ipv6Addr::BITS),
    }
}

/// A name that two definitions of a kind give would mean either.
fn names_twice(definitions: &[Definition]) -> Vec<Problem> {
    let mut problems = vec![];
    for (_, kind, what) in USED_BY_ROLES {
        let mut seen: BTreeMap<&str, String> = BTreeMap::new();
        for definition in definitions.iter().filter(|definition| definition.kind == kind) {
            for node in names_in(&definition.content) {
                let name = node.text().unwrap_or_default();
                let place = format!("{}:{}", definition.file.display(), node.line);
                if let Some(other) = seen.insert(name, place) {
                    let message =
                        format!("The {what} {name} is defined twice; also in {other}. Rename one of them.");
                    let (file, path) = (definition.file.clone(), String::new());
                    problems.push(Problem { file, line: Some(node.line), path, message });
                }
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests;
