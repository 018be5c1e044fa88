//! What the guard of a job is handed of a run in ARA.
use super::connection::{AraConnection, RunOptions};
use crate::duties::{Arguments, job_guard, with_absolute_paths};
use ansible_module::Task;
use ara_client::Uuid;
use job_guard::Id;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

/// The guard's name for this kind of duty.
pub(crate) const RUN: &str = "run in ARA";
/// For so long an ARA that is away when the job ends is tried; then the next run tells it.
pub(crate) const PATIENCE_AFTER_JOB: Duration = Duration::from_secs(60);

#[derive(Serialize, Deserialize)]
pub(crate) struct HandedRun {
    /// Of `ara_run`: which run, and how to reach ARA.
    pub(crate) arguments: Arguments,
    /// Whether something waits to be sent.
    pub(crate) send: bool,
}

/// Hands this run to the guard of the job. False if there is none to take it.
pub(crate) fn hand_over(task: &Task, run: Uuid, send: bool) -> bool {
    let Ok(Some(guard)) = job_guard() else { return false };
    let mut arguments = task.options_of::<RunOptions>();
    arguments.extend(task.options_of::<AraConnection>());
    let mut arguments = with_absolute_paths(arguments);
    arguments.insert("run_id".into(), run.to_string().into());
    // Only a task can fail.
    arguments.insert("fail_on_error".into(), false.into());
    for about in ["version", "play_uuid"] {
        arguments.extend(task.ansible_key(about).map(|value| (format!("_ansible_{about}"), value.clone())));
    }
    let server = arguments.get("ara_api_base_url").and_then(Value::as_str).unwrap_or_default();
    let id = Id { kind: RUN.into(), name: format!("{run} ({server})") };
    let handed = serde_json::to_value(HandedRun { arguments, send }).unwrap_or_default();
    let is_taken = guard.take(id, handed).is_ok();
    guard.news().iter().for_each(|news| task.warn(news));
    is_taken
}
