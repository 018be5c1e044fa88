//! The program `openshift-install`: what it says of itself, and how it is started.
use crate::{Error, Version, program_path::folders};
use hardened_host::{Ending, Launch};
use std::{
    env,
    ffi::OsString,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

/// A large program on a cold disk.
const PATIENCE: Duration = Duration::from_secs(60);
const LONGEST_ANSWER: usize = 64 << 10;
/// What other programs of the user log in with, which is none of the installer's business.
const OF_OTHERS: [&str; 9] = [
    "HATCI_TOKEN",
    "ARA_API_TOKEN",
    "ARA_API_USERNAME",
    "ARA_API_PASSWORD",
    "S3_ACCESS_KEY",
    "S3_SECRET_KEY",
    "TRUENAS_API_KEY",
    "IDRAC_USERNAME",
    "IDRAC_PASSWORD",
];

/// What an installer says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// The version of OpenShift that it installs.
    pub version: Version,
    /// The commit that it was built from.
    pub commit: String,
}

/// An installer on this machine.
#[derive(Clone, Debug)]
pub struct Installer {
    path: PathBuf,
}

impl Installer {
    /// The program at this path.
    pub fn at(path: &Path) -> Result<Self, Error> {
        let is_program = |path: &Path| {
            path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
        };
        match std::path::absolute(path) {
            Ok(path) if is_program(&path) => Ok(Installer { path }),
            _ => Err(Error::input(
                "installer",
                format!(
                    "{} is not a program. Give the path of openshift-install, or a `version` instead.",
                    path.display()
                ),
            )),
        }
    }

    /// Runs `openshift-install version`.
    pub fn release(&self) -> Result<Release, Error> {
        let shown = self.path.display();
        let failed = |why: String| {
            Error::Unusable(format!(
                "{shown} version {why}. Check that it is openshift-install for this machine."
            ))
        };
        let child = self
            .launch()
            .arg("version")
            .start()
            .map_err(|e| failed(format!("did not start: {}", e.fault.cause())))?;
        let (ending, output) = child.finish(PATIENCE, LONGEST_ANSWER);
        match ending {
            Ending::Exited(0) => {}
            Ending::Exited(code) => return Err(failed(format!("ended with exit code {code}"))),
            Ending::NotStarted(e) => return Err(failed(format!("did not start: {}", e.fault.cause()))),
            Ending::Killed(0) => return Err(failed(format!("did not end within {} s", PATIENCE.as_secs()))),
            Ending::Killed(signal) => return Err(failed(format!("was killed by signal {signal}"))),
            Ending::GuardDied => return Err(failed("was ended".into())),
        }
        parse_release(&String::from_utf8_lossy(&output)).ok_or_else(|| failed("names no version".into()))
    }

    /// With the environment of this process, and so with its proxies and `OPENSHIFT_INSTALL_RELEASE_IMAGE_OVERRIDE`; the rest is up to
    /// the caller.
    pub(crate) fn launch(&self) -> Launch {
        let path: OsString = env::join_paths(folders()).unwrap_or_default();
        Launch::new(&self.path).with_environment().without_env(&OF_OTHERS).env("PATH", path)
    }
}

/// The first line ends in the version; a later one names the commit.
fn parse_release(text: &str) -> Option<Release> {
    let version = text.lines().find_map(|line| {
        let (_, last) = line.trim().rsplit_once(' ')?;
        Version::parse(last.trim_start_matches('v'))
    })?;
    let commit = text.lines().find_map(|line| line.trim().strip_prefix("built from commit "));
    Some(Release { version, commit: commit.unwrap_or_default().trim().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_last_word_of_the_first_line() {
        let text = "./openshift-install 4.18.9\nbuilt from commit 2d5b5c0\nrelease image quay.io/x@sha256:00\nrelease architecture amd64\n";
        let release = parse_release(text).unwrap();
        assert_eq!((release.version.as_str(), release.commit.as_str()), ("4.18.9", "2d5b5c0"));
        assert_eq!(parse_release("usage: something else"), None);
    }
}
