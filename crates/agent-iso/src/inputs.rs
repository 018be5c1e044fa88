//! Everything that goes into an ISO: both configurations and further manifests, checked together.
use crate::{
    Error, Release, Version,
    agent_config::AgentConfig,
    concealment::Concealment,
    document::{Document, in_order, yaml_documents},
    install_config::{self, InstallConfig},
    iso_file::sha256,
    program_path::{find, is_on_path},
};
use hardened_host::{SystemFault, create_file, own_folder, read_named_file};
use serde_json::{Value, json};
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

const LARGEST_MANIFEST: u64 = 4 << 20;

/// The inputs of one build. The files that they came from are never written to.
#[derive(Clone, Debug)]
pub struct Inputs {
    install: InstallConfig,
    agent: Option<AgentConfig>,
    /// Names and texts.
    manifests: Vec<(String, String)>,
}

impl Inputs {
    /// Checks what can be checked without the installer. `manifests` are files, or folders of them.
    pub fn check(install: Document, agent: Option<Document>, manifests: &[PathBuf]) -> Result<Self, Error> {
        let install = InstallConfig::check(install)?;
        let agent = agent.map(|agent| AgentConfig::check(agent, &install)).transpose()?;
        let manifests = read_manifests(manifests)?;
        Ok(Inputs { install, agent, manifests })
    }

    /// What must not be shown of a configuration that may turn out to be no good.
    pub fn secrets_of(document: &Document) -> Vec<String> {
        install_config::secrets(document)
    }

    /// Whatever must not be shown: the pull secret in all its parts, and the SSH keys.
    pub fn secrets(&self) -> Vec<String> {
        self.install.secrets()
    }

    /// What is hidden in the installer's words.
    pub(crate) fn concealment(&self) -> Concealment {
        Concealment::new(self.install.secrets_of_log())
    }

    /// What the installer will ignore.
    pub fn warnings(&self) -> &[String] {
        &self.install.warnings
    }

    /// Checks what depends on the release, and that the programs are there that the installer calls.
    pub fn check_for(&self, version: &Version) -> Result<Vec<String>, Error> {
        let Some(agent) = &self.agent else { return Ok(missing_oc(version)) };
        agent.check_for(version)?;
        if agent.has_network_config() && !is_on_path("nmstatectl") {
            return Err(Error::MissingProgram(
                "nmstatectl is not on PATH, but the installer needs it for the networkConfig in agent_config. Install the package nmstate on this machine.".into(),
            ));
        }
        Ok(missing_oc(version))
    }

    /// The name that the installer gives to the ISO.
    pub fn iso_name(&self) -> String {
        format!("agent.{}.iso", self.install.architecture)
    }

    /// The address of the host that leads the installation, if agent-config names it.
    pub fn rendezvous_ip(&self) -> Option<&str> {
        self.agent.as_ref().and_then(AgentConfig::rendezvous_ip)
    }

    /// The identity of an ISO: of all that it is made from, in hex. Comments, order and layout of the YAML make no difference.
    pub fn hash(&self, release: &Release) -> String {
        let manifests: Vec<Value> = self
            .manifests
            .iter()
            .map(|(name, text)| {
                let content = yaml_documents(text).map_or_else(|_| text.as_str().into(), Value::Array);
                json!({ "name": name, "content": content })
            })
            .collect();
        let all = json!({
            "install_config": self.install.essence(),
            "agent_config": self.agent.as_ref().map(AgentConfig::essence),
            "manifests": manifests,
            "version": release.version.as_str(),
            "commit": release.commit,
            "architecture": self.install.architecture,
        });
        sha256(in_order(&all).to_string().as_bytes())
    }

    /// Writes copies for the installer, which deletes them.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), Error> {
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            let written = create_file(&path).and_then(|mut file| file.write_all(text.as_bytes()));
            written.map_err(|e| Error::file(&path, &e))
        };
        write("install-config.yaml", &self.install.text())?;
        if let Some(agent) = &self.agent {
            write("agent-config.yaml", agent.text())?;
        }
        if !self.manifests.is_empty() {
            own_folder(&folder.join("openshift"))?;
        }
        self.manifests.iter().try_for_each(|(name, text)| write(&format!("openshift/{name}"), text))
    }
}

fn missing_oc(version: &Version) -> Vec<String> {
    if !version.is_at_least(4, 13) || find("oc").is_some() {
        return vec![];
    }
    vec![format!(
        "oc is not on PATH, but openshift-install {version} uses it to extract the base image. If the build fails because of this, install the OpenShift client on this machine."
    )]
}

fn read_manifests(given: &[PathBuf]) -> Result<Vec<(String, String)>, Error> {
    const OPTION: &str = "manifests";
    let mut all: Vec<(String, String)> = vec![];
    for path in given {
        let files = if path.is_dir() { files_in(path)? } else { vec![path.clone()] };
        for file in files {
            let wrong = |what: String| Error::input(OPTION, format!("{}: {what}", file.display()));
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            // Whether it is there at all comes before its name.
            let is_folder = file
                .metadata()
                .map_err(|e| wrong(format!("{}. Correct the path.", SystemFault::of(&e).cause())))?
                .is_dir();
            if is_folder {
                return Err(wrong(
                    "it is a folder inside a folder of manifests. Move its files, or list it as well.".into(),
                ));
            }
            if !is_manifest(&file) {
                return Err(wrong("its name does not end in .yaml or .yml. Rename it.".into()));
            }
            if all.iter().any(|(other, _)| *other == name) {
                return Err(wrong("another manifest has the same name. Rename one of them.".into()));
            }
            let bytes = read_named_file(&file, LARGEST_MANIFEST)
                .map_err(|e| wrong(format!("{e}. Give readable files, or folders of them.")))?;
            let text = String::from_utf8(bytes).map_err(|_| wrong("it is not UTF-8. Correct it.".into()))?;
            all.push((name, text));
        }
    }
    all.sort();
    Ok(all)
}

fn files_in(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let entries = entries.map_err(|e| Error::file(folder, &e))?;
    Ok(entries.into_iter().map(|entry| entry.path()).filter(|path| is_manifest(path)).collect())
}

fn is_manifest(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}

#[cfg(test)]
mod tests;
