//! What the guard of a job is handed of a test event.
use super::connection::Connection;
use crate::duties::{Arguments, job_guard};
use ansible_module::Task;
use hatci_client::{TestEventId, TestOutcome};
use job_guard::{Id, JobGuard};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The guard's name for this kind of duty.
pub(crate) const TEST_EVENT: &str = "test event";

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct HandedTestEvent {
    /// Of `hatci_test_event_update`: which test event, how to reach the server, and the verdict, if a task was about to write it.
    pub(crate) arguments: Arguments,
    /// Whose test it is, by the name in the inventory.
    pub(crate) host: String,
}

/// A test event's place with the guard of its job, if there is one.
pub(crate) struct Guarded {
    guard: JobGuard,
    id: Id,
    handed: HandedTestEvent,
}

impl Guarded {
    /// None where this task belongs to no job that can be seen from here.
    pub(crate) fn of(task: &Task, test_event: &TestEventId) -> Option<Self> {
        let guard = job_guard()?;
        let mut arguments = task.options_of::<Connection>();
        let server = arguments.get("hatci_base_url").and_then(Value::as_str).unwrap_or_default();
        let id = Id { kind: TEST_EVENT.into(), name: format!("{test_event} ({server})") };
        arguments.insert("test_event_id".into(), test_event.to_string().into());
        let host =
            task.ansible_key("inventory_hostname").and_then(Value::as_str).unwrap_or_default().to_owned();
        Some(Guarded { guard, id, handed: HandedTestEvent { arguments, host } })
    }

    /// Has it closed with the job. An error is a clause.
    pub(crate) fn close_with_job(&self, task: &Task) -> Result<(), String> {
        let handed = serde_json::to_value(&self.handed).map_err(|e| e.to_string())?;
        let taken = self.guard.take(self.id.clone(), handed).map_err(|e| e.to_string());
        self.guard.news().iter().for_each(|news| task.warn(news));
        taken
    }

    /// If the guard is to close it, and the job ends now, then with this verdict. Trouble with the guard must not keep the verdict from
    /// being written.
    pub(crate) fn is_about_to_be(&self, outcome: &TestOutcome, task: &Task) {
        let mut handed = self.handed.clone();
        if let Value::Object(verdict) = outcome.body() {
            handed.arguments.extend(verdict.into_iter().filter(|(_, value)| !value.is_null()));
        }
        let _ = self.guard.renew(self.id.clone(), serde_json::to_value(handed).unwrap_or_default());
        self.guard.news().iter().for_each(|news| task.warn(news));
    }

    /// It is closed.
    pub(crate) fn is_closed(&self) {
        let _ = self.guard.forget(self.id.clone());
    }
}
