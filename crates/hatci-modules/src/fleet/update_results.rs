//! What `hatci_fleet_update` returns.
use super::{
    described::VehicleOptions,
    update_outcome::{Outcome, told},
};
use ansible_module::Results;
use serde_json::{Map, Value};
use std::time::Duration;

/// What `hatci_fleet_update` returns.
#[derive(Results, Default)]
pub struct FleetUpdateResults {
    /// How each vehicle ended, by host. `state` is `deployed`, `failed`, `unknown` (it may or may not have been deployed to) or `not_begun`; then the known
    /// ids, and after a failure `reason` and `error`.
    #[result(returned = "when the server could be used", sample = { "car1": { "state": "deployed", "source_event_id": "EVT-000001", "target_event_id": "EVT-000002", "test_event_id": "TEV-000001", "deployment_id": "DEP-000001", "changed": true, "seconds": 0.412 } })]
    pub(super) vehicles: Option<Map<String, Value>>,
    /// The deployment of each vehicle that has one, by host, as `hatci_fleet_status` takes them.
    #[result(returned = "when the server could be used", sample = { "car1": "DEP-000001" })]
    pub(super) deployments: Option<Map<String, Value>>,
    /// How many vehicles are in each state.
    #[result(returned = "when the server could be used", sample = { "total": 100, "deployed": 97, "failed": 2, "unknown": 0, "not_begun": 1 })]
    pub(super) counts: Option<Value>,
    /// The vehicles that were not deployed to, for whatever reason.
    #[result(returned = "when the server could be used", sample = ["car17"])]
    pub(super) failed_hosts: Option<Vec<String>>,
    /// The host that took the longest.
    #[result(returned = "when a vehicle has finished", sample = "car17")]
    pub(super) slowest: Option<String>,
    /// Whether too many failed, so that the rest was not begun.
    #[result(returned = "when the server could be used", sample = false)]
    pub(super) stopped: Option<bool>,
    /// Whether the server is known to honour idempotency keys, so that running the campaign again creates nothing twice.
    #[result(returned = "when the server could be used", sample = true)]
    pub(super) keys_honoured: Option<bool>,
}

impl FleetUpdateResults {
    /// What came of each vehicle. `stopped`: whether more failed than may, so that the rest was not begun.
    pub(super) fn fill(&mut self, vehicles: &[VehicleOptions], outcomes: &[Option<Outcome>], stopped: bool) {
        let mut all = Map::new();
        let (mut deployments, mut failed_hosts) = (Map::new(), vec![]);
        let mut slowest: Option<(&str, Duration)> = None;
        let mut counts = [("deployed", 0), ("failed", 0), ("unknown", 0), ("not_begun", 0)];
        for (place, vehicle) in vehicles.iter().enumerate() {
            let outcome = outcomes.get(place).and_then(Option::as_ref);
            let state = outcome.map_or("not_begun", Outcome::state);
            counts.iter_mut().filter(|(name, _)| *name == state).for_each(|(_, count)| *count += 1);
            if let Some(id) = outcome.and_then(|outcome| outcome.ids.deployment.clone()) {
                deployments.insert(vehicle.host.clone(), id.into());
            }
            if state != "deployed" {
                failed_hosts.push(vehicle.host.clone());
            }
            if let Some(outcome) = outcome
                && slowest.is_none_or(|(_, time)| outcome.time > time)
            {
                slowest = Some((&vehicle.host, outcome.time));
            }
            all.insert(vehicle.host.clone(), told(state, outcome));
        }
        let mut total = Map::from_iter([("total".to_owned(), Value::from(vehicles.len()))]);
        total.extend(counts.map(|(name, count)| (name.to_owned(), count.into())));
        self.vehicles = Some(all);
        self.deployments = Some(deployments);
        self.counts = Some(total.into());
        self.failed_hosts = Some(failed_hosts);
        self.slowest = slowest.map(|(host, _)| host.to_owned());
        self.stopped = Some(stopped);
    }
}
