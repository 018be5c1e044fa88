//! What the server boots from next, and only once.
use crate::{
    Client, Error, Idrac,
    link::{MANAGER, SYSTEM},
};
use serde_json::{Value, json};

/// What to boot from at the next start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextBoot {
    /// As the boot order says.
    Normal,
    /// The network.
    Pxe,
    /// The virtual CD.
    VirtualCd,
    /// The first hard disk.
    Hdd,
    /// The setup of the BIOS.
    BiosSetup,
    /// HTTP, as it is set up in the BIOS.
    UefiHttp,
}

/// What the next boot is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextBootState {
    /// Redfish's word, such as `Pxe`; `None` if the boot order decides.
    pub target: String,
    /// The iDRAC's own one-time boot device, such as `VCD-DVD`; none if it isn't shown.
    pub device: Option<String>,
}

const DEVICE: &str = "ServerBoot.1.FirstBootDevice";
const ONCE: &str = "ServerBoot.1.BootOnce";
/// As Dell writes it; it is read back as `VCD-DVD`.
const VIRTUAL_CD: &str = "VCD-DVD";
const NO_DEVICE: &str = "Normal";

impl NextBoot {
    /// In one word, for people.
    pub fn word(self) -> &'static str {
        if self == Self::VirtualCd { VIRTUAL_CD } else { self.target() }
    }

    /// Redfish's word. For an iDRAC, `Cd` is the drive in the server.
    fn target(self) -> &'static str {
        match self {
            Self::Normal => "None",
            Self::Pxe => "Pxe",
            Self::VirtualCd => "Cd",
            Self::Hdd => "Hdd",
            Self::BiosSetup => "BiosSetup",
            Self::UefiHttp => "UefiHttp",
        }
    }
}

impl NextBootState {
    /// Whether it is set to this, and to nothing else. None if the iDRAC doesn't show it.
    pub fn is(&self, wanted: NextBoot) -> Option<bool> {
        match wanted {
            NextBoot::VirtualCd => self.is_virtual_cd().map(|is| is && self.is_target_of_virtual_cd()),
            NextBoot::Normal if self.target != "None" => Some(false),
            NextBoot::Normal => self.device.as_ref().map(|it| it.eq_ignore_ascii_case(NO_DEVICE)),
            other => Some(self.target == other.target() && self.is_virtual_cd() != Some(true)),
        }
    }

    /// None if the iDRAC doesn't show it.
    fn is_virtual_cd(&self) -> Option<bool> {
        let is = |it: &str| it.eq_ignore_ascii_case(VIRTUAL_CD);
        self.device.as_deref().map(is).or(is(&self.target).then_some(true))
    }

    /// Whether the target is one that is shown together with the virtual CD.
    fn is_target_of_virtual_cd(&self) -> bool {
        ["None", NextBoot::VirtualCd.target(), VIRTUAL_CD]
            .iter()
            .any(|it| self.target.eq_ignore_ascii_case(it))
    }

    /// In one word, for people: the device if there is one, else the target.
    pub fn shown(&self) -> &str {
        match self.device.as_deref() {
            Some(device) if !device.eq_ignore_ascii_case(NO_DEVICE) => device,
            _ => &self.target,
        }
    }
}

impl Client {
    /// Reads what the next boot is set to.
    pub fn next_boot(&self) -> Result<NextBootState, Error> {
        let boot = self.system()?.body["Boot"].clone();
        let is_set = boot["BootSourceOverrideEnabled"].as_str().is_some_and(|it| it != "Disabled");
        let target =
            boot["BootSourceOverrideTarget"].as_str().filter(|_| is_set).unwrap_or("None").to_owned();
        let attributes = self.attributes()?.map(|(_, body)| body).unwrap_or_default();
        let attributes = &attributes["Attributes"];
        // Profiles write names with another sign, and so do some pages.
        let attribute =
            |name: &str| attributes[name].as_str().or(attributes[name.replacen("1.", "1#", 1)].as_str());
        let is_once = attribute(ONCE).is_none_or(|it| it.eq_ignore_ascii_case("Enabled"));
        let device = attribute(DEVICE).map(|it| if is_once { it } else { NO_DEVICE }.to_owned());
        Ok(NextBootState { target, device })
    }

