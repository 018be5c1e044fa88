//! What is said when the process must end before its task does: a signal, a vanished parent, a panic.
use crate::{
    answer::Answer,
    failure::{ErrorKind, Failure},
    task::{Phase, Task},
};
use rustix::process::{DumpableBehavior, Signal};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ},
    iterator::Signals,
};
use std::{
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// How long the last words wait for a phase that is writing its results.
const PATIENCE: Duration = Duration::from_millis(50);

/// In bytes; what is longer is a text and not the name of anything.
const LONGEST: usize = 255;

/// The task of this process, once its arguments have been read.
static TASK: OnceLock<Task> = OnceLock::new();
/// Whoever sets this may write the answer: there is exactly one.
static SPOKEN: AtomicBool = AtomicBool::new(false);

/// Must come first in `main`: from here on a signal or a panic ends in a JSON failure.
///
/// Where the watcher can't be installed the module still runs; a signal then ends it without a word, and the action plugin tells which.
pub(crate) fn install() {
    std::panic::set_hook(Box::new(|panic| {
        let failure = Failure::new(
            ErrorKind::Internal,
            format!("A fault in this module ended it: {panic}. Please report it with these lines."),
        );
        speak(failure, Duration::ZERO);
    }));
    if let Ok(mut signals) = Signals::new([SIGTERM, SIGINT, SIGHUP]) {
        let watch = move || {
            for signal in signals.forever() {
                interrupted(signal);
            }
        };
        // Where no thread can be started a signal must still end the process.
        if std::thread::Builder::new().spawn(watch).is_err() {
            for signal in [SIGTERM, SIGINT, SIGHUP] {
                let _ =
                    signal_hook::flag::register_conditional_default(signal, Arc::new(AtomicBool::new(true)));
            }
        }
    }
    // A file that grows larger than it may (`ulimit -f`) is an error that can be told, and not the end.
    let _ = signal_hook::flag::register(SIGXFSZ, Arc::default());
}

/// The parent is Ansible's worker; without it nobody reads the result, and nobody else would end us.
pub(crate) fn end_with_parent() {
    let _ = rustix::process::set_parent_process_death_signal(Some(Signal::TERM));
}

/// From here on the last words know what the task knows. No core dump may hold its secrets.
pub(crate) fn remember(task: &Task) {
    let _ = rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let _ = TASK.set(task.clone());
}

/// Claims the right to write the one answer. False: somebody else is just writing it, and ends the process.
pub(crate) fn may_speak() -> bool {
    !SPOKEN.swap(true, Ordering::SeqCst)
}

fn interrupted(signal: i32) {
    let name = match signal {
        SIGINT => "SIGINT",
        SIGHUP => "SIGHUP",
        _ => "SIGTERM",
    };
    let said = format!("The task was interrupted by {name}.");
    let failure = TASK.get().map_or_else(
        || Failure::new(ErrorKind::Interrupted, said.clone()),
        |task| farewell(task, said.clone()),
    );
    speak(failure, PATIENCE);
}

/// What had been done, what was known by then, and what the hooks did; all in the message, which is often all that a user sees.
fn farewell(task: &Task, mut said: String) -> Failure {
    let (phase, acted) = {
        let state = task.state();
        (state.phase, state.may_have_acted.as_ref().is_none_or(|ask| ask()))
    };
    said += match phase {
        Phase::Process if acted => " A change was being made and may or may not have happened.",
        Phase::Housekeep => " The change had been made; only looking at it again was cut short.",
        Phase::Discover | Phase::Process => " Nothing had been changed.",
    };
    said += &known(task);
    let told = task.hooks().run();
    said += &told;
    if told.is_empty() && phase == Phase::Process && acted {
        said += " Look whether it has before you run the task again.";
    }
    let failure = Failure::new(ErrorKind::Interrupted, said);
    if phase == Phase::Process && !acted { failure.unchanged() } else { failure }
}

/// The names and ids among the results.
fn known(task: &Task) -> String {
    let Some(results) = task.state().results.clone() else { return String::new() };
    let known = results.known(PATIENCE);
    let short = known.iter().filter_map(|(key, value)| {
        let text =
            value.as_str().filter(|text| (1..=LONGEST).contains(&text.len()) && !text.contains('\n'))?;
        Some(format!("{key} {text}"))
    });
    let short: Vec<_> = short.collect();
    if short.is_empty() { String::new() } else { format!(" Known by then: {}.", short.join(", ")) }
}

/// Writes the failure and ends the process; returns only if another thread is doing so already.
fn speak(failure: Failure, patience: Duration) {
    if !may_speak() {
        return;
    }
    let answer = match TASK.get() {
        Some(task) => Answer::compose(task, Err(failure), patience),
        None => Answer::bare(failure),
    };
    answer.write();
    std::process::exit(1);
}

/// Hooks to run before the last words, newest first.
#[derive(Clone, Default)]
pub(crate) struct Hooks(Arc<Mutex<Vec<(usize, Run)>>>);

type Run = Box<dyn FnOnce() -> String + Send>;

impl Hooks {
    pub(crate) fn add(&self, run: Run) -> Hook {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let id = all.last().map_or(0, |(id, _)| id + 1);
        all.push((id, run));
        Hook { id, hooks: self.clone() }
    }

    /// Runs and forgets all; their sentences, each with a blank before it.
    fn run(&self) -> String {
        let all = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let mut sentences = String::new();
        for (_, run) in all.into_iter().rev() {
            let sentence = run();
            if !sentence.is_empty() {
                sentences.push(' ');
                sentences += &sentence;
            }
        }
        sentences
    }
}

/// Keeps a hook of [`Task::on_interrupt`] alive.
#[must_use = "the hook is forgotten when this is dropped"]
pub struct Hook {
    id: usize,
    hooks: Hooks,
}

impl Drop for Hook {
    fn drop(&mut self) {
        self.hooks.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|(id, _)| *id != self.id);
    }
}
