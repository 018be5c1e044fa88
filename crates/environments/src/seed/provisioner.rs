//! `provisioner.json`: what the machines of each role are to be. Everything that cloud-init would take without a word, and fail at on the machine,
//! is checked here.
use super::{host_name::check_host_name_prefix, public_key::public_keys};
use serde_json::{Map, Value};
use std::{collections::BTreeSet, path::Path};

/// What is in the file about one role.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Provisioner {
    /// Name and value, in the order of the file.
    pub(super) kernel_settings: Vec<(String, String)>,
    pub(super) users: Vec<User>,
    pub(super) packages: Vec<String>,
    pub(super) host_name_prefix: Option<String>,
    /// From the repository's root.
    pub(super) directory: Option<String>,
    pub(super) remote: Remote,
    /// What a seed can't do, or nobody reads.
    pub(super) warnings: Vec<String>,
}

/// Somebody who may log in.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct User {
    pub(super) name: String,
    pub(super) keys: Vec<String>,
}

/// Where the image is to be uploaded to.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Remote {
    pub(super) is_enabled: bool,
    pub(super) bucket: String,
    pub(super) prefix: String,
}

impl Provisioner {
    /// Reads what the file says about this role. `home` is the folder for which `~` stands. The error is a clause that begins with the place in the file.
    pub(super) fn of(content: &Value, role: &str, home: Option<&Path>) -> Result<Self, String> {
        let mut reading = Reading { warnings: vec![] };
        let (nothing, all) = (Map::new(), object(content, "the file")?);
        reading.known(all, "", &["staticConfig", "dynamicConfig", "artifacts"]);
        let part = |of: &'_ Value, name: &str| object(of, name).cloned();
        let section = |of: &Map<String, Value>, key: &str, name: &str| {
            of.get(key).map_or(Ok(nothing.clone()), |value| part(value, name))
        };
        let fixed = section(all, "staticConfig", "staticConfig")?;
        let dynamic = section(all, "dynamicConfig", "dynamicConfig")?;
        let artifacts = section(all, "artifacts", "artifacts")?;
        reading.known(&fixed, "staticConfig.", &["baseImage", "artifactFormat", "kernelTweaks"]);
        reading.known(&dynamic, "dynamicConfig.", &["sshUsers", "roles"]);
        let roles = section(&dynamic, "roles", "dynamicConfig.roles")?;
        let this = roles.get(role).ok_or_else(|| {
            let known: Vec<_> = roles.keys().map(String::as_str).collect();
            format!(
                "dynamicConfig.roles: there is no role {role}; there are {}",
                if known.is_empty() { "none".into() } else { known.join(", ") }
            )
        })?;
        let place = format!("dynamicConfig.roles.{role}");
        let this = object(this, &place)?;
        reading.known(this, &format!("{place}."), &["hostnamePrefix", "packages", "filesystems"]);
        reading.cannot(&fixed, this, role);
        let local = section(&artifacts, "local", "artifacts.local")?;
        let remote = section(&artifacts, "remote", "artifacts.remote")?;
        let provisioner = Provisioner {
            kernel_settings: kernel_settings(&fixed)?,
            users: users(&dynamic, home)?,
            packages: packages(this, &place)?,
            host_name_prefix: host_name_prefix(this, &place)?,
            directory: optional_text(&local, "directory", "artifacts.local.directory")?,
            remote: Remote {
                is_enabled: remote.get("enabled").is_some_and(|it| it == true),
                bucket: optional_text(&remote, "bucket", "artifacts.remote.bucket")?.unwrap_or_default(),
                prefix: optional_text(&remote, "prefix", "artifacts.remote.prefix")?.unwrap_or_default(),
            },
            warnings: vec![],
        };
        reading.foreign_packages(&provisioner.packages);
        Ok(Provisioner { warnings: reading.warnings, ..provisioner })
    }
}

struct Reading {
    warnings: Vec<String>,
}

impl Reading {
    /// Warns of keys that nobody reads, such as misspelt ones.
    fn known(&mut self, object: &Map<String, Value>, place: &str, known: &[&str]) {
        for key in object.keys().filter(|key| !known.contains(&key.as_str())) {
            self.warnings.push(format!(
                "{place}{key} in provisioner.json is unknown and has no effect. Check its spelling."
            ));
        }
    }

    /// Warns of what a seed can't do.
    fn cannot(&mut self, fixed: &Map<String, Value>, role: &Map<String, Value>, name: &str) {
        if fixed.get("baseImage").is_some() {
            self.warnings.push("staticConfig.baseImage has no effect on a seed: it configures a machine that boots from an image of its own.".into());
        }
        match fixed.get("artifactFormat") {
            None => {}
            Some(format) if format == "raw" => {}
            Some(format) => self
                .warnings
                .push(format!("staticConfig.artifactFormat is {format}, but a seed is a raw volume.")),
        }
        if role.get("filesystems").is_some() {
            self.warnings.push(format!(
                "dynamicConfig.roles.{name}.filesystems has no effect on a seed: give the machine a disk of that size; cloud-init grows the root file system to it."
            ));
        }
    }

