//! A test event as a duty of its job: when the job is over and nobody has closed it, the guard does.
use super::{
    guarded::HandedTestEvent, hatci_info::HatciInfo, hatci_test_event::HatciTestEvent,
    hatci_test_event_update::HatciTestEventUpdate,
};
use crate::duties::{Arguments, run_module};
use ansible_module::Answer;
use hatci_client::TestStatus;
use job_guard::{Closing, Duty, Ending, Open, Owner, Work};
use serde_json::Value;
use shown_text::harmless;
use std::{cell::RefCell, rc::Rc, time::Duration};
use tokio::time::{Instant, sleep};

/// For so long a server that is away when the job ends is tried.
const PATIENCE_AFTER_JOB: Duration = Duration::from_secs(600);
/// Between two attempts, in the first half minute and later.
const PAUSE: Duration = Duration::from_secs(1);
const LATER: Duration = Duration::from_secs(10);
/// One request may take so many seconds.
const LONGEST_REQUEST: u64 = 10;

/// Makes a duty of what was handed over.
pub(crate) fn make(payload: Value, _: Owner) -> Result<Rc<dyn Duty>, String> {
    let handed = serde_json::from_value(payload).map_err(|e| e.to_string())?;
    Ok(Rc::new(TestEventDuty(RefCell::new(handed))))
}

struct TestEventDuty(RefCell<HandedTestEvent>);

impl TestEventDuty {
    fn says(&self, argument: &str) -> String {
        self.0.borrow().arguments.get(argument).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// What to close it with: the verdict of a task that could not write it, else what is known of the job's end.
    fn arguments(&self, closing: &Closing) -> Arguments {
        let HandedTestEvent { mut arguments, host, untested, .. } = self.0.borrow().clone();
        let mark = if untested { UNTESTED } else { "" };
        arguments.entry("status").or_insert_with(|| TestStatus::Fail.as_str().into());
        arguments.entry("summary").or_insert_with(|| format!("{mark}{}", summary(closing, &host)).into());
        arguments.insert("_ansible_unless_closed".into(), true.into());
        arguments.insert("retries".into(), 0.into());
        let timeout = arguments.get("timeout").and_then(Value::as_u64).unwrap_or(LONGEST_REQUEST);
        arguments.insert("timeout".into(), timeout.min(LONGEST_REQUEST).into());
        arguments
    }
}

impl TestEventDuty {
    /// The key of a create whose end nobody saw.
    fn key(&self) -> Option<String> {
        Some(self.0.borrow().create.as_ref()?.get("idempotency_key")?.as_str()?.to_owned())
    }

    /// The id of a test event whose create nobody saw the end of; `None` if its id is known. Only a server that honours keys can tell
    /// without creating another.
    async fn settle(&self, end: Instant) -> Result<Option<String>, String> {
        let HandedTestEvent { arguments, create, .. } = self.0.borrow().clone();
        let Some(create) = create else { return Ok(None) };
        let knows_keys = create.get("idempotency_keys") == Some(&"honoured".into());
        loop {
            let server = run_module::<HatciInfo>(arguments.clone()).await?;
            let answer = if knows_keys || server.json.get("idempotency_keys") == Some(&"honoured".into()) {
                run_module::<HatciTestEvent>(create.clone()).await?
            } else if server.failed {
                server
            } else {
                return Err(
                    "the answer to its create was lost, so its id is unknown. Check in SUMS whether it exists"
                        .into()
                );
            };
            if let Some(id) = answer.json.get("test_event_id").and_then(Value::as_str) {
                return Ok(Some(id.to_owned()));
            }
            match why_failed(&answer) {
                Some((_, true)) if Instant::now() < end => sleep(pause(end)).await,
                Some((why, _)) => return Err(why),
                None => return Err("the server returned no id".into()),
            }
        }
    }
}

impl Duty for TestEventDuty {
    fn open(&self) -> Option<Open> {
        if let Some(key) = self.key() {
            let server = self.says("hatci_base_url");
            return Some(Open {
                what: format!(
                    "test event with the idempotency key {key} of {server}, which may or may not exist"
                ),
                remedy: "Check in SUMS whether it exists, and close it if it is still open.".into(),
            });
        }
        let (id, server) = (self.says("test_event_id"), self.says("hatci_base_url"));
        // A verdict that a task could not write is the one to write.
        let said = |argument: &str, otherwise: &str| match self.says(argument) {
            text if text.is_empty() => otherwise.to_owned(),
            text => harmless(&text).replace(['\'', '"', '\\'], " "),
        };
        let status = said("status", TestStatus::Fail.as_str());
        let mark = if self.0.borrow().untested { UNTESTED } else { "" };
        let summary = said("summary", &format!("{mark}The job ended before a verdict was reached"));
        Some(Open {
            what: format!("test event {id} of {server}"),
            remedy: format!(
                "Close it if it is still open: ansible localhost -m hatci.automation.hatci_test_event_update -a \
                 'hatci_base_url={server} test_event_id={id} status={status} summary=\"{summary}\"', \
                 with the token in HATCI_TOKEN."
            ),
        })
    }

