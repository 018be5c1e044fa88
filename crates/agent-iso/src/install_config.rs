//! Checks `install-config.yaml` as far as it can be judged before the installer is started.
use crate::{
    Error,
    document::Document,
    network::{Network, machine_networks},
    network_names::{LONGEST_CLUSTER_NAME, is_dns_name},
    pull_secret::{PullSecret, Secrets, texts_of},
    yaml_text::yaml_text,
};
use serde_json::Value;

/// What the first word of a public key may begin with.
const KEY_TYPES: [&str; 4] = ["ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-"];
/// The installer's word for a machine's architecture, and that in the name of its ISO.
const ARCHITECTURES: [(&str, &str); 4] =
    [("amd64", "x86_64"), ("arm64", "aarch64"), ("ppc64le", "ppc64le"), ("s390x", "s390x")];

/// An install-config that is fit to be used.
#[derive(Clone, Debug)]
pub(crate) struct InstallConfig {
    document: Document,
    pull_secret: PullSecret,
    /// How many machines there are: of the control plane, and workers.
    pub(crate) masters: u64,
    pub(crate) workers: u64,
    /// None if the installer's default is used.
    pub(crate) machine_networks: Vec<Network>,
    /// As in the name of the ISO.
    pub(crate) architecture: &'static str,
    pub(crate) warnings: Vec<String>,
}

/// What must not be shown of an install-config, whether it is fit or not.
pub(crate) fn secrets(document: &Document) -> Vec<String> {
    let mut all = document.at(&["pullSecret"]).map(texts_of).unwrap_or_default();
    // Such as those of the servers' management controllers.
    let within = document.content.iter().filter(|(key, _)| *key != "pullSecret");
    within.for_each(|(_, value)| passwords(value, &mut all));
    let keys = document.text_at(&["sshKey"]).unwrap_or_default();
    all.extend(keys.lines().map(|line| line.trim().to_owned()));
    all.extend(keys.lines().filter_map(|line| line.split_ascii_whitespace().nth(1)).map(str::to_owned));
    all
}

fn passwords(value: &Value, all: &mut Vec<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| match value {
            // Shorter ones turn up by chance.
            Value::String(text) if is_password(key) && text.chars().count() >= 4 => {
                all.push(text.clone());
            }
            other => passwords(other, all),
        }),
        Value::Array(items) => items.iter().for_each(|item| passwords(item, all)),
        _ => {}
    }
}

/// Whether a password stands under this key, such as `password` or `private-key-password`.
fn is_password(key: &str) -> bool {
    key.to_ascii_lowercase().ends_with("password")
}

impl InstallConfig {
    pub(crate) fn check(document: Document) -> Result<Self, Error> {
        let wrong = |what: String| document.wrong(what);
        if document.at(&["apiVersion"]) != Some(&Value::from("v1")) {
            return Err(wrong("apiVersion is not v1. Set it to v1.".into()));
        }
        for path in [&["baseDomain"][..], &["metadata", "name"]] {
            if document.text_at(path).is_none() {
                return Err(wrong(format!("{} is missing. Add it.", path.join("."))));
            }
        }
        check_names(&document)?;
        let machine_networks = machine_networks(&document)?;
        let pull_secret = document.at(&["pullSecret"]);
        let pull_secret = pull_secret
            .ok_or_else(|| wrong("pullSecret is missing. Get one from the Red Hat console.".into()))?;
        let pull_secret = PullSecret::parse(pull_secret).map_err(|why| {
            wrong(format!("pullSecret can't be used: {why}. Get a new one from the Red Hat console."))
        })?;
        check_ssh_key(&document)?;
        let masters = document.number_at(&["controlPlane", "replicas"]);
        let masters =
            masters.ok_or_else(|| wrong("controlPlane.replicas is missing. Set it to 1 or 3.".into()))?;
        let pools = document.at(&["compute"]).and_then(Value::as_array).cloned().unwrap_or_default();
        let workers =
            pools.iter().filter_map(|pool| pool.get("replicas").and_then(Value::as_u64)).sum::<u64>();
        check_size(&document, masters, workers)?;
        let architecture = architecture(&document)?;
        let mut warnings = vec![];
        if document.at(&["bootstrapInPlace"]).is_some() {
            warnings.push(
                "install_config: the agent-based installer ignores bootstrapInPlace. Remove it, and name the disk in rootDeviceHints of agent_config.".into(),
            );
        }
        Ok(InstallConfig {
            document,
            pull_secret,
            masters,
            workers,
            machine_networks,
            architecture,
            warnings,
        })
    }

    /// The file for the installer: as it was given, where that is possible.
    pub(crate) fn text(&self) -> String {
        match self.document.at(&["pullSecret"]) {
            Some(Value::String(text)) if !text.trim().contains('\n') => self.document.text.clone(),
            _ => {
                let mut content = self.document.content.clone();
                content.insert("pullSecret".into(), self.pull_secret.line().into());
                yaml_text(&Value::Object(content))
            }
        }
    }

    /// What the ISO depends on: not on the comments of SSH keys, nor on how the pull secret is laid out.
    pub(crate) fn essence(&self) -> Value {
        let mut content = self.document.content.clone();
        content.insert("pullSecret".into(), self.pull_secret.content.clone());
        let keys = self.document.text_at(&["sshKey"]).unwrap_or_default().lines().map(without_comment);
        content.insert("sshKey".into(), keys.filter(|key| !key.is_empty()).collect());
        content.into()
    }