    /// Warns of packages that no distribution has.
    fn foreign_packages(&mut self, packages: &[String]) {
        const OF_KUBERNETES: [&str; 3] = ["kubeadm", "kubelet", "kubectl"];
        let found: Vec<_> =
            packages.iter().map(String::as_str).filter(|name| OF_KUBERNETES.contains(name)).collect();
        if !found.is_empty() {
            self.warnings.push(format!(
                "{} are not in the archives of Debian and Ubuntu, so cloud-init may install none of the packages. Leave them to kubespray, or add their archive to the base image.",
                found.join(", ")
            ));
        }
    }
}

fn kernel_settings(fixed: &Map<String, Value>) -> Result<Vec<(String, String)>, String> {
    let mut names = BTreeSet::new();
    let mut found = vec![];
    for (index, setting) in list(fixed, "kernelTweaks", "staticConfig.kernelTweaks")?.iter().enumerate() {
        let place = format!("staticConfig.kernelTweaks[{index}]");
        let setting = object(setting, &place)?;
        let name = text(setting, "name", &place)?;
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_./*-".contains(c);
        if !name.chars().all(is_name) || name.starts_with(['-', '.', '/']) {
            return Err(format!(
                "{place}.name: {name:?} is not a kernel setting, such as net.ipv4.ip_forward"
            ));
        }
        if !names.insert(name.replace('/', ".")) {
            return Err(format!("{place}.name: {name} is set twice"));
        }
        let value = match setting.get("value") {
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::String(text)) if !text.chars().any(char::is_control) && !text.trim().is_empty() => {
                text.clone()
            }
            Some(Value::String(_)) => {
                return Err(format!(
                    "{place}.value ({name}): it is empty, or has line breaks or other control characters"
                ));
            }
            _ => return Err(format!("{place}.value ({name}): give a number or a text")),
        };
        found.push((name, value));
    }
    Ok(found)
}

fn users(dynamic: &Map<String, Value>, home: Option<&Path>) -> Result<Vec<User>, String> {
    let mut names = BTreeSet::new();
    let mut found = vec![];
    for (index, user) in list(dynamic, "sshUsers", "dynamicConfig.sshUsers")?.iter().enumerate() {
        let place = format!("dynamicConfig.sshUsers[{index}]");
        let user = object(user, &place)?;
        let name = text(user, "name", &place)?;
        let is_in = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
        if name.len() > 32
            || !name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
            || !name.chars().all(is_in)
        {
            return Err(format!(
                "{place}.name: {name:?} is not a user name: lower-case letters, digits, `_` and `-`, at most 32"
            ));
        }
        if name == "default" {
            return Err(format!("{place}.name: cloud-init means the distribution's own user by default"));
        }
        if !names.insert(name.clone()) {
            return Err(format!("{place}.name: {name} is listed twice"));
        }
        let mut keys = vec![];
        for (index, entry) in
            list(user, "authorizedKeys", &format!("{place}.authorizedKeys"))?.iter().enumerate()
        {
            let place = format!("{place}.authorizedKeys[{index}] ({name})");
            let entry = entry.as_str().ok_or_else(|| format!("{place}: it is not a text"))?;
            keys.extend(public_keys(entry, home).map_err(|why| format!("{place}: {why}"))?);
        }
        if keys.is_empty() {
            return Err(format!(
                "{place}.authorizedKeys: {name} has no key, so nobody could log in; give one"
            ));
        }
        found.push(User { name, keys });
    }
    Ok(found)
}

fn packages(role: &Map<String, Value>, place: &str) -> Result<Vec<String>, String> {
    let mut found: Vec<String> = vec![];
    for (index, package) in list(role, "packages", &format!("{place}.packages"))?.iter().enumerate() {
        let name = package.as_str().unwrap_or_default();
        let is_in = |c: char| c.is_ascii_alphanumeric() || "+._:~=-".contains(c);
        if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) || !name.chars().all(is_in) {
            return Err(format!("{place}.packages[{index}]: {package} is not the name of a package"));
        }
        if !found.iter().any(|other| other == name) {
            found.push(name.into());
        }
    }
    Ok(found)
}

fn host_name_prefix(role: &Map<String, Value>, place: &str) -> Result<Option<String>, String> {
    let place = format!("{place}.hostnamePrefix");
    let prefix = optional_text(role, "hostnamePrefix", &place)?;
    if let Some(prefix) = &prefix {
        check_host_name_prefix(prefix).map_err(|why| format!("{place}: {why}"))?;
    }
    Ok(prefix)
}

fn object<'a>(value: &'a Value, place: &str) -> Result<&'a Map<String, Value>, String> {
    value.as_object().ok_or_else(|| format!("{place}: it is not an object"))
}

/// An empty list if there is none.
fn list<'a>(object: &'a Map<String, Value>, key: &str, place: &str) -> Result<&'a [Value], String> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(list)) => Ok(list),
        Some(_) => Err(format!("{place}: it is not a list")),
    }
}

fn text(object: &Map<String, Value>, key: &str, place: &str) -> Result<String, String> {
    optional_text(object, key, &format!("{place}.{key}"))?
        .ok_or_else(|| format!("{place}.{key}: it is missing"))
}

fn optional_text(object: &Map<String, Value>, key: &str, place: &str) -> Result<Option<String>, String> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(format!("{place}: it is not a text")),
    }
}
