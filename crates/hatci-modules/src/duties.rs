//! What the duties share that modules hand to their job's guard: the guard, and how a duty runs a module again.
use ansible_module::{Answer, ErrorKind, Failure, Module, ProcessEnv};
use job_guard::{JobGuard, Owner, in_thread};
use serde_json::{Map, Value};
use std::path::absolute;

/// What a module is run with.
pub(crate) type Arguments = Map<String, Value>;

/// The guard of the job that this task belongs to; none if the job can't be seen from here. The error is a clause.
pub(crate) fn job_guard() -> Result<Option<JobGuard>, String> {
    let job = ansible_module::owner().and_then(Owner::of);
    job.map(JobGuard::of).transpose().map_err(|e| e.to_string())
}

/// Refuses to begin something for a job that has ended: its guard has closed what it knew, and would not hear of it. `handed`: what came of
/// handing it to the guard.
pub(crate) fn unless_job_is_over(handed: &Result<(), job_guard::Error>) -> Result<(), Failure> {
    let is_ending = matches!(handed, Err(job_guard::Error::Over));
    if !is_ending && !ansible_module::owner().is_some_and(Owner::has_ended) {
        return Ok(());
    }
    let msg = "ansible-playbook has ended, so nothing was created.";
    Err(Failure::new(ErrorKind::Interrupted, msg).unchanged())
}

/// The options that name files. The guard works in another folder than the task.
const PATHS: [&str; 4] = ["hatci_ca_path", "client_cert", "client_key", "ara_ca_path"];

/// The same with absolute paths.
pub(crate) fn with_absolute_paths(mut arguments: Arguments) -> Arguments {
    for name in PATHS {
        let Some(Value::String(path)) = arguments.get_mut(name) else { continue };
        if let Ok(absolute) = absolute(&path) {
            *path = absolute.to_string_lossy().into_owned();
        }
    }
    arguments
}

/// Runs a module as a task would, beside the guard's event loop.
pub(crate) async fn run_module<M: Module>(arguments: Arguments) -> Result<Answer, String> {
    in_thread(move || ansible_module::run::<M>(arguments, &ProcessEnv)).await
}
