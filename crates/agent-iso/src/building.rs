//! One build: the installer at work in a private folder, which goes away however it ends.
use crate::{
    Error, Inputs, Installer, concealment::Concealment, iso_file::is_iso, log_lines::LogLines,
    work_folder::WorkFolder,
};
use hardened_host::{Child, Ending, own_folder, read_named_file};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::{
    cell::Cell,
    cmp::Ordering,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

const PREFIX: &str = ".agent-iso-";
/// So many lines are shown; an installer that says more has gone wild.
const MOST_LINES: usize = 1000;
/// Whoever watches hears something at least so often.
const SILENCE: Duration = Duration::from_secs(50);
const KUBECONFIG: &str = "auth/kubeconfig";
const PASSWORD: &str = "auth/kubeadmin-password";

/// What a build has made, in its folder. The folder goes away when this is dropped, and when this process dies.
pub struct Build {
    /// Its guard removes the folder.
    child: Child,
    folder: WorkFolder,
    iso: PathBuf,
    concealment: Concealment,
}

impl Build {
    /// Builds an ISO in a fresh folder below `place`.
    ///
    /// `tell` gets the installer's messages as they come, without the secrets of the inputs and of the cluster.
    pub fn run(
        installer: &Installer,
        inputs: &Inputs,
        place: &Path,
        deadline: Instant,
        tell: &dyn Fn(&str),
    ) -> Result<Self, Error> {
        let folder = WorkFolder::new(place, PREFIX)?;
        inputs.write(folder.path())?;
        // Temporary files of the installer hold the pull secret.
        let temporary = folder.path().join("tmp");
        own_folder(&temporary)?;
        let launch = installer.launch().env("TMPDIR", &temporary).removing_later(folder.path());
        // The installer can't do without, and keeps its base images there.
        let launch =
            if std::env::var_os("HOME").is_none() { launch.env("HOME", folder.path()) } else { launch };
        let launch = launch.args(["agent", "create", "image", "--dir"]).arg(folder.path());
        let child = launch.start().map_err(|e| {
            Error::Build(format!("openshift-install did not start: {}. Run the task again.", e.fault.cause()))
        })?;
        let iso = folder.path().join(inputs.iso_name());
        let mut build = Build { child, folder, iso, concealment: inputs.concealment() };
        let mut log = LogLines::default();
        match build.watch(deadline, &mut log, tell) {
            None => Err(Error::Timeout(format!(
                "openshift-install did not finish before the deadline{}. Raise `deadline`.",
                log.reason()
                    .map(|line| format!("; its last line was: {}", build.hidden(&line)))
                    .unwrap_or_default()
            ))),
            Some(Ending::Exited(0)) => build.checked(),
            Some(ending) => Err(failed(&ending, log.reason().map(|line| build.hidden(&line)))),
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
        let bytes = read_named_file(&self.folder.path().join("rendezvousIP"), 100).ok()?;
        let text = String::from_utf8(bytes).ok()?.trim().to_owned();
        text.parse::<std::net::IpAddr>().ok().map(|_| text)
    }

    /// An exit code of 0 is not enough.
    fn checked(self) -> Result<Self, Error> {
        let name = self.iso.file_name().unwrap_or_default().to_string_lossy();
        if !self.iso.is_file() {
            return Err(Error::Build(format!(
                "openshift-install succeeded, but left no {name}. Check the architecture in install_config, and that the installer is the one for OpenShift."
            )));
        }
        if !is_iso(&self.iso) {
            return Err(Error::Build(format!(
                "openshift-install succeeded, but its {name} is not an ISO image. Check the free disk space, and run the task again."
            )));
        }
        Ok(self)
    }

    /// How it ended; none if the deadline came first.
    fn watch(&mut self, deadline: Instant, log: &mut LogLines, tell: &dyn Fn(&str)) -> Option<Ending> {
        let begun = Instant::now();
        let mut heard = begun;
        let shown = Cell::new(0);
        let show = |line: &str| {
            shown.set(shown.get() + 1);
            match shown.get().cmp(&MOST_LINES) {
                Ordering::Less => tell(line),
                Ordering::Equal => tell("More output of the installer is not shown"),
                Ordering::Greater => {}
            }
        };
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let is_over = self.pause(left.min(SILENCE.saturating_sub(heard.elapsed())));
            let mut written = vec![];
            self.child.read_all(&mut |bytes| written.extend_from_slice(bytes));
            if !written.is_empty() {
                heard = Instant::now();
                log.take(&written, &|line| show(&self.hidden(line)));
            }
            if is_over {
                return Some(self.child.ending());
            }
            if left.is_zero() {
                self.child.guard().end();
                return None;
            }
            if heard.elapsed() >= SILENCE {
                tell(&format!("The ISO is still being built, after {} s", begun.elapsed().as_secs()));
                heard = Instant::now();
            }
        }
    }

    /// Until something is written or all has ended, or this time is over. Says whether all has ended.
    fn pause(&self, limit: Duration) -> bool {
        let limit = limit.max(Duration::from_millis(1));
        let limit = Timespec {
            tv_sec: i64::try_from(limit.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: limit.subsec_nanos().into(),
        };
        let written = self.child.written();
        let ended = self.child.ended();
        let mut watched = [&written, &ended].map(|it| PollFd::from_borrowed_fd(*it, PollFlags::IN));
        // An error is a signal; the caller's loop checks again.
        poll(&mut watched, Some(&limit)).is_ok() && !watched[1].revents().is_empty()
    }

    /// A line without secrets. The cluster's password is known to nobody but this build.
    fn hidden(&self, line: &str) -> String {
        let password =
            read_named_file(&self.password(), 1000).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        self.concealment.shown(line, password.as_deref().map(str::trim))
    }
}

fn failed(ending: &Ending, reason: Option<String>) -> Error {
    let how = match ending {
        Ending::Exited(code) => format!("ended with exit code {code}"),
        Ending::Killed(signal) => format!("was killed by signal {signal}"),
        Ending::NotStarted(e) => return Error::Build(format!("{e}. Check the installer.")),
        Ending::GuardDied => "was stopped by someone else".into(),
    };
    match reason {
        Some(reason) => Error::Build(format!(
            "openshift-install {how}: {}. Correct what it names; your files are unchanged, and nothing was created.",
            reason.trim_end_matches('.')
        )),
        None => Error::Build(format!(
            "openshift-install {how} without a message, so the cause is unknown. Check this machine's memory and disk, and run the task again."
        )),
    }
}
