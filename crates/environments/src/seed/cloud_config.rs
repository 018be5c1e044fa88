//! What cloud-init reads from a seed: `user-data`, `meta-data`, and the volume that holds both.
use super::{
    fat12::{self, File},
    provisioner::{Provisioner, User},
};
use crate::digest::sha256;
use data_encoding::HEXLOWER;
use serde_json::{Value, json};

/// The first line, exactly so.
const FIRST_LINE: &str = "#cloud-config\n";
/// The label by which cloud-init finds the volume.
const LABEL: &str = "CIDATA";
const SYSCTL_FILE: &str = "/etc/sysctl.d/90-environment.conf";
const MODULES_FILE: &str = "/etc/modules-load.d/90-environment.conf";
const FILTER_MODULE: &str = "br_netfilter";

/// The volume for a host, or for any host of the role. None if it would be too large for a seed.
pub(super) fn volume(provisioner: &Provisioner, host: Option<&str>) -> Option<Vec<u8>> {
    let user_data = user_data(provisioner, host);
    let meta_data = meta_data(&user_data, host);
    fat12::volume(
        LABEL,
        &[
            File { name: "meta-data", content: meta_data.as_bytes() },
            File { name: "user-data", content: user_data.as_bytes() },
        ],
    )
}

/// JSON after the first line: it is valid YAML, and quotes everything. Empty lists are left out, since cloud-init's schema refuses them.
pub(super) fn user_data(provisioner: &Provisioner, host: Option<&str>) -> String {
    let mut config = json!({});
    if let Some(host) = host {
        if let Some((name, _)) = host.split_once('.') {
            config["fqdn"] = host.into();
            config["hostname"] = name.into();
        } else {
            config["hostname"] = host.into();
        }
    }
    if !provisioner.packages.is_empty() {
        config["package_update"] = true.into();
        config["packages"] = json!(provisioner.packages);
    }
    let (files, commands) = kernel_settings(&provisioner.kernel_settings);
    if !files.is_empty() {
        config["runcmd"] = commands.into();
        config["write_files"] = files.into();
    }
    if !provisioner.users.is_empty() {
        // Without `default`, the distribution's own user would not be made.
        let users = provisioner.users.iter().map(user);
        config["users"] = [json!("default")].into_iter().chain(users).collect();
    }
    config.sort_all_objects();
    format!("{FIRST_LINE}{config:#}\n")
}

/// The id tells cloud-init whether this is a first boot: with the same id, other user-data would not be applied. So it is made from the content.
fn meta_data(user_data: &str, host: Option<&str>) -> String {
    let digest = sha256([user_data.as_bytes(), b"\0", host.unwrap_or_default().as_bytes()]);
    let mut meta_data = json!({ "instance-id": format!("iid-{}", HEXLOWER.encode(&digest[..8])) });
    if let Some(host) = host {
        meta_data["local-hostname"] = host.into();
    }
    format!("{meta_data:#}\n")
}

/// Nobody can log in with a password; Ansible becomes root without one.
fn user(user: &User) -> Value {
    json!({
        "name": user.name,
        "lock_passwd": true,
        "shell": "/bin/bash",
        "ssh_authorized_keys": user.keys,
        "sudo": "ALL=(ALL) NOPASSWD:ALL",
    })
}

/// The files and commands that set them.
fn kernel_settings(settings: &[(String, String)]) -> (Vec<Value>, Vec<Value>) {
    if settings.is_empty() {
        return (vec![], vec![]);
    }
    let file =
        |path: &str, content: String| json!({ "path": path, "content": content, "permissions": "0644" });
    let lines =
        settings.iter().map(|(name, value)| format!("{name} = {value}\n")).collect::<Vec<_>>().concat();
    let (mut files, mut commands) = (vec![file(SYSCTL_FILE, lines)], vec![]);
    // These settings exist only once the module is loaded.
    if settings.iter().any(|(name, _)| name.replace('/', ".").starts_with("net.bridge.")) {
        files.push(file(MODULES_FILE, format!("{FILTER_MODULE}\n")));
        commands.push(json!(["modprobe", FILTER_MODULE]));
    }
    commands.push(json!(["sysctl", "--system"]));
    (files, commands)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provisioner() -> Provisioner {
        Provisioner {
            kernel_settings: vec![("net.bridge.bridge-nf-call-iptables".into(), "1".into())],
            users: vec![User { name: "kim".into(), keys: vec!["ssh-ed25519 AAAA".into()] }],
            packages: vec!["curl".into()],
            ..Provisioner::default()
        }
    }

    #[test]
    fn user_data_is_json_after_its_first_line_without_empty_lists() {
        assert_eq!(user_data(&Provisioner::default(), None), "#cloud-config\n{}\n");
        let text = user_data(&provisioner(), Some("k8s-1.example.com"));
        let config: Value = serde_json::from_str(text.strip_prefix(FIRST_LINE).unwrap()).unwrap();
        assert_eq!((&config["hostname"], &config["fqdn"]), (&json!("k8s-1"), &json!("k8s-1.example.com")));
        assert_eq!(config["users"][0], "default");
        assert_eq!(config["users"][1]["lock_passwd"], true);
        assert_eq!(config["write_files"][0]["permissions"], "0644");
        assert_eq!(config["runcmd"], json!([["modprobe", "br_netfilter"], ["sysctl", "--system"]]));
        let keys: Vec<_> = config.as_object().unwrap().keys().collect();
        assert!(keys.is_sorted(), "{keys:?}");
    }

    #[test]
    fn another_configuration_or_another_host_is_another_instance() {
        let id = |provisioner: &Provisioner, host| meta_data(&user_data(provisioner, host), host);
        let (one, mut other) = (provisioner(), provisioner());
        other.packages.push("jq".into());
        assert_eq!(id(&one, Some("a")), id(&one, Some("a")));
        let all = [id(&one, None), id(&one, Some("a")), id(&one, Some("b")), id(&other, None)];
        assert_eq!(all.iter().collect::<std::collections::BTreeSet<_>>().len(), 4);
        assert!(all[1].contains("\"local-hostname\": \"a\"") && !all[0].contains("local-hostname"));
    }
}
