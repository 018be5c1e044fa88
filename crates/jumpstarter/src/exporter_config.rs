//! Exporter configurations, as `jmp run` and `jmp shell --exporter` read them.
use crate::{Environment, Error, Secret, exporter_shown, yaml};
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, IgnoredAny},
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Where `jmp` looks besides the user's own directory.
const SYSTEM_DIRECTORY: &str = "/etc/jumpstarter/exporters";

/// A configuration that `jmp` accepts.
#[derive(Debug)]
pub struct ExporterConfig {
    /// The classes of all its drivers, without duplicates.
    pub drivers: Vec<String>,
    /// Warnings: what `jmp` accepts, but was hardly intended.
    pub doubts: Vec<String>,
    /// The exporter's token, if there is one in it.
    pub token: Option<Secret>,
    /// The controller that it is registered with, if there is one in it.
    pub endpoint: Option<String>,
    /// It as YAML, without whatever may be secret.
    pub shown: String,
    /// Whether possible secrets were hidden.
    pub is_hidden: bool,
}

impl ExporterConfig {
    /// Parses a text; the error says what `jmp` would refuse, and in which line.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let document: Document = yaml::read_strictly(text).map_err(|why| Error::ExporterConfig { why })?;
        document.check(text).map_err(|why| Error::ExporterConfig { why })?;
        let value = yaml::read(text).map_err(|why| Error::ExporterConfig { why })?;
        let (shown, is_hidden) = exporter_shown::shown(&value);
        let mut config = ExporterConfig {
            drivers: vec![],
            doubts: vec![],
            token: document.token,
            endpoint: document.endpoint,
            shown,
            is_hidden,
        };
        if document.export.is_empty() {
            config.doubts.push("It exports nothing: there is no driver under `export`.".into());
        }
        for key in document.unknown.keys() {
            config.doubts.push(format!("`jmp` ignores the key `{key}`."));
        }
        for (name, driver) in &document.export {
            config.take(name, driver);
        }
        config.drivers.sort();
        config.drivers.dedup();
        Ok(config)
    }

    fn take(&mut self, name: &str, driver: &Driver) {
        match (&driver.class, &driver.reference) {
            (Some(class), _) => self.drivers.push(class.clone()),
            (None, None) if driver.children.is_empty() => self.doubts.push(format!(
                "`{name}` has neither a `type`, nor `children`, nor a `ref`: it does nothing."
            )),
            _ => {}
        }
        for (child, driver) in &driver.children {
            self.take(&format!("{name}.{child}"), driver);
        }
    }
}

/// The directories in which `jmp` looks for `--exporter NAME`; the first is the user's own.
pub fn exporter_directories(environment: &Environment) -> [PathBuf; 2] {
    [environment.config_home().join("exporters"), SYSTEM_DIRECTORY.into()]
}

/// The file of the exporter of this name.
pub fn exporter_file(directory: &Path, name: &str) -> Result<PathBuf, Error> {
    if name.is_empty() || matches!(name, "." | "..") || name.contains(['/', '\\', '\0']) {
        return Err(Error::ExporterName { name: name.into() });
    }
    Ok(directory.join(format!("{name}.yaml")))
}

