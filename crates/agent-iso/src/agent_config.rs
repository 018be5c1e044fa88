//! Checks `agent-config.yaml`, which the installer takes strictly: a field that it does not know is an error.
use crate::{
    Error, Version,
    document::Document,
    install_config::InstallConfig,
    network::{Network, names},
    network_names::is_dns_name,
};
use serde_json::{Map, Value};
use std::collections::HashMap;

const FIELDS: [&str; 8] = [
    "apiVersion",
    "kind",
    "metadata",
    "rendezvousIP",
    "additionalNTPSources",
    "bootArtifactsBaseURL",
    "minimalISO",
    "hosts",
];
const HOST_FIELDS: [&str; 5] = ["hostname", "role", "interfaces", "rootDeviceHints", "networkConfig"];
const HINTS: [&str; 10] = [
    "deviceName",
    "hctl",
    "model",
    "vendor",
    "serialNumber",
    "minSizeGigabytes",
    "wwn",
    "wwnWithExtension",
    "wwnVendorExtension",
    "rotational",
];

/// An agent-config that is fit to be used.
#[derive(Clone, Debug)]
pub(crate) struct AgentConfig {
    document: Document,
    hosts: Vec<Map<String, Value>>,
}

impl AgentConfig {
    /// `install` is what it belongs to.
    pub(crate) fn check(document: Document, install: &InstallConfig) -> Result<Self, Error> {
        only(&document, "", &document.content, &FIELDS)?;
        let version = document.text_at(&["apiVersion"]).unwrap_or_default();
        if !["v1beta1", "v1alpha1"].contains(&version) {
            return Err(document.wrong("apiVersion is not v1beta1. Set it to v1beta1."));
        }
        if document.text_at(&["kind"]).is_some_and(|kind| kind != "AgentConfig") {
            return Err(document.wrong("kind is not AgentConfig. Set it to AgentConfig."));
        }
        let hosts = match document.at(&["hosts"]) {
            None => vec![],
            Some(Value::Array(hosts)) => {
                let hosts: Option<Vec<_>> = hosts.iter().map(|host| host.as_object().cloned()).collect();
                hosts.ok_or_else(|| document.wrong("hosts is not a list of mappings. Correct it."))?
            }
            Some(_) => return Err(document.wrong("hosts is not a list. Correct it.")),
        };
        let this = AgentConfig { document, hosts };
        this.check_hosts()?;
        this.check_macs()?;
        this.check_roles(install.masters, install.workers)?;
        this.check_rendezvous(&install.machine_networks)?;
        Ok(this)
    }

    /// What depends on the release.
    pub(crate) fn check_for(&self, version: &Version) -> Result<(), Error> {
        if !self.iscsi_disks().any(|_| true) {
            return Ok(());
        }
        if !version.is_at_least(4, 18) {
            return Err(self.document.wrong(format!(
                "the disk of a host is an iSCSI target, but OpenShift {version} can't be installed on one. Choose 4.18 or later."
            )));
        }
        if self.document.at(&["minimalISO"]) != Some(&Value::Bool(true)) {
            return Err(self.document.wrong(
                "the disk of a host is an iSCSI target, but only the minimal ISO can be installed on one. Set `minimalISO: true`.",
            ));
        }
        Ok(())
    }

    /// Whether the installer will call `nmstatectl`.
    pub(crate) fn has_network_config(&self) -> bool {
        let is_given = |config: &Value| config.as_object().is_some_and(|it| !it.is_empty());
        self.hosts.iter().any(|host| host.get("networkConfig").is_some_and(is_given))
    }

    pub(crate) fn rendezvous_ip(&self) -> Option<&str> {
        self.document.text_at(&["rendezvousIP"])
    }

    pub(crate) fn text(&self) -> &str {
        &self.document.text
    }

    pub(crate) fn essence(&self) -> Value {
        self.document.content.clone().into()
    }

    fn check_hosts(&self) -> Result<(), Error> {
        for host in &self.hosts {
            let name = name(host);
            only(&self.document, &format!(" of host {name}"), host, &HOST_FIELDS)?;
            let hostname = host.get("hostname").and_then(Value::as_str).filter(|it| !it.is_empty());
            if let Some(wrong) = hostname.filter(|it| !is_dns_name(it) || *it == "localhost") {
                return Err(self.document.wrong(format!(
                    "a host has the hostname {wrong:?}, which can't be the name of a node. Use lower-case letters, digits and dashes."
                )));
            }
            let role = host.get("role").and_then(Value::as_str).unwrap_or("master");
            if !["master", "worker", ""].contains(&role) {
                return Err(self
                    .document
                    .wrong(format!("the role of host {name} is {role:?}. It can be master or worker.")));
            }
            if let Some(hints) = host.get("rootDeviceHints").and_then(Value::as_object) {
                only(&self.document, &format!(" in rootDeviceHints of host {name}"), hints, &HINTS)?;
            }
            if interfaces(host).next().is_none() {
                return Err(self.document.wrong(format!(
                    "host {name} has no interfaces. Give at least one with its name and macAddress."
                )));
            }
        }
        for (host, disk) in self.iscsi_disks() {
            if disk.contains('_') {
                return Err(self.document.wrong(format!(
                    "the disk of host {host} is the iSCSI target {disk}, but no machine can boot from a target with an underscore in its name. Rename the target, with - instead of _."
                )));
            }
        }
        Ok(())
    }

