//! A test event as a duty of its job: when the job is over and nobody has closed it, the guard does.
use super::{connection::Connection, hatci_test_event_update::HatciTestEventUpdate};
use crate::duties::{Arguments, job_guard, run_module};
use ansible_module::{Answer, Task};
use hatci_client::{Outcome, TestEventId, TestStatus};
use job_guard::{Closing, Duty, Ending, Id, JobGuard, Open, Owner, Work};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{cell::RefCell, rc::Rc, time::Duration};
use tokio::time::{Instant, sleep};

/// The guard's name for this kind of duty.
pub(crate) const TEST_EVENT: &str = "test event";
/// For so long a server that is away when the job ends is tried.
const LONGEST: Duration = Duration::from_secs(30);
/// Between two attempts.
const PAUSE: Duration = Duration::from_secs(1);
/// One request may take so many seconds.
const LONGEST_REQUEST: u64 = 10;

#[derive(Clone, Serialize, Deserialize)]
struct Handed {
    /// Of `hatci_test_event_update`: which test event, how to reach the server, and the verdict, if a task was about to write it.
    arguments: Arguments,
    /// Whose test it is, by the name in the inventory.
    host: String,
}

/// A test event's place with the guard of its job, if there is one.
pub(crate) struct Guarded {
    guard: JobGuard,
    id: Id,
    handed: Handed,
}

impl Guarded {
    /// None where this task belongs to no job that can be seen from here.
    pub(crate) fn of(task: &Task, test_event: &TestEventId) -> Option<Self> {
        let guard = job_guard()?;
        let mut arguments = task.options_of::<Connection>();
        let server = arguments.get("hatci_base_url").and_then(Value::as_str).unwrap_or_default();
        let id = Id { kind: TEST_EVENT.into(), name: format!("{test_event} ({server})") };
        arguments.insert("test_event_id".into(), test_event.to_string().into());
        let host = task.about("inventory_hostname").and_then(Value::as_str).unwrap_or_default().to_owned();
        Some(Guarded { guard, id, handed: Handed { arguments, host } })
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
    pub(crate) fn is_about_to_be(&self, outcome: &Outcome, task: &Task) {
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

/// Makes a duty of what was handed over.
pub(crate) fn make(payload: Value, _: Owner) -> Result<Rc<dyn Duty>, String> {
    let handed = serde_json::from_value(payload).map_err(|e| e.to_string())?;
    Ok(Rc::new(TestEventDuty(RefCell::new(handed))))
}

struct TestEventDuty(RefCell<Handed>);

impl TestEventDuty {
    fn says(&self, argument: &str) -> String {
        self.0.borrow().arguments.get(argument).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// What to close it with: the verdict of a task that could not write it, else what is known of the job's end.
    fn arguments(&self, closing: &Closing) -> Arguments {
        let Handed { mut arguments, host } = self.0.borrow().clone();
        arguments.entry("status").or_insert_with(|| TestStatus::Fail.as_str().into());
        arguments.entry("summary").or_insert_with(|| summary(closing, &host).into());
        arguments.insert("_ansible_unless_closed".into(), true.into());
        arguments.insert("retries".into(), 0.into());
        let timeout = arguments.get("timeout").and_then(Value::as_u64).unwrap_or(LONGEST_REQUEST);
        arguments.insert("timeout".into(), timeout.min(LONGEST_REQUEST).into());
        arguments
    }
}

impl Duty for TestEventDuty {
    fn open(&self) -> Option<Open> {
        let (id, server) = (self.says("test_event_id"), self.says("hatci_base_url"));
        Some(Open {
            what: format!("test event {id} of {server}"),
            remedy: format!(
                "Close it if nobody has: ansible localhost -m hatci.automation.hatci_test_event_update -a \
                 'hatci_base_url={server} test_event_id={id} status=FAIL summary=\"The job ended without a verdict\"', with the \
                 token in HATCI_TOKEN."
            ),
        })
    }

    fn renew(&self, payload: Value) -> Result<(), String> {
        self.0.replace(serde_json::from_value(payload).map_err(|e| e.to_string())?);
        Ok(())
    }

    fn close<'a>(&'a self, closing: &'a Closing) -> Work<'a, Result<Option<String>, String>> {
        let (arguments, end) = (self.arguments(closing), Instant::now() + LONGEST);
        let status = arguments.get("status").and_then(Value::as_str).unwrap_or_default().to_owned();
        let id = self.says("test_event_id");
        Box::pin(async move {
            loop {
                let answer = run_module::<HatciTestEventUpdate>(arguments.clone()).await?;
                match why_failed(&answer) {
                    None if answer.json.get("changed") == Some(&true.into()) => {
                        return Ok(Some(format!("Test event {id} was closed as {status}.")));
                    }
                    None => return Ok(None),
                    Some((_, true)) if Instant::now() < end => sleep(PAUSE).await,
                    Some((why, _)) => return Err(why),
                }
            }
        })
    }

    fn patience(&self) -> Duration {
        LONGEST + Duration::from_secs(LONGEST_REQUEST)
    }
}

/// Why the module failed, and whether that may pass.
fn why_failed(answer: &Answer) -> Option<(String, bool)> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let kind = text(answer.json.get("error").and_then(|error| error.get("kind")));
    let may_pass = ["unavailable", "timeout", "rate_limited"].contains(&kind.as_str());
    answer.failed.then(|| (text(answer.json.get("msg")), may_pass))
}

fn summary(closing: &Closing, host: &str) -> String {
    let how = match closing.ending {
        Ending::Killed => "ansible-playbook was killed",
        Ending::Interrupted => "ansible-playbook was interrupted",
        Ending::Failed => "the job failed without a verdict",
        Ending::Ended | Ending::Abandoned => "the job ended without a verdict",
    };
    match closing.last_step(host) {
        Some(step) => format!("{how}; last: {step}"),
        None => how.into(),
    }
}