#[derive(Deserialize)]
struct Document {
    #[serde(rename = "apiVersion", default = "api_version")]
    api_version: String,
    #[serde(default = "kind")]
    kind: String,
    metadata: Metadata,
    endpoint: Option<String>,
    #[serde(rename = "tls", default, deserialize_with = "filled")]
    _tls: Option<Tls>,
    token: Option<Secret>,
    #[serde(rename = "grpcOptions")]
    grpc_options: Option<BTreeMap<String, Value>>,
    #[serde(rename = "description")]
    _description: Option<String>,
    #[serde(default, deserialize_with = "drivers")]
    export: BTreeMap<String, Driver>,
    #[serde(default, deserialize_with = "filled")]
    hooks: Hooks,
    #[serde(rename = "failureDetection", alias = "failure_detection", default, deserialize_with = "filled")]
    _failure_detection: Option<FailureDetection>,
    /// Only for `jmp` itself.
    #[serde(rename = "alias")]
    _alias: Option<String>,
    #[serde(rename = "path")]
    _path: Option<String>,
    #[serde(flatten)]
    unknown: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Metadata {
    #[serde(deserialize_with = "Option::deserialize")]
    namespace: Option<String>,
    name: String,
}

#[derive(Deserialize)]
struct Tls {
    #[serde(rename = "ca", default, deserialize_with = "filled")]
    _ca: Option<String>,
    #[serde(rename = "insecure")]
    _insecure: Option<bool>,
}

/// A driver, a group of drivers, or a reference to one.
#[derive(Deserialize)]
struct Driver {
    #[serde(rename = "type")]
    class: Option<String>,
    #[serde(rename = "ref")]
    reference: Option<String>,
    #[serde(default, deserialize_with = "drivers")]
    children: BTreeMap<String, Driver>,
    /// Inside a value `jmp` accepts keys of any type. Without a value it accepts the driver, as an empty group.
    #[serde(rename = "config", default, deserialize_with = "filled")]
    _config: BTreeMap<String, Option<IgnoredAny>>,
    #[serde(rename = "description")]
    _description: Option<String>,
    #[serde(rename = "methods_description")]
    _methods_description: Option<BTreeMap<String, String>>,
}

#[derive(Default, Deserialize)]
struct Hooks {
    #[serde(rename = "beforeLease", alias = "before_lease")]
    before_lease: Option<Hook>,
    #[serde(rename = "afterLease", alias = "after_lease")]
    after_lease: Option<Hook>,
}

#[derive(Deserialize)]
struct Hook {
    #[serde(rename = "exec", alias = "exec_")]
    _exec: Option<String>,
    #[serde(rename = "script")]
    _script: String,
    #[serde(rename = "timeout")]
    _timeout: Option<i64>,
    #[serde(rename = "onFailure", alias = "on_failure")]
    on_failure: Option<String>,
}

#[derive(Deserialize)]
struct FailureDetection {
    #[serde(rename = "maxRapidFailures", alias = "max_rapid_failures")]
    _max_rapid_failures: Option<i64>,
    #[serde(rename = "rapidFailureWindow", alias = "rapid_failure_window")]
    _rapid_failure_window: Option<i64>,
}

impl Document {
    /// Checks the values that are restricted to certain words.
    fn check(&self, text: &str) -> Result<(), String> {
        let word = |what: &str, is: &str, may_be: &[&str]| {
            if may_be.contains(&is) {
                Ok(())
            } else {
                Err(format!("`{what}` is {is:?}, and must be {}", may_be.join(" or ")))
            }
        };
        word("apiVersion", &self.api_version, &[&api_version()])?;
        word("kind", &self.kind, &[&kind()])?;
        let token = self.token.as_ref().map(Secret::expose);
        for value in [Some(&*self.metadata.name), self.metadata.namespace.as_deref(), token] {
            let is_quoted = |value| ['"', '\''].iter().any(|q| text.contains(&format!("{q}{value}{q}")));
            if value.is_some_and(|value| yaml::is_date_or_time(value) && !is_quoted(value)) {
                return Err("a name or token that looks like a date or a time must be quoted".into());
            }
        }
        for (key, value) in self.grpc_options.iter().flatten() {
            if !(value.is_string() || value.is_boolean() || value.is_i64()) {
                return Err(format!("`grpcOptions` accepts only strings and integers; `{key}` is neither"));
            }
        }
        for hook in [&self.hooks.before_lease, &self.hooks.after_lease].into_iter().flatten() {
            if let Some(on_failure) = &hook.on_failure {
                word("onFailure", on_failure, &["warn", "endLease", "exit"])?;
            }
        }
        Ok(())
    }
}

/// For a key that may be omitted but, for `jmp`, may not be without a value.
fn filled<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Option::deserialize(deserializer)?
        .ok_or_else(|| D::Error::custom("a key has no value; give it one or leave it out"))
}

fn drivers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Driver>, D::Error> {
    let drivers: BTreeMap<String, Option<Driver>> = filled(deserializer)?;
    let filled = drivers.into_iter().map(|(name, driver)| match driver {
        Some(driver) => Ok((name, driver)),
        None => Err(D::Error::custom(format!("the driver `{name}` has no value; give it a `type`"))),
    });
    filled.collect()
}

fn api_version() -> String {
    "jumpstarter.dev/v1alpha1".into()
}

fn kind() -> String {
    "ExporterConfig".into()
}

#[cfg(test)]
mod tests;
