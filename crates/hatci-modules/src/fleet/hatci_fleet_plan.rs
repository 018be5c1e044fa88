//! `hatci_fleet_plan`
use super::{
    campaign_file::CampaignFile,
    campaign_place::CampaignPlace,
    described::{check_hosts, check_ids, check_vins},
    plan_results::{FleetPlanResults, PlanResults},
    progress::clock,
    same_test::{same_test, text},
};
use ::fleet::{BegunBy, Campaign, Stage, Step, Threshold, Vehicle, Verdict, Waves};
use ansible_module::{Failure, Module, Options, Plan, SharedResults, Task};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
    thread,
    time::Duration,
};

/// Determine which vehicles of a campaign are next
///
/// A campaign updates a fleet in waves. This module and the other modules for fleets record its progress in its resume file: which
/// vehicles are in which wave, what was created for each, and how it ended. This module creates the file, and says what comes next: a
/// wave, or nothing because too many vehicles have failed or every vehicle has its outcome.
///
/// A wave that has begun is completed first, so a campaign whose job was killed is resumed where it stopped. The file contains variables:
/// `-e @FILE` takes it to another machine.
///
/// # See also
///
/// - `hatci_fleet_update`: Start the updates of a wave.
#[derive(Options)]
pub struct FleetPlanOptions {
    /// All vehicles, as `hatci_fleet_update` takes them, in the order in which to begin them. One with `verifies` is verified after its update,
    /// and a campaign that had it is not resumed without it.
    vehicles: Option<Vec<Map<String, Value>>>,
    /// The vehicles by their names in the inventory, instead of `vehicles`: each is described by its variables, such as `hatci_vin`, as for the
    /// playbook `ota_single_vehicle`.
    hosts: Option<Vec<String>>,
    /// The name of the campaign; by default that of `resume`, else a new one.
    campaign_id: Option<String>,
    /// The resume file. By default it is in `~/.ansible/hatci_fleet`, named after the campaign.
    ///
    /// Only this user can read it, and it is replaced in one step. If it exists and belongs to the campaign, the campaign is resumed. A file
    /// that belongs to anybody but this user or root is refused.
    ///
    /// While `ansible-playbook` runs, a lock beside the file keeps other jobs from the campaign: they are refused. In check mode there is no
    /// lock.
    resume_file: Option<PathBuf>,
    /// The campaign's progress, from such a file: its variable `hatci_resume`.
    resume: Option<Map<String, Value>>,
    /// The sizes of the waves, as Ansible's `serial` has them: numbers, or shares of all such as `10%`. The last one applies to all further
    /// waves.
    #[option(default = ["1", "10%", "100%"])]
    waves: Vec<String>,
    /// No other wave begins once more vehicles than this have failed: a number, or a share such as `10%` of those begun. A vehicle that
    /// could not be tested or was given up counts as failed.
    #[option(default = "0")]
    max_failures: String,
    /// `max_failures` applies only once this many vehicles have an outcome.
    #[option(default = 0)]
    min_finished: usize,
    /// Seconds between the end of the last vehicle and the beginning of another wave; at most a week.
    #[option(default = 0)]
    soak: u64,
    /// Return only what is left of this wave, which has begun.
    wave: Option<usize>,
    /// Vehicles that failed elsewhere, such as when their bench was leased or they were verified: the reason for each in a sentence, by
    /// host.
    failures: Option<Map<String, Value>>,
    /// The job that runs the tests, for all records of the campaign.
    #[option(default = "manual")]
    ansible_job_id: String,
    /// The commit of the test suite, for the same records.
    #[option(default = "unknown")]
    git_sha: String,
    /// The name of the test suite, for the same records.
    #[option(default = "ota_fleet")]
    suite_name: String,
    /// Additional data to keep with all records of the campaign.
    metadata: Option<Map<String, Value>>,
    /// Whether to return `outcomes`, at the end of a run.
    #[option(default = false)]
    tell_outcomes: bool,
}

