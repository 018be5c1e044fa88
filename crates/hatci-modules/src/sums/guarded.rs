//! What the guard of a job is handed of a test event.
use super::connection::Connection;
use crate::duties::{Arguments, job_guard, with_absolute_paths};
use ansible_module::{Options, Task};
use hatci_client::{IdempotencyKey, TestEventId, TestOutcome};
use job_guard::{Id, JobGuard};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt::Display;

/// The guard's name for this kind of duty.
pub(crate) const TEST_EVENT: &str = "test event";

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct HandedTestEvent {
    /// Of `hatci_test_event_update`: which test event, how to reach the server, and the verdict, if a task was about to write it.
    pub(crate) arguments: Arguments,
    /// Whose test it is, by the name in the inventory.
    pub(crate) host: String,
    /// Of `hatci_test_event`, with the key: how to find out whether a test event was created whose create nobody saw the end of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) create: Option<Arguments>,
    /// Whether nothing has happened yet that tests the vehicle.
    #[serde(default)]
    pub(crate) untested: bool,
}

/// A test event's place with the guard of its job, if there is one.
pub(crate) struct Guarded {
    guard: JobGuard,
    id: Id,
    handed: HandedTestEvent,
}

impl Guarded {
    /// None where this task belongs to no job that can be seen from here. The error is a clause.
    pub(crate) fn of(task: &Task, test_event: &TestEventId) -> Result<Option<Self>, String> {
        let Some(guard) = job_guard()? else { return Ok(None) };
        let mut arguments = with_absolute_paths(task.options_of::<Connection>());
        let id = id(test_event, &arguments);
        arguments.insert("test_event_id".into(), test_event.to_string().into());
        Ok(Some(Guarded {
            guard,
            id,
            handed: HandedTestEvent { arguments, host: host(task), create: None, untested: false },
        }))
    }

    /// Has an existing one closed with the job, or warns that it isn't. As for `untested`, see [`Guarded::untested`].
    pub(crate) fn close_with_job_or_warn(task: &Task, id: &TestEventId, untested: bool) {
        let guarded = Guarded::of(task, id).map(|it| it.map(|it| it.untested(untested)));
        let taken = guarded
            .and_then(|it| it.map(|it| it.close_with_job(task).map_err(|e| e.to_string())).transpose());
        let (why, remedy) = match taken {
            Ok(Some(())) => return,
            Ok(None) => {
                let detour = task.detour().map_or(String::new(), |detour| format!(" because of {detour}"));
                let remedy = "Run the task with a local connection, without `become` and `async`, or set";
                (format!("the process of ansible-playbook is not visible from here{detour}"), remedy)
            }
            Err(why) => {
                (format!("the guard process that would close it can't be used: {why}"), "Fix that, or set")
            }
        };
        task.warn(format!(
            "Test event {id} stays open if this job ends without a verdict: {why}. {remedy} `close_with_job: false` to accept that."
        ));
    }

    /// Of a test event that a task of `hatci_test_event` is about to create with this key.
    pub(crate) fn of_create<O: Options>(task: &Task, key: &IdempotencyKey) -> Option<Self> {
        Self::of_create_with(task, task.options_of::<O>(), key)
    }

    /// Of a test event that is about to be created with this key; `create` is what `hatci_test_event` takes to create it.
    pub(crate) fn of_create_with(task: &Task, create: Arguments, key: &IdempotencyKey) -> Option<Self> {
        let guard = job_guard().ok()??;
        let arguments = with_absolute_paths(task.options_of::<Connection>());
        let mut create = with_absolute_paths(create);
        create.insert("idempotency_key".into(), key.to_string().into());
        create.insert("close_with_job".into(), false.into());
        create.remove("test_event_id");
        let id = id(&format_args!("with the idempotency key {key}"), &arguments);
        Some(Guarded {
            guard,
            id,
            handed: HandedTestEvent { arguments, host: host(task), create: Some(create), untested: false },
        })
    }

    /// Whether nothing has happened yet that tests the vehicle.
    pub(crate) fn untested(mut self, untested: bool) -> Self {
        self.handed.untested = untested;
        self
    }

    /// Has it closed with the job.
    pub(crate) fn close_with_job(&self, task: &Task) -> Result<(), job_guard::Error> {
        let handed =
            serde_json::to_value(&self.handed).map_err(|e| job_guard::Error::Failed(e.to_string()))?;
        let taken = self.guard.take(self.id.clone(), handed);
        self.guard.news().iter().for_each(|news| task.warn(news));
        taken
    }

    /// If the guard is to close it, and the job ends now, then with this verdict, or with what is known then. Trouble with the guard must not keep the verdict from
    /// being written.
    pub(crate) fn is_about_to_be(&self, outcome: Option<&TestOutcome>, task: &Task) {
        let mut handed = self.handed.clone();
        if let Some(Value::Object(verdict)) = outcome.map(TestOutcome::body) {
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

/// `name`: the test event's id, or words with the key that it is created with.
fn id(name: &impl Display, arguments: &Arguments) -> Id {
    let server = arguments.get("hatci_base_url").and_then(Value::as_str).unwrap_or_default();
    Id { kind: TEST_EVENT.into(), name: format!("{name} ({})", address(server)) }
}

fn host(task: &Task) -> String {
    task.ansible_key("inventory_hostname").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// A server's address in one spelling, so that two tasks that write it differently mean the same test event.
fn address(url: &str) -> String {
    let (scheme, rest) = url.trim().split_once("://").unwrap_or(("", url));
    let (scheme, rest) = (scheme.to_ascii_lowercase(), rest.trim_end_matches('/'));
    let (authority, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
    let usual_port = if scheme == "https" { ":443" } else { ":80" };
    let authority = authority.to_ascii_lowercase();
    let authority = authority.strip_suffix(usual_port).unwrap_or(&authority);
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, port),
        _ => (authority, ""),
    };
    let host = if matches!(host, "localhost" | "[::1]") { "127.0.0.1" } else { host };
    format!("{scheme}://{host}:{port}{path}")
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn one_server_has_one_address() {
        for (one, other) in [
            ("http://127.0.0.1:8080", "http://localhost:8080/"),
            ("https://sums.example.com", "HTTPS://SUMS.Example.com:443//"),
            ("http://[::1]:80/base", "http://localhost/base/"),
        ] {
            assert_eq!(address(one), address(other));
        }
        assert_ne!(address("http://a/x"), address("http://a/X"));
        assert_ne!(address("http://a:81"), address("http://a"));
        assert_ne!(address("https://[2001:db8::1]"), address("https://[2001:db8::2]"));
    }
}
