//! `jumpstarter_exporter_config`
use super::{client::failed, exporter_config_file::ConfigFile, registration::Registration};
use ansible_module::{Choices, ErrorKind, Failure, Module, Options, Plan, Results, SharedResults, Task};
use hardened_host::{OPENED_BY_USER, SystemFault};
use jumpstarter::{Environment, ExporterConfig, JmpProgram, Secret, exporter_directories, exporter_file};
use serde_json::Value;
use std::{io, path::PathBuf};

/// The first line of a file that this module has written.
const MARK: &str =
    "# Written by hatci.automation.jumpstarter_exporter_config; it overwrites changes made by hand.\n";

/// Write the configuration of a Jumpstarter exporter
///
/// A configuration that `jmp` would reject is not written. The file is replaced atomically, and only its owner can read it. A file that
/// this module did not write, or that holds a registration (an endpoint or a token), is neither replaced nor removed, unless
/// `replace_registration` is set. The module recognises its own files by a comment in their first line.
#[derive(Options)]
#[options(required_if(state = FileState::Present, all(content)))]
pub struct ExporterConfigOptions {
    /// The exporter's name, as for `jmp shell --exporter`.
    name: String,
    /// The whole configuration, as YAML.
    content: Option<String>,
    /// The directory. Defaults to the first one that `jmp` searches: `exporters` in the user's `~/.config/jumpstarter`.
    dir: Option<PathBuf>,
    /// Whether the file should exist.
    #[option(default = FileState::Present)]
    state: FileState,
    /// Whether to overwrite or remove a file that this module did not write, or that holds an `endpoint` and a `token`.
    #[option(default = false)]
    replace_registration: bool,
    /// Whether to keep a copy of a replaced or removed file next to it.
    #[option(default = false)]
    backup: bool,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum FileState {
    /// It exists, with this content.
    Present,
    /// It does not exist.
    Absent,
}

/// What `jumpstarter_exporter_config` returns.
#[derive(Results, Default)]
pub struct ExporterConfigResults {
    /// The file.
    #[result(returned = "always", sample = "/home/kim/.config/jumpstarter/exporters/vehicle_001.yaml")]
    path: Option<String>,
    /// The copy of the previous file.
    #[result(
        returned = "when `backup` is set and a file was changed",
        sample = "/home/kim/.config/jumpstarter/exporters/vehicle_001.yaml.20261120T204858"
    )]
    backup_file: Option<String>,
}

/// The module `jumpstarter_exporter_config`.
pub struct JumpstarterExporterConfig {
    task: Task,
    file: ConfigFile,
    /// None: the file is to go.
    content: Option<String>,
    backup: bool,
    replaces_registration: bool,
    /// Whether process succeeded, so that housekeep has something to look at.
    is_done: bool,
}

impl Module for JumpstarterExporterConfig {
    const NAME: &'static str = "jumpstarter_exporter_config";
    /// It speaks to no controller.
    const IN_ACTION_GROUP: bool = false;
    const EXAMPLES: &'static str = include_str!("jumpstarter_exporter_config.yml");
    type Options = ExporterConfigOptions;
    type Results = ExporterConfigResults;
    type Change = ();

    fn new(options: ExporterConfigOptions, task: &Task) -> Result<Self, Failure> {
        let known = exporter_directories(&Environment::of_this_process());
        let directory = options.dir.unwrap_or_else(|| known[0].clone());
        let path = exporter_file(&directory, &options.name).map_err(|e| failed(&e))?;
        let given = options.content.filter(|_| options.state == FileState::Present);
        if let Some(content) = &given {
            check(content, task)?;
            if !known.contains(&directory) {
                task.warn(format!(
                    "jmp does not search {}: --exporter {} will not find this file; use --exporter-config.",
                    directory.display(),
                    options.name
                ));
            }
        }
        Ok(JumpstarterExporterConfig {
            task: task.clone(),
            file: ConfigFile::new(path),
            content: given.map(|given| if is_marked(&given) { given } else { format!("{MARK}{given}") }),
            backup: options.backup,
            replaces_registration: options.replace_registration,
            is_done: false,
        })
    }

    fn discover(&mut self, results: &SharedResults<ExporterConfigResults>) -> Result<Plan<()>, Failure> {
        results.update(|r| r.path = Some(self.file.path().display().to_string()));
        self.file.reach().map_err(|e| self.refused(&e))?;
        let before = self.existing()?;
        let mode = before.as_ref().map(|(_, mode)| *mode);
        let before = before.map(|(content, _)| content);
        let is_current = before == self.content && (before.is_none() || mode == Some(OPENED_BY_USER));
        // Somebody has written by hand what is asked for. It stays that file.
        let unmarked = self.content.as_deref().and_then(|content| content.strip_prefix(MARK));
        let is_there_by_hand =
            before.is_some() && before.as_deref() == unmarked && !self.replaces_registration;
        if is_current || is_there_by_hand {
            return Ok(Plan::Nothing);
        }
        if let Some(before) = &before
            && !self.replaces_registration
        {
            self.spares_what_others_wrote(before)?;
            self.keeps_registration(before)?;
        }
        let shown =
            |content: Option<&String>| content.map_or(Value::Null, |content| self.shown(content).into());
        Ok(Plan::change(shown(before.as_ref()), shown(self.content.as_ref())))
    }

