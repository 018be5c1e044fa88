//! What the machine boots from: once, and in which order.
use super::{
    answers::{Answer, messages},
    job::Effect,
    machine::{BootEntry, Machine},
    request::Request,
    system::SYSTEM,
};
use serde_json::{Value, json};

const PAGE: &str = "/redfish/v1/Systems/System.Embedded.1/BootSources/Settings";

impl Machine {
    pub(super) fn override_targets(&self) -> Vec<&'static str> {
        let mut targets =
            vec!["None", "Pxe", "Cd", "Floppy", "Hdd", "BiosSetup", "Utilities", "UefiTarget", "SDCard"];
        if !self.options.is_idrac8() {
            targets.push("UefiHttp");
        }
        targets
    }

    /// `PATCH System`: a one-time boot or, on an iDRAC9, the boot order.
    pub(super) fn change_boot(&mut self, request: &Request) -> Answer {
        let boot = &request.body["Boot"];
        if let Some(order) = boot.get("BootOrder") {
            return self.set_boot_order(order);
        }
        let target = boot["BootSourceOverrideTarget"].as_str().unwrap_or_default();
        if !self.override_targets().contains(&target) {
            let text = format!(
                "The value {target} for the property BootSourceOverrideTarget is not in the list of acceptable values."
            );
            return Answer::refused(400, "PropertyValueNotInList", &text, "Choose a value from the list.");
        }
        if target == "UefiTarget" && boot.get("BootSourceOverrideEnabled").is_some() {
            return Answer::refused(
                400,
                "SYS426",
                "The properties can't be set together.",
                "Leave one of them out.",
            );
        }
        self.version += 1;
        self.once = (target != "None").then(|| {
            let uri = if target == "UefiHttp" { "HttpBootUri" } else { "UefiTargetBootSourceOverride" };
            (target.to_owned(), boot[uri].clone())
        });
        if self.scenarios.happens("override-refused-though-applied") {
            let text = "Unable to set the boot source override.";
            return Answer::refused(400, "SYS444", text, "Retry the operation.");
        }
        if self.scenarios.happens("error-in-200") {
            let text = "The value is read-only and depends on other attributes.";
            return Answer::ok(messages(&[("SYS410", text, "Warning", "Check the dependencies.")]));
        }
        Answer::ok(messages(&[("SYS413", "The operation successfully completed.", "OK", "")]))
    }

    fn set_boot_order(&mut self, order: &Value) -> Answer {
        if self.options.is_idrac8() {
            let text = "The property BootOrder is not in the list of valid properties for the resource.";
            return Answer::refused(400, "PropertyUnknown", text, "Remove the property.");
        }
        if self.has_job_for(PAGE) {
            return Answer::pending_already();
        }
        let wanted: Vec<&str> = order.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let found = |reference: &&str| self.boot.iter().find(|entry| entry.reference == **reference).cloned();
        let ordered: Vec<BootEntry> = wanted.iter().filter_map(found).collect();
        if ordered.len() != wanted.len() || ordered.len() != self.boot.len() {
            let text = "The boot order is not valid: a boot option reference is unknown or missing.";
            return Answer::refused(400, "BOOT016", text, "Give all boot options by their references.");
        }
        self.pending_boot = Some(ordered);
        let location = self.plan("BIOSConfiguration", "Configure: BIOS.Setup.1-1", PAGE, Effect::Boot);
        Answer::job(202, location)
    }

    /// `GET System/Settings`: what the boot order will be. An iDRAC9 before 6.00 doesn't show it.
    pub(super) fn pending_boot_order(&self) -> Option<Answer> {
        let order = self.pending_boot.as_ref().unwrap_or(&self.boot);
        let boot = json!({ "BootOrder": order.iter().map(|entry| &entry.reference).collect::<Vec<_>>() });
        self.options.has_media_of_the_system().then(|| Answer::ok(json!({ "Id": "Settings", "Boot": boot })))
    }

    pub(super) fn boot_sources(&self) -> Answer {
        Answer::ok(json!({
            "@odata.id": format!("{SYSTEM}/BootSources"), "Id": "BootSources", "Name": "Boot Sources Configuration Current Settings",
            "Attributes": { "UefiBootSeq": sequence(&self.boot) },
            "@Redfish.Settings": { "SettingsObject": { "@odata.id": PAGE } },
        }))
    }

    pub(super) fn pending_boot_sources(&self) -> Answer {
        let pending =
            self.pending_boot.as_ref().map_or(json!({}), |it| json!({ "UefiBootSeq": sequence(it) }));
        Answer::ok(json!({ "@odata.id": PAGE, "Id": "Settings", "Attributes": pending }))
    }

    /// `PATCH BootSources/Settings`: pending until a job is planned for it.
    pub(super) fn set_boot_sources(&mut self, request: &Request) -> Answer {
        if self.has_job_for(PAGE) {
            return Answer::pending_already();
        }
        let Some(wanted) = request.body["Attributes"]["UefiBootSeq"].as_array() else {
            return Answer::refused(400, "SYS414", "There is no UefiBootSeq in Attributes.", "Give it.");
        };
        let found = |it: &Value| {
            let entry = self.boot.iter().find(|entry| it["Id"] == entry.id.as_str())?;
            Some(BootEntry { enabled: it["Enabled"].as_bool().unwrap_or(entry.enabled), ..entry.clone() })
        };
        let mut ordered: Vec<(i64, BootEntry)> =
            wanted.iter().filter_map(|it| Some((it["Index"].as_i64()?, found(it)?))).collect();
        ordered.sort_by_key(|(index, _)| *index);
        if ordered.len() != self.boot.len() {
            return Answer::refused(
                400,
                "SYS414",
                "A boot source is unknown or missing.",
                "Give all boot sources.",
            );
        }
        self.version += 1;
        self.pending_boot = Some(ordered.into_iter().map(|(_, entry)| entry).collect());
        Answer::ok(messages(&[("SYS413", "The operation successfully completed.", "OK", "")]))
    }

    pub(super) fn boot_options(&self) -> Option<Answer> {
        let link =
            |entry: &BootEntry| json!({ "@odata.id": format!("{SYSTEM}/BootOptions/{}", entry.reference) });
        let members: Vec<Value> = self.boot.iter().map(link).collect();
        let list = json!({ "@odata.id": format!("{SYSTEM}/BootOptions"), "Members": members, "Members@odata.count": members.len() });
        (!self.options.is_idrac8()).then(|| Answer::ok(list))
    }

    pub(super) fn boot_option(&self, id: &str) -> Option<Answer> {
        let entry = self.boot.iter().find(|entry| entry.reference == id && !self.options.is_idrac8())?;
        Some(Answer::ok(json!({
            "@odata.id": format!("{SYSTEM}/BootOptions/{id}"), "Id": id, "Name": "Uefi Boot Option", "DisplayName": entry.name,
            "BootOptionReference": entry.reference, "BootOptionEnabled": entry.enabled, "UefiDevicePath": "VenHw(0)",
        })))
    }
}

fn sequence(entries: &[BootEntry]) -> Value {
    let shown = |(index, entry): (usize, &BootEntry)| {
        // An iDRAC8 calls a boot source by its device.
        json!({ "Id": entry.id, "Index": index, "Enabled": entry.enabled, "Name": entry.id.split('#').nth(2) })
    };
    entries.iter().enumerate().map(shown).collect()
}
