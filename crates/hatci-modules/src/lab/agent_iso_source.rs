//! Where the installer of an agent ISO comes from: a program given, or the mirror and the cache.
use crate::{address::conceal_unusable, error_kind::error_kind};
use agent_iso::{Archive, Error, Installer, InstallerStore, Mirror, Release, Version};
use ansible_module::{Failure, Task};
use http_exchange::{Policy, TlsSettings};
use std::{
    cell::OnceCell,
    env,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// Below the user's cache.
const FOLDER: &str = "hatci.automation/openshift-install";

/// For how long a small file of the mirror is asked for at most.
const MIRROR_DEADLINE: Duration = Duration::from_secs(120);

/// Which installer is asked for.
pub(crate) struct Source {
    asked: Asked,
    store: InstallerStore,
    mirror: Mirror,
    /// What a given program says of itself.
    given: OnceCell<Release>,
}

enum Asked {
    Version(Version),
    Channel(String),
    Program(Installer, Option<Version>),
}

/// The program to build with.
pub enum Program {
    /// It is here.
    Here(Installer),
    /// It is to be fetched.
    Fetch(Version, Archive),
}

impl Program {
    /// What a build with it takes, for the results.
    pub(crate) fn actions(&self, version: &Version, why: &str) -> Vec<String> {
        let fetch = match self {
            Program::Here(_) => None,
            Program::Fetch(version, _) => Some(format!("fetch openshift-install {version}")),
        };
        fetch.into_iter().chain([format!("build the ISO of OpenShift {version}, because {why}")]).collect()
    }
}

impl Source {
    /// A mirror; its warnings become the task's, and retries are shown as progress.
    pub(crate) fn mirror(
        url: &str,
        tls: TlsSettings,
        timeout: Duration,
        deadline: Duration,
        task: &Task,
    ) -> Result<Mirror, Failure> {
        conceal_unusable(url, task);
        let shown = task.clone();
        let trouble = move |trouble: &http_exchange::RetryNotice| shown.progress(&trouble.to_string());
        let policy = Policy::until(deadline.min(MIRROR_DEADLINE));
        let mirror = Mirror::new(url, tls, timeout, policy, trouble).map_err(|e| failed(&e))?;
        mirror.warnings().iter().for_each(|warning| task.warn(warning));
        Ok(mirror)
    }

    /// At least one of the first three is given.
    pub(crate) fn new(
        version: Option<&str>,
        channel: Option<&str>,
        installer: Option<&Path>,
        cache: Option<&Path>,
        mirror: Mirror,
    ) -> Result<Self, Failure> {
        let version = version.map(|text| {
            let refused = || {
                Failure::invalid(format!(
                    "version is {text:?}, which is not a version of OpenShift. Give three numbers, such as 4.18.9, or a `channel`, such as stable-4.18."
                ))
            };
            Version::parse(text.trim()).ok_or_else(refused)
        });
        let asked = match (version.transpose()?, channel.map(str::trim), installer) {
            (version, _, Some(path)) => Asked::Program(Installer::at(path).map_err(|e| failed(&e))?, version),
            (Some(version), _, None) => Asked::Version(version),
            (None, Some(channel), None) if is_folder_name(channel) => Asked::Channel(channel.to_owned()),
            (None, channel, None) => {
                let channel = channel.unwrap_or_default();
                return Err(Failure::invalid(format!(
                    "channel is {channel:?}. Give a channel of the mirror, such as stable-4.18."
                )));
            }
        };
        let folder = cache.map_or_else(default_cache, |cache| std::path::absolute(cache).ok());
        let folder = folder.ok_or_else(|| {
            Failure::invalid("there is no folder for installers, because HOME is not set. Set `cache`.")
        })?;
        Ok(Source { asked, store: InstallerStore::new(folder), mirror, given: OnceCell::new() })
    }

    /// The version that is asked for; of a channel the mirror knows it.
    pub(crate) fn version(&self) -> Result<Version, Failure> {
        match &self.asked {
            Asked::Version(version) => Ok(version.clone()),
            Asked::Channel(channel) => self.mirror.version_of(channel).map_err(|e| failed(&e)),
            Asked::Program(installer, wanted) => {
                let release = installer.release().map_err(|e| failed(&e))?;
                let found = self.given.get_or_init(|| release).version.clone();
                match wanted {
                    Some(wanted) if *wanted != found => Err(Failure::invalid(format!(
                        "the installer is for OpenShift {found}, but `version` asks for {wanted}. Give the right program, or leave out `installer` to download it."
                    ))),
                    _ => Ok(found),
                }
            }
        }
    }

    /// What a given program says of itself; none if it comes from the mirror.
    pub(crate) fn release(&self) -> Result<Option<Release>, Failure> {
        if matches!(self.asked, Asked::Program(..)) {
            self.version()?;
        }
        Ok(self.given.get().cloned())
    }

    /// The program for a build of this version. If it is to be fetched, the mirror has it.
    pub(crate) fn program(&self, version: &Version) -> Result<Program, Failure> {
        if let Asked::Program(installer, _) = &self.asked {
            return Ok(Program::Here(installer.clone()));
        }
        if let Some(installer) = self.store.kept(version).map_err(|e| failed(&e))? {
            return Ok(Program::Here(installer));
        }
        if !cfg!(target_arch = "x86_64") {
            return Err(Failure::invalid(
                "installers are downloaded for x86_64 only, and this machine is not x86_64. Give the path of a program as `installer`.",
            ));
        }
        self.store.check_place().map_err(|e| failed(&e))?;
        Ok(Program::Fetch(version.clone(), self.mirror.archive_of(version).map_err(|e| failed(&e))?))
    }

    /// The program, fetched if need be.
    pub(crate) fn installer(
        &self,
        program: Program,
        deadline: Instant,
        tell: &dyn Fn(&str),
    ) -> Result<Installer, Error> {
        match program {
            Program::Here(installer) => Ok(installer),
            Program::Fetch(version, archive) => {
                tell(&format!("Fetching openshift-install {version}"));
                self.store.fetch(&self.mirror, &version, &archive, deadline, tell)
            }
        }
    }
}

/// The crate's error as the task's failure.
pub(crate) fn failed(error: &Error) -> Failure {
    Failure::new(error_kind(error.kind()), error.to_string())
}

fn is_folder_name(channel: &str) -> bool {
    let is_fit = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    !channel.is_empty() && channel.chars().all(is_fit) && !channel.starts_with('.')
}

/// The user's cache, as the XDG base directory specification has it.
fn default_cache() -> Option<PathBuf> {
    let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(cache.join(FOLDER))
}