/// The module `hatci_fleet_plan`.
pub struct HatciFleetPlan {
    task: Task,
    place: CampaignPlace,
    /// As it is in the file; none if there is none yet.
    before: Option<Campaign>,
    campaign: Campaign,
    described: HashMap<String, Map<String, Value>>,
    threshold: Threshold,
    soak: Duration,
    /// The one that has begun.
    wave: Option<usize>,
    tell_outcomes: bool,
}

impl Module for HatciFleetPlan {
    const NAME: &'static str = "hatci_fleet_plan";
    const IN_ACTION_GROUP: bool = false; // it asks no server
    const EXAMPLES: &'static str = include_str!("hatci_fleet_plan.yml");
    type Options = FleetPlanOptions;
    type Results = FleetPlanResults;
    type Change = ();

    fn new(options: FleetPlanOptions, task: &Task) -> Result<Self, Failure> {
        let Some(vehicles) = options.vehicles else {
            return Err(Failure::invalid(match options.hosts {
                None => "Give hosts, the vehicles of the fleet by their names in the inventory.",
                // Else the action plugin would have described them.
                Some(_) => {
                    "The inventory can't be read from here. Run the task with a local connection, without `become` and `async`, or give vehicles."
                }
            }));
        };
        let host = |vehicle: &Map<String, Value>| text(vehicle, "host").unwrap_or_default();
        let hosts: Vec<String> = vehicles.iter().map(host).collect();
        check_hosts(hosts.iter().map(String::as_str))?;
        let vin = |vehicle: &Map<String, Value>| text(vehicle, "vin").unwrap_or_default();
        let vins: Vec<String> = vehicles.iter().map(vin).collect();
        check_vins(hosts.iter().map(String::as_str).zip(vins.iter().map(String::as_str)))?;
        check_ids(&vehicles)?;
        let waves = Waves::parse(&options.waves).map_err(Failure::invalid)?;
        let threshold =
            Threshold::parse(&options.max_failures, options.min_finished).map_err(Failure::invalid)?;
        if options.soak > LONGEST_SOAK {
            let msg = format!(
                "soak (in playbooks: hatci_soak) is {} seconds, which is more than a week; give at most {LONGEST_SOAK}.",
                options.soak
            );
            return Err(Failure::invalid(msg));
        }
        let CampaignFile { place, before, mut campaign } = CampaignFile::of(
            options.campaign_id,
            options.resume_file,
            options.resume,
            BegunBy {
                ansible_job_id: options.ansible_job_id,
                git_sha: options.git_sha,
                suite_name: options.suite_name,
                metadata: options.metadata.unwrap_or_default(),
            },
            task,
        )?;
        let known_hosts: HashSet<&String> = hosts.iter().collect();
        // Whoever was taken out of the inventory before anything was begun with it is none of the campaign.
        let gone = |it: &&Vehicle| it.stage == Stage::Waiting && !known_hosts.contains(&it.host);
        let gone: Vec<&str> = campaign.vehicles.iter().filter(gone).map(|it| it.host.as_str()).collect();
        // Without any vehicle, only the options are checked.
        if !gone.is_empty() && !hosts.is_empty() {
            task.warn(format!(
                "These vehicles are no longer part of the campaign, because they were not started and are not among the hosts of this run: {}.",
                gone.join(", ")
            ));
        }
        campaign
            .vehicles
            .retain(|vehicle| vehicle.stage > Stage::Waiting || known_hosts.contains(&vehicle.host));
        let places = campaign.places();
        let new: Vec<_> = vehicles
            .iter()
            .filter(|vehicle| !places.contains_key(&host(vehicle)))
            .map(|vehicle| Vehicle { host: host(vehicle), ..Vehicle::default() })
            .collect();
        let sizes = waves.of(new.len());
        campaign.add(new, &sizes);
        let described: HashMap<_, _> =
            vehicles.into_iter().map(|vehicle| (host(&vehicle), vehicle)).collect();
        for vehicle in &mut campaign.vehicles {
            if let Some(now) = described.get(&vehicle.host) {
                same_test(vehicle, now)?;
            }
        }
        for (host, why) in options.failures.unwrap_or_default() {
            let why = why.as_str().map_or_else(|| why.to_string(), str::to_owned);
            if let Some(vehicle) = campaign.vehicles.iter_mut().find(|vehicle| vehicle.host == host) {
                fail(vehicle, why);
            }
        }
        for vehicle in &mut campaign.vehicles {
            if vehicle.stage == Stage::Ended && vehicle.test_event_id.is_none() {
                vehicle.stage = Stage::Closed; // there is nothing to be closed
            }
        }
        Ok(HatciFleetPlan {
            task: task.clone(),
            place,
            before,
            campaign,
            described,
            threshold,
            soak: Duration::from_secs(options.soak),
            wave: options.wave,
            tell_outcomes: options.tell_outcomes,
        })
    }

