//! `hatci_fleet_update`
use super::{
    campaign::{self, Campaign},
    described::{UpdateOptions, VehicleOptions, check_hosts, check_sides, check_vins},
    progress::{Lines, PERIOD, numbers},
    record::Record,
    update_attempt::Attempts,
    update_outcome::{Outcome, note_end},
    update_results::FleetUpdateResults,
    work_options::{Changes, StepOptions, reach},
};
use crate::sums::{
    connection::{CallFailure, Connection},
    creation::filled,
};
use ::fleet::{Judgement, Queue, Threshold, run};
use ansible_module::{Failure, Module, Options, Plan, Results, Return, SharedResults, Task};
use hatci_client::Client;
use serde_json::{Map, Value};
use std::{path::PathBuf, time::Duration};

/// Start the updates of many vehicles
///
/// For each vehicle: the source and the target event are created and fixed, the test is recorded, and the target event is deployed, as
/// the modules for one vehicle do it. Several vehicles are worked on at the same time.
///
/// A vehicle that fails does not fail the task: `vehicles` says how each one ended. The task fails only if nothing could be done for any,
/// because an option is wrong or the server can't be used.
///
/// Every create has an idempotency key derived from `campaign_id`, the host and the step. So the same campaign can be run again: on a server
/// that honours keys nothing is created twice. On one that doesn't, give the known ids (`resume_file` keeps them), and set `begun` for a
/// vehicle that an earlier run had begun: nothing is created for it that may already exist.
///
/// # Attributes
///
/// - `idempotent`: partial. On a server that honours idempotency keys, the same campaign creates nothing twice.
///
/// # See also
///
/// - `hatci_fleet_status`: Wait until the updates have ended.
/// - `hatci_fleet_close`: Close the test events.
#[derive(Options)]
pub struct FleetUpdateOptions {
    /// The vehicles. What is the same for all can be set beside the list.
    vehicles: Vec<VehicleOptions>,
    #[option(flatten)]
    update: UpdateOptions,
    /// The name of this campaign: a new one for each new campaign.
    campaign_id: String,
    /// The job that runs the tests, such as the job number in Ansible Automation Platform.
    #[option(default = "manual")]
    ansible_job_id: String,
    /// The commit of the test suite.
    #[option(default = "unknown")]
    git_sha: String,
    /// The name of the test suite.
    #[option(default = "ota_fleet")]
    suite_name: String,
    /// Whether to close the test events as FAIL if they are still open when this `ansible-playbook` ends, as `hatci_test_event` does.
    #[option(default = true)]
    close_with_job: bool,
    /// With more failures, no other vehicle is begun: a number, or a share such as `10%` of those begun.
    max_failures: Option<String>,
    /// `max_failures` applies only once this many vehicles are done.
    #[option(default = 0)]
    min_finished: usize,
    /// The resume file of a campaign, as `hatci_fleet_plan` writes it. What becomes known about a vehicle is noted in it at once.
    resume_file: Option<PathBuf>,
    /// What progress lines begin with, such as `wave 2/3`.
    label: Option<String>,
    #[option(flatten)]
    work: StepOptions,
    #[option(flatten)]
    connection: Connection,
}

/// The module `hatci_fleet_update`.
pub struct HatciFleetUpdate {
    client: Client,
    task: Task,
    connection: Connection,
    vehicles: Vec<VehicleOptions>,
    update: UpdateOptions,
    campaign: Campaign,
    threshold: Option<Threshold>,
    work: StepOptions,
    resume_file: Option<PathBuf>,
    label: Option<String>,
}

/// So many warnings about single vehicles are shown.
const MOST_WARNINGS: usize = 20;

impl Module for HatciFleetUpdate {
    const NAME: &'static str = "hatci_fleet_update";
    const EXAMPLES: &'static str = include_str!("hatci_fleet_update.yml");
    type Options = FleetUpdateOptions;
    type Results = FleetUpdateResults;
    type Change = ();

    fn details() -> Vec<Return> {
        CallFailure::returns()
    }

    fn new(options: FleetUpdateOptions, task: &Task) -> Result<Self, Failure> {
        check_hosts(options.vehicles.iter().map(|vehicle| vehicle.host.as_str()))?;
        check_vins(options.vehicles.iter().map(|vehicle| (vehicle.host.as_str(), vehicle.vin.as_str())))?;
        check_sides(&options.vehicles, &options.update)?;
        filled(&[
            ("campaign_id", &options.campaign_id),
            ("ansible_job_id", &options.ansible_job_id),
            ("git_sha", &options.git_sha),
            ("suite_name", &options.suite_name),
        ])?;
        options.work.check()?;
        let threshold = options.max_failures.as_deref().filter(|most| !most.is_empty());
        let threshold = threshold.map(|most| Threshold::parse(most, options.min_finished)).transpose();
        Ok(HatciFleetUpdate {
            client: options.connection.client(task)?,
            task: task.clone(),
            connection: options.connection,
            update: options.update,
            vehicles: options.vehicles,
            campaign: Campaign {
                id: options.campaign_id,
                ansible_job_id: options.ansible_job_id,
                git_sha: options.git_sha,
                suite_name: options.suite_name,
                close_with_job: options.close_with_job,
                keys_are_honoured: false,
                has_file: options.resume_file.is_some(),
                connection: campaign::connection(task),
            },
            threshold: threshold.map_err(Failure::invalid)?,
            work: options.work,
            resume_file: options.resume_file,
            label: options.label,
        })
    }