    fn process(&mut self, (): (), results: &SharedResults<ExporterConfigResults>) -> Result<(), Failure> {
        let made = self.file.make_folder();
        let is_made = made.map_err(|e| Failure { changed: Some(true), ..self.refused(&e) })?;
        let backup = if self.backup { self.file.copy() } else { Ok(None) };
        let backup = backup.map_err(|e| self.refused(&e).unchanged())?;
        let is_nothing_made = !is_made && backup.is_none();
        results.update(|r| r.backup_file = backup);
        let done = match &self.content {
            Some(content) => self.file.replace(content),
            None => self.file.remove(),
        };
        done.map_err(|e| Failure { changed: Some(!is_nothing_made), ..self.refused(&e) })?;
        self.is_done = true;
        Ok(())
    }

    fn housekeep(&mut self, _: &SharedResults<ExporterConfigResults>) -> Result<(), Failure> {
        if !self.is_done {
            return Ok(());
        }
        let now = self.existing()?.map(|(content, _)| content);
        if now == self.content {
            return Ok(());
        }
        Err(Failure::new(
            ErrorKind::Conflict,
            format!(
                "{} was changed by another process at the same time. Run the task again.",
                self.file.path().display()
            ),
        ))
    }
}

impl JumpstarterExporterConfig {
    /// Content and mode of the file; none if there is none.
    fn existing(&self) -> Result<Option<(String, u32)>, Failure> {
        self.file.read().map_err(|e| self.refused(&e))
    }

    /// Refuses to touch a file of somebody else's, also an empty one and a link to nothing.
    fn spares_what_others_wrote(&self, before: &str) -> Result<(), Failure> {
        if is_marked(before) {
            return Ok(());
        }
        let (done, act) = self.verbs();
        Err(Failure::new(
            ErrorKind::Conflict,
            format!(
                "{} was not written by this module, so it is not {done}. Choose another `name` or `dir`, or set `replace_registration: true` (of the role: `jumpstarter_replace_registration`) to {act} it.",
                self.file.path().display()
            ),
        ))
    }

    /// What is done to the file, and to do it.
    fn verbs(&self) -> (&'static str, &'static str) {
        if self.content.is_some() { ("replaced", "overwrite") } else { ("removed", "remove") }
    }

    /// Refuses to lose what is nowhere else: somebody has registered this exporter.
    fn keeps_registration(&self, before: &str) -> Result<(), Failure> {
        let new = self.content.as_deref().map_or(Registration::default(), Registration::of);
        let lost = Registration::of(before).without(&new);
        if lost.is_empty() {
            return Ok(());
        }
        let (done, act) = self.verbs();
        Err(Failure::new(
            ErrorKind::Conflict,
            format!(
                "{} holds {lost}, which would be lost, so it is not {done}. Choose another `name` or `dir`, or set `replace_registration: true` (of the role: `jumpstarter_replace_registration`) to {act} it.",
                self.file.path().display()
            ),
        ))
    }

    /// The text for a difference, without what may be secret in it. Nobody knows where that is in a text that can't be parsed.
    fn shown(&self, content: &str) -> String {
        let Ok(config) = ExporterConfig::parse(content) else {
            return "(not a valid configuration; not shown, because it may contain a token)\n".into();
        };
        conceal(&config, content, &self.task);
        config.shown
    }

    fn refused(&self, error: &io::Error) -> Failure {
        let fault = SystemFault::of(error);
        let remedy =
            fault.remedy_or("Remove it, correct the permissions, or set `dir` to a directory of this user");
        Failure::new(
            ErrorKind::Failed,
            format!("{}: {}. {remedy}.", self.file.path().display(), fault.cause()),
        )
    }
}

/// Whether this module has written the file; before 1.0.0 the role's template said so.
fn is_marked(content: &str) -> bool {
    let first = content.lines().next().unwrap_or_default();
    first.starts_with('#') && first.contains("hatci.automation")
}

/// Refuses what `jmp` would refuse, and warns of what it could not use.
fn check(content: &str, task: &Task) -> Result<(), Failure> {
    let config = ExporterConfig::parse(content).map_err(|e| {
        // A token may be anywhere in it.
        task.conceal(content);
        failed(&e)
    })?;
    conceal(&config, content, task);
    config.doubts.iter().for_each(|doubt| task.warn(doubt));
    // Without `jmp` on this machine nobody knows which drivers the exporter's machine has.
    if let Ok(jmp) = JmpProgram::find() {
        for class in jmp.missing_drivers(&config.drivers) {
            task.warn(format!(
                "The driver {class} is not installed here; the exporter will not start on this machine."
            ));
        }
    }
    Ok(())
}

/// Hides the token of a configuration wherever it turns up. A password may be a common word; so the text is hidden as a whole.
fn conceal(config: &ExporterConfig, content: &str, task: &Task) {
    if let Some(token) = config.token.as_ref().map(Secret::expose).filter(|token| !token.is_empty()) {
        task.conceal(token);
    }
    if config.is_hidden {
        task.conceal(content);
    }
}

#[cfg(test)]
mod tests;
