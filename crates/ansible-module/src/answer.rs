//! From arguments to the one JSON object a module answers with.
use crate::{
    Env, absent,
    deprecation::collection_of,
    failure::{ErrorKind, Failure},
    list_text, plain_text,
    spec::ArgumentSpec,
    task::{State, Task},
    unfit, url_secrets,
    validate::{Fault, validate},
};
use serde_json::{Map, Value, json};
use shown_text::is_harmless;
use std::{
    io::{BufWriter, Write},
    time::Duration,
};

/// From this `-v` on, the result says how long each phase took.
const VERBOSITY_OF_DURATIONS: u64 = 3;

/// What a module answers: the JSON object for stdout, secrets masked, and whether the task failed.
#[derive(Debug)]
pub struct Answer {
    /// Always holds `changed`; `failed`, `msg` and `error.kind` when the task failed.
    pub json: Map<String, Value>,
    /// True if the exit status is to be 1.
    pub failed: bool,
}

/// A module's phases with its types erased: coerced parameters in, results told to the task.
pub type Phases<'a> = &'a mut dyn FnMut(Map<String, Value>, &Task) -> Result<(), Failure>;

/// Checks the arguments as `AnsibleModule` does, leads through the phases and composes the answer.
///
/// `args` as they came, `_ansible_` keys included; `started` is called once, before the phases, with the task.
/// Not generic, so that all modules of a multi-call binary share it.
pub fn answer(
    args: Map<String, Value>,
    env: &dyn Env,
    name: &str,
    check_mode: bool,
    spec: &ArgumentSpec,
    started: &dyn Fn(&Task),
    phases: Phases,
) -> Answer {
    let mut ansible_keys = Map::new();
    let mut own = Map::new();
    for (key, value) in args {
        match key.strip_prefix("_ansible_") {
            Some(key) => ansible_keys.insert(key.into(), value),
            None => own.insert(key, value),
        };
    }
    list_text::read(spec, &mut own);
    let reshaped = plain_text::warnings(spec, &own);
    let remedy = unfit::remedy(spec, &own);
    let checked = validate(spec, own, env);
    let (mut secrets, mut warnings) = (checked.secrets, checked.warnings);
    url_secrets::collect(&checked.params, &mut secrets, &mut warnings);
    let task = Task::new(name, ansible_keys, secrets, checked.params);
    warnings.extend(reshaped);
    task.state().warnings = warnings;
    let collection = task.ansible_key("module_name").and_then(Value::as_str).and_then(collection_of);
    task.state().deprecations = checked.deprecations.iter().map(|note| note.to_value(collection)).collect();
    let full_name = collection.map_or_else(|| name.to_owned(), |collection| format!("{collection}.{name}"));
    started(&task);
    let outcome = match checked.outcome {
        Err(fault @ Fault::Unsupported { .. }) => {
            Err(Failure::invalid(format!("Unsupported parameters for ({full_name}) module: {fault}")))
        }
        Err(fault) => Err(Failure::invalid(match remedy.or_else(|| absent::remedy(spec, task.params())) {
            Some(remedy) => format!("{fault}. {remedy}"),
            None => fault.to_string(),
        })),
        Ok(()) if task.check_mode() && !check_mode => {
            task.state().skipped = Some(format!("remote module ({full_name}) does not support check mode"));
            Ok(())
        }
        // What a phase says may quote a server. Secrets go first: once its lines are one, those in several lines are harder to find.
        Ok(()) => phases(task.params().clone(), &task).map_err(|failure| Failure {
            msg: task.harmless(&failure.msg),
            details: failure.details.into_iter().map(|(key, value)| (key, clean(value, &task))).collect(),
            ..failure
        }),
    };
    Answer::compose(&task, outcome, Duration::ZERO)
}

/// A member of `error` without what steers a terminal; it may have several lines.
fn clean(value: Value, task: &Task) -> Value {
    let is_clean = |c: char| is_harmless(c) || matches!(c, '\n' | '\t');
    match value {
        Value::String(text) if !text.chars().all(is_clean) => task.harmless(&text).into(),
        Value::Array(items) => items.into_iter().map(|item| clean(item, task)).collect(),
        other => other,
    }
}

impl Answer {
    /// Everything the task knows by now, and how it ended.
    pub(crate) fn compose(task: &Task, outcome: Result<(), Failure>, patience: Duration) -> Self {
        let state = task.state();
        let mut json = state.results.as_ref().map(|results| results.known(patience)).unwrap_or_default();
        let failed = outcome.is_err();
        let mut changed = state.changed;
        if let Err(failure) = outcome {
            changed = failure.changed.unwrap_or(changed);
            insert_failure(&mut json, failure);
        }
        json.insert("changed".into(), changed.into());
        insert_state(&mut json, &state, task);
        if task.tells_invocation() {
            json.insert("invocation".into(), json!({ "module_args": task.params() }));
        }
        let mut json = Value::Object(json);
        task.secrets().mask(&mut json);
        let mut json = match json {
            Value::Object(json) => json,
            // Masking never changes a dict into anything else.
            other => Map::from_iter([("result".into(), other)]),
        };
        insert_notes(&mut json, &state);
        Answer { json, failed }
    }

    /// A failure before there was a task.
    pub(crate) fn bare(failure: Failure) -> Self {
        let mut json = Map::new();
        insert_failure(&mut json, failure);
        json.insert("changed".into(), false.into());
        Answer { json, failed: true }
    }

    /// The object on stdout, without a copy of it in memory.
    pub(crate) fn write(&self) -> std::io::Result<()> {
        let mut stdout = BufWriter::new(std::io::stdout().lock());
        serde_json::to_writer(&mut stdout, &self.json)?;
        stdout.write_all(b"\n")?;
        stdout.flush()
    }
}

fn insert_failure(json: &mut Map<String, Value>, failure: Failure) {
    let mut error = failure.details;
    error.insert("kind".into(), failure.kind.as_str().into());
    json.insert("failed".into(), true.into());
    json.insert("msg".into(), failure.msg.into());
    json.insert("error".into(), error.into());
}

fn insert_state(json: &mut Map<String, Value>, state: &State, task: &Task) {
    if let Some(reason) = &state.skipped {
        json.insert("skipped".into(), true.into());
        json.insert("msg".into(), reason.clone().into());
    }
    if let Some(diff) = &state.diff {
        json.insert("diff".into(), diff.clone());
    }
    if task.verbosity() >= VERBOSITY_OF_DURATIONS && !state.durations.is_empty() {
        let seconds = |d: &Duration| json!((d.as_secs_f64() * 1e6).round() / 1e6);
        let phases: Map<_, _> =
            state.durations.iter().map(|(phase, took)| (phase.name().into(), seconds(took))).collect();
        json.insert("phase_seconds".into(), phases.into());
    }
}

/// What the engine says here holds only names from the spec, and what a module says is masked when it is said: masked once more, a
/// warning of a secret too short could spoil itself.
fn insert_notes(json: &mut Map<String, Value>, state: &State) {
    if !state.warnings.is_empty() {
        json.insert("warnings".into(), state.warnings.clone().into());
    }
    if !state.deprecations.is_empty() {
        json.insert("deprecations".into(), state.deprecations.clone().into());
    }
}

/// The failure of a program that could not even read what it was asked for.
pub(crate) fn unreadable(msg: String) -> Failure {
    Failure::new(ErrorKind::Protocol, msg)
}