    fn discover(&mut self, results: &SharedResults<FleetPlanResults>) -> Result<Plan<()>, Failure> {
        let step = match self.wave {
            Some(number) => Step::Wave { number, vehicles: self.campaign.open_in(number) },
            None => self.campaign.next(&self.threshold),
        };
        if let Step::Wave { number, .. } = &step
            && self.wave.is_none()
            && !self.campaign.is_begun(*number)
            && !self.task.check_mode()
        {
            self.soak(*number);
        }
        let stand = PlanResults {
            campaign: &self.campaign,
            path: &self.place.path,
            described: &self.described,
            with_outcomes: self.tell_outcomes,
        };
        stand.fill(&step, results);
        if self.before.as_ref() == Some(&self.campaign) {
            return Ok(Plan::Nothing);
        }
        let told =
            |campaign: &Campaign| json!({ "vehicles": campaign.vehicles.len(), "waves": campaign.waves() });
        Ok(Plan::change(self.before.as_ref().map_or(Value::Null, told), told(&self.campaign)))
    }

    fn process(&mut self, (): (), _: &SharedResults<FleetPlanResults>) -> Result<(), Failure> {
        self.campaign.revision += 1;
        self.place.write(&self.campaign.to_yaml()).map_err(Failure::unchanged)
    }

    fn housekeep(&mut self, _: &SharedResults<FleetPlanResults>) -> Result<(), Failure> {
        Ok(())
    }
}

/// A week, in seconds.
const LONGEST_SOAK: u64 = 7 * 24 * 3600;
/// In a long wait something is said this often: a silent task is killed by some job runners.
const SPEAK_EVERY: Duration = Duration::from_secs(60);

impl HatciFleetPlan {
    /// Waits until the vehicles of the waves before have been left alone for long enough.
    fn soak(&self, wave: usize) {
        loop {
            let last = self.campaign.vehicles.iter().filter_map(|vehicle| vehicle.finished).max();
            let since = last.and_then(|last| Duration::try_from(Timestamp::now().duration_since(last)).ok());
            let left = since.map_or(Duration::ZERO, |since| self.soak.saturating_sub(since));
            if left.is_zero() {
                return;
            }
            self.task.progress(&format!("wave {wave} starts in {}", clock(left)));
            thread::sleep(left.min(SPEAK_EVERY));
        }
    }
}

/// Notes what happened elsewhere. The first failure counts.
fn fail(vehicle: &mut Vehicle, why: String) {
    if vehicle.stage >= Stage::Ended && vehicle.status != Some(Verdict::Pass)
        || vehicle.stage == Stage::Closed
    {
        return;
    }
    // Once a deployment may have begun, the outcome is a verdict on the vehicle.
    let verdict = if vehicle.deployment_id.is_some() { Verdict::Fail } else { Verdict::NotTested };
    vehicle.stage = Stage::Ended;
    vehicle.status = Some(verdict);
    vehicle.summary = why.into();
    vehicle.started = vehicle.started.or(Some(Timestamp::now()));
    vehicle.finished = Some(Timestamp::now());
}

#[cfg(test)]
mod tests;
