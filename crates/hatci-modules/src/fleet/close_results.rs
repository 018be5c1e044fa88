//! What `hatci_fleet_close` returns.
use super::{
    close_options::{Status, TestEventOptions},
    steps::Fault,
};
use ansible_module::Results;
use serde_json::{Map, Value, json};

/// What `hatci_fleet_close` returns.
#[derive(Results, Default)]
pub struct FleetCloseResults {
    /// How each test event ended, by host. `state` is `closed`, `failed` or `not_begun`; after a failure, with `reason` and `error`. `status` is what is on
    /// record now. `summary` is that of a FAIL that was already on record and has stayed.
    #[result(returned = "when the server could be used", sample = { "car1": { "state": "closed", "test_event_id": "TEV-000001", "status": "PASS", "changed": true } })]
    vehicles: Option<Map<String, Value>>,
    /// How many are in each state.
    #[result(returned = "when the server could be used", sample = { "total": 100, "closed": 99, "failed": 1, "not_begun": 0 })]
    counts: Option<Value>,
    /// The vehicles whose test event was not closed.
    #[result(returned = "when the server could be used", sample = ["car17"])]
    failed_hosts: Option<Vec<String>>,
}

/// What came of one test event.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) fault: Option<Fault>,
    pub(super) changed: bool,
    /// Whether the guard of an earlier job had closed it as FAIL.
    pub(super) had_failed: bool,
    /// What the FAIL says that is on record, and stays.
    pub(super) standing_fail: Option<String>,
    pub(super) warnings: Vec<String>,
}

impl Outcome {
    pub(super) fn failed(fault: Fault) -> Self {
        Outcome { fault: Some(fault), ..Self::default() }
    }
}

impl FleetCloseResults {
    /// `outcomes`: of these test events, in order; those that are missing were not begun.
    pub(super) fn fill(&mut self, events: &[TestEventOptions], outcomes: &[Option<Outcome>]) {
        let mut all = Map::new();
        let mut failed_hosts = vec![];
        let mut counts = [("closed", 0), ("failed", 0), ("not_begun", 0)];
        for (place, event) in events.iter().enumerate() {
            let outcome = outcomes.get(place).and_then(Option::as_ref);
            let fault = outcome.and_then(|outcome| outcome.fault.as_ref());
            let state = match (outcome, fault) {
                (None, _) => "not_begun",
                (_, Some(_)) => "failed",
                _ => "closed",
            };
            counts.iter_mut().filter(|(name, _)| *name == state).for_each(|(_, count)| *count += 1);
            if state != "closed" {
                failed_hosts.push(event.host.clone());
            }
            let mut entry = json!({
                "state": state,
                "test_event_id": event.test_event_id,
                "status": event.status.as_str(),
                "changed": outcome.is_some_and(|outcome| outcome.changed),
            });
            if let Some(summary) = outcome.and_then(|outcome| outcome.standing_fail.as_ref()) {
                entry["status"] = Status::Fail.as_str().into();
                entry["summary"] = summary.as_str().into();
            }
            if let Some(fault) = fault {
                entry["reason"] = fault.words().into();
                entry["error"] = fault.error();
            }
            all.insert(event.host.clone(), entry);
        }
        let mut total = Map::from_iter([("total".to_owned(), Value::from(events.len()))]);
        total.extend(counts.map(|(name, count)| (name.to_owned(), count.into())));
        self.vehicles = Some(all);
        self.counts = Some(total.into());
        self.failed_hosts = Some(failed_hosts);
    }
}
