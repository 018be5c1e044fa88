//! `jumpstarter_exporter_config`
use super::client::failed;
use ansible_module::{Choices, ErrorKind, Failure, Module, Options, Plan, Results, SharedResults, Task};
use hardened_host::{SystemFault, create_beside, create_file, make_folders, read_named_file};
use jiff::Zoned;
use jumpstarter::{Environment, ExporterConfig, JmpProgram, Secret, exporter_directories, exporter_file};
use serde_json::Value;
use std::{
    fs,
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// The file may hold a token.
const MODE: u32 = 0o600;
/// The most that is read of what is there, in bytes.
const LARGEST: u64 = 1 << 20;

/// Write the configuration of a Jumpstarter exporter
///
/// A configuration that `jmp` would reject is not written. The file is replaced atomically, and only its owner can read it. A file
/// that holds a registration, an endpoint or a token, is neither replaced nor removed so that it would lose that, unless
/// `replace_registration` is set.
#[derive(Options)]
#[options(required_if(state = FileState::Present, all(content)))]
pub struct ExporterConfigOptions {
    /// The exporter's name, as `jmp --exporter` takes it.
    name: String,
    /// The whole configuration, as YAML.
    content: Option<String>,
    /// The directory. Defaults to the first one that `jmp` searches: `exporters` in the user's `~/.config/jumpstarter`.
    dir: Option<PathBuf>,
    /// Whether the file should exist.
    #[option(default = FileState::Present)]
    state: FileState,
    /// Whether a registration that the file holds, its `endpoint` and its `token`, may be lost.
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
    path: PathBuf,
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
        let content = options.content.filter(|_| options.state == FileState::Present);
        if let Some(content) = &content {
            check(content, task)?;
            if !known.contains(&directory) {
                task.warn(format!(
                    "jmp does not look into {}: --exporter {} will not find this file, only --exporter-config does.",
                    directory.display(),
                    options.name
                ));
            }
        }
        Ok(JumpstarterExporterConfig {
            task: task.clone(),
            path,
            content,
            backup: options.backup,
            replaces_registration: options.replace_registration,
            is_done: false,
        })
    }

    fn discover(&mut self, results: &SharedResults<ExporterConfigResults>) -> Result<Plan<()>, Failure> {
        results.update(|r| r.path = Some(self.path.display().to_string()));
        let before = self.existing()?;
        let mode = before.as_ref().map(|(_, mode)| *mode);
        let before = before.map(|(content, _)| content);
        if before == self.content && (before.is_none() || mode == Some(MODE)) {
            return Ok(Plan::Nothing);
        }
        if let Some(before) = &before
            && !self.replaces_registration
        {
            self.keeps_registration(before)?;
        }
        let shown =
            |content: Option<&String>| content.map_or(Value::Null, |content| self.shown(content).into());
        Ok(Plan::change(shown(before.as_ref()), shown(self.content.as_ref())))
    }

    fn process(&mut self, (): (), results: &SharedResults<ExporterConfigResults>) -> Result<(), Failure> {
        if self.backup && self.path.exists() {
            let copy = self.copy().map_err(|e| self.refused(&e))?;
            results.update(|r| r.backup_file = Some(copy));
        }
        match &self.content {
            Some(content) => replace(&self.path, content).map_err(|e| self.refused(&e))?,
            None => fs::remove_file(&self.path).map_err(|e| self.refused(&e))?,
        }
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
                "{} was changed by somebody else at the same moment. Run the task again.",
                self.path.display()
            ),
        ))
    }
}

