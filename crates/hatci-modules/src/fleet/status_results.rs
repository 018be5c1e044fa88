//! What `hatci_fleet_status` returns.
use super::{
    progress::seconds,
    status_outcome::{entry, name},
};
use ::fleet::{End, Watch};
use ansible_module::Results;
use hatci_client::DeploymentId;
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::time::Duration;

/// What `hatci_fleet_status` returns.
#[derive(Results, Default)]
pub struct FleetStatusResults {
    /// How each vehicle's update ended, by host. `outcome` is `succeeded`, `failed`, `timed_out` (it was still running) or `lost` (it could not be read);
    /// `state`, `progress`, `reason` and `timestamps` are the last known ones, `trouble` says why the last poll failed, and `elapsed` is the seconds from the
    /// first poll to the end.
    #[result(returned = "when the server was asked", sample = { "car1": { "deployment_id": "DEP-000001", "outcome": "succeeded", "state": "COMPLETE", "progress": "100 %, reboot", "polls": 12, "elapsed": 341.5 } })]
    pub(super) vehicles: Option<Map<String, Value>>,
    /// How many vehicles ended in each way.
    #[result(returned = "when the server was asked", sample = { "total": 100, "succeeded": 96, "failed": 3, "timed_out": 1, "lost": 0 })]
    pub(super) counts: Option<Value>,
    /// The vehicles whose update did not succeed.
    #[result(returned = "when the server was asked", sample = ["car17"])]
    pub(super) failed_hosts: Option<Vec<String>>,
    /// The host that took the longest.
    #[result(returned = "when the server was asked", sample = "car17")]
    pub(super) slowest: Option<String>,
    /// Whether too many failed.
    #[result(returned = "when the server was asked", sample = false)]
    pub(super) stopped: Option<bool>,
    /// Seconds from the first poll to the last.
    #[result(returned = "when the server was asked", sample = 341.5)]
    pub(super) waited: Option<f64>,
}

impl FleetStatusResults {
    /// How each vehicle's update ended. `vehicles` are those watched, `waited` is the time since `start`.
    pub(super) fn fill(
        &mut self,
        vehicles: &[(String, Option<DeploymentId>)],
        watch: &Watch,
        waited: Duration,
        start: Timestamp,
    ) {
        let mut all = Map::new();
        let mut failed_hosts = vec![];
        let mut slowest: Option<(&str, Duration)> = None;
        let mut counts = [End::Succeeded, End::Failed, End::TimedOut, End::Lost].map(|end| (end, 0));
        for (watched, (host, id)) in watch.vehicles().iter().zip(vehicles) {
            let Some((end, at)) = watched.end else { continue };
            counts.iter_mut().filter(|(other, _)| *other == end).for_each(|(_, count)| *count += 1);
            if end != End::Succeeded {
                failed_hosts.push(host.clone());
            }
            let time = at.saturating_sub(watched.first.unwrap_or_default());
            if slowest.is_none_or(|(_, longest)| time > longest) {
                slowest = Some((host, time));
            }
            all.insert(host.clone(), entry(watched, id.as_ref(), start));
        }
        let mut total = Map::from_iter([("total".to_owned(), Value::from(vehicles.len()))]);
        total.extend(counts.map(|(end, count)| (name(end).to_owned(), count.into())));
        self.vehicles = Some(all);
        self.counts = Some(total.into());
        self.failed_hosts = Some(failed_hosts);
        self.slowest = slowest.map(|(host, _)| host.to_owned());
        self.stopped = Some(watch.is_stopped());
        self.waited = Some(seconds(waited));
    }
}
