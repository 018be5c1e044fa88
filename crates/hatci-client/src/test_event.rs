//! Test events: the record of one test run, opened before it and closed with its verdict.
use crate::{Effort, Error, EventId, TestEventId, fields};
use http_exchange::Reply;
use serde_json::{Map, Value, json};

/// The body of `POST test_events`.
#[derive(Clone, Debug)]
pub struct NewTestEvent {
    /// The vehicle.
    pub vin: String,
    /// The event under test; `pending` if it is not created yet.
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
            "vin": self.vin,
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
pub struct Outcome {
    /// The verdict.
    pub status: TestStatus,
    /// The reason, in words.
    pub summary: String,
    /// The URLs of logs and reports; sent only when given.
    pub artifact_urls: Option<Vec<String>>,
}

impl Outcome {
    /// The JSON to send.
    pub fn body(&self) -> Value {
        let mut body = json!({"status": self.status.as_str(), "summary": self.summary});
        if let Some(urls) = &self.artifact_urls {
            body["artifact_urls"] = urls.as_slice().into();
        }
        body
    }
}

/// A test event as the server describes it.
#[derive(Clone, Debug)]
pub struct TestEvent {
    /// `test_event_id`, else `id`; for an update whose answer has neither, the requested id.
    pub id: TestEventId,
    /// The whole answer.
    pub object: Map<String, Value>,
    /// Attempts and time of the call.
    pub effort: Effort,
}

impl TestEvent {
    /// `asked`: the id of the updated test event; `None` for a new one.
    pub(crate) fn read(reply: &Reply, asked: Option<&TestEventId>) -> Result<Self, Error> {
        let object = fields::object(reply)?;
        let id = match asked {
            Some(id) => id.clone(),
            None => TestEventId::of_answer(reply, &object)?,
        };
        Ok(Self { id, object, effort: reply.effort })
    }
}
