//! The three phases of a module and the one JSON object it answers with.
use crate::{
    Env,
    options::*,
    secrets::Secrets,
    spec::ArgumentSpec,
    validate::{Fault, validate},
};
use serde_json::{Map, Value, json};

/// What discover found to be done.
pub enum Plan<C> {
    Nothing,
    Change { what: C, before: Value, after: Value },
}

/// Why a phase stopped. `kind` is stable, for a playbook's `rescue`.
#[derive(Debug)]
pub struct Failure {
    pub kind: &'static str,
    pub msg: String,
    pub details: Map<String, Value>,
}
impl Failure {
    pub fn new(kind: &'static str, msg: impl Into<String>) -> Self {
        Failure { kind, msg: msg.into(), details: Map::new() }
    }
}

pub trait Module: Sized {
    const NAME: &'static str;
    const CHECK_MODE: bool = true;
    const VERSION_ADDED: &'static str = "1.0.0";
    const EXAMPLES: &'static str;
    type Options: Options;
    type Results: Results;
    /// One change, ready to be made.
    type Change;
    fn new(options: Self::Options, task: &Task) -> Result<Self, Failure>;
    /// Reads, never writes. What it learns goes into `results` at once.
    fn discover(&mut self, results: &mut Self::Results) -> Result<Plan<Self::Change>, Failure>;
    /// Makes the change, once. Ids go into `results` as soon as they are known: they are told even if this fails.
    fn process(&mut self, change: Self::Change, results: &mut Self::Results) -> Result<(), Failure>;
    /// Looks whether it is so now, and cleans up. Runs after a process that failed, too.
    fn housekeep(&mut self, results: &mut Self::Results) -> Result<(), Failure>;
}

/// What Ansible says about the task, from the `_ansible_` keys.
#[derive(Debug, Clone, Default)]
pub struct Task {
    pub check_mode: bool,
    pub diff: bool,
    pub no_log: bool,
    pub verbosity: u64,
    pub name: String,
}

pub struct Answer {
    pub json: Map<String, Value>,
    pub failed: bool,
}

/// Checks the arguments and leads the module through its phases. `args` as they came, `_ansible_` keys included.
pub fn run<M: Module>(args: Map<String, Value>, env: &dyn Env) -> Answer {
    answer(args, env, M::NAME, M::CHECK_MODE, &M::Options::spec(), &mut |params, task, out| {
        phases::<M>(params, task, out)
    })
}

// Not generic, so that forty modules in one binary share it.
pub type Phases<'a> =
    &'a mut dyn FnMut(Map<String, Value>, &Task, &mut Map<String, Value>) -> Result<(), Failure>;
pub fn answer(
    args: Map<String, Value>,
    env: &dyn Env,
    name: &str,
    check_mode: bool,
    spec: &ArgumentSpec,
    phases: Phases,
) -> Answer {
    let (own, mine): (Vec<_>, Vec<_>) = args.into_iter().partition(|(k, _)| k.starts_with("_ansible_"));
    let own = Map::from_iter(own);
    let is = |k: &str| own.get(k) == Some(&Value::Bool(true));
    let task = Task {
        check_mode: is("_ansible_check_mode"),
        diff: is("_ansible_diff"),
        no_log: is("_ansible_no_log"),
        verbosity: own.get("_ansible_verbosity").and_then(Value::as_u64).unwrap_or(0),
        name: own
            .get("_ansible_module_name")
            .and_then(Value::as_str)
            .and_then(|n| n.rsplit('.').next())
            .unwrap_or(name)
            .into(),
    };
    let checked = validate(spec, Map::from_iter(mine), env);
    let mut out = Map::new();
    let result = match &checked.outcome {
        Err(f @ Fault::Unsupported { .. }) => {
            Err(Failure::new("invalid", format!("Unsupported parameters for ({}) module: {f}", task.name)))
        }
        Err(f) => Err(Failure::new("invalid", f.to_string())),
        Ok(()) if task.check_mode && !check_mode => {
            out.insert("skipped".into(), true.into());
            out.insert(
                "msg".into(),
                format!("remote module ({}) does not support check mode", task.name).into(),
            );
            Ok(())
        }
        Ok(()) => phases(checked.params.clone(), &task, &mut out),
    };
    let failed = result.is_err();
    if let Err(f) = result {
        out.extend(f.details);
        out.insert("failed".into(), true.into());
        out.insert("msg".into(), f.msg.into());
        out.insert("error".into(), json!({ "kind": f.kind }));
    }
    out.entry("changed").or_insert(Value::Bool(false));
    if !checked.warnings.is_empty() {
        out.insert("warnings".into(), checked.warnings.into());
    }
    out.insert("invocation".into(), json!({ "module_args": checked.params }));
    Answer { json: masked(out, &checked.secrets), failed }
}
fn masked(m: Map<String, Value>, s: &Secrets) -> Map<String, Value> {
    let mut v = Value::Object(m);
    s.mask(&mut v);
    match v {
        Value::Object(m) => m,
        _ => unreachable!(),
    }
}

fn phases<M: Module>(
    mut params: Map<String, Value>,
    task: &Task,
    out: &mut Map<String, Value>,
) -> Result<(), Failure> {
    let options = M::Options::take(&mut params).map_err(|e| Failure::new("invalid", e))?;
    let mut results = M::Results::default();
    let outcome = M::new(options, task).and_then(|mut module| match module.discover(&mut results)? {
        Plan::Nothing => Ok(()),
        Plan::Change { what, before, after } => {
            if task.diff {
                out.insert("diff".into(), json!({ "before": before, "after": after }));
            }
            out.insert("changed".into(), true.into());
            if task.check_mode {
                return Ok(());
            }
            let done = module.process(what, &mut results);
            let kept = module.housekeep(&mut results);
            done.and(kept)
        }
    });
    out.extend(results.to_map());
    outcome
}

/// The `main` of a module: arguments from the file named first, else from stdin; one JSON object on stdout.
pub fn main<M: Module>() -> std::process::ExitCode {
    std::panic::set_hook(Box::new(|p| {
        println!(
            "{}",
            json!({ "failed": true, "changed": false, "msg": format!("internal error in this module, please report it: {p}"), "error": { "kind": "internal" } })
        );
        std::process::exit(1);
    }));
    let text = match std::env::args_os().nth(1) {
        Some(f) => std::fs::read_to_string(f),
        None => std::io::read_to_string(std::io::stdin()),
    };
    let args = text
        .map_err(|e| e.to_string())
        .and_then(|t| serde_json::from_str::<Value>(&t).map_err(|e| e.to_string()));
    let args = match args {
        Ok(Value::Object(mut m)) => match m.remove("ANSIBLE_MODULE_ARGS") {
            Some(Value::Object(inner)) => Ok(inner),
            _ => Ok(m),
        },
        Ok(_) => Err("not a JSON object".to_string()),
        Err(e) => Err(e),
    };
    let (json, failed) = match args {
        Ok(args) => {
            let a = run::<M>(args, &crate::ProcessEnv);
            (Value::Object(a.json), a.failed)
        }
        Err(e) => (
            json!({ "failed": true, "changed": false, "msg": format!("the module's arguments can't be read: {e}"), "error": { "kind": "protocol" } }),
            true,
        ),
    };
    println!("{json}");
    std::process::ExitCode::from(failed as u8)
}
