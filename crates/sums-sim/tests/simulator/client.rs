//! A plain HTTP client with its own simulator, and the tests' request bodies.

use std::time::Duration;

use serde_json::{Value, json};
use sums_sim::{Options, Server};
use ureq::Agent;
use ureq::http::{HeaderMap, Request};

/// The vehicle of [`event`].
pub(crate) const VIN: &str = "1HGBH41JXMN109186";

/// A complete answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The server's error message.
    pub(crate) fn error(&self) -> String {
        self.json()["error"].as_str().unwrap().to_owned()
    }
}

/// A client of one simulator.
pub(crate) struct Client {
    pub(crate) server: Server,
    authorization: String,
    agent: Agent,
}

impl Client {
    pub(crate) fn new(options: Options) -> Self {
        Self::with_timeout(options, None)
    }

    pub(crate) fn with_timeout(options: Options, timeout: Option<Duration>) -> Self {
        let config = Agent::config_builder().http_status_as_error(false).proxy(None).timeout_global(timeout);
        Self {
            authorization: format!("Bearer {}", options.token),
            agent: Agent::new_with_config(config.build()),
            server: sums_sim::spawn(options).unwrap(),
        }
    }

    /// Sets the `Authorization` header for further requests.
    pub(crate) fn authorize(&mut self, authorization: &str) {
        authorization.clone_into(&mut self.authorization);
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None, "").unwrap()
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, None, &body.to_string()).unwrap()
    }

    pub(crate) fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send("PATCH", path, None, &body.to_string()).unwrap()
    }

    /// Sends one request below `/api/v1`; an error if no complete answer comes back.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: &str,
    ) -> Result<Answer, ureq::Error> {
        let mut request =
            Request::builder().method(method).uri(format!("{}/api/v1{path}", self.server.url()));
        if !self.authorization.is_empty() {
            request = request.header("Authorization", &self.authorization);
        }
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        let response = if body.is_empty() {
            self.agent.run(request.body(()).unwrap())
        } else {
            self.agent.run(request.header("Content-Type", "application/json").body(body.to_owned()).unwrap())
        };
        let (parts, mut body) = response?.into_parts();
        Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, text: body.read_to_string()? })
    }

    /// Creates and fixes an event, and returns its id.
    pub(crate) fn fixed_event(&self) -> String {
        let id = self.post("/events", &event()).json()["event_id"].as_str().unwrap().to_owned();
        assert_eq!(self.post(&format!("/events/{id}/fix"), &json!({})).status, 200);
        id
    }

    /// Deploys a new event and returns the deployment's id.
    pub(crate) fn deployment(&self) -> String {
        let answer = self.post("/deployments", &json!({"event_id": self.fixed_event()}));
        answer.json()["deployment_id"].as_str().unwrap().to_owned()
    }
}

pub(crate) fn event() -> Value {
    json!({
        "tester_name": "tester", "program_name": "program", "model_year": "2024", "vin": VIN,
        "update_type": "UROM", "region": "US", "build_level": "2024.02.01",
        "ecus": [{"ecu_name": "Gateway", "part_number": "GW-1", "sw_version": "2.0.0"}],
    })
}

pub(crate) fn test_event() -> Value {
    json!({
        "vin": VIN, "event_id": "pending", "ansible_job_id": "1", "git_sha": "abc", "suite_name": "smoke",
    })
}

/// `body` with `field` set to `value`.
pub(crate) fn with(mut body: Value, field: &str, value: Value) -> Value {
    body[field] = value;
    body
}

/// `body` without `field`.
pub(crate) fn without(mut body: Value, field: &str) -> Value {
    body.as_object_mut().unwrap().remove(field).unwrap();
    body
}
