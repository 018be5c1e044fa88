//! The settings of the BIOS: as they are, as they will be, and what they may be.
use crate::{
    Client, Error, Job,
    boot_order::BIOS_DEVICE,
    link::SYSTEM,
    settings::{SettingsPage, Staged},
};
use serde_json::{Map, Value, json};

/// The settings of the BIOS.
#[derive(Clone, Debug)]
pub struct Bios {
    /// As they are.
    pub current: Map<String, Value>,
    /// What a job will change at the next start; empty if nothing is pending.
    pub pending: Map<String, Value>,
    pub(crate) page: SettingsPage,
}

/// A value that the BIOS doesn't take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BiosFault {
    /// There is no such setting.
    Unknown {
        /// Its name.
        name: String,
        /// One that is spelt nearly so.
        similar: Option<String>,
    },
    /// The setting has other values.
    Value {
        /// Its name.
        name: String,
        /// The value.
        value: String,
        /// What it may be.
        choices: Vec<String>,
    },
    /// The setting can't be changed.
    ReadOnly {
        /// Its name.
        name: String,
    },
}

impl Bios {
    /// What is pending and not so already.
    pub fn changes(&self) -> Map<String, Value> {
        let differs = |(key, value): &(&String, &Value)| self.current.get(*key) != Some(*value);
        self.pending.iter().filter(differs).map(|(key, value)| (key.clone(), value.clone())).collect()
    }
}

impl Client {
    /// Reads the settings.
    pub fn bios(&self) -> Result<Bios, Error> {
        let path = format!("{SYSTEM}/Bios");
        let current = self.get(&path)?.body;
        let page = SettingsPage::of(&current, &path);
        let pending = self.look_up(&page.path)?.map(|it| it.body).unwrap_or_default();
        let attributes = |of: &Value| of["Attributes"].as_object().cloned().unwrap_or_default();
        Ok(Bios { current: attributes(&current), pending: attributes(&pending), page })
    }

    /// The values as the BIOS takes them: numbers as numbers. The first one that it doesn't take is the fault.
    pub fn bios_values(
        &self,
        bios: &Bios,
        wanted: &Map<String, Value>,
    ) -> Result<Result<Map<String, Value>, BiosFault>, Error> {
        let registry =
            self.look_up(&format!("{SYSTEM}/Bios/BiosRegistry"))?.map(|it| it.body).unwrap_or_default();
        let entries = registry["RegistryEntries"]["Attributes"].as_array().cloned().unwrap_or_default();
        Ok(fitted(&entries, bios, wanted))
    }

    /// The job that is about to change the settings.
    pub fn bios_job(&self, bios: &Bios) -> Result<Option<Job>, Error> {
        self.job_for(&bios.page.path, BIOS_DEVICE)
    }

    /// Has settings changed, and returns the job that does it.
    pub fn stage_bios(&self, bios: &Bios, values: &Map<String, Value>) -> Result<Staged, Error> {
        let job =
            self.stage(&bios.page, &json!({ "Attributes": values }), "the BIOS settings", BIOS_DEVICE)?;
        Ok(Staged { job: Some(job), method: "bios_settings" })
    }
}

fn fitted(
    entries: &[Value],
    bios: &Bios,
    wanted: &Map<String, Value>,
) -> Result<Map<String, Value>, BiosFault> {
    let fit = |(name, value): (&String, &Value)| {
        let entry = entries.iter().find(|it| it["AttributeName"] == name.as_str());
        if entry.is_none() && !bios.current.contains_key(name) {
            let similar = bios.current.keys().find(|known| known.eq_ignore_ascii_case(name)).cloned();
            return Err(BiosFault::Unknown { name: name.clone(), similar });
        }
        if entry.is_some_and(|it| it["ReadOnly"] == true) && bios.current.get(name) != Some(value) {
            return Err(BiosFault::ReadOnly { name: name.clone() });
        }
        Ok((name.clone(), fitting(entry, bios.current.get(name), name, value)?))
    };
    wanted.iter().map(fit).collect()
}

/// One value as the registry has it or, without a registry, as the present value is.
fn fitting(
    entry: Option<&Value>,
    current: Option<&Value>,
    name: &str,
    value: &Value,
) -> Result<Value, BiosFault> {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let fault = |choices| Err(BiosFault::Value { name: name.into(), value: text.clone(), choices });
    let is_number = entry.map_or(current.is_some_and(Value::is_number), |it| it["Type"] == "Integer");
    if is_number {
        return text.trim().parse::<i64>().map(Value::from).or_else(|_| fault(vec!["an integer".into()]));
    }
    let names = |it: &Value| it["ValueName"].as_str().map(str::to_owned);
    let choices: Vec<String> =
        entry.and_then(|it| it["Value"].as_array()).into_iter().flatten().filter_map(names).collect();
    if choices.is_empty() || choices.contains(&text) { Ok(text.into()) } else { fault(choices) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(wanted: &Value) -> Result<Map<String, Value>, BiosFault> {
        let entries = [
            json!({ "AttributeName": "BootMode", "Type": "Enumeration", "Value": [{ "ValueName": "Bios" }, { "ValueName": "Uefi" }] }),
            json!({ "AttributeName": "Delay", "Type": "Integer" }),
            json!({ "AttributeName": "Fixed", "Type": "String", "ReadOnly": true }),
        ];
        let current = json!({ "BootMode": "Uefi", "Delay": 60, "Fixed": "x", "Free": "" });
        let page = SettingsPage { path: String::new(), takes_apply_time: false };
        let bios = Bios { current: current.as_object().unwrap().clone(), pending: Map::new(), page };
        fitted(&entries, &bios, wanted.as_object().unwrap())
    }

    #[test]
    fn values_become_those_of_the_registry() {
        let fitted = fit(&json!({ "BootMode": "Bios", "Delay": "90", "Free": 7, "Fixed": "x" })).unwrap();
        assert_eq!(
            Value::Object(fitted),
            json!({ "BootMode": "Bios", "Delay": 90, "Free": "7", "Fixed": "x" })
        );
    }

    #[test]
    fn what_the_bios_does_not_take_is_told_before_anything_is_sent() {
        let name = || "BootMode".to_owned();
        let choices = vec!["Bios".into(), "Uefi".into()];
        assert_eq!(
            fit(&json!({ "BootMode": "uefi" })),
            Err(BiosFault::Value { name: name(), value: "uefi".into(), choices })
        );
        assert_eq!(
            fit(&json!({ "bootmode": "Uefi" })),
            Err(BiosFault::Unknown { name: "bootmode".into(), similar: Some(name()) })
        );
        assert_eq!(fit(&json!({ "Fixed": "y" })), Err(BiosFault::ReadOnly { name: "Fixed".into() }));
        assert!(matches!(fit(&json!({ "Delay": "long" })), Err(BiosFault::Value { .. })));
    }
}
