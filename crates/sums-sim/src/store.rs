//! The server's data: events, deployments and test events, in memory.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, SystemTime};

use crate::bodies::{CreateDeployment, CreateEvent, CreateTestEvent, UpdateTestEvent};
use crate::deployment_clock::{Progress, Scenario, progress};
use crate::{VehicleOption, VehicleScenario};

/// Why the store rejects a request.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// No object has that id.
    #[error("there is no {what} `{id}`")]
    Unknown { what: &'static str, id: String },
    /// The event is fixed, and `--fix-conflict` makes that an error.
    #[error("event `{0}` is already fixed")]
    AlreadyFixed(String),
    /// Only fixed events can be deployed.
    #[error("event `{0}` is not fixed; fix it before deploying it")]
    NotFixed(String),
}

pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) body: CreateEvent,
    pub(crate) created: SystemTime,
    pub(crate) fixed: Option<SystemTime>,
    /// The id of the event's newest deployment.
    pub(crate) deployment: Option<String>,
}

pub(crate) struct Deployment {
    pub(crate) id: String,
    pub(crate) body: CreateDeployment,
    pub(crate) created: SystemTime,
    scenario: Option<Scenario>,
}

pub(crate) struct TestEvent {
    pub(crate) id: String,
    pub(crate) body: CreateTestEvent,
    pub(crate) created: SystemTime,
    pub(crate) update: Option<(UpdateTestEvent, SystemTime)>,
}

/// The tables, each in order of creation.
pub(crate) struct Store {
    pub(crate) events: BTreeMap<String, Event>,
    pub(crate) deployments: BTreeMap<String, Deployment>,
    pub(crate) test_events: BTreeMap<String, TestEvent>,
    pub(crate) vehicles: Vec<VehicleOption>,
    scenarios: HashMap<String, Scenario>,
    step: Duration,
}

impl Store {
    /// An empty store, with `step` as the duration of each deployment step.
    pub(crate) fn new(step: Duration, vehicles: Vec<VehicleOption>, scenarios: &[VehicleScenario]) -> Self {
        Self {
            events: BTreeMap::new(),
            deployments: BTreeMap::new(),
            test_events: BTreeMap::new(),
            vehicles,
            scenarios: scenarios.iter().map(|entry| (entry.vin.clone(), entry.scenario.clone())).collect(),
            step,
        }
    }

    /// Stores a new event and returns its id.
    pub(crate) fn create_event(&mut self, body: CreateEvent, now: SystemTime) -> String {
        let id = next_id("EVT", self.events.len());
        let event = Event { id: id.clone(), body, created: now, fixed: None, deployment: None };
        self.events.insert(id.clone(), event);
        id
    }

    pub(crate) fn event(&self, id: &str) -> Result<&Event, Refusal> {
        self.events.get(id).ok_or_else(|| unknown("event", id))
    }

    /// Fixes the event. A second time has no effect, or is rejected if `conflict` is set.
    pub(crate) fn fix_event(&mut self, id: &str, conflict: bool, now: SystemTime) -> Result<(), Refusal> {
        let event = self.events.get_mut(id).ok_or_else(|| unknown("event", id))?;
        if conflict && event.fixed.is_some() {
            return Err(Refusal::AlreadyFixed(id.to_owned()));
        }
        event.fixed.get_or_insert(now);
        Ok(())
    }

    /// Starts a deployment of a fixed event and returns the deployment's id.
    pub(crate) fn deploy(&mut self, body: CreateDeployment, now: SystemTime) -> Result<String, Refusal> {
        let event_id = &body.event_id;
        let event = self.events.get_mut(event_id).ok_or_else(|| unknown("event", event_id))?;
        if event.fixed.is_none() {
            return Err(Refusal::NotFixed(event_id.clone()));
        }
        let id = next_id("DEP", self.deployments.len());
        event.deployment = Some(id.clone());
        let scenario = self.scenarios.get(&event.body.vin.0).cloned();
        let deployment = Deployment { id: id.clone(), body, created: now, scenario };
        self.deployments.insert(id.clone(), deployment);
        Ok(id)
    }

    pub(crate) fn deployment(&self, id: &str) -> Result<&Deployment, Refusal> {
        self.deployments.get(id).ok_or_else(|| unknown("deployment", id))
    }

    /// The progress of `deployment` at the time `now`.
    pub(crate) fn progress(&self, deployment: &Deployment, now: SystemTime) -> Progress {
        let elapsed = now.duration_since(deployment.created).unwrap_or_default();
        progress(elapsed, self.step, deployment.scenario.as_ref())
    }

    /// Stores a new test event and returns its id.
    pub(crate) fn create_test_event(
        &mut self,
        body: CreateTestEvent,
        now: SystemTime,
    ) -> Result<String, Refusal> {
        if body.event_id != CreateTestEvent::PENDING {
            self.event(&body.event_id)?;
        }
        let id = next_id("TEV", self.test_events.len());
        let test_event = TestEvent { id: id.clone(), body, created: now, update: None };
        self.test_events.insert(id.clone(), test_event);
        Ok(id)
    }

    pub(crate) fn test_event(&self, id: &str) -> Result<&TestEvent, Refusal> {
        self.test_events.get(id).ok_or_else(|| unknown("test event", id))
    }

    pub(crate) fn update_test_event(
        &mut self,
        id: &str,
        body: UpdateTestEvent,
        now: SystemTime,
    ) -> Result<(), Refusal> {
        let test_event = self.test_events.get_mut(id).ok_or_else(|| unknown("test event", id))?;
        test_event.update = Some((body, now));
        Ok(())
    }
}

/// Ids sort in order of creation.
fn next_id(kind: &str, rows: usize) -> String {
    format!("{kind}-{:06}", rows + 1)
}

fn unknown(what: &'static str, id: &str) -> Refusal {
    Refusal::Unknown { what, id: id.to_owned() }
}
