//! What is asked of `openshift_agent_iso`: its options, and what follows from them.
use super::{
    age::Age,
    agent_iso_source::{Source, failed},
    server_options::TrustOptions,
};
use crate::seconds::seconds;
use agent_iso::{Document, Inputs, Mirror};
use ansible_module::{Choices, Failure, Options, Task};
use serde_json::{Map, Value};
use std::{path::PathBuf, time::Duration};

const INSTALL_CONFIG: &str = "install_config";
const AGENT_CONFIG: &str = "agent_config";

/// Build the ISO of OpenShift's agent-based installer
///
/// The module fetches the requested version of `openshift-install`, verifies it by its hash and keeps it in `cache`; or it uses the
/// program given as `installer`. Both configurations are checked before anything is started.
///
/// The installer deletes its inputs, so it works on copies in a private folder, which is removed however the task ends.
/// `NAME.kubeconfig`, `NAME.kubeadmin-password` (both readable only by their owner) and `NAME.json`, the record of the build without
/// secrets, stay beside the ISO.
///
/// An ISO from the same inputs and the same installer is not rebuilt until it is older than `max_age`. Comments, order and layout of the
/// inputs make no difference.
///
/// # Notes
///
/// - The ISO contains the pull secret. Keep it where nobody else can read it, and delete it once the cluster is installed.
/// - Environment variables reach the installer: the proxies, and `OPENSHIFT_INSTALL_RELEASE_IMAGE_OVERRIDE` for a mirrored registry.
/// - `nmstatectl` must be installed if a host has a `networkConfig`; `oc` for OpenShift 4.13 and later.
#[derive(Options)]
#[options(
    mutually_exclusive(version, channel),
    mutually_exclusive(channel, installer),
    required_if(state = IsoState::Present, all(install_config)),
    required_if(state = IsoState::Present, any(version, channel, installer))
)]
pub struct AgentIsoOptions {
    /// The version of OpenShift, such as `4.18.9`. With `installer`, the version that it must have.
    version: Option<String>,
    /// A channel of the mirror, such as `stable-4.18`; it is resolved to a version first.
    channel: Option<String>,
    /// The path of an `openshift-install` to use. Nothing is fetched then.
    installer: Option<PathBuf>,
    /// The `install-config.yaml`: a mapping, its text (YAML or JSON), or the path of the file, which is only read.
    install_config: Option<Value>,
    /// The `agent-config.yaml`, in the same forms.
    agent_config: Option<Value>,
    /// Further manifests: YAML files, or folders of them.
    manifests: Option<Vec<PathBuf>>,
    /// Where the ISO goes: a file whose name ends in `.iso`, or a folder, in which it is `agent.x86_64.iso` (or of another architecture).
    pub(crate) dest: PathBuf,
    /// The folder in which installers are kept, each version once. Defaults to `hatci.automation/openshift-install` in the user's cache.
    cache: Option<PathBuf>,
    /// Base URL of a mirror of OpenShift's releases: with a folder for each version and channel.
    #[option(default = Mirror::PUBLIC)]
    mirror: String,
    /// How old an ISO may be to be used again: seconds, or a number with `s`, `m`, `h`, `d` or `w`. 0 always builds a new one.
    ///
    /// The first certificates of a cluster are in its ISO and last 24 hours; it must be installed within that time.
    #[option(default = "20h")]
    max_age: String,
    /// Whether the ISO should exist.
    #[option(default = IsoState::Present)]
    state: IsoState,
    #[option(flatten)]
    trust: TrustOptions,
    /// Timeout of one small request to the mirror in seconds.
    #[option(default = 30)]
    timeout: u64,
    /// Timeout of the download and the build together in seconds.
    #[option(default = 3600)]
    deadline: u64,
}

#[derive(Choices, Clone, Copy, PartialEq)]
pub enum IsoState {
    /// It exists, and is young enough.
    Present,
    /// Neither it nor the files beside it exist.
    Absent,
}

/// What a build needs.
pub(crate) struct Wanted {
    pub(crate) inputs: Inputs,
    pub(crate) source: Source,
    pub(crate) max_age: Age,
    pub(crate) deadline: Duration,
}

impl Wanted {
    /// None: the ISO is to go.
    pub(crate) fn of(options: &AgentIsoOptions, task: &Task) -> Result<Option<Self>, Failure> {
        let install = options.install_config.as_ref().filter(|_| options.state == IsoState::Present);
        install.map(|install| Self::new(options, install, task)).transpose()
    }

    /// Conceals what is secret in both configurations, which may be no good.
    pub(crate) fn conceal(options: &Map<String, Value>, task: &Task) {
        for option in [INSTALL_CONFIG, AGENT_CONFIG] {
            let Some(given) = options.get(option) else { continue };
            if let Some(text) = given.as_str().filter(|_| Document::may_be_secret(given)) {
                // The options are returned, and with them all of this text.
                task.conceal(text);
            }
            let document = Document::given(option, given);
            let secrets = document.map(|document| Inputs::secrets_of(&document)).unwrap_or_default();
            for secret in &secrets {
                task.conceal(secret);
            }
        }
    }

    fn new(options: &AgentIsoOptions, install: &Value, task: &Task) -> Result<Self, Failure> {
        let install = Document::given(INSTALL_CONFIG, install).map_err(|e| failed(&e))?;
        let agent = options.agent_config.as_ref().map(|agent| Document::given(AGENT_CONFIG, agent));
        let agent = agent.transpose().map_err(|e| failed(&e))?;
        let manifests = options.manifests.as_deref().unwrap_or_default();
        let inputs = Inputs::check(install, agent, manifests).map_err(|e| failed(&e))?;
        inputs.secrets().iter().for_each(|secret| task.conceal(secret));
        inputs.warnings().iter().for_each(|warning| task.warn(warning));
        let deadline = seconds("deadline", options.deadline)?;
        let timeout = seconds("timeout", options.timeout)?;
        let mirror = Source::mirror(&options.mirror, options.trust.tls(), timeout, deadline, task)?;
        let source = Source::new(
            options.version.as_deref(),
            options.channel.as_deref(),
            options.installer.as_deref(),
            options.cache.as_deref(),
            mirror,
        )?;
        Ok(Wanted { inputs, source, max_age: Age::parse("max_age", &options.max_age)?, deadline })
    }
}
