//! What `hatci_fleet_plan` returns of a campaign.
use super::outcomes::{outcomes, test_events, waits_for_verification};
use ::fleet::{Campaign, Stage, Step, Vehicle, Verdict};
use ansible_module::{Results, SharedResults};
use serde_json::{Map, Value, json};
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

/// What `hatci_fleet_plan` returns.
#[derive(Results, Default)]
pub struct FleetPlanResults {
    /// The campaign.
    #[result(returned = "success", sample = "winter-2026")]
    pub(super) campaign_id: Option<String>,
    /// Its resume file.
    #[result(returned = "success", sample = "/home/jane/.ansible/hatci_fleet/winter-2026.yml")]
    pub(super) resume_file: Option<PathBuf>,
    /// What comes next: `wave`, `stopped` or `over`.
    #[result(returned = "success", sample = "wave")]
    pub(super) step: Option<String>,
    /// Why, in a sentence.
    #[result(returned = "success", sample = "Wave 2 of 3: 10 vehicles.")]
    pub(super) reason: Option<String>,
    /// The number of the wave that comes next.
    #[result(returned = "when `step` is `wave`", sample = 2)]
    pub(super) wave: Option<u64>,
    /// Whether that wave had already begun.
    #[result(returned = "when `step` is `wave`", sample = false)]
    pub(super) wave_begun: Option<bool>,
    /// The number of all waves.
    #[result(returned = "success", sample = 3)]
    pub(super) waves: Option<u64>,
    /// The vehicles of that wave that have no verdict yet.
    #[result(returned = "success", sample = ["car2", "car3"])]
    pub(super) hosts: Option<Vec<String>>,
    /// The same as `vehicles` of `hatci_fleet_update`, with what is known of them.
    #[result(returned = "success", sample = [{ "host": "car2", "vin": "5NPE24AF5FH000002", "begun": false }])]
    pub(super) updates: Option<Vec<Map<String, Value>>>,
    /// The vehicles whose verdict is not recorded yet, as `hatci_fleet_close` takes them.
    #[result(returned = "success", sample = [{ "host": "car1", "test_event_id": "TEV-000001", "status": "PASS", "summary": "Updated." }])]
    pub(super) test_events: Option<Vec<Map<String, Value>>>,
    /// All vehicles that have no verdict yet, in the order of their waves.
    #[result(returned = "success", sample = ["car2", "car3"])]
    pub(super) left: Option<Vec<String>>,
    /// How many of them are in each wave.
    #[result(returned = "success", sample = [2])]
    pub(super) batches: Option<Vec<u64>>,
    /// How many vehicles are in each state.
    #[result(returned = "success", sample = { "total": 100, "waiting": 89, "begun": 11, "passed": 10, "failed": 1, "not_tested": 0 })]
    pub(super) counts: Option<Value>,
    /// What all records of the campaign say about the job that began it.
    #[result(returned = "success", sample = { "ansible_job_id": "4711", "git_sha": "c0ffee", "suite_name": "ota_fleet" })]
    pub(super) begun_by: Option<Value>,
    /// The outcome of each vehicle, by host, as `hatci_report` takes it.
    #[result(returned = "when `tell_outcomes` is true", sample = { "car1": { "status": "PASS", "summary": "Updated.", "vin": "1HGBH41JXMN109186" } })]
    pub(super) outcomes: Option<Map<String, Value>>,
    /// The same as Ansible's `set_stats` returns it, in `hatci_results`.
    #[result(returned = "when `tell_outcomes` is true", sample = { "data": { "hatci_results": { "car1": { "status": "PASS" } } }, "per_host": false, "aggregate": true })]
    pub(super) ansible_stats: Option<Map<String, Value>>,
}

/// Where a campaign stands.
pub(super) struct PlanResults<'a> {
    pub(super) campaign: &'a Campaign,
    /// Its resume file.
    pub(super) path: &'a Path,
    /// The vehicles as they are described now, by host.
    pub(super) described: &'a HashMap<String, Map<String, Value>>,
    /// Whether the outcomes are returned, too.
    pub(super) with_outcomes: bool,
}

