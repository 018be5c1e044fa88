//! A module as a program: Ansible starts it with the path of a JSON file, a person with `--help`.
use crate::{
    Env, Module, ProcessEnv, Task,
    answer::{Answer, unreadable},
    help,
    module::run_with,
    termination,
};
use serde_json::{Map, Value};
use std::{ffi::OsString, io::Write, path::Path, process::ExitCode};

/// Arguments, environment, and what is told of the task before its first phase.
type Run = fn(Map<String, Value>, &dyn Env, &dyn Fn(&Task)) -> Answer;

/// One module of a multi-call binary.
#[derive(Clone, Copy)]
pub struct Entry {
    /// The module's name, without the collection.
    pub name: &'static str,
    run: Run,
    help: fn() -> String,
}

/// The entry of module `M`.
#[must_use]
pub const fn entry<M: Module>() -> Entry {
    Entry { name: M::NAME, run: run_with::<M>, help: help::help::<M> }
}

impl Entry {
    /// As [`run`](crate::run), for a module that is known by its name only.
    pub fn run(&self, args: Map<String, Value>, env: &dyn Env) -> Answer {
        (self.run)(args, env, &|_| ())
    }
}

/// `main` of a binary that holds one or more modules; `version` is the caller's `CARGO_PKG_VERSION`.
///
/// Several modules in one binary are told apart by the last part of `_ansible_module_name`, else by the name the binary was
/// started under. Exactly one JSON object goes to stdout; the exit status is 1 if it says `failed`, or if it can't be written.
///
/// A module ends with whoever started it. `delivered` is called once a result has been written with its warnings, and not if the process ends before.
#[must_use]
pub fn main(version: &str, modules: &[Entry], delivered: fn()) -> ExitCode {
    let mut words = std::env::args_os();
    let program = words.next().unwrap_or_default();
    let started_as = Path::new(&program).file_name().and_then(|n| n.to_str()).unwrap_or_default();
    let first = words.next();
    let by_name = || find(modules, started_as);
    match first.as_ref().and_then(|word| word.to_str()) {
        Some("--version") => show(&format!("{started_as} {version}")),
        Some("--help" | "-h") => {
            show(&by_name().map_or_else(|| overview(started_as, modules), |module| (module.help)()));
        }
        Some("--list") => modules.iter().for_each(|module| show(module.name)),
        _ => {
            termination::end_with_parent();
            return run(started_as, first, modules, delivered);
        }
    }
    ExitCode::SUCCESS
}

/// A reader that is gone, as `head` is when it has enough, is no fault.
fn show(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

fn run(started_as: &str, file: Option<OsString>, modules: &[Entry], delivered: fn()) -> ExitCode {
    termination::install();
    let answer = match read(file).and_then(|args| choose(started_as, &args, modules).map(|m| (m, args))) {
        Ok((module, args)) => (module.run)(args, &ProcessEnv, &termination::remember),
        Err(msg) => {
            // For a person who started it by hand; Ansible never comes here.
            let _ = writeln!(std::io::stderr(), "{msg}");
            Answer::bare(unreadable(msg))
        }
    };
    if !termination::claim_output() {
        // A signal came first: its thread is writing, and ends the process.
        loop {
            std::thread::park();
        }
    }
    if let Err(e) = answer.write() {
        // What was done is lost with the result, so the status must not say that all is well.
        let _ = writeln!(std::io::stderr(), "The result can't be written to standard output: {e}.");
        return ExitCode::FAILURE;
    }
    delivered();
    ExitCode::from(u8::from(answer.failed))
}

fn read(file: Option<OsString>) -> Result<Map<String, Value>, String> {
    let Some(file) = file else {
        return Err(
            "No arguments file was given: Ansible starts this program with the path of a JSON file; try --help."
                .into(),
        );
    };
    #[allow(clippy::disallowed_methods)] // Ansible made it, and it may be a pipe
    let text = std::fs::read(&file)
        .map_err(|e| format!("The arguments file {} can't be read: {e}.", file.to_string_lossy()))?;
    // Nothing that this process starts shall inherit it: there may be secrets in it.
    hardened_host::close_named(Path::new(&file));
    arguments(&text)
}

/// The arguments in a file of Ansible's, or in one that a person has written.
pub(crate) fn arguments(text: &[u8]) -> Result<Map<String, Value>, String> {
    // The parser's own words name a place, never the text there, which may hold a secret.
    let args = serde_json::from_slice(text).map_err(|e| {
        format!(
            "The arguments can't be read as JSON ({e}): this module accepts only UTF-8 text, no NaN or Infinity, and at most 127 \
             levels of nesting."
        )
    })?;
    match args {
        Value::Object(mut outer) => match outer.remove("ANSIBLE_MODULE_ARGS") {
            Some(Value::Object(inner)) => Ok(inner),
            Some(_) => Err("ANSIBLE_MODULE_ARGS in the arguments file is not a JSON object.".into()),
            None => Ok(outer),
        },
        _ => Err("The arguments file does not hold a JSON object.".into()),
    }
}

fn choose(started_as: &str, args: &Map<String, Value>, modules: &[Entry]) -> Result<Entry, String> {
    let asked = args.get("_ansible_module_name").and_then(Value::as_str).and_then(|n| n.rsplit('.').next());
    asked.and_then(|name| find(modules, name)).or_else(|| find(modules, started_as)).ok_or_else(|| {
        format!(
            "This binary contains no module {}; it contains {}.",
            asked.unwrap_or(started_as),
            modules.iter().map(|m| m.name).collect::<Vec<_>>().join(", ")
        )
    })
}

fn find(modules: &[Entry], name: &str) -> Option<Entry> {
    match modules {
        [only] => Some(*only),
        many => many.iter().find(|module| module.name == name).copied(),
    }
}

fn overview(started_as: &str, modules: &[Entry]) -> String {
    let names: Vec<_> = modules.iter().map(|module| module.name).collect();
    format!(
        "{started_as} holds these Ansible modules; start it under the name of one for its help:\n\n  {}\n",
        names.join("\n  ")
    )
}