    pub(crate) fn secrets(&self) -> Vec<String> {
        let mut all = secrets(&self.document);
        all.extend(self.pull_secret.secrets.everywhere.iter().cloned());
        all
    }

    /// What must not be shown of what the installer says.
    pub(crate) fn secrets_of_log(&self) -> Secrets {
        Secrets { everywhere: self.secrets(), as_words: self.pull_secret.secrets.as_words.clone() }
    }
}

fn without_comment(key: &str) -> String {
    key.split_ascii_whitespace().take(2).collect::<Vec<_>>().join(" ")
}

fn check_names(document: &Document) -> Result<(), Error> {
    let name = document.text_at(&["metadata", "name"]).unwrap_or_default();
    let platform = document.at(&["platform"]).and_then(Value::as_object);
    let has_dots = name.contains('.') && platform.is_some_and(|it| it.contains_key("baremetal"));
    if !is_dns_name(name) || has_dots || name.len() > LONGEST_CLUSTER_NAME {
        return Err(document.wrong(format!(
            "metadata.name is {name:?}, which can't be the name of a cluster. Use lower-case letters, digits and dashes, at most {LONGEST_CLUSTER_NAME}."
        )));
    }
    let domain = document.text_at(&["baseDomain"]).unwrap_or_default();
    if !is_dns_name(domain.strip_suffix('.').unwrap_or(domain)) {
        return Err(document.wrong(format!(
            "baseDomain is {domain:?}, which is not a domain name. Use lower-case letters, digits and dashes, with dots between them."
        )));
    }
    Ok(())
}

fn check_ssh_key(document: &Document) -> Result<(), Error> {
    let Some(keys) = document.text_at(&["sshKey"]) else {
        return Err(document.wrong(
            "sshKey is missing. Add a public key: without one, nobody can log in to a node whose installation fails.",
        ));
    };
    let is_key = |line: &str| {
        let mut words = line.split_ascii_whitespace();
        let kind = words.next().unwrap_or_default();
        KEY_TYPES.iter().any(|known| kind.starts_with(known)) && words.next().is_some()
    };
    if keys.contains("PRIVATE KEY") {
        return Err(
            document.wrong("sshKey is a private key. Give the public one, from the file that ends in .pub.")
        );
    }
    if !keys.lines().filter(|line| !line.trim().is_empty()).all(is_key) {
        return Err(document
            .wrong("sshKey is not a public key. Give the content of a file such as ~/.ssh/id_ed25519.pub."));
    }
    Ok(())
}

fn check_size(document: &Document, masters: u64, workers: u64) -> Result<(), Error> {
    let platform = document.at(&["platform"]).and_then(Value::as_object).and_then(|it| it.keys().next());
    let Some(platform) = platform else {
        return Err(
            document.wrong("platform is missing. Set `none: {}` for one node, `baremetal` for three.")
        );
    };
    let network = document.text_at(&["networking", "networkType"]);
    match masters {
        0 => Err(document.wrong("controlPlane.replicas is 0. Set it to 1 or 3.")),
        // With an arbiter, or with fencing.
        2 if document.at(&["arbiter"]).is_none() && document.at(&["controlPlane", "fencing"]).is_none() => Err(
            document.wrong("controlPlane.replicas is 2, but two nodes can't form a quorum. Set it to 1 or 3."),
        ),
        6.. => Err(document.wrong(format!("controlPlane.replicas is {masters}. Set it to 1 or 3, and add workers."))),
        1 if workers > 0 => Err(document.wrong(format!(
            "a cluster of one node has {workers} workers. Set the replicas of compute to 0, or those of controlPlane to 3."
        ))),
        1 if !["none", "external"].contains(&platform.as_str()) => Err(document.wrong(format!(
            "a cluster of one node has the platform {platform}. Set `platform: {{none: {{}}}}`."
        ))),
        1 if network.is_some_and(|network| network != "OVNKubernetes") => {
            Err(document.wrong("a cluster of one node needs the networkType OVNKubernetes. Set it."))
        }
        3.. if platform == "baremetal" => {
            let missing = ["apiVIPs", "ingressVIPs"].into_iter().find(|list| {
                document.at(&["platform", "baremetal", list]).and_then(Value::as_array).is_none_or(Vec::is_empty)
            });
            missing.map_or(Ok(()), |list| {
                Err(document.wrong(format!("platform.baremetal.{list} is missing. Add an unused address of the machine network.")))
            })
        }
        _ => Ok(()),
    }
}

fn architecture(document: &Document) -> Result<&'static str, Error> {
    let given = document.text_at(&["controlPlane", "architecture"]).unwrap_or("amd64");
    let known = ARCHITECTURES.iter().find(|(name, _)| *name == given).map(|(_, in_iso)| *in_iso);
    known.ok_or_else(|| {
        let names: Vec<_> = ARCHITECTURES.iter().map(|(name, _)| *name).collect();
        document.wrong(format!("controlPlane.architecture is {given:?}. It can be {}.", names.join(", ")))
    })
}
