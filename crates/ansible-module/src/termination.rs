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
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// How long the last words wait for a phase that is writing its results.
const PATIENCE: Duration = Duration::from_millis(50);

/// In bytes; what is longer is a text and not the name of anything.
const MOST_BYTES_OF_A_NAME: usize = 255;

/// The task of this process, once its arguments have been read.
static TASK: OnceLock<Task> = OnceLock::new();
/// Whoever sets this may write the answer: there is exactly one.
static CLAIMED: AtomicBool = AtomicBool::new(false);

/// Must come first in `main`: from here on a signal or a panic ends in a JSON failure.
///
/// Where the watcher can't be installed the module still runs; a signal then ends it without a word, and the action plugin tells which.
pub(crate) fn install() {
    std::panic::set_hook(Box::new(|panic| {
        let failure = Failure::new(
            ErrorKind::Internal,
            format!("This module crashed because of a bug: {panic}. Please report it with these lines."),
        );
        end_with(failure, Duration::ZERO);
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
pub(crate) fn claim_output() -> bool {
    !CLAIMED.swap(true, Ordering::SeqCst)
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
        |task| interrupted_failure(task, said.clone()),
    );
    end_with(failure, PATIENCE);
}

/// What had been done, what was known by then, and what the hooks did; all in the message, which is often all that a user sees.
fn interrupted_failure(task: &Task, mut said: String) -> Failure {
    let (phase, acted) = {
        let state = task.state();
        (state.phase, state.may_have_acted.as_ref().is_none_or(|ask| ask()))
    };
    said += match phase {
        Phase::Process if acted => " A change was being made and may or may not have happened.",
        Phase::Housekeep => " The change was made; only the check after it was interrupted.",
        Phase::Discover | Phase::Process => " Nothing was changed.",
    };
    said += &known(task);
    let told = task.hooks().run();
    said += &told;
    if told.is_empty() && phase == Phase::Process && acted {
        said += " Check whether it has before you run the task again.";
    }
    let failure = Failure::new(ErrorKind::Interrupted, said);
    if phase == Phase::Process && !acted { failure.unchanged() } else { failure }
}

/// The names and ids among the results.
fn known(task: &Task) -> String {
    let Some(results) = task.state().results.clone() else { return String::new() };
    let known = results.known(PATIENCE);
    let short = known.iter().filter_map(|(key, value)| {
        let text = value
            .as_str()
            .filter(|text| (1..=MOST_BYTES_OF_A_NAME).contains(&text.len()) && !text.contains('\n'))?;
        Some(format!("{key} {text}"))
    });
    let short: Vec<_> = short.collect();
    if short.is_empty() { String::new() } else { format!(" Known by then: {}.", short.join(", ")) }
}

/// Writes the failure and ends the process; returns only if another thread is doing so already.
fn end_with(failure: Failure, patience: Duration) {
    if !claim_output() {
        return;
    }
    let answer = match TASK.get() {
        Some(task) => Answer::compose(task, Err(failure), patience),
        None => Answer::bare(failure),
    };
    let _ = answer.write(); // the exit status says that it failed, and no more can be said
    std::process::exit(1);
}
