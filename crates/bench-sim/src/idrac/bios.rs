//! The settings of the BIOS: current, pending, and what they may be.
use super::{
    answers::{Answer, messages},
    job::Effect,
    machine::Machine,
    request::Request,
    system::SYSTEM,
};
use serde_json::{Value, json};

pub(super) const PAGE: &str = "/redfish/v1/Systems/System.Embedded.1/Bios/Settings";

/// Settings with the values that they may have; the others are integers or free text.
const CHOICES: [(&str, &[&str]); 7] = [
    ("BootMode", &["Bios", "Uefi"]),
    ("EmbNic1Enabled", &["Enabled", "DisabledOs"]),
    ("EmbNic2Enabled", &["Enabled", "DisabledOs"]),
    ("ProcVirtualization", &["Enabled", "Disabled"]),
    ("SriovGlobalEnable", &["Enabled", "Disabled"]),
    ("IscsiDev1EnDis", &["Enabled", "Disabled"]),
    ("SysProfile", &["PerfPerWattOptimizedDapc", "PerfOptimized", "Custom"]),
];

impl Machine {
    pub(super) fn bios(&self) -> Answer {
        let mut settings = json!({ "SettingsObject": { "@odata.id": PAGE } });
        if !self.options.is_idrac8() {
            settings["SupportedApplyTimes"] =
                json!(["OnReset", "AtMaintenanceWindowStart", "InMaintenanceWindowOnReset"]);
        }
        Answer::ok(json!({
            "@odata.id": format!("{SYSTEM}/Bios"), "Id": "BIOS", "Name": "BIOS Configuration Current Settings",
            "AttributeRegistry": "BiosAttributeRegistry.v1_0_0", "Attributes": self.bios, "@Redfish.Settings": settings,
        }))
    }

    pub(super) fn bios_settings(&self) -> Answer {
        Answer::ok(json!({ "@odata.id": PAGE, "Id": "Settings", "Attributes": self.pending_bios }))
    }

    pub(super) fn bios_registry(&self) -> Answer {
        let one = |(name, value): (&String, &Value)| {
            let choices = CHOICES.iter().find(|(known, _)| known == name);
            let ty = match (choices, value) {
                (Some(_), _) => "Enumeration",
                (None, Value::Number(_)) => "Integer",
                (None, _) => "String",
            };
            let values: Vec<Value> = choices
                .into_iter()
                .flat_map(|(_, values)| values.iter())
                .map(|value| json!({ "ValueName": value, "ValueDisplayName": value }))
                .collect();
            json!({ "AttributeName": name, "Type": ty, "ReadOnly": false, "Value": values })
        };
        let attributes: Vec<Value> = self.bios.iter().map(one).collect();
        Answer::ok(
            json!({ "Id": "BiosAttributeRegistry.v1_0_0", "RegistryEntries": { "Attributes": attributes } }),
        )
    }

    /// `PATCH Bios/Settings`: with an apply time it makes the job, without it the values stay pending.
    pub(super) fn set_bios(&mut self, request: &Request) -> Answer {
        if self.has_job_for(PAGE) {
            return Answer::pending_already();
        }
        let apply_time = request.body.get("@Redfish.SettingsApplyTime");
        if apply_time.is_some_and(|it| self.options.is_idrac8() || it["ApplyTime"] == "Immediate") {
            let text = "The property @Redfish.SettingsApplyTime is not supported here.";
            return Answer::refused(400, "PropertyUnknown", text, "Remove the property.");
        }
        let Some(wanted) = request.body["Attributes"].as_object() else {
            return Answer::refused(400, "SYS409", "There are no Attributes.", "Give some.");
        };
        for (name, value) in wanted {
            if let Some(refused) = self.unfit(name, value) {
                return refused;
            }
        }
        self.version += 1;
        self.pending_bios.extend(wanted.clone());
        if apply_time.is_some() {
            let location = self.plan("BIOSConfiguration", "Configure: BIOS.Setup.1-1", PAGE, Effect::Bios);
            return Answer::job(202, location);
        }
        Answer::ok(messages(&[("SYS413", "The operation successfully completed.", "OK", "")]))
    }

    fn unfit(&self, name: &str, value: &Value) -> Option<Answer> {
        let Some(now) = self.bios.get(name) else {
            let text = format!("Unable to complete the operation because the attribute {name} is not valid.");
            return Some(Answer::refused(400, "SYS428", &text, "Enter a valid attribute."));
        };
        let choices = CHOICES.iter().find(|(known, _)| *known == name);
        let fits = match (choices, now) {
            (Some((_, values)), _) => value.as_str().is_some_and(|value| values.contains(&value)),
            (None, Value::Number(_)) => value.is_i64() || value.is_u64(),
            (None, _) => value.is_string(),
        };
        let text =
            format!("Unable to complete the operation because the value {value} of {name} is not valid.");
        (!fits).then(|| Answer::refused(400, "SYS426", &text, "Enter a valid value."))
    }
}
