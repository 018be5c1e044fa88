//! The iDRAC's own settings, set as attributes or by importing a profile.
use super::{
    answers::{Answer, messages},
    job::Effect,
    machine::Machine,
    request::Request,
};
use serde_json::json;

const DEVICE: &str = "FirstBootDevice";

impl Machine {
    pub(super) fn attributes(&self) -> Answer {
        Answer::ok(json!({ "Id": "iDRACAttributes", "Attributes": {
            "ServerBoot.1.BootOnce": if self.boots_once { "Enabled" } else { "Disabled" },
            "ServerBoot.1.FirstBootDevice": self.first_boot_device,
            "VirtualMedia.1.Attached": "AutoAttach",
        }}))
    }

    /// `PATCH Attributes`; an iDRAC8 does not take this one.
    pub(super) fn set_attributes(&mut self, request: &Request) -> Answer {
        let wanted = &request.body["Attributes"];
        let Some(device) = wanted["ServerBoot.1.FirstBootDevice"].as_str() else {
            return Answer::refused(
                400,
                "SYS428",
                "Unable to complete the operation because the attribute is not valid.",
                "",
            );
        };
        if self.options.is_idrac8() {
            let text = "Unable to complete the operation because the attribute is not supported.";
            return Answer::refused(400, "SYS430", text, "Use another interface.");
        }
        self.version += 1;
        self.first_boot_device = device.into();
        self.boots_once = device != "Normal" && wanted["ServerBoot.1.BootOnce"] != "Disabled";
        Answer::ok(messages(&[("SYS413", "The operation successfully completed.", "OK", "")]))
    }

    /// `POST ImportSystemConfiguration`.
    pub(super) fn import(&mut self, request: &Request) -> Answer {
        if self.scenarios.happens("import-503") {
            return Answer { status: 503, ..Answer::no_content() };
        }
        let target = &request.body["ShareParameters"]["Target"];
        let is_for_idrac = ["ALL", "IDRAC"].iter().any(|it| *target == json!([it]) || *target == *it);
        let profile = request.body["ImportBuffer"].as_str().unwrap_or_default();
        let device = attribute(profile, DEVICE);
        let (true, Some(device)) = (is_for_idrac, device) else {
            return Answer::refused(
                400,
                "SYS051",
                "The profile is not valid, or it is not for the iDRAC.",
                "Correct it.",
            );
        };
        let location = self.plan(
            "ImportConfiguration",
            "Import Configuration",
            "",
            // Read back in capitals.
            Effect::FirstBootDevice(if device.eq_ignore_ascii_case("vcd-dvd") {
                "VCD-DVD".into()
            } else {
                device.into()
            }),
        );
        Answer::job(202, location)
    }
}

/// The value of an attribute `ServerBoot.1#NAME` in a profile.
fn attribute<'a>(profile: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = profile.split_once(&format!("Name=\"ServerBoot.1#{name}\">"))?;
    Some(rest.split_once("</Attribute>")?.0)
}