    fn check_macs(&self) -> Result<(), Error> {
        let mut seen: HashMap<String, String> = HashMap::new();
        for host in &self.hosts {
            for interface in interfaces(host) {
                let given = interface.get("macAddress").and_then(Value::as_str).unwrap_or_default();
                let mac = given.replace('-', ":").to_ascii_lowercase();
                let name = name(host);
                if !is_mac(&mac) {
                    return Err(self.document.wrong(format!(
                        "an interface of host {name} has the macAddress {given:?}. Write it as 52:54:00:12:34:56."
                    )));
                }
                if let Some(other) = seen.insert(mac.clone(), name.clone()) {
                    return Err(self.document.wrong(format!(
                        "the macAddress {mac} belongs to host {other} and to host {name}. Each host needs its own."
                    )));
                }
            }
        }
        Ok(())
    }

    fn check_roles(&self, masters: u64, workers: u64) -> Result<(), Error> {
        let is_worker =
            |host: &&Map<String, Value>| host.get("role").and_then(Value::as_str) == Some("worker");
        let given_workers = self.hosts.iter().filter(is_worker).count() as u64;
        let given = self.hosts.len() as u64;
        let given_masters = self
            .hosts
            .iter()
            .filter(|host| host.get("role").and_then(Value::as_str) == Some("master"))
            .count() as u64;
        for (what, given, wanted) in [
            ("hosts", given, masters + workers),
            ("hosts with the role worker", given_workers, workers),
            ("hosts with the role master", given_masters, masters),
        ] {
            if given > wanted {
                return Err(self.document.wrong(format!(
                    "there are {given} {what}, but the replicas in install_config ask for {wanted}. Correct one of them."
                )));
            }
        }
        Ok(())
    }

    fn check_rendezvous(&self, machine_networks: &[Network]) -> Result<(), Error> {
        let static_addresses = |host: &Map<String, Value>| {
            let mut all = vec![];
            addresses(host.get("networkConfig").unwrap_or(&Value::Null), &mut all);
            all
        };
        match self.rendezvous_ip() {
            None if self.hosts.iter().all(|host| static_addresses(host).is_empty()) => Err(self.document.wrong(
                "rendezvousIP is missing, and no host has a static address. Set it to the address of a control plane host.",
            )),
            None => Ok(()),
            Some(ip) => {
                let address = ip.parse::<std::net::IpAddr>();
                let address = address
                    .map_err(|_| self.document.wrong(format!("rendezvousIP {ip:?} is not an IP address. Correct it.")))?;
                if !machine_networks.is_empty() && !machine_networks.iter().any(|it| it.contains(address)) {
                    return Err(self.document.wrong(format!(
                        "rendezvousIP {ip} is not in the machine network of install_config ({}). Correct one of them.",
                        names(machine_networks)
                    )));
                }
                let is_worker =
                    |host: &&Map<String, Value>| host.get("role").and_then(Value::as_str) == Some("worker");
                let owner = self.hosts.iter().filter(is_worker).find(|host| static_addresses(host).iter().any(|it| it == ip));
                owner.map_or(Ok(()), |host| {
                    Err(self.document.wrong(format!(
                        "rendezvousIP {ip} is the address of {}, a worker. Set it to the address of a control plane host.",
                        name(host)
                    )))
                })
            }
        }
    }

    /// The hosts that install on an iSCSI target, and the disk's name.
    fn iscsi_disks(&self) -> impl Iterator<Item = (String, &str)> {
        self.hosts.iter().filter_map(|host| {
            let disk = host.get("rootDeviceHints")?.get("deviceName")?.as_str()?;
            (disk.contains("-iscsi-") || disk.contains("iqn.")).then(|| (name(host), disk))
        })
    }
}

fn name(host: &Map<String, Value>) -> String {
    host.get("hostname").and_then(Value::as_str).unwrap_or("without a hostname").to_owned()
}

fn interfaces(host: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    host.get("interfaces").and_then(Value::as_array).into_iter().flatten()
}

fn is_mac(mac: &str) -> bool {
    let parts: Vec<&str> = mac.split(':').collect();
    parts.len() == 6
        && parts.iter().all(|part| part.len() == 2 && part.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// The values of `ip` in a network configuration (nmstate).
fn addresses(config: &Value, all: &mut Vec<String>) {
    match config {
        Value::Object(map) => map.iter().for_each(|(key, value)| match value {
            Value::String(ip) if key == "ip" => all.push(ip.clone()),
            other => addresses(other, all),
        }),
        Value::Array(items) => items.iter().for_each(|item| addresses(item, all)),
        _ => {}
    }
}

fn only(document: &Document, whose: &str, map: &Map<String, Value>, known: &[&str]) -> Result<(), Error> {
    match map.keys().find(|key| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => Err(document.wrong(format!(
            "the field {key:?}{whose} is unknown, and the installer refuses such fields. The known fields are {}.",
            known.join(", ")
        ))),
    }
}
