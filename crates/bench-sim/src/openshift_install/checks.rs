//! What the installer refuses.
use serde_json::Value;
use std::collections::HashSet;

const AGENT: [&str; 8] = [
    "apiVersion",
    "kind",
    "metadata",
    "rendezvousIP",
    "additionalNTPSources",
    "bootArtifactsBaseURL",
    "minimalISO",
    "hosts",
];
const HOST: [&str; 5] = ["hostname", "role", "interfaces", "rootDeviceHints", "networkConfig"];

pub(super) fn install_config(config: &Value) -> Result<(), String> {
    if config["apiVersion"] != "v1" {
        return Err("invalid install-config configuration: apiVersion: Invalid value: install-config version must be \"v1\"".into());
    }
    for (path, value) in
        [("baseDomain", &config["baseDomain"]), ("metadata.name", &config["metadata"]["name"])]
    {
        if value.as_str().is_none_or(str::is_empty) {
            return Err(format!("invalid install-config configuration: {path}: Required value"));
        }
    }
    let secret = config["pullSecret"].as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    let auths = secret.as_ref().and_then(|secret| secret["auths"].as_object());
    if auths.is_none_or(serde_json::Map::is_empty) {
        return Err("invalid install-config configuration: pullSecret: Invalid value: auths required".into());
    }
    let masters = config["controlPlane"]["replicas"].as_u64().unwrap_or(3);
    if masters == 1
        && config["platform"].get("none").is_none()
        && config["platform"].get("external").is_none()
    {
        return Err("invalid install-config configuration: Platform: only none or external is supported for a single node".into());
    }
    Ok(())
}

/// Strict, as the real one is: unknown fields fail.
pub(super) fn agent_config(config: &Value) -> Result<(), String> {
    let Some(fields) = config.as_object() else { return Ok(()) };
    let unknown = |name: &str| {
        format!(
            "failed to unmarshal agent-config.yaml: error unmarshaling JSON: while decoding JSON: json: unknown field {name:?}"
        )
    };
    if let Some(name) = fields.keys().find(|name| !AGENT.contains(&name.as_str())) {
        return Err(unknown(name));
    }
    let mut macs = HashSet::new();
    for (i, host) in config["hosts"].as_array().into_iter().flatten().enumerate() {
        if let Some(name) = host
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name)
            .find(|name| !HOST.contains(&name.as_str()))
        {
            return Err(unknown(name));
        }
        let interfaces = host["interfaces"].as_array().cloned().unwrap_or_default();
        if interfaces.is_empty() {
            return Err(format!(
                "invalid Agent Config configuration: Hosts[{i}].Interfaces: Required value: at least one interface must be defined for each node"
            ));
        }
        for interface in interfaces {
            let mac = interface["macAddress"].as_str().unwrap_or_default().to_ascii_lowercase();
            if mac.is_empty() || !macs.insert(mac.clone()) {
                return Err(format!(
                    "invalid Agent Config configuration: Hosts[{i}].Interfaces[0].macAddress: Invalid value: {mac:?}: duplicate MAC address found"
                ));
            }
        }
        if host["networkConfig"].is_object() && !is_on_path("nmstatectl") {
            return Err(format!(
                "failed to validate network yaml for host {i}, install nmstate package, exec: \"nmstatectl\": executable file not found in $PATH"
            ));
        }
    }
    Ok(())
}

fn is_on_path(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
}
