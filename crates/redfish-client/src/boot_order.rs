//! The order in which the firmware tries what it can boot from. An iDRAC8 keeps it as boot sources, an iDRAC9 as references.
use crate::{
    Client, Error, Idrac,
    link::{SYSTEM, link},
    settings::SettingsPage,
};
use serde_json::Value;

/// What jobs for boot sources and BIOS name in their own name.
pub(crate) const BIOS_DEVICE: &str = "BIOS.Setup";

/// One thing that the firmware can boot from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BootEntry {
    /// By which it is put in order: the id of a boot source, or the reference of a boot option.
    pub id: String,
    /// For people.
    pub name: String,
    /// Whether it is tried at all.
    pub enabled: bool,
}

/// The boot order as it is, and as it will be.
#[derive(Clone, Debug)]
pub struct BootOrder {
    /// In order.
    pub entries: Vec<BootEntry>,
    /// The ids in the order that a job will set at the next start, if it is another one and the iDRAC shows it.
    pub pending: Option<Vec<String>>,
    pub(crate) way: Way,
}

#[derive(Clone, Debug)]
pub(crate) enum Way {
    /// The whole objects, by the name of their list.
    Sources {
        page: SettingsPage,
        key: &'static str,
        objects: Vec<Value>,
    },
    Options {
        settings: String,
    },
}

impl BootOrder {
    /// The ids of all entries in the present order.
    pub fn ids(&self) -> Vec<String> {
        self.entries.iter().map(|entry| entry.id.clone()).collect()
    }

    /// The page of pending settings, by which a job for it is known.
    pub fn settings(&self) -> &str {
        match &self.way {
            Way::Sources { page, .. } => &page.path,
            Way::Options { settings } => settings,
        }
    }

    /// The word for the way in which it is set.
    pub fn method(&self) -> &'static str {
        match self.way {
            Way::Sources { .. } => "boot_sources",
            Way::Options { .. } => "boot_order",
        }
    }
}

impl Client {
    /// Reads the boot order.
    pub fn boot_order(&self) -> Result<BootOrder, Error> {
        if self.identity()?.idrac > Idrac::Eight
            && let Some(order) = self.boot_options()?
        {
            return Ok(order);
        }
        self.boot_sources()
    }

    fn boot_options(&self) -> Result<Option<BootOrder>, Error> {
        let boot = self.system()?.body["Boot"].clone();
        let Some(references) = boot["BootOrder"].as_array() else { return Ok(None) };
        let path = link(&boot["BootOptions"]).unwrap_or_else(|| format!("{SYSTEM}/BootOptions"));
        let options = self.members(&path)?;
        let entry = |reference: &Value| {
            let id = reference.as_str()?;
            let option =
                options.iter().find(|it| it["BootOptionReference"] == *reference || it["Id"] == *reference);
            let name = option.and_then(|it| it["DisplayName"].as_str().or(it["Name"].as_str())).unwrap_or(id);
            let enabled = option.and_then(|it| it["BootOptionEnabled"].as_bool()).unwrap_or(true);
            Some(BootEntry { id: id.into(), name: name.into(), enabled })
        };
        let settings = format!("{SYSTEM}/Settings");
        let page = self.look_up(&settings)?.map(|it| it.body).unwrap_or_default();
        let pending = texts(&page["Boot"]["BootOrder"]);
        Ok(Some(BootOrder {
            entries: references.iter().filter_map(entry).collect(),
            // Without a change, some show the present order there.
            pending: pending.filter(|it| *it != texts(&boot["BootOrder"]).unwrap_or_default()),
            way: Way::Options { settings },
        }))
    }

    fn boot_sources(&self) -> Result<BootOrder, Error> {
        let path = format!("{SYSTEM}/BootSources");
        let Some(current) = self.look_up(&path)? else {
            return Err(Error::Unsupported {
                what: format!(
                    "This iDRAC (firmware {}) shows neither a boot order nor boot sources",
                    self.identity()?.firmware
                ),
                remedy: "Update its firmware to 2.40.40.40 or later".into(),
            });
        };
        let attributes = &current.body["Attributes"];
        let has = |key: &&&str| attributes[**key].as_array().is_some_and(|it| !it.is_empty());
        // With both, the mode decides; the other one has no effect.
        let keys: Vec<&&str> = ["UefiBootSeq", "BootSeq"].iter().filter(has).collect();
        let key = match keys[..] {
            [only] => *only,
            [uefi, bios] => {
                let is_bios = self.bios()?.current["BootMode"] == "Bios";
                if is_bios { *bios } else { *uefi }
            }
            _ => return Err(Error::Unusable { path, why: "it has neither UefiBootSeq nor BootSeq".into() }),
        };
        let key = if key == "BootSeq" { "BootSeq" } else { "UefiBootSeq" };
        let page = SettingsPage::of(&current.body, &path);
        let pending = self.look_up(&page.path)?.map(|it| it.body).unwrap_or_default();
        let pending = pending["Attributes"][key].as_array().cloned().unwrap_or_default();
        let objects = in_order(attributes[key].as_array().cloned().unwrap_or_default());
        let ids = |objects: &[Value]| objects.iter().filter_map(source).map(|it| it.id).collect::<Vec<_>>();
        let pending = ids(&in_order(pending));
        Ok(BootOrder {
            entries: objects.iter().filter_map(source).collect(),
            pending: Some(pending).filter(|it| !it.is_empty() && *it != ids(&objects)),
            way: Way::Sources { page, key, objects },
        })
    }
}

fn texts(list: &Value) -> Option<Vec<String>> {
    let all: Option<Vec<String>> = list.as_array()?.iter().map(|it| it.as_str().map(str::to_owned)).collect();
    all.filter(|it| !it.is_empty())
}

fn in_order(mut objects: Vec<Value>) -> Vec<Value> {
    objects.sort_by_key(|it| it["Index"].as_u64().unwrap_or(u64::MAX));
    objects
}

fn source(object: &Value) -> Option<BootEntry> {
    let id = object["Id"].as_str()?;
    let name = object["Name"].as_str().unwrap_or(id);
    Some(BootEntry { id: id.into(), name: name.into(), enabled: object["Enabled"].as_bool().unwrap_or(true) })
}
