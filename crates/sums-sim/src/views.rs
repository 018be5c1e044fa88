//! The store's rows as the contract's objects, in either naming style.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::IdStyle;
use crate::deployment_clock::Progress;
use crate::store::{Deployment, Event, Store, TestEvent};

/// The content of the store, as clients see it, in order of creation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct State {
    /// The events, as answered by `GET /events/{event_id}`.
    pub events: Vec<Value>,
    /// The deployments, as answered by `GET /deployments/{deployment_id}`.
    pub deployments: Vec<Value>,
    /// The test events, as last answered by `POST` or `PATCH`.
    pub test_events: Vec<Value>,
}

/// The store at one moment.
pub(crate) struct View<'a> {
    pub(crate) store: &'a Store,
    pub(crate) style: IdStyle,
    pub(crate) now: SystemTime,
}

impl View<'_> {
    pub(crate) fn event(&self, event: &Event) -> Value {
        let mut shown = self.object("event_id", &event.id, &event.body);
        let mut times = Times::new(event.created);
        times.add("fixed", event.fixed);
        let deployment = event.deployment.as_ref().and_then(|id| self.store.deployments.get(id));
        if let Some(deployment) = deployment {
            self.add_progress(&mut shown, times, deployment);
        } else {
            let state = if event.fixed.is_some() { "FIXED" } else { "CREATED" };
            shown.insert(self.named("state", "status").to_owned(), state.into());
            shown.insert("timestamps".to_owned(), times.0.into());
        }
        if self.style == IdStyle::Modern {
            shown.insert("fixed".to_owned(), event.fixed.is_some().into());
        }
        shown.into()
    }

    pub(crate) fn deployment(&self, deployment: &Deployment) -> Value {
        let mut shown = self.object("deployment_id", &deployment.id, &deployment.body);
        self.add_progress(&mut shown, Times::new(deployment.created), deployment);
        shown.into()
    }

    pub(crate) fn test_event(&self, test_event: &TestEvent) -> Value {
        let mut shown = self.object("test_event_id", &test_event.id, &test_event.body);
        let mut times = Times::new(test_event.created);
        if let Some((update, at)) = &test_event.update {
            shown.extend(fields(update));
            times.add("updated", Some(*at));
        }
        shown.insert("timestamps".to_owned(), times.0.into());
        shown.into()
    }

    pub(crate) fn vehicles(&self) -> Value {
        self.store.vehicles.iter().map(|vehicle| json!({"id": vehicle.id, "vin": vehicle.vin})).collect()
    }

    pub(crate) fn state(&self) -> State {
        State {
            events: self.store.events.values().map(|event| self.event(event)).collect(),
            deployments: self
                .store
                .deployments
                .values()
                .map(|deployment| self.deployment(deployment))
                .collect(),
            test_events: self
                .store
                .test_events
                .values()
                .map(|test_event| self.test_event(test_event))
                .collect(),
        }
    }

    /// The id, followed by the client's fields.
    fn object(&self, id_name: &str, id: &str, body: &impl Serialize) -> Map<String, Value> {
        let mut shown = Map::new();
        shown.insert(self.named(id_name, "id").to_owned(), id.into());
        shown.extend(fields(body));
        shown
    }

    fn add_progress(&self, shown: &mut Map<String, Value>, mut times: Times, deployment: &Deployment) {
        let Progress { state, percent, step, reason, started, finished } =
            self.store.progress(deployment, self.now);
        let at = |offset: Duration| deployment.created + offset;
        times.add("started", started.map(at));
        times.add("finished", finished.map(at));
        shown.insert(self.named("state", "status").to_owned(), state.name().into());
        shown.insert("progress".to_owned(), percent.into());
        if let Some(step) = step {
            shown.insert("step".to_owned(), step.into());
        }
        if let Some(reason) = reason {
            shown.insert(self.named("reason", "error_message").to_owned(), reason.into());
        }
        shown.insert("timestamps".to_owned(), times.0.into());
    }

    fn named<'n>(&self, modern: &'n str, legacy: &'n str) -> &'n str {
        match self.style {
            IdStyle::Modern => modern,
            IdStyle::Legacy => legacy,
        }
    }
}

/// An object's `timestamps` by name (RFC 3339, UTC).
struct Times(Map<String, Value>);

impl Times {
    fn new(created: SystemTime) -> Self {
        let mut times = Self(Map::new());
        times.add("created", Some(created));
        times
    }

    fn add(&mut self, what: &str, at: Option<SystemTime>) {
        if let Some(at) = at {
            self.0.insert(what.to_owned(), rfc3339(at).into());
        }
    }
}

/// A time as text, in milliseconds and UTC.
pub(crate) fn rfc3339(time: SystemTime) -> String {
    // Only times after the year 9999 don't fit.
    format!("{:.3}", Timestamp::try_from(time).unwrap_or(Timestamp::MAX))
}

fn fields(body: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(body) {
        Ok(Value::Object(fields)) => fields,
        // The bodies are structs of texts, numbers and maps with text keys: they are always objects.
        _ => Map::new(),
    }
}