    fn renew(&self, payload: Value) -> Result<(), String> {
        self.0.replace(serde_json::from_value(payload).map_err(|e| e.to_string())?);
        Ok(())
    }

    fn close<'a>(&'a self, closing: &'a Closing) -> Work<'a, Result<Option<String>, String>> {
        let (mut arguments, end) = (self.arguments(closing), Instant::now() + PATIENCE_AFTER_JOB);
        let status = arguments.get("status").and_then(Value::as_str).unwrap_or_default().to_owned();
        Box::pin(async move {
            if let Some(id) = self.settle(end).await? {
                arguments.insert("test_event_id".into(), id.into());
            }
            let id = arguments.get("test_event_id").and_then(Value::as_str).unwrap_or_default().to_owned();
            loop {
                let answer = run_module::<HatciTestEventUpdate>(arguments.clone()).await?;
                match why_failed(&answer) {
                    None if answer.json.get("changed") == Some(&true.into()) => {
                        return Ok(Some(format!("Test event {id} was closed as {status}.")));
                    }
                    None => return Ok(None),
                    Some((_, true)) if Instant::now() < end => sleep(pause(end)).await,
                    Some((why, _)) => return Err(why),
                }
            }
        })
    }

    fn patience(&self) -> Duration {
        PATIENCE_AFTER_JOB + Duration::from_secs(LONGEST_REQUEST)
    }
}

/// A server that comes back soon is asked soon.
fn pause(end: Instant) -> Duration {
    let has_waited = PATIENCE_AFTER_JOB.saturating_sub(end.saturating_duration_since(Instant::now()));
    if has_waited < 30 * PAUSE { PAUSE } else { LATER }
}

/// Why the module failed, and whether another attempt may succeed. Even a test event that isn't there may only be new.
fn why_failed(answer: &Answer) -> Option<(String, bool)> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let error = answer.json.get("error");
    let kind = text(error.and_then(|error| error.get("kind")));
    let is_final = ["invalid", "conflict", "internal"].contains(&kind.as_str())
        || error.and_then(|error| error.get("status")) == Some(&401.into());
    answer.failed.then(|| (text(answer.json.get("msg")), !is_final))
}

/// What a record begins with if nothing had happened that tests the vehicle.
pub(crate) const UNTESTED: &str = "NOT TESTED: ";
/// How the guard's own words begin.
const KILLED: &str = "ansible-playbook was killed";
const INTERRUPTED: &str = "ansible-playbook was interrupted";
const FAILED: &str = "the job failed before a verdict was reached";
const ENDED: &str = "the job ended before a verdict was reached";

fn summary(closing: &Closing, host: &str) -> String {
    let how = match closing.ending {
        Ending::Killed => KILLED,
        Ending::Interrupted => INTERRUPTED,
        Ending::Failed => FAILED,
        Ending::Ended | Ending::Abandoned => ENDED,
    };
    match closing.last_step(host) {
        Some(step) => format!("{how}; last task of hatci.automation: {step}"),
        None => how.into(),
    }
}

/// Whether a record that says this was closed by the guard of a job that ended without a verdict, or by somebody who did that for it.
pub(crate) fn is_of_guard(summary: &str) -> bool {
    let words = summary.trim();
    let words = words.strip_prefix(UNTESTED).unwrap_or(words).to_ascii_lowercase();
    [KILLED, INTERRUPTED, FAILED, ENDED].iter().any(|own| words.starts_with(own))
}

#[cfg(test)]
mod tests {
    use super::is_of_guard;

    #[test]
    fn the_words_of_the_guard_are_known_from_those_of_a_test() {
        for words in [
            "ansible-playbook was killed; last task of hatci.automation: Wait for the updates",
            "NOT TESTED: the job ended before a verdict was reached",
            // As the guard tells somebody to close what it could not.
            "NOT TESTED: The job ended before a verdict was reached",
        ] {
            assert!(is_of_guard(words), "{words}");
        }
        for words in
            ["", "I saw smoke", "NOT TESTED: no bench was free", "Say that ansible-playbook was killed"]
        {
            assert!(!is_of_guard(words), "{words}");
        }
    }
}