impl JumpstarterExporterConfig {
    /// Content and mode of the file; none if there is none.
    fn existing(&self) -> Result<Option<(String, u32)>, Failure> {
        let read = || -> io::Result<(String, u32)> {
            let content = read_named_file(&self.path, LARGEST)?;
            let mode = fs::metadata(&self.path)?.permissions().mode() & 0o7777;
            Ok((String::from_utf8_lossy(&content).into_owned(), mode))
        };
        match read() {
            // A link to nothing is there as well.
            Err(e) if e.kind() == io::ErrorKind::NotFound && self.path.is_symlink() => {
                Ok(Some((String::new(), 0)))
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(self.refused(&e)),
            Ok(found) => Ok(Some(found)),
        }
    }

    /// Refuses to lose what is nowhere else: somebody has registered this exporter.
    fn keeps_registration(&self, before: &str) -> Result<(), Failure> {
        let new = self.content.as_deref().map_or(Registration::default(), Registration::of);
        let lost = Registration::of(before).without(&new);
        if lost.is_empty() {
            return Ok(());
        }
        let verb = if self.content.is_some() { "replaced" } else { "removed" };
        Err(Failure::new(
            ErrorKind::Conflict,
            format!(
                "{} holds {lost}, which would be lost, so it is not {verb}. Choose another `name` or `dir`, or set `replace_registration: true` (of the role: `jumpstarter_replace_registration`) to lose it.",
                self.path.display()
            ),
        ))
    }

    /// The text for a difference, without what may be secret in it. Nobody knows where that is in a text that can't be parsed.
    fn shown(&self, content: &str) -> String {
        let Ok(config) = ExporterConfig::parse(content) else {
            return "(no valid configuration; not shown, since a token may be in it)\n".into();
        };
        conceal(&config, content, &self.task);
        config.shown
    }

    fn copy(&self) -> io::Result<String> {
        let first = format!("{}{}", self.path.display(), Zoned::now().strftime(".%Y%m%dT%H%M%S"));
        let mut name = first.clone();
        let mut others = 0;
        let content = read_named_file(&self.path, LARGEST)?;
        let mut copy = loop {
            match create_file(Path::new(&name)) {
                // A copy of the same second is kept as well.
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => others += 1,
                opened => break opened?,
            }
            name = format!("{first}.{others}");
        };
        copy.write_all(&content).inspect_err(|_| {
            // Half a copy is none.
            let _ = fs::remove_file(&name);
        })?;
        Ok(name)
    }

    fn refused(&self, error: &io::Error) -> Failure {
        let fault = SystemFault::of(error);
        let remedy =
            fault.remedy_or("Remove it, correct the permissions, or set `dir` to a directory of this user");
        Failure::new(ErrorKind::Failed, format!("{}: {}. {remedy}.", self.path.display(), fault.cause()))
    }
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

/// What makes an exporter known to a controller.
#[derive(Default)]
struct Registration {
    endpoint: Option<String>,
    token: Option<String>,
    /// It can't be read, so nobody knows. What was written here can be.
    is_unclear: bool,
}

impl Registration {
    fn of(content: &str) -> Self {
        match ExporterConfig::parse(content) {
            Ok(config) => Self {
                endpoint: config.endpoint.filter(|endpoint| !endpoint.trim().is_empty()),
                token: config.token.map(|token| token.expose().to_owned()).filter(|token| !token.is_empty()),
                is_unclear: false,
            },
            Err(_) => Self { is_unclear: !content.trim().is_empty(), ..Self::default() },
        }
    }

    /// In words what of it `other` doesn't hold; empty if nothing is lost.
    fn without(&self, other: &Self) -> &'static str {
        let endpoint = self.endpoint.is_some() && self.endpoint != other.endpoint;
        let token = self.token.is_some() && self.token != other.token;
        match (endpoint, token) {
            (true, true) => "an endpoint and a token",
            (true, false) => "an endpoint",
            (false, true) => "a token",
            (false, false) if self.is_unclear => "what may be an endpoint or a token",
            (false, false) => "",
        }
    }
}

/// In one step: whoever reads the file sees the old content or the new.
fn replace(path: &Path, content: &str) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    make_folders(directory)?;
    let (new, mut file) = create_beside(path)?;
    let mut write = || {
        file.write_all(content.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, path)
    };
    write().inspect_err(|_| {
        // It may be there or not; either way the error that is told is the first one.
        let _ = fs::remove_file(&new);
    })
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
mod tests {
    use super::*;
    use ansible_module::{Answer, NoEnv, run};
    use serde_json::{Map, json};

    const CONTENT: &str = "metadata: {namespace: lab, name: a}\nexport: {p: {ref: q}}\ntoken: planted\n";

    fn answer(folder: &Path, options: &Value) -> Answer {
        let mut args = Map::from_iter([("name".into(), "a".into()), ("dir".into(), json!(folder))]);
        args.extend(options.as_object().cloned().unwrap_or_default());
        run::<JumpstarterExporterConfig>(args, &NoEnv)
    }

    #[test]
    fn what_is_predicted_is_done_once() {
        let folder = tempfile::tempdir().unwrap();
        let changed = |options: &Value| answer(folder.path(), options).json["changed"].clone();
        let there = json!({ "content": CONTENT });
        let gone = json!({ "state": "absent", "replace_registration": true });
        assert_eq!(changed(&json!({ "content": CONTENT, "_ansible_check_mode": true })), true);
        assert!(!folder.path().join("a.yaml").exists());
        assert_eq!([changed(&there), changed(&there)], [true, false]);
        assert_eq!([changed(&gone), changed(&gone)], [true, false]);
    }