    fn discover(&mut self, results: &SharedResults<FleetUpdateResults>) -> Result<Plan<()>, Failure> {
        self.campaign.keys_are_honoured = reach(&self.connection, &self.client)?;
        results.update(|r| r.keys_honoured = Some(self.campaign.keys_are_honoured));
        if self.vehicles.is_empty() {
            results.update(|r| r.fill(&[], &[], false));
            return Ok(Plan::Nothing);
        }
        if self.task.check_mode() {
            // The steps for each vehicle only look, too.
            self.work_on(&Record::open(None, &self.task)?, results);
            let changes = results.read(|r| {
                r.vehicles.as_ref().is_some_and(|all| all.values().any(|it| it["changed"] == true))
            });
            if !changes {
                return Ok(Plan::Nothing);
            }
        }
        Ok(Plan::change(self.diff(|_| "as it is"), self.diff(VehicleOptions::plan)))
    }

    fn process(&mut self, (): (), results: &SharedResults<FleetUpdateResults>) -> Result<(), Failure> {
        let record = Record::open(self.resume_file.as_deref(), &self.task).map_err(Failure::unchanged)?;
        for vehicle in &self.vehicles {
            record.note(&vehicle.host, |it| it.vin = Some(vehicle.vin.clone()));
        }
        // A file that can't be written is found out before anything is begun.
        record.save().map_err(Failure::unchanged)?;
        let id = &self.campaign.id;
        let last_words =
            format!("Run campaign {id} again with its resume file: the server returns what already exists.");
        let _hook = record.save_on_interrupt(&self.task, last_words);
        if !self.work_on(&record, results) {
            self.task.unchanged();
        }
        record.save()
    }

    /// Each step has looked at what it has made.
    fn housekeep(&mut self, _: &SharedResults<FleetUpdateResults>) -> Result<(), Failure> {
        Ok(())
    }
}

impl HatciFleetUpdate {
    /// Works on all vehicles. Whether something was changed.
    fn work_on(&self, record: &Record, results: &SharedResults<FleetUpdateResults>) -> bool {
        let changes = Changes::of(&self.task);
        let (vehicles, task, connection) = (&self.vehicles, &self.task, &self.connection);
        let attempts =
            Attempts::new((task, &self.campaign), (vehicles, &self.update), (record, results), &changes);
        let worker = || {
            let client = changes.client(connection);
            let attempts = &attempts;
            move |place: usize, left: Duration| attempts.make(place, &client, left)
        };
        let say = |text: &str| task.progress(text);
        let mut lines = Lines::new(self.label.as_deref(), &say);
        let mut told = vec![false; vehicles.len()];
        let queue = Queue::new(vehicles.len(), self.work.limits(self.threshold), |outcome: &Outcome| {
            outcome.judgement
        });
        let queue = run(queue, self.work.concurrency(), PERIOD, worker, &mut |queue, now| {
            let tally = queue.tally();
            for (place, outcome) in queue.outcomes().iter().enumerate() {
                if let Some(Outcome { fault: Some(fault), judgement: Judgement::Failed, .. }) = outcome
                    && !std::mem::replace(&mut told[place], true)
                {
                    lines.of_vehicle(&vehicles[place].host, &fault.words());
                }
            }
            let begun = tally.begun.saturating_sub(tally.finished);
            let waiting = vehicles.len().saturating_sub(tally.begun);
            let parts = [(tally.failed, "failed"), (begun, "being started"), (waiting, "waiting")];
            lines.tick(now, numbers(tally.finished, vehicles.len(), &parts), &String::new);
            // What a step has learned and not written; the next step may take long.
            record.save_step();
        });
        for (vehicle, outcome) in vehicles.iter().zip(queue.outcomes()) {
            if let Some(outcome) = outcome.as_ref().filter(|it| it.judgement == Judgement::FailedForNow) {
                note_end(record, &vehicle.host, outcome);
            }
        }
        if queue.is_stopped()
            && let Some(threshold) = self.threshold
        {
            task.progress(&format!(
                "{} failed, more than {threshold}: no further vehicle is started",
                queue.tally().failed
            ));
        }
        self.warn(queue.outcomes());
        results.update(|r| r.fill(vehicles, queue.outcomes(), queue.is_stopped()));
        changes.were_made()
    }

    fn warn(&self, outcomes: &[Option<Outcome>]) {
        let all = self
            .vehicles
            .iter()
            .zip(outcomes)
            .filter_map(|(vehicle, outcome)| Some((vehicle, outcome.as_ref()?)));
        let all: Vec<_> = all
            .flat_map(|(vehicle, outcome)| {
                outcome.warnings.iter().map(|text| format!("{}: {text}", vehicle.host))
            })
            .collect();
        all.iter().take(MOST_WARNINGS).for_each(|text| self.task.warn(text));
        if all.len() > MOST_WARNINGS {
            self.task.warn(format!("{} more warnings like these are not shown.", all.len() - MOST_WARNINGS));
        }
        if !self.campaign.keys_are_honoured && !self.task.check_mode() {
            self.task.warn(
                "The server is not known to honour idempotency keys. To resume this campaign, use its resume_file, which holds the ids of what exists. Without them, everything would be created a second time.",
            );
        }
    }

    /// A line a vehicle.
    fn diff(&self, words: impl Fn(&VehicleOptions) -> &'static str) -> Value {
        self.vehicles
            .iter()
            .map(|vehicle| (vehicle.host.clone(), words(vehicle).into()))
            .collect::<Map<_, _>>()
            .into()
    }
}
