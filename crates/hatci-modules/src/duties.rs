//! What the duties share that modules hand to their job's guard: the guard, and how a duty runs a module again.
use ansible_module::{Answer, Module, ProcessEnv};
use job_guard::{JobGuard, Owner, in_thread};
use serde_json::{Map, Value};

/// What a module is run with.
pub(crate) type Arguments = Map<String, Value>;

/// The guard of the job that this task belongs to; none if the job can't be seen from here.
pub(crate) fn job_guard() -> Option<JobGuard> {
    JobGuard::of(ansible_module::owner().and_then(Owner::of)?).ok()
}

/// Runs a module as a task would, beside the guard's event loop.
pub(crate) async fn run_module<M: Module>(arguments: Arguments) -> Result<Answer, String> {
    in_thread(move || ansible_module::run::<M>(arguments, &ProcessEnv)).await
}
