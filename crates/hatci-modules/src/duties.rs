//! The duties that the modules hand to their job's guard, and how those run modules again.
use crate::{ara::run_duty, sums::test_event_duty};
use ansible_module::{Answer, Module, ProcessEnv};
use job_guard::{JobGuard, Kinds, Owner, in_thread};
use serde_json::{Map, Value};

/// What a module is run with.
pub(crate) type Arguments = Map<String, Value>;

/// All kinds of duties.
pub(crate) fn kinds() -> Kinds {
    let mut kinds = Kinds::new();
    jumpstarter::add_duties(&mut kinds);
    kinds.insert(run_duty::RUN, Box::new(run_duty::make));
    kinds.insert(test_event_duty::TEST_EVENT, Box::new(test_event_duty::make));
    kinds
}

/// The guard of the job that this task belongs to; none if the job can't be seen from here.
pub(crate) fn job_guard() -> Option<JobGuard> {
    JobGuard::of(ansible_module::owner().and_then(Owner::of)?).ok()
}

/// Runs a module as a task would, beside the guard's event loop.
pub(crate) async fn run_module<M: Module>(arguments: Arguments) -> Result<Answer, String> {
    in_thread(move || ansible_module::run::<M>(arguments, &ProcessEnv)).await
}