    /// Clears a one-time boot that is kept elsewhere than `wanted` and could win against it. Returns the way, if there was one.
    pub fn clear_other_next_boot(
        &self,
        wanted: NextBoot,
        before: &NextBootState,
    ) -> Result<Option<&'static str>, Error> {
        Ok(match wanted {
            NextBoot::Normal => None,
            NextBoot::VirtualCd if before.is_target_of_virtual_cd() => None,
            NextBoot::VirtualCd => Some(self.set_target(NextBoot::Normal)?.0),
            _ if before.is_virtual_cd() == Some(true) => Some(self.set_device(NO_DEVICE)?),
            _ => None,
        })
    }

    /// Sets what the next boot is from, and returns which way was taken and what should be known of it.
    pub fn set_next_boot(
        &self,
        wanted: NextBoot,
        before: &NextBootState,
    ) -> Result<(&'static str, Option<String>), Error> {
        match wanted {
            NextBoot::VirtualCd => Ok((self.set_device(VIRTUAL_CD)?, None)),
            NextBoot::Normal => {
                // A device that isn't shown may be set.
                let has_device = before.device.as_ref().is_none_or(|it| !it.eq_ignore_ascii_case(NO_DEVICE));
                let by_device = if has_device { Some(self.set_device(NO_DEVICE)?) } else { None };
                match by_device {
                    Some(method) if before.target == "None" => Ok((method, None)),
                    _ => self.set_target(wanted),
                }
            }
            _ => self.set_target(wanted),
        }
    }

    /// Whether this server can boot from it at all.
    pub fn check_next_boot(&self, wanted: NextBoot) -> Result<(), Error> {
        let boot = self.system()?.body["Boot"].clone();
        let known =
            boot["BootSourceOverrideTarget@Redfish.AllowableValues"].as_array().cloned().unwrap_or_default();
        if wanted == NextBoot::VirtualCd || known.is_empty() || known.iter().any(|it| it == wanted.target()) {
            return Ok(());
        }
        let known: Vec<&str> = known.iter().filter_map(Value::as_str).collect();
        Err(Error::Unsupported {
            what: format!(
                "This iDRAC (firmware {}) offers no one-time boot from {}",
                self.identity()?.firmware,
                wanted.target()
            ),
            remedy: format!("It offers {}", known.join(", ")),
        })
    }

    /// The target alone: an iDRAC takes that as "once", and some refuse more.
    fn set_target(&self, wanted: NextBoot) -> Result<(&'static str, Option<String>), Error> {
        let body = json!({ "Boot": { "BootSourceOverrideTarget": wanted.target() } });
        let trouble = match self.patch(SYSTEM, &body) {
            Ok(answer) => answer
                .messages
                .into_iter()
                .find(|it| it.is_trouble)
                .map(|it| format!("{} ({})", it.text, it.id)),
            // An iDRAC8 may say so although it has done it.
            // Or within a good answer.
            Err(error) if error.is_refusal_of_content() => {
                if self.next_boot()?.target != wanted.target() {
                    return Err(error);
                }
                Some(error.to_string())
            }
            Err(error) => return Err(error),
        };
        let warning =
            trouble.map(|it| format!("The one-time boot is set, although the iDRAC reported: {it}"));
        Ok(("boot_override", warning))
    }

    /// The iDRAC's own settings, wherever it shows them, and where that is.
    fn attributes(&self) -> Result<Option<(String, Value)>, Error> {
        for page in ["Attributes", "Oem/Dell/DellAttributes/iDRAC.Embedded.1"] {
            let path = format!("{MANAGER}/{page}");
            if let Some(found) = self.look_up(&path)? {
                return Ok(Some((path, found.body)));
            }
        }
        Ok(None)
    }

    fn set_device(&self, device: &str) -> Result<&'static str, Error> {
        if self.identity()?.idrac > Idrac::Eight
            && let Some((path, _)) = self.attributes()?
        {
            let body = json!({ "Attributes": { ONCE: "Enabled", DEVICE: device } });
            match self.patch(&path, &body) {
                // It doesn't take these; one that says so within a good answer has refused the value.
                Err(error) if error.is_refusal_of_content() && error.status() >= Some(400) => {}
                other => return other.map(|_| "idrac_attributes"),
            }
        }
        self.import_attributes(&[
            ("ServerBoot.1#BootOnce", "Enabled"),
            ("ServerBoot.1#FirstBootDevice", device),
        ])?;
        Ok("scp_import")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_next_boot_is_known_by_its_target_or_by_the_device_of_the_idrac() {
        let state = |target: &str, device: Option<&str>| NextBootState {
            target: target.into(),
            device: device.map(str::to_owned),
        };
        for (state, wanted, is) in [
            (state("Pxe", Some("Normal")), NextBoot::Pxe, Some(true)),
            (state("None", Some("Normal")), NextBoot::Pxe, Some(false)),
            (state("None", Some("Normal")), NextBoot::Normal, Some(true)),
            (state("None", Some("vCD-DVD")), NextBoot::Normal, Some(false)),
            (state("None", Some("vCD-DVD")), NextBoot::VirtualCd, Some(true)),
            // The drive in the server is another one.
            (state("Cd", Some("Normal")), NextBoot::VirtualCd, Some(false)),
            (state("None", None), NextBoot::VirtualCd, None),
            (state("VCD-DVD", None), NextBoot::VirtualCd, Some(true)),
            (state("Cd", None), NextBoot::VirtualCd, None),
            (state("None", None), NextBoot::Normal, None),
            (state("Pxe", None), NextBoot::Normal, Some(false)),
            (state("Pxe", None), NextBoot::Pxe, Some(true)),
            // Two at once: the server takes one of them.
            (state("Hdd", Some("VCD-DVD")), NextBoot::Hdd, Some(false)),
            (state("Hdd", Some("VCD-DVD")), NextBoot::VirtualCd, Some(false)),
            // The same, shown in both places.
            (state("Hdd", Some("HDD")), NextBoot::Hdd, Some(true)),
            (state("Cd", Some("VCD-DVD")), NextBoot::VirtualCd, Some(true)),
        ] {
            assert_eq!(state.is(wanted), is, "{state:?} {wanted:?}");
        }
    }
}
