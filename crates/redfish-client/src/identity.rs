//! Which iDRAC answers, and what server it belongs to.
use crate::{
    Client, Error,
    link::{MANAGER, SYSTEM},
};
use serde_json::Value;

/// The iDRACs as far as they differ here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Idrac {
    /// iDRAC7 and 8.
    Eight,
    /// iDRAC9.
    Nine,
    /// iDRAC10 and later.
    Ten,
}

/// Who answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The iDRAC.
    pub idrac: Idrac,
    /// The generation of the server, such as 13 for an R630.
    pub generation: u32,
    /// The iDRAC's own words for it, such as `13G Monolithic`.
    pub model: String,
    /// The version of its firmware.
    pub firmware: String,
}

/// The server as it is now.
#[derive(Clone, Debug)]
pub struct System {
    /// `On`, `Off`, or on the way, such as `PoweringOn`.
    pub power: String,
    /// The service tag, if it is shown.
    pub service_tag: Option<String>,
    /// Such as `PowerEdge R630`.
    pub model: Option<String>,
    /// The whole object.
    pub(crate) body: Value,
}

impl Idrac {
    /// An iDRAC8 has no entity tags.
    pub(crate) fn has_etags(self) -> bool {
        self > Self::Eight
    }
}

impl Client {
    /// Who answers; asked only once.
    pub fn identity(&self) -> Result<&Identity, Error> {
        if let Some(known) = self.identity.get() {
            return Ok(known);
        }
        let manager = self.get(MANAGER)?.body;
        let found = identity(&manager).ok_or_else(|| Error::Unusable {
            path: MANAGER.into(),
            why: "it names neither a model such as \"14G Monolithic\" nor a firmware version".into(),
        })?;
        Ok(self.identity.get_or_init(|| found))
    }

    /// The server as it is now.
    pub fn system(&self) -> Result<System, Error> {
        let body = self.get(SYSTEM)?.body;
        let text = |key: &str| body[key].as_str().map(str::to_owned);
        let power = text("PowerState").unwrap_or_else(|| "unknown".into());
        Ok(System { power, service_tag: text("SKU"), model: text("Model"), body })
    }
}

fn identity(manager: &Value) -> Option<Identity> {
    let text = |key: &str| manager[key].as_str().unwrap_or_default().to_owned();
    let (model, firmware) = (text("Model"), text("FirmwareVersion"));
    let digits: String = model.chars().take_while(char::is_ascii_digit).collect();
    let generation = digits.parse().ok().or(match firmware.split('.').next()? {
        "2" => Some(13),
        "3" | "4" | "5" | "6" | "7" => Some(14),
        "1" => Some(17),
        _ => None,
    })?;
    let idrac = match generation {
        0..14 => Idrac::Eight,
        14..17 => Idrac::Nine,
        _ => Idrac::Ten,
    };
    Some(Identity { idrac, generation, model, firmware })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_model_says_which_idrac_it_is_and_else_the_firmware() {
        for (model, firmware, generation, idrac) in [
            ("12G Monolithic", "2.65.65.65", 12, Idrac::Eight),
            ("13G Monolithic", "2.86.86.86", 13, Idrac::Eight),
            ("14G Monolithic", "6.10.30.20", 14, Idrac::Nine),
            ("16G Monolithic", "7.00.00.00", 16, Idrac::Nine),
            ("17G Monolithic", "1.20.25.00", 17, Idrac::Ten),
            ("", "2.70.70.70", 13, Idrac::Eight),
            ("Manager", "5.10.00.00", 14, Idrac::Nine),
        ] {
            let found = identity(&json!({ "Model": model, "FirmwareVersion": firmware })).unwrap();
            assert_eq!((found.generation, found.idrac), (generation, idrac), "{model} {firmware}");
        }
        assert_eq!(identity(&json!({ "Model": "OpenBMC" })), None);
    }
}
