//! The task a module runs for: what Ansible says about it, and what the module says while it runs.
use crate::{
    Options, Secrets,
    failure::Failure,
    hooks::{Hook, Hooks},
    progress::Progress,
    shared_results::Known,
};
use serde_json::{Map, Value};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// A handle on the running task; clones share it.
#[derive(Clone)]
pub struct Task(Arc<Inner>);

struct Inner {
    name: String,
    ansible_keys: Map<String, Value>,
    secrets: Arc<Mutex<Secrets>>,
    params: Map<String, Value>,
    progress: Option<Progress>,
    hooks: Hooks,
    state: Mutex<State>,
}

/// What is known of the run so far.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) phase: Phase,
    pub(crate) durations: Vec<(Phase, Duration)>,
    pub(crate) warnings: Vec<String>,
    /// Whether a warning says already that progress can't be shown.
    pub(crate) lost_progress: bool,
    pub(crate) deprecations: Vec<Value>,
    /// True once a plan names a change.
    pub(crate) changed: bool,
    pub(crate) diff: Option<Value>,
    pub(crate) results: Option<Arc<dyn Known>>,
    pub(crate) skipped: Option<String>,
    pub(crate) may_have_acted: Option<MayHaveActed>,
}

type MayHaveActed = Box<dyn Fn() -> bool + Send>;

/// The steps of a module's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Phase {
    #[default]
    Discover,
    Process,
    Housekeep,
}

impl Phase {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Phase::Discover => "discover",
            Phase::Process => "process",
            Phase::Housekeep => "housekeep",
        }
    }
}

impl Task {
    /// `ansible_keys` holds the `_ansible_` keys, without that prefix.
    pub(crate) fn new(
        name: &str,
        ansible_keys: Map<String, Value>,
        secrets: Secrets,
        params: Map<String, Value>,
    ) -> Self {
        let no_log = ansible_keys.get("no_log") == Some(&Value::Bool(true));
        Task(Arc::new(Inner {
            name: name.into(),
            progress: if no_log { None } else { Progress::open() },
            ansible_keys,
            secrets: Arc::new(Mutex::new(secrets)),
            params,
            hooks: Hooks::default(),
            state: Mutex::default(),
        }))
    }

    /// A task of its own for a part of this one, with other options: of the same mode, with the same secrets. It shows no progress, and
    /// what it warns of, changes or wants done on an interrupt is not told to this one.
    pub(crate) fn part(&self, params: Map<String, Value>) -> Self {
        Task(Arc::new(Inner {
            name: self.0.name.clone(),
            progress: None,
            // Nobody misses the progress of a part, so there is no detour to warn of.
            ansible_keys: self
                .0
                .ansible_keys
                .iter()
                .filter(|(key, _)| *key != "detour")
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
            secrets: self.0.secrets.clone(),
            params,
            hooks: Hooks::default(),
            state: Mutex::default(),
        }))
    }

    /// The module's name as the playbook has it, without the collection.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// What Ansible says of the task under `_ansible_KEY`, such as `version`.
    pub fn ansible_key(&self, key: &str) -> Option<&Value> {
        self.0.ansible_keys.get(key)
    }

    /// True if nothing may be changed.
    pub fn check_mode(&self) -> bool {
        self.is("check_mode")
    }

    /// True if the user wants to see differences.
    pub fn diff(&self) -> bool {
        self.is("diff")
    }

    /// The number of `v` in `-vvv`.
    pub fn verbosity(&self) -> u64 {
        self.ansible_key("verbosity").and_then(Value::as_u64).unwrap_or(0)
    }

    /// Shows one line to the user at once, where the connection allows it; where it doesn't, the result warns of that, once.
    /// Secrets in it are masked.
    pub fn progress(&self, text: &str) {
        match (&self.0.progress, self.detour()) {
            (Some(progress), _) => progress.tell(&self.harmless(text)),
            (None, Some(detour)) if !self.is("no_log") => {
                let first = !std::mem::replace(&mut self.state().lost_progress, true);
                if first {
                    self.warn(format!(
                        "The progress of this task could not be shown because of {detour}. Run it with a local connection, without `become` and `async`, to see it."
                    ));
                }
            }
            _ => {}
        }
    }

