//! Test events: the record of one test run, opened before it and closed with its verdict.
use crate::{CallStats, Error, EventId, TestEventId, Vin, fields};
use http_exchange::Reply;
use serde_json::{Map, Value, json};

/// The body of `POST test_events`.
#[derive(Clone, Debug)]
pub struct NewTestEvent {
    /// The vehicle.
    pub vin: Vin,
    /// The event under test; `pending` when it is still to be made.
    pub event_id: EventId,
    /// The job that runs the test.
    pub ansible_job_id: String,
    /// The commit of the test suite.
    pub git_sha: String,
    /// The test suite.
    pub suite_name: String,
    /// Sent only when given.
    pub vehicle_id: Option<String>,
    /// Sent only when given.
    pub metadata: Option<Map<String, Value>>,
}

impl NewTestEvent {
    /// The JSON to send.
    pub fn body(&self) -> Value {
        let mut body = json!({
            "vin": self.vin.as_str(),
            "event_id": self.event_id.as_str(),
            "ansible_job_id": self.ansible_job_id,
            "git_sha": self.git_sha,
            "suite_name": self.suite_name,
        });
        if let Some(vehicle_id) = &self.vehicle_id {
            body["vehicle_id"] = vehicle_id.as_str().into();
        }
        if let Some(metadata) = &self.metadata {
            body["metadata"] = Value::Object(metadata.clone());
        }
        body
    }
}

/// The verdict on a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestStatus {
    /// All steps succeeded.
    Pass,
    /// A step failed.
    Fail,
}

impl TestStatus {
    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Fail => "FAIL",
        }
    }
}

/// The body of `PATCH test_events/ID`.
#[derive(Clone, Debug)]
pub struct TestOutcome {
    /// The verdict.
    pub status: TestStatus,
    /// The reason, in words; sent only when given.
    pub summary: Option<String>,
    /// The URLs of logs and reports; sent only when given.
    pub artifact_urls: Option<Vec<String>>,
}

impl TestOutcome {
    /// The JSON that is sent.
    pub fn body(&self) -> Value {
        let mut body = json!({"status": self.status.as_str()});
        if let Some(summary) = &self.summary {
            body["summary"] = summary.as_str().into();
        }
        if let Some(urls) = &self.artifact_urls {
            body["artifact_urls"] = urls.as_slice().into();
        }
        body
    }

    /// The verdict without the fields that the server refuses by their names, and these names; `None` if it refuses anything else.
    ///
    /// A refusal that also names `status` tells what would be right, such as `allowed: status, summary`: then the links alone are left out.
    pub fn without_refused(&self, refusal: &Error) -> Option<(Self, Vec<&'static str>)> {
        let text = refusal.server_text().filter(|_| matches!(refusal.status(), Some(400 | 422)))?;
        let mut left = self.clone();
        let mut names = vec![];
        if left.artifact_urls.is_some() && is_named(text, LINKS) {
            left.artifact_urls = None;
            names.push(LINKS);
        }
        let tells_all = !names.is_empty() && is_named(text, "status");
        if left.summary.is_some() && is_named(text, SUMMARY) && !tells_all {
            left.summary = None;
            names.push(SUMMARY);
        }
        (!names.is_empty()).then_some((left, names))
    }
}

const LINKS: &str = "artifact_urls";
const SUMMARY: &str = "summary";

/// Whether this name of a field is in the text, as a word of its own.
fn is_named(text: &str, name: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name)
}

/// Words for a test event that is still open.
const OPEN: [&str; 12] = [
    "open",
    "new",
    "created",
    "pending",
    "queued",
    "scheduled",
    "started",
    "running",
    "active",
    "in_progress",
    "in progress",
    "unknown",
];

fn means_open(word: &str) -> bool {
    OPEN.iter().any(|open| open.eq_ignore_ascii_case(word))
}

/// A test event as the server describes it.
#[derive(Clone, Debug)]
pub struct TestEvent {
    /// `test_event_id`, else `id`; for an update whose answer has neither, the requested id.
    pub id: TestEventId,
    /// The whole answer.
    pub object: Map<String, Value>,
    /// What it took to get it.
    pub stats: CallStats,
}

impl TestEvent {
    /// The verdict, as far as the server shows it. `None`: the test event is open, or the server has words of its own.
    pub fn verdict(&self) -> Option<TestStatus> {
        let status = self.object.get("status")?.as_str()?;
        [TestStatus::Pass, TestStatus::Fail].into_iter().find(|it| it.as_str().eq_ignore_ascii_case(status))
    }

    /// What the record says beside its verdict, as far as the server shows it.
    pub fn summary(&self) -> Option<&str> {
        self.object.get("summary")?.as_str()
    }

    /// Whether the server shows that the test has ended, in whatever words. A test event without any is open.
    pub fn is_closed(&self) -> bool {
        [Some(&self.object), self.object.get("test_event").and_then(Value::as_object)]
            .into_iter()
            .flatten()
            .any(|it| {
                let text =
                    |name: &str| it.get(name).and_then(Value::as_str).map(str::trim).unwrap_or_default();
                let ends = |word: &str| !word.is_empty() && !means_open(word);
                !text("summary").is_empty()
                    || ["status", "state", "verdict", "result"].into_iter().any(|name| ends(text(name)))
            })
    }

    /// Whether the server says in so many words that the test has not ended. One that shows no status says nothing.
    pub fn is_open(&self) -> bool {
        let word = |name: &str| self.object.get(name).and_then(Value::as_str).map(str::trim);
        ["status", "state"].into_iter().filter_map(word).any(|word| word != "unknown" && means_open(word))
    }

    /// The VIN of another vehicle than this, if it is the record of one, in the server's words.
    pub fn of_other_vehicle(&self, vin: &str) -> Option<&str> {
        fields::other_vin(&self.object, vin)
    }

    /// `asked`: the id that the test event was updated by; none for one just made.
    pub(crate) fn read(reply: &Reply, asked: Option<&TestEventId>) -> Result<Self, Error> {
        let object = fields::object(reply)?;
        let id = match asked {
            Some(id) => id.confirmed_by(reply, &object)?,
            None => TestEventId::of_answer(reply, &object)?,
        };
        Ok(Self { id, object, stats: reply.stats })
    }
}
