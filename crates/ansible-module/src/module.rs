//! What a module is: options in, three phases, results out.
use crate::{
    Env, NoEnv, Options, Results, Return,
    answer::{Answer, answer},
    failure::Failure,
    shared_results::SharedResults,
    task::{Phase, Task},
    validate::validate,
};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// What discover found to be done.
#[derive(Debug)]
pub enum Plan<C> {
    /// It is as asked for.
    Nothing,
    /// One change, not yet made.
    Change {
        /// What process is handed.
        what: C,
        /// The difference it makes, shown with `--diff`; null where there is nothing, else a dict.
        before: Value,
        /// As `before`, once the change is made.
        after: Value,
    },
}

impl Plan<()> {
    /// A change that process knows how to make without being handed anything; `before` and `after` as in [`Plan::Change`].
    pub fn change(before: impl Into<Value>, after: impl Into<Value>) -> Self {
        Plan::Change { what: (), before: before.into(), after: after.into() }
    }
}

/// One Ansible module. One that only reads is an [`InfoModule`](crate::InfoModule).
///
/// ```text
/// new ─ discover ─┬─ Plan::Nothing ─────────────────────────────── changed: false
///                 └─ Plan::Change ─┬─ check mode ───────────────── changed: true, nothing done
///                                  └─ process ─ housekeep ──────── changed: true
/// ```
///
/// Whatever a phase learns it tells the results at once: they are part of the answer also when a later step fails, panics or
/// is interrupted.
pub trait Module: Sized {
    /// The name in a playbook, without the collection.
    const NAME: &'static str;
    /// The collection's version that brought the module.
    const VERSION_ADDED: &'static str = "1.0.0";
    /// False: in check mode the task is skipped.
    const CHECK_MODE: bool = true;
    /// False: `module_defaults` for the family's action group, which is named as the first word of the module, pass it by, since it lacks
    /// options that the others share.
    const IN_ACTION_GROUP: bool = true;
    /// True for what is an [`InfoModule`](crate::InfoModule), and for nothing else.
    const READS_ONLY: bool = false;
    /// A YAML list of tasks, as `ansible-doc` shows them.
    const EXAMPLES: &'static str;
    /// What the module accepts.
    type Options: Options;
    /// What the module returns beside what every module does.
    type Results: Results + Send + 'static;
    /// One change, ready to be made.
    type Change;

    /// What `error` holds beside `kind` when the module fails, for its documentation.
    fn details() -> Vec<Return> {
        Vec::new()
    }

    /// Conceals secrets within options that are not declared as secrets, such as one key of a mapping. It is called before the options are
    /// checked, so that a task that is refused doesn't show them, either.
    fn conceal(_options: &Map<String, Value>, _task: &Task) {}

    /// Judges the options as far as that needs nobody else.
    fn new(options: Self::Options, task: &Task) -> Result<Self, Failure>;

    /// Reads, never writes, and says what is to be done.
    fn discover(&mut self, results: &SharedResults<Self::Results>) -> Result<Plan<Self::Change>, Failure>;

    /// Makes the change, once.
    fn process(
        &mut self,
        change: Self::Change,
        results: &SharedResults<Self::Results>,
    ) -> Result<(), Failure>;

    /// Checks that the change has taken effect, and cleans up. Also runs after a `process` that failed.
    fn housekeep(&mut self, results: &SharedResults<Self::Results>) -> Result<(), Failure>;
}

/// Runs a module in this process and returns its answer; for tests. `args` as Ansible sends them.
pub fn run<M: Module>(args: Map<String, Value>, env: &dyn Env) -> Answer {
    run_with::<M>(args, env, &|_| ())
}

/// As [`run`]; `started` is told of the task before its first phase.
pub(crate) fn run_with<M: Module>(
    args: Map<String, Value>,
    env: &dyn Env,
    started: &dyn Fn(&Task),
) -> Answer {
    let begin = |task: &Task| {
        M::conceal(task.params(), task);
        started(task);
    };
    answer(args, env, M::NAME, M::CHECK_MODE, &M::Options::spec(), &begin, &mut |params, task| {
        phases::<M>(params, task)
    })
}

/// What came of a module that another one has run as a part of itself.
#[derive(Debug)]
pub struct Part {
    /// How it ended.
    pub outcome: Result<(), Failure>,
    /// Whether it has changed something, or in check mode would have.
    pub changed: bool,
    /// Its results, also when it failed.
    pub results: Map<String, Value>,
    /// What it warns of.
    pub warnings: Vec<String>,
}

/// Runs a module as a part of the task of another one, silently and in the same mode. `args` are its options; `make` makes the module of
/// them, of things that the other one has, such as an open connection.
pub fn run_part<M: Module>(
    args: Map<String, Value>,
    task: &Task,
    make: impl FnOnce(M::Options, &Task) -> Result<M, Failure>,
) -> Part {
    let checked = validate(&M::Options::spec(), args, &NoEnv);
    let task = task.part(checked.params.clone());
    let results = SharedResults::<M::Results>::default();
    let outcome = match checked.outcome {
        Err(fault) => Err(Failure::invalid(fault.to_string())),
        Ok(()) => phases_of(checked.params, &task, &results, make),
    };
    let (planned, warnings) = {
        let mut state = task.state();
        (state.changed, std::mem::take(&mut state.warnings))
    };
    let changed = outcome.as_ref().err().and_then(|failure| failure.changed).unwrap_or(planned);
    Part { outcome, changed, results: results.read(Results::to_map), warnings }
}

fn phases<M: Module>(params: Map<String, Value>, task: &Task) -> Result<(), Failure> {
    let results = SharedResults::<M::Results>::default();
    task.state().results = Some(Arc::new(results.clone()));
    phases_of(params, task, &results, M::new)
}

fn phases_of<M: Module>(
    mut params: Map<String, Value>,
    task: &Task,
    results: &SharedResults<M::Results>,
    make: impl FnOnce(M::Options, &Task) -> Result<M, Failure>,
) -> Result<(), Failure> {
    let options = M::Options::take(&mut params).map_err(Failure::invalid)?;
    let (mut module, plan) = task.phase(Phase::Discover, || {
        let mut module = make(options, task)?;
        let plan = module.discover(results)?;
        Ok((module, plan))
    })?;
    let Plan::Change { what, before, after } = plan else { return Ok(()) };
    planned(task, &before, &after);
    if task.check_mode() {
        return Ok(());
    }
    let processed = task.phase(Phase::Process, || module.process(what, results));
    let kept = task.phase(Phase::Housekeep, || module.housekeep(results));
    match (processed, kept) {
        (Err(first), Err(second)) => {
            task.warn(second.msg);
            Err(first)
        }
        (processed, kept) => processed.and(kept),
    }
}

fn planned(task: &Task, before: &Value, after: &Value) {
    let mut state = task.state();
    state.changed = true;
    if task.diff() {
        // Ansible itself puts "before: " and "after: " before these.
        let header = |what: &str| format!("{what} ({})", task.name());
        state.diff = Some(json!({
            "before": before,
            "after": after,
            "before_header": header("as it was"),
            "after_header": header("as it is to be"),
        }));
    }
}
