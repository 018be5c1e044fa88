//! The order in which the firmware tries what it can boot from. An iDRAC8 keeps it as boot sources, an iDRAC9 as references.
use crate::{
    Client, Error, Idrac, Job, JobEnd,
    link::{SYSTEM, link},
    settings::{SettingsPage, Staged},
};
use serde_json::{Value, json};

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
    /// The ids in the order that a job will set at the next start, if the iDRAC shows it.
    pub pending: Option<Vec<String>>,
    /// Whether the iDRAC shows pending orders at all.
    pub shows_pending: bool,
    way: Way,
}

#[derive(Clone, Debug)]
enum Way {
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

    /// The job that is about to change the boot order.
    pub fn boot_order_job(&self, order: &BootOrder) -> Result<Option<Job>, Error> {
        if let Some(job) = self.job_for(order.settings(), BIOS_DEVICE)? {
            return Ok(Some(job));
        }
        match order.way {
            Way::Sources { .. } => Ok(None),
            // An iDRAC9 doesn't say which job it is; with an order pending, it is any of the BIOS.
            Way::Options { .. } => {
                let jobs = self.jobs()?;
                let is_of_bios = |job: &Job| job.target.as_ref().is_some_and(|it| it.contains("/Bios/"));
                let is_it = |job: &Job| {
                    job.end() == JobEnd::Pending
                        && job.kind == "BIOSConfiguration"
                        && (order.pending.is_some() || !is_of_bios(job))
                };
                Ok(jobs.into_iter().find(is_it))
            }
        }
    }

    /// Has the boot order changed to these ids, which must be all, and returns the job that does it.
    pub fn stage_boot_order(&self, order: &BootOrder, ids: &[String]) -> Result<Staged, Error> {
        let method = order.method();
        match &order.way {
            Way::Sources { page, key, objects } => {
                let body = json!({ "Attributes": { *key: ordered(objects, ids) } });
                let job = self.stage(page, &body, "the boot order", BIOS_DEVICE)?;
                Ok(Staged { job: Some(job), method })
            }
            Way::Options { .. } => {
                let body = json!({ "Boot": { "BootOrder": ids } });
                // Up to the iDRAC9 it is a setting of the system itself.
                let path = if self.identity()?.idrac > Idrac::Nine {
                    format!("{SYSTEM}/Settings")
                } else {
                    SYSTEM.into()
                };
                let answer = match self.patch(&path, &body) {
                    Err(error) if error.says("SYS011") => {
                        let job = self.boot_order_job(order)?.map_or(String::new(), |job| job.id);
                        return Err(Error::JobPending { job, what: "the boot order".into() });
                    }
                    other => other?,
                };
                let job = match answer.job_id() {
                    Some(job) => Some(job),
                    None => self.boot_order_job(order)?.map(|job| job.id),
                };
                Ok(Staged { job, method })
            }
        }
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
        let page = self.look_up(&settings)?;
        Ok(Some(BootOrder {
            entries: references.iter().filter_map(entry).collect(),
            pending: page.as_ref().and_then(|it| texts(&it.body["Boot"]["BootOrder"])),
            shows_pending: page.is_some(),
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
        let pending = self.look_up(&page.path)?;
        let pending_objects = pending.as_ref().and_then(|it| it.body["Attributes"][key].as_array());
        let objects = in_order(attributes[key].as_array().cloned().unwrap_or_default());
        Ok(BootOrder {
            entries: objects.iter().filter_map(source).collect(),
            pending: pending_objects
                .filter(|it| !it.is_empty())
                .map(|it| in_order(it.clone()).iter().filter_map(source).map(|entry| entry.id).collect()),
            shows_pending: pending.is_some(),
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

/// The objects in the order of `ids`, with their places in it.
fn ordered(objects: &[Value], ids: &[String]) -> Vec<Value> {
    let found = |id: &String| objects.iter().find(|it| it["Id"] == id.as_str()).cloned();
    let placed = |(index, mut object): (usize, Value)| {
        object["Index"] = index.into();
        object
    };
    ids.iter().filter_map(found).enumerate().map(placed).collect()
}
