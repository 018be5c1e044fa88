//! The boot order that a task asks for, as the ids that the iDRAC knows.
use ansible_module::{ErrorKind, Failure};
use redfish_client::BootEntry;

/// All ids in the order asked for: first what `names` name, in their order, then the rest as it is.
///
/// A name is an id, or the whole name of an entry, or a part of it: then it stands for all entries with that part, in their present
/// order. Only letters and digits are compared, ignoring case.
pub(crate) fn ids_in_order(names: &[String], entries: &[BootEntry]) -> Result<Vec<String>, Failure> {
    let mut ids: Vec<String> = vec![];
    for name in names {
        let found = named(name, entries);
        if found.is_empty() {
            let known: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
            let msg = format!(
                "order: the server has no boot source {name:?}. It has: {}.",
                if known.is_empty() { "nothing".into() } else { known.join("; ") }
            );
            return Err(Failure::new(ErrorKind::NotFound, msg));
        }
        ids.extend(
            found
                .into_iter()
                .map(|entry| entry.id.clone())
                .filter(|id| !ids.contains(id))
                .collect::<Vec<_>>(),
        );
    }
    let rest: Vec<String> =
        entries.iter().map(|entry| entry.id.clone()).filter(|id| !ids.contains(id)).collect();
    ids.extend(rest);
    Ok(ids)
}

/// The entries that are called so: those of the best kind of match.
fn named<'a>(name: &str, entries: &'a [BootEntry]) -> Vec<&'a BootEntry> {
    let plain_name = plain(name);
    let is_id = |entry: &BootEntry| entry.id == name;
    let is_name = |entry: &BootEntry| plain(&entry.name) == plain_name;
    let is_part = |entry: &BootEntry| {
        !plain_name.is_empty()
            && (plain(&entry.name).contains(&plain_name) || plain(device(&entry.id)).contains(&plain_name))
    };
    let by =
        |fits: &dyn Fn(&BootEntry) -> bool| entries.iter().filter(|entry| fits(entry)).collect::<Vec<_>>();
    [by(&is_id), by(&is_name), by(&is_part)].into_iter().find(|found| !found.is_empty()).unwrap_or_default()
}

/// The device in the id of a boot source, `BIOS.Setup.1-1#UefiBootSeq#NIC.PxeDevice.1-1#<checksum>`; no part of any other id.
fn device(id: &str) -> &str {
    id.split('#').nth(2).unwrap_or_default()
}

fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The names of those among `ids` that are never tried, because they are disabled.
pub(crate) fn disabled<'a>(names: &[String], entries: &'a [BootEntry]) -> Vec<&'a str> {
    let found = names.iter().flat_map(|name| named(name, entries));
    found.filter(|entry| !entry.enabled).map(|entry| entry.name.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries() -> Vec<BootEntry> {
        let entry =
            |id: &str, name: &str| BootEntry { id: id.into(), name: name.into(), enabled: id != "Boot0004" };
        vec![
            entry("Boot0001", "Hard drive C:"),
            entry("Boot0002", "PXE Device 1: Integrated NIC 1"),
            entry("Boot0003", "PXE Device 2: Integrated NIC 2"),
            entry("Boot0004", "iSCSI Device 1: Integrated NIC 1"),
        ]
    }

    fn order(names: &[&str]) -> Vec<String> {
        let names: Vec<String> = names.iter().map(|it| (*it).to_owned()).collect();
        let ids = ids_in_order(&names, &entries()).unwrap();
        ids.iter().map(|id| id.trim_start_matches("Boot000").to_owned()).collect()
    }

    #[test]
    fn names_parts_of_names_and_ids_come_first_and_the_rest_stays_in_order() {
        assert_eq!(order(&[]), ["1", "2", "3", "4"]);
        assert_eq!(order(&["iSCSI"]), ["4", "1", "2", "3"]);
        assert_eq!(order(&["iscsi", "pxe"]), ["4", "2", "3", "1"]);
        assert_eq!(order(&["Boot0003", "hard drive c"]), ["3", "1", "2", "4"]);
        assert_eq!(order(&["PXE Device 2: Integrated NIC 2", "PXE"]), ["3", "2", "1", "4"]);
    }

    #[test]
    fn a_boot_source_is_also_found_by_its_device() {
        let id = "BIOS.Setup.1-1#UefiBootSeq#NIC.iSCSIDevice.1-1#a5c0";
        let one = [BootEntry { id: id.into(), name: "Integrated NIC 1".into(), enabled: true }];
        assert_eq!(ids_in_order(&["iscsi".into()], &one).unwrap(), [id]);
    }

    #[test]
    fn what_the_server_does_not_have_is_named_with_what_it_has() {
        let failure = ids_in_order(&["USB".into()], &entries()).unwrap_err();
        assert!(failure.msg.contains("USB") && failure.msg.contains("PXE Device 2"), "{}", failure.msg);
        assert!(ids_in_order(&["  ".into()], &entries()).is_err());
    }

    #[test]
    fn what_is_disabled_is_known() {
        assert_eq!(
            disabled(&["pxe".into(), "iscsi".into()], &entries()),
            ["iSCSI Device 1: Integrated NIC 1"]
        );
    }
}
