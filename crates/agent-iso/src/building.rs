//! One build: the installer at work in a private folder, which goes away however it ends.
use crate::{
    Error, Inputs, Installer,
    iso_file::is_iso,
    log_lines::LogLines,
};
use hardened_host::{Child, Ending, FreshFolder, lock_folder, own_folder};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

const PREFIX: &str = ".agent-iso-";
/// Whoever watches hears something at least so often.
const SILENCE: Duration = Duration::from_secs(50);
const KUBECONFIG: &str = "auth/kubeconfig";
const PASSWORD: &str = "auth/kubeadmin-password";

/// What a build has made, in its folder. The folder goes away when this is dropped.
pub struct Build {
    folder: FreshFolder,
    iso: PathBuf,
    /// Shows other processes that the folder is in use.
    _lock: Option<File>,
}

impl Build {
    /// Builds an ISO in a fresh folder below `place`.
    ///
    /// `tell` gets the installer's messages as they come; they may hold secrets.
    pub fn run(
        installer: &Installer,
        inputs: &Inputs,
        place: &Path,
        deadline: Instant,
        tell: &dyn Fn(&str),
    ) -> Result<Self, Error> {
        remove_stale(place);
        let folder = FreshFolder::within(place, PREFIX)?;
        let lock = lock_folder(folder.path(), Duration::ZERO).ok().flatten();
        inputs.write(&folder)?;
        // Temporary files of the installer hold the pull secret.
        let temporary = folder.path().join("tmp");
        own_folder(&temporary)?;
        let launch = installer.launch().env("TMPDIR", &temporary);
        let launch = launch.args(["agent", "create", "image", "--dir"]).arg(folder.path()).removing(folder.path());
        let child = launch.start().map_err(|e| Error::Build(format!("openshift-install did not start: {}. Run the task again.", e.fault.cause())))?;
        let iso = folder.path().join(inputs.iso_name());
        let mut log = LogLines::default();
        let ending = watch(child, deadline, &mut log, tell);
        let build = Build { folder, iso, _lock: lock };
        match ending {
            None => Err(Error::Timeout(format!(
                "openshift-install was not done when the deadline came{}. Raise `deadline`.",
                log.reason().map(|line| format!("; its last line was: {line}")).unwrap_or_default()
            ))),
            Some(Ending::Exited(0)) => build.checked(),
            Some(ending) => Err(failed(&ending, log)),
        }
    }

    /// The ISO.
    pub(crate) fn iso(&self) -> &Path {
        &self.iso
    }

    /// The files of the cluster's administrator.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join(KUBECONFIG)
    }

    pub(crate) fn password(&self) -> PathBuf {
        self.folder.path().join(PASSWORD)
    }

    /// The address of the host that leads the installation, if the installer has written it.
    pub fn rendezvous_ip(&self) -> Option<String> {
        let bytes = hardened_host::read_named_file(&self.folder.path().join("rendezvousIP"), 100).ok()?;
        let text = String::from_utf8(bytes).ok()?.trim().to_owned();
        text.parse::<std::net::IpAddr>().ok().map(|_| text)
    }

    /// An exit code of 0 is not enough.
    fn checked(self) -> Result<Self, Error> {
        let name = self.iso.file_name().unwrap_or_default().to_string_lossy();
        if !self.iso.is_file() {
            return Err(Error::Build(format!(
                "openshift-install ended well, but left no {name}. Check the architecture in install_config, and that the installer is the one for OpenShift."
            )));
        }
        if !is_iso(&self.iso) {
            return Err(Error::Build(format!(
                "openshift-install ended well, but its {name} is no ISO image. Check the space on the disk, and run the task again."
            )));
        }
        Ok(self)
    }
}

/// Removes what builds have left there whose process and guard were killed together, as when the machine lost its power.
fn remove_stale(place: &Path) {
    let Ok(entries) = fs::read_dir(place) else { return };
    let is_build = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with(PREFIX);
    for path in entries.flatten().filter(|entry| is_build(&entry.file_name())).map(|entry| entry.path()) {
        // Nobody works there who can be locked out; a folder of another user can't be removed anyway.
        if matches!(lock_folder(&path, Duration::ZERO), Ok(Some(_))) {
            let _ = fs::remove_dir_all(&path);
        }
    }
}

/// How it ended; none if the deadline came first.
fn watch(mut child: Child, deadline: Instant, log: &mut LogLines, tell: &dyn Fn(&str)) -> Option<Ending> {
    let begun = Instant::now();
    let mut heard = begun;
    loop {
        let mut is_over = false;
        let left = deadline.saturating_duration_since(Instant::now());
        let pause = left.min(SILENCE.saturating_sub(heard.elapsed())).max(Duration::from_millis(1));
        {
            let limit = Timespec {
                tv_sec: i64::try_from(pause.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: pause.subsec_nanos().into(),
            };
            let mut watched = [child.written(), child.ended()].map(|it| PollFd::from_borrowed_fd(it, PollFlags::IN));
            // An error is a signal; the loop checks again.
            if poll(&mut watched, Some(&limit)).is_ok() {
                is_over = !watched[1].revents().is_empty();
            }
        }
        child.read_all(&mut |bytes| {
            heard = Instant::now();
            log.take(bytes, tell);
        });
        if is_over {
            return Some(child.ending());
        }
        if left.is_zero() {
            child.guard().end();
            return None;
        }
        if heard.elapsed() >= SILENCE {
            tell(&format!("The ISO is still being built, for {} s now", begun.elapsed().as_secs()));
            heard = Instant::now();
        }
    }
}

fn failed(ending: &Ending, log: LogLines) -> Error {
    let how = match ending {
        Ending::Exited(code) => format!("ended with exit code {code}"),
        Ending::Killed(signal) => format!("was ended by signal {signal}"),
        Ending::NotStarted(e) => return Error::Build(format!("{e}. Check the installer.")),
        Ending::GuardDied => "was ended by somebody else".into(),
    };
    match log.reason() {
        Some(reason) => Error::Build(format!(
            "openshift-install {how}: {}. Correct what it names; your files are as they were, and nothing was made.",
            reason.trim_end_matches('.')
        )),
        None => Error::Build(format!(
            "openshift-install {how} and said nothing; why is unknown. Run the task again, and check this machine's memory and disk."
        )),
    }
}
