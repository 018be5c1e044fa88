//! The root of the service, the system, and its power.
use super::{answers::Answer, machine::Machine, request::Request};
use serde_json::{Value, json};

pub(super) const SYSTEM: &str = "/redfish/v1/Systems/System.Embedded.1";
const MANAGER: &str = "/redfish/v1/Managers/iDRAC.Embedded.1";

impl Machine {
    pub(super) fn root(&self) -> Answer {
        let version = match (self.options.is_idrac8(), self.options.has_media_of_the_system()) {
            (true, _) => "1.4.0",
            (false, false) => "1.11.0",
            (false, true) => "1.14.0",
        };
        Answer::ok(json!({
            "@odata.id": "/redfish/v1", "Id": "RootService", "Name": "Root Service", "RedfishVersion": version,
            "Systems": { "@odata.id": "/redfish/v1/Systems" }, "Managers": { "@odata.id": "/redfish/v1/Managers" },
            "Oem": { "Dell": { "ServiceTag": "ABC1234", "IsBranded": 0 } },
        }))
    }

    pub(super) fn system(&self) -> Answer {
        let (target, uri) = self.once.clone().unwrap_or(("None".into(), Value::Null));
        let mut boot = json!({
            "BootSourceOverrideEnabled": if self.once.is_some() { "Once" } else { "Disabled" },
            "BootSourceOverrideMode": "UEFI",
            "BootSourceOverrideTarget": target,
            "BootSourceOverrideTarget@Redfish.AllowableValues": self.override_targets(),
            "UefiTargetBootSourceOverride": uri,
        });
        let mut system = json!({
            "@odata.id": SYSTEM, "Id": "System.Embedded.1", "Name": "System", "Manufacturer": "Dell Inc.",
            "Model": if self.options.is_idrac8() { "PowerEdge R630" } else { "PowerEdge R640" },
            "SKU": "ABC1234", "SerialNumber": "CN0123456789", "BiosVersion": "2.13.0",
            "PowerState": if self.is_on { "On" } else { "Off" },
            "Status": { "Health": "OK", "State": "Enabled" },
            "Bios": { "@odata.id": format!("{SYSTEM}/Bios") },
            "NetworkAdapters": { "@odata.id": format!("{SYSTEM}/NetworkAdapters") },
            "Actions": { "#ComputerSystem.Reset": {
                "target": format!("{SYSTEM}/Actions/ComputerSystem.Reset"),
                "ResetType@Redfish.AllowableValues": self.reset_types(),
            }},
        });
        if self.options.is_idrac8() {
            system["Oem"] =
                json!({ "Dell": { "BootSources": { "@odata.id": format!("{SYSTEM}/BootSources") } } });
        } else {
            boot["BootOrder"] = self.boot.iter().map(|entry| entry.reference.clone()).collect();
            boot["BootOptions"] = json!({ "@odata.id": format!("{SYSTEM}/BootOptions") });
        }
        if self.options.has_media_of_the_system() {
            system["VirtualMedia"] = json!({ "@odata.id": format!("{SYSTEM}/VirtualMedia") });
        }
        system["Boot"] = boot;
        Answer::ok(system)
    }

    /// An R630 with a firmware before 2.75 has no graceful restart.
    fn reset_types(&self) -> Vec<&'static str> {
        let mut types = vec!["On", "ForceOff", "ForceRestart", "GracefulShutdown", "PushPowerButton", "Nmi"];
        if self.options.version() >= [2, 75, 75, 75] {
            types.push("GracefulRestart");
        }
        types
    }

    pub(super) fn manager(&self) -> Answer {
        let mut manager = json!({
            "@odata.id": MANAGER, "Id": "iDRAC.Embedded.1", "Name": "Manager", "ManagerType": "BMC",
            "Model": if self.options.is_idrac8() { "13G Monolithic" } else { "14G Monolithic" },
            "FirmwareVersion": self.options.firmware(), "Status": { "Health": "OK", "State": "Enabled" },
            "Actions": { "Oem": { "#OemManager.v1_0_0.ImportSystemConfiguration": {
                "target": format!("{MANAGER}/Actions/Oem/EID_674_Manager.ImportSystemConfiguration"),
            }}},
        });
        if !self.options.has_media_of_the_system() {
            manager["VirtualMedia"] = json!({ "@odata.id": format!("{MANAGER}/VirtualMedia") });
        }
        Answer::ok(manager)
    }

    /// `POST Actions/ComputerSystem.Reset`.
    pub(super) fn reset(&mut self, request: &Request) -> Answer {
        let kind = request.body["ResetType"].as_str().unwrap_or_default().to_owned();
        if !self.reset_types().contains(&kind.as_str()) {
            let text = format!(
                "The value {kind} for the property ResetType is not in the list of acceptable values."
            );
            return Answer::refused(400, "PropertyValueNotInList", &text, "Choose a value from the list.");
        }
        let already = |id, state| {
            Answer::refused(
                409,
                id,
                &format!("Server is already powered {state}."),
                "No response action is required.",
            )
        };
        match (kind.as_str(), self.is_on) {
            ("On", false) if self.scenarios.happens("reset-already-done") => {
                self.restart();
                return already("PSU501", "ON");
            }
            ("On", true) => return already("PSU501", "ON"),
            ("ForceOff" | "GracefulShutdown" | "GracefulRestart" | "ForceRestart", false) => {
                return already("PSU502", "OFF");
            }
            ("GracefulShutdown", _) if self.scenarios.happens("shutdown-hangs") => {}
            ("GracefulRestart", _) if self.scenarios.happens("restart-hangs") => {}
            ("ForceOff" | "GracefulShutdown", _) => self.is_on = false,
            _ => self.restart(),
        }
        self.version += 1;
        Answer::no_content()
    }
}
