//! The functions of the network adapter, and their iSCSI settings.
use super::{
    answers::{Answer, messages},
    job::Effect,
    machine::{Machine, Object},
    request::Request,
    system::SYSTEM,
};
use serde_json::{Value, json};

/// Which settings an iDRAC8 takes together: the addressing, then the target, then the login.
fn group(key: &str) -> u8 {
    match key {
        "IPMaskDNSViaDHCP" | "IPAddressType" => 1,
        "AuthenticationMethod" | "CHAPUsername" | "CHAPSecret" => 3,
        _ => 2,
    }
}

fn adapter_path() -> String {
    format!("{SYSTEM}/NetworkAdapters/NIC.Integrated.1")
}

impl Machine {
    pub(super) fn adapters() -> Answer {
        Answer::ok(json!({ "Members": [{ "@odata.id": adapter_path() }], "Members@odata.count": 1 }))
    }

    pub(super) fn adapter() -> Answer {
        Answer::ok(json!({
            "@odata.id": adapter_path(), "Id": "NIC.Integrated.1", "Model": "BRCM 2P 10G",
            "NetworkDeviceFunctions": { "@odata.id": format!("{}/NetworkDeviceFunctions", adapter_path()) },
        }))
    }

    pub(super) fn functions(&self) -> Answer {
        let members: Vec<Value> = self
            .nics
            .keys()
            .map(|name| json!({ "@odata.id": format!("{}/NetworkDeviceFunctions/{name}", adapter_path()) }))
            .collect();
        Answer::ok(json!({ "Members": members, "Members@odata.count": members.len() }))
    }

    pub(super) fn function(&mut self, name: &str) -> Option<Answer> {
        let is_blank = self.scenarios.happens("blank-iscsi");
        let nic = self.nics.get(name)?;
        let mut iscsi = nic.iscsi.clone();
        // Never read back.
        iscsi.insert("CHAPSecret".into(), Value::Null);
        if is_blank {
            for (key, value) in &mut iscsi {
                if group(key) == 2 {
                    *value = match value {
                        Value::String(_) => "".into(),
                        // An iDRAC8 shows a blank number as 0.
                        Value::Number(_) if self.options.is_idrac8() => 0.into(),
                        _ => Value::Null,
                    };
                }
            }
        }
        let page = format!("{}/NetworkDeviceFunctions/{name}", adapter_path());
        Some(Answer::ok(json!({
            "@odata.id": page, "Id": name, "Ethernet": { "MACAddress": nic.mac }, "NetDevFuncType": "iSCSI", "iSCSIBoot": iscsi,
            "@Redfish.Settings": {
                "SettingsObject": { "@odata.id": format!("{page}/Settings") }, "SupportedApplyTimes": ["Immediate", "OnReset"],
            },
        })))
    }

    pub(super) fn pending_function(&self, name: &str) -> Option<Answer> {
        let mut pending = self.nics.get(name)?.pending.clone();
        if self.scenarios.is_so("hides-pending-nic") {
            pending.clear();
        }
        pending.remove("CHAPSecret");
        Some(Answer::ok(json!({ "Id": "Settings", "iSCSIBoot": pending })))
    }

    /// `PATCH .../Settings`: the values first, then the time at which they are to be applied.
    pub(super) fn set_function(&mut self, name: &str, request: &Request) -> Option<Answer> {
        let (name, page) = {
            let (name, _) = self.nics.get_key_value(name)?;
            (*name, format!("{}/NetworkDeviceFunctions/{name}/Settings", adapter_path()))
        };
        if self.has_job_for(&page) {
            return Some(Answer::pending_already());
        }
        if let Some(wanted) = request.body["iSCSIBoot"].as_object() {
            if let Some(refused) = self.too_early(name, wanted) {
                return Some(refused);
            }
            self.version += 1;
            self.nics.get_mut(name)?.pending.extend(wanted.clone());
        }
        if request.body.get("@Redfish.SettingsApplyTime").is_none() {
            return Some(Answer::ok(messages(&[(
                "SYS413",
                "The operation successfully completed.",
                "OK",
                "",
            )])));
        }
        if self.nics.get(name)?.pending.is_empty() {
            return Some(Answer::refused(
                400,
                "RAC0602",
                "There are no pending values for this target.",
                "Set some first.",
            ));
        }
        let location = self.plan("NICConfiguration", &format!("Configure: {name}"), &page, Effect::Nic(name));
        Some(Answer::job(202, location))
    }

    /// An iDRAC8 takes one group of settings at a time, and the target only after the addressing.
    fn too_early(&self, name: &str, wanted: &Object) -> Option<Answer> {
        let nic = self.nics.get(name)?;
        let known = super::machine::iscsi_defaults();
        let is_known =
            |key: &String| known.contains_key(key) || key == "CHAPSecret" || key == "InitiatorNameSource";
        if let Some(key) = wanted.keys().find(|key| !is_known(key)) {
            let text = format!("The property {key} is not in the list of valid properties for the resource.");
            return Some(Answer::refused(400, "PropertyUnknown", &text, "Remove the property."));
        }
        if !self.options.is_idrac8() {
            return None;
        }
        let groups = || wanted.keys().chain(nic.pending.keys()).map(|key| group(key));
        let is_mixed = groups().min() != groups().max();
        let is_early = groups().any(|it| it > 1) && !nic.is_addressed;
        let text = "Unable to set the attribute because it is read-only and depends on other attributes.";
        (is_mixed || is_early)
            .then(|| Answer::refused(400, "SYS410", text, "Check the dependencies of the attribute."))
    }
}
