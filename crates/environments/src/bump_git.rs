//! What git says of a repository. Its configuration and environment can't make it run anything or look elsewhere.
use crate::Root;
use hardened_host::{Ending, Launch};
use std::{env, path::PathBuf, time::Duration};

/// How long one command may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// The most that is read of what it prints, in bytes.
const MOST: usize = 1 << 20;
/// Where this user's git finds which folders of other owners are safe.
const HOMES: [&str; 2] = ["HOME", "XDG_CONFIG_HOME"];

/// The program git, for one repository.
pub(crate) struct Git<'a> {
    program: PathBuf,
    root: &'a Root,
}

/// How a command of git failed.
#[derive(Debug)]
pub(crate) struct GitFailure {
    /// Its exit status; none if it did not exit by itself.
    pub(crate) status: Option<i32>,
    /// What it said, or why it did not run.
    pub(crate) text: String,
}

impl<'a> Git<'a> {
    /// The first git on this path, such as that of the environment variable `PATH`. The error is a sentence.
    pub(crate) fn on_path(path: &std::ffi::OsStr, root: &'a Root) -> Result<Self, String> {
        let programs =
            env::split_paths(path).filter(|folder| folder.is_absolute()).map(|folder| folder.join("git"));
        let found = programs.into_iter().find(|program| program.is_file());
        let missing =
            "git is not installed, but comparing with a base needs it. Install git, or leave out base.";
        Ok(Git { program: found.ok_or(missing)?, root })
    }

    /// What a command prints.
    pub(crate) fn output(&self, arguments: &[&str]) -> Result<Vec<u8>, GitFailure> {
        match self.run(arguments, true) {
            (Some(0), output) => Ok(output),
            // Once more for what it says of the failure; its output alone does not hold that.
            _ => match self.run(arguments, false) {
                (Some(0), output) => Ok(output),
                (status, text) => {
                    Err(GitFailure { status, text: String::from_utf8_lossy(&text).trim().to_owned() })
                }
            },
        }
    }

    fn run(&self, arguments: &[&str], is_quiet: bool) -> (Option<i32>, Vec<u8>) {
        let mut launch = Launch::new(&self.program)
            .arg("-C")
            .arg(self.root.path())
            // A program that the repository's own configuration names would be run.
            .args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"])
            .args(arguments)
            .env("LC_ALL", "C")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_TERMINAL_PROMPT", "0");
        for name in HOMES {
            if let Some(value) = env::var_os(name) {
                launch = launch.env(name, value);
            }
        }
        if is_quiet {
            launch = launch.quiet();
        }
        match launch.start().map(|child| child.finish(PATIENCE, MOST)) {
            Ok((Ending::Exited(status), output)) => (Some(status), output),
            Ok((Ending::NotStarted(e), _)) | Err(e) => (None, e.to_string().into_bytes()),
            Ok((Ending::Killed(_) | Ending::GuardDied, _)) => {
                (None, format!("it did not end within {} seconds", PATIENCE.as_secs()).into_bytes())
            }
        }
    }

    /// The names of the files below this path that differ from a commit, also uncommitted and untracked ones.
    pub(crate) fn changed(&self, commit: &str, path: &str) -> Result<Vec<String>, GitFailure> {
        let diff = [
            "diff",
            "--name-only",
            "--no-renames",
            "--no-ext-diff",
            "--no-textconv",
            "--relative",
            "-z",
            commit,
            "--",
            path,
        ];
        let untracked = ["ls-files", "--others", "--exclude-standard", "-z", "--", path];
        let mut names = vec![];
        for command in [&diff[..], &untracked[..]] {
            let output = self.output(command)?;
            let found = output.split(|byte| *byte == 0).filter(|name| !name.is_empty());
            names.extend(found.map(|name| String::from_utf8_lossy(name).into_owned()));
        }
        Ok(names)
    }

    /// The content of a file in a commit; none if it is not there.
    pub(crate) fn content(&self, commit: &str, path: &str) -> Result<Option<Vec<u8>>, GitFailure> {
        if self.output(&["ls-tree", "-z", "--name-only", commit, "--", path])?.is_empty() {
            return Ok(None);
        }
        self.output(&["cat-file", "blob", &format!("{commit}:./{path}")]).map(Some)
    }

    /// Whether earlier commits are missing.
    pub(crate) fn is_shallow(&self) -> bool {
        let told = self.output(&["rev-parse", "--is-shallow-repository"]);
        told.is_ok_and(|told| told.starts_with(b"true"))
    }

    /// The hash of the commit of this name.
    pub(crate) fn commit(&self, name: &str) -> Result<String, GitFailure> {
        let output = self.output(&["rev-parse", "--verify", "--quiet", &format!("{name}^{{commit}}")])?;
        Ok(String::from_utf8_lossy(&output).trim().to_owned())
    }

    /// The hash of the commit in which this branch and what is checked out have parted. The error says what to do.
    pub(crate) fn merge_base(&self, base: &str) -> Result<String, String> {
        let root = self.root.path().display();
        if base.starts_with('-') || base.is_empty() {
            return Err(format!(
                "The base {base:?} can't be the name of a commit. Give a branch, tag or hash."
            ));
        }
        let failure = match self.output(&["merge-base", base, "HEAD"]) {
            Ok(output) => return Ok(String::from_utf8_lossy(&output).trim().to_owned()),
            Err(failure) => failure,
        };
        if failure.text.contains("dubious ownership") {
            return Err(format!(
                "git refuses {root}, which belongs to another user. If you trust it, run: git config --global --add safe.directory {root}"
            ));
        }
        if failure.text.contains("not a git repository") {
            return Err(format!(
                "{root} is not in a git repository, so there is nothing to compare with {base}. Leave out base."
            ));
        }
        if self.is_shallow() {
            return Err(format!(
                "This clone holds only the newest commits, so it is unknown what has changed since {base}. Run: git fetch --unshallow"
            ));
        }
        if failure.status == Some(1) && failure.text.is_empty() {
            return Err(format!(
                "{base} and what is checked out have no commit in common. Give another base."
            ));
        }
        Err(format!("git can't compare with {base}: {} Correct base, or fetch it.", ended(&failure.text)))
    }
}

/// Ended by a full stop, in one line.
pub(crate) fn ended(text: &str) -> String {
    let text = text.lines().next().unwrap_or_default().trim_end_matches('.');
    if text.is_empty() { "the cause is unknown.".into() } else { format!("{text}.") }
}