impl PlanResults<'_> {
    /// Returns what comes next.
    pub(super) fn fill(&self, step: &Step, results: &SharedResults<FleetPlanResults>) {
        let campaign = self.campaign;
        let waves = campaign.waves();
        let (word, reason, number, places) = match step {
            Step::Wave { number, vehicles } => {
                let begun =
                    vehicles.iter().filter(|place| campaign.vehicles[**place].stage > Stage::Waiting).count();
                let begun =
                    if begun == 0 { String::new() } else { format!(", {begun} of them already started") };
                let plural = if vehicles.len() == 1 { "" } else { "s" };
                let reason = format!("Wave {number} of {waves}: {} vehicle{plural}{begun}.", vehicles.len());
                ("wave", reason, Some(*number), vehicles.as_slice())
            }
            Step::Stopped(why) => ("stopped", format!("{why}."), None, &[][..]),
            Step::Over => ("over", "Every vehicle has its outcome.".to_owned(), None, &[][..]),
        };
        let next: Vec<&Vehicle> = places.iter().map(|place| &campaign.vehicles[*place]).collect();
        let mut left: Vec<&Vehicle> = campaign.vehicles.iter().filter(|it| it.stage < Stage::Ended).collect();
        left.sort_by_key(|vehicle| vehicle.wave);
        let batches = left.chunk_by(|one, other| one.wave == other.wave).map(|batch| batch.len() as u64);
        let count = |fits: &dyn Fn(&Vehicle) -> bool| campaign.vehicles.iter().filter(|it| fits(it)).count();
        let of = |verdict| count(&|it: &Vehicle| it.status == Some(verdict));
        let counts = json!({
            "total": campaign.vehicles.len(),
            "waiting": count(&|it| it.stage == Stage::Waiting),
            "begun": count(&|it| it.stage > Stage::Waiting),
            "passed": of(Verdict::Pass) - count(&|it| waits_for_verification(it, self.described)),
            "failed": of(Verdict::Fail),
            "not_tested": of(Verdict::NotTested),
        });
        let all = self.with_outcomes.then(|| {
            let why = if matches!(step, Step::Stopped(_)) { reason.as_str() } else { "" };
            outcomes(campaign, self.described, why)
        });
        let stats = all.as_ref().map(|all| {
            let mut stats = json!({ "data": { "hatci_results": all }, "per_host": false, "aggregate": true });
            stats.as_object_mut().map(std::mem::take).unwrap_or_default()
        });
        results.update(|r| {
            r.campaign_id = Some(campaign.campaign_id.clone());
            r.resume_file = Some(self.path.to_owned());
            r.step = Some(word.into());
            r.reason = Some(reason);
            r.wave = number.map(|number| number as u64);
            r.wave_begun = number.map(|number| campaign.is_begun(number));
            r.waves = Some(waves as u64);
            r.hosts = Some(next.iter().map(|vehicle| vehicle.host.clone()).collect());
            r.updates = Some(next.iter().map(|vehicle| self.update(vehicle)).collect());
            r.test_events = Some(test_events(campaign, self.described));
            r.batches = Some(batches.collect());
            r.left = Some(left.iter().map(|vehicle| vehicle.host.clone()).collect());
            r.counts = Some(counts);
            r.begun_by = serde_json::to_value(&campaign.begun_by).ok();
            r.outcomes = all;
            r.ansible_stats = stats;
        });
    }

    /// A vehicle as it is to be updated, with what is known of it.
    fn update(&self, vehicle: &Vehicle) -> Map<String, Value> {
        let mut update = self.described.get(&vehicle.host).cloned().unwrap_or_default();
        update.insert("host".into(), vehicle.host.as_str().into());
        if let Some(vin) = &vehicle.vin {
            update.entry("vin").or_insert_with(|| vin.as_str().into());
        }
        for (name, id) in
            [("deployment_id", &vehicle.deployment_id), ("test_event_id", &vehicle.test_event_id)]
        {
            if let Some(id) = id {
                update.insert(name.into(), id.as_str().into());
            }
        }
        for (name, id) in [("source", &vehicle.source_event_id), ("target", &vehicle.target_event_id)] {
            if let Some(id) = id
                && let Value::Object(software) = update.entry(name).or_insert_with(|| json!({}))
            {
                software.insert("event_id".into(), id.as_str().into());
            }
        }
        update.insert("begun".into(), (vehicle.stage > Stage::Waiting).into());
        update
    }
}