    /// What keeps the action plugin from starting the module where it lies, in words, such as `` `become` ``: then nothing can be
    /// shown meanwhile, and the process of `ansible-playbook` is not known. `None` if nothing does, or if no plugin started it.
    pub fn detour(&self) -> Option<&str> {
        self.ansible_key("detour").and_then(Value::as_str)
    }

    /// Identifies this item of this task on this host: the same for all attempts that `until` makes of it, and for no other item.
    /// `None` if no action plugin started the module.
    pub fn item_id(&self) -> Option<&str> {
        self.ansible_key("item_id").and_then(Value::as_str)
    }

    /// This group of options as the task has them, from wherever they came, secrets and all: for another process that goes on with
    /// them. To be shown to nobody.
    pub fn options_of<O: Options>(&self) -> Map<String, Value> {
        let names = O::spec().options.into_iter().map(|option| option.name);
        let given = |name: String| Some((self.0.params.get(&name).filter(|it| !it.is_null())?.clone(), name));
        names.filter_map(given).map(|(value, name)| (name, value)).collect()
    }

    /// Makes `text` a secret of the task, for one that is found within an option or a file: from here on it is masked in
    /// everything that is said, and in the whole result.
    pub fn conceal(&self, text: &str) {
        self.secrets().add(&text.into());
    }

    /// Masks the task's secrets in what leaves the process by another way than its result.
    pub fn mask(&self, value: &mut Value) {
        self.secrets().mask(value);
    }

    /// As [`Task::mask`], for a text.
    pub fn mask_text(&self, text: &str) -> String {
        self.secrets().mask_text(text)
    }

    /// A text of a server or device as it may be quoted: without secrets, and then in one line of at most 500 characters.
    pub fn one_line(&self, text: &str) -> String {
        shown_text::one_line(&self.mask_text(text))
    }

    /// The same uncut, for sentences that quote others.
    pub fn harmless(&self, text: &str) -> String {
        shown_text::harmless(&self.mask_text(text))
    }

    /// Adds a warning to the result. Secrets in it are masked.
    pub fn warn(&self, text: impl AsRef<str>) {
        let text = self.harmless(text.as_ref());
        let warnings = &mut self.state().warnings;
        if !warnings.contains(&text) {
            warnings.push(text);
        }
    }

    /// Says that the planned change turned out to be made already, by somebody else: the result is not `changed`.
    pub fn unchanged(&self) {
        self.state().changed = false;
    }

    /// What to do before the process ends because of a signal; dropped, it is forgotten.
    ///
    /// The hook must be quick (2 seconds are a lot) and returns a sentence about what it did, which is added to the message; or
    /// nothing, if there is nothing to say.
    pub fn on_interrupt(&self, hook: impl FnOnce() -> String + Send + 'static) -> Hook {
        self.0.hooks.add(Box::new(hook))
    }

    /// Who knows, when the process ends in the middle of its change, whether that may have been made. Without it, it may.
    pub fn set_change_probe(&self, may_have_acted: impl Fn() -> bool + Send + 'static) {
        self.state().may_have_acted = Some(Box::new(may_have_acted));
    }

    pub(crate) fn hooks(&self) -> &Hooks {
        &self.0.hooks
    }

    pub(crate) fn secrets(&self) -> MutexGuard<'_, Secrets> {
        self.0.secrets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn params(&self) -> &Map<String, Value> {
        &self.0.params
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs one phase, measured.
    pub(crate) fn phase<T>(
        &self,
        phase: Phase,
        run: impl FnOnce() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.state().phase = phase;
        let start = std::time::Instant::now();
        let outcome = run();
        self.state().durations.push((phase, start.elapsed()));
        outcome
    }

    /// Whether the result repeats the options: since ansible-core 2.21 Ansible says so, earlier ones always want it.
    pub(crate) fn tells_invocation(&self) -> bool {
        self.ansible_key("inject_invocation") != Some(&Value::Bool(false))
    }

    fn is(&self, key: &str) -> bool {
        self.ansible_key(key) == Some(&Value::Bool(true))
    }
}
