//! The iSCSI settings of a function of a network adapter.
use crate::{
    Client, Error, Job, Refusal,
    link::{SYSTEM, link},
    settings::{SettingsPage, on_reset},
};
use serde_json::{Map, Value, json};

/// A function of a network adapter.
#[derive(Clone, Debug)]
pub struct NicFunction {
    /// Such as `NIC.Integrated.1-1-1`.
    pub name: String,
    /// Its MAC address, if it is shown.
    pub mac: Option<String>,
    /// The iSCSI settings as they are.
    pub iscsi: Map<String, Value>,
    /// What a job will change at the next start, if the iDRAC shows it.
    pub pending: Map<String, Value>,
    page: SettingsPage,
}

impl Client {
    /// Reads a function by its name.
    pub fn nic_function(&self, name: &str) -> Result<NicFunction, Error> {
        let is_name =
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b));
        let adapter = name.split('-').next().unwrap_or_default();
        let path = format!("{SYSTEM}/NetworkAdapters/{adapter}/NetworkDeviceFunctions/{name}");
        let found = if is_name { self.look_up(&path)? } else { None };
        let Some(body) = found.map(|it| it.body) else {
            let all = self.nic_functions()?;
            let names: Vec<&str> = all.iter().map(|it| it.name.as_str()).collect();
            return Err(Error::NotFound {
                what: format!("The server has no network function {name:?}"),
                remedy: format!("It has {}", if names.is_empty() { "none".into() } else { names.join(", ") }),
            });
        };
        let mut function = function(&body, &path);
        let pending = self.look_up(&function.page.path)?.map(|it| it.body).unwrap_or_default();
        function.pending = object(&pending["iSCSIBoot"]);
        Ok(function)
    }

    /// All functions of all adapters, without what is pending.
    pub fn nic_functions(&self) -> Result<Vec<NicFunction>, Error> {
        let (mut all, mut room) = (vec![], self.room_for_members());
        for adapter in self.members_within(&format!("{SYSTEM}/NetworkAdapters"), &mut room)? {
            let Some(path) = link(&adapter["NetworkDeviceFunctions"]) else { continue };
            for body in self.members_within(&path, &mut room)? {
                let own = link(&body).unwrap_or_else(|| path.clone());
                all.push(function(&body, &own));
            }
        }
        Ok(all)
    }

    /// The job that is about to change the settings of a function.
    pub fn iscsi_job(&self, function: &NicFunction) -> Result<Option<Job>, Error> {
        self.job_for(&function.page.path, &function.name)
    }

    /// Has settings changed, and returns the job that does it.
    pub fn stage_iscsi(&self, function: &NicFunction, values: &Map<String, Value>) -> Result<String, Error> {
        let (page, name) = (&function.page.path, &function.name);
        let what = format!("the iSCSI settings of {name}");
        let pending = |error: Error| -> Result<Error, Error> {
            let job = self.job_for(page, name)?.map_or(String::new(), |job| job.id);
            Ok(if error.says("SYS011") { Error::JobPending { job, what: what.clone() } } else { error })
        };
        let answer = match self.patch(page, &json!({ "iSCSIBoot": values })) {
            Err(error) => return Err(pending(error)?),
            Ok(answer) => answer,
        };
        if let Some(job) = answer.job_id() {
            return Ok(job);
        }
        // The values first, then when they are to be applied.
        match self.patch(page, &json!({ "@Redfish.SettingsApplyTime": on_reset() })) {
            Ok(answer) => match answer.job_id() {
                Some(job) => Ok(job),
                None => self.plan_job(page, &what, name),
            },
            Err(error) if error.is_refusal_of_content() => self.plan_job(page, &what, name),
            Err(error) => Err(error.once_staged(&what)),
        }
    }
}

impl Error {
    /// Whether a setting was refused because it depends on others that have to be applied first.
    pub fn is_too_early(&self) -> bool {
        let depends = |it: &Refusal| it.messages.iter().any(|m| m.text.contains("depends on other"));
        !self.is_staged() && (self.says("SYS410") || self.refusal().is_some_and(depends))
    }
}

fn function(body: &Value, path: &str) -> NicFunction {
    let name = body["Id"].as_str().or(path.rsplit('/').next()).unwrap_or_default();
    let mac = body["Ethernet"]["MACAddress"].as_str().or(body["Ethernet"]["PermanentMACAddress"].as_str());
    NicFunction {
        name: name.into(),
        mac: mac.map(str::to_owned),
        iscsi: object(&body["iSCSIBoot"]),
        pending: Map::new(),
        page: SettingsPage::of(body, path),
    }
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}