    #[test]
    fn no_token_is_shown_neither_the_old_one_nor_the_new() {
        for (old, new) in [
            (CONTENT.replace("planted", "planted-old"), CONTENT.into()),
            // What `jmp` would refuse was written by somebody else.
            ("token: planted-old\nexport: [".into(), CONTENT.into()),
            (CONTENT.into(), "token: planted-new\nexport: [".into()),
            // The same word, written in other letters.
            (CONTENT.into(), CONTENT.replace("planted", "\"planted-n\\u0065w\"")),
            (CONTENT.into(), CONTENT.replace(": planted", ": >-\n planted\n new")),
            (
                CONTENT.into(),
                CONTENT.replace("ref: q", "type: a.B, config: {pin: planted-3, args: [planted]}"),
            ),
            (
                CONTENT.into(),
                CONTENT.to_owned() + "hooks: {beforeLease: {script: curl planted}}\n# planted\n",
            ),
            // A driver's.
            (CONTENT.into(), CONTENT.replace("ref: q", "type: a.B, config: {w: {wifi_password: planted-2}}")),
        ] {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join("a.yaml"), &old).unwrap();
            let options = json!({ "content": new, "replace_registration": true, "_ansible_diff": true, "_ansible_verbosity": 4 });
            let answer = Value::from(answer(folder.path(), &options).json).to_string();
            assert!(answer.contains("module_args") && !answer.contains("planted"), "{answer}");
        }
    }

    #[test]
    fn a_registration_is_lost_only_by_order() {
        let registered = "metadata: {namespace: lab, name: a}\nendpoint: grpc.lab:443\ntoken: planted\nexport: {p: {ref: q}}\n";
        let other_token = registered.replace("planted", "other");
        let broken = registered.replace("export: {", "export: [");
        let own = "metadata: {namespace: lab, name: a}\nexport: {p: {ref: q}}\n";
        for (there, options) in [
            (registered, json!({ "content": own })),
            (registered, json!({ "content": other_token })),
            (registered, json!({ "state": "absent", "backup": true })),
            (&*broken, json!({ "content": own })),
            (CONTENT, json!({ "content": own })),
        ] {
            for check_mode in [true, false] {
                let folder = tempfile::tempdir().unwrap();
                let file = folder.path().join("a.yaml");
                fs::write(&file, there).unwrap();
                let mut options = options.clone();
                options["_ansible_check_mode"] = check_mode.into();
                let refused = answer(folder.path(), &options).json;
                assert_eq!(refused["error"]["kind"], "conflict", "{refused:?}");
                assert!(!Value::from(refused).to_string().contains("planted"));
                assert_eq!(fs::read_to_string(&file).unwrap(), there);
                assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
                options["replace_registration"] = true.into();
                assert_eq!(answer(folder.path(), &options).json["changed"], true);
            }
        }
    }

    #[test]
    fn a_file_without_a_registration_or_with_the_same_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let own = "metadata: {namespace: lab, name: a}\nexport: {p: {ref: q}}\n";
        for content in [own.to_owned(), CONTENT.to_owned(), CONTENT.replace("ref: q", "ref: r")] {
            assert_eq!(answer(folder.path(), &json!({ "content": content })).json["changed"], true);
        }
    }

    #[test]
    fn a_difference_shows_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let answer = answer(folder.path(), &json!({ "content": CONTENT, "_ansible_diff": true }));
        assert!(answer.json["diff"]["after"].as_str().unwrap().contains("export"));
    }

    #[test]
    fn a_common_password_is_hidden_in_the_difference_only() {
        let folder = tempfile::Builder::new().prefix("root").tempdir().unwrap();
        let content = CONTENT.replace("ref: q", "type: a.B, config: {user: me, password: root}");
        let answer = answer(folder.path(), &json!({ "content": content, "_ansible_diff": true })).json;
        assert!(answer["diff"]["after"].as_str().unwrap().contains("password: ********"));
        assert!(answer["path"].as_str().unwrap().contains("root"));
    }

    #[test]
    fn every_copy_is_kept_also_within_a_second() {
        let folder = tempfile::tempdir().unwrap();
        let contents: Vec<_> = (0..4).map(|number| format!("{CONTENT}# {number}\n")).collect();
        for content in &contents {
            let answer = answer(folder.path(), &json!({ "content": content, "backup": true })).json;
            assert_eq!(answer["changed"], true, "{answer:?}");
        }
        let mut kept: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|file| fs::read_to_string(file.unwrap().path()).unwrap())
            .collect();
        kept.sort();
        assert_eq!(kept, contents);
    }

    #[test]
    fn a_link_to_nothing_is_removed_and_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("a.yaml");
        for options in [json!({ "state": "absent" }), json!({ "content": CONTENT, "backup": true })] {
            std::os::unix::fs::symlink("/nonexistent/for/sure", &link).unwrap();
            assert_eq!(answer(folder.path(), &options).json["changed"], true);
            assert!(!link.is_symlink());
        }
    }

    #[test]
    fn what_is_no_file_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/dev/zero", folder.path().join("a.yaml")).unwrap();
        for options in [json!({ "state": "absent" }), json!({ "content": CONTENT })] {
            let answer = answer(folder.path(), &options);
            assert!(answer.failed);
            assert!(answer.json["msg"].as_str().unwrap().contains("it is a device"), "{:?}", answer.json);
        }
    }

    #[test]
    fn what_jmp_would_refuse_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let answer = answer(folder.path(), &json!({ "content": "export: {}" }));
        assert!(answer.failed);
        assert_eq!(answer.json["error"]["kind"], "invalid");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
