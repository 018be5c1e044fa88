//! `hatci_fleet_update`
use super::{
    described::{UpdateOptions, VehicleOptions, check_hosts, check_sides, check_vins},
    progress::{Lines, PERIOD, numbers},
    record::Record,
    steps::{self, Campaign, Steps},
    update_outcome::{Outcome, note_end, note_ids, note_waiting, of_vehicle, told},
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
use std::{
    path::PathBuf,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Begin the updates of many vehicles
///
/// For each vehicle: the source and the target event are created and fixed, the test is recorded, and the target event is deployed, as
/// the modules for one vehicle do it. Several vehicles are worked on at the same time.
///
/// A vehicle that fails is no failure of the task: `vehicles` says what came of each. The task fails only if nothing could be done for any,
/// because an option is wrong or the server can't be used.
///
/// Every create has an idempotency key made of `campaign_id`, the host and the step. So the same campaign can be run again: on a server
/// that honours keys nothing is made twice. On one that doesn't, give the ids that are known (`resume_file` keeps them), and set `begun` for
/// a vehicle that an earlier run had begun with: nothing is made for it whose existence is not known.
///
/// # Attributes
///
/// - `idempotent`: partial. On a server that honours idempotency keys, the same campaign makes nothing twice.
///
/// # See also
///
/// - `hatci_fleet_status`: Wait until the updates have ended.
/// - `hatci_fleet_close`: Close the test events.
#[derive(Options)]
pub struct FleetUpdateOptions {
    /// The vehicles. What is the same for all may stand beside the list.
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
    /// Whether to close the test events as FAIL when this `ansible-playbook` has ended and nobody has closed them, as
    /// `hatci_test_event` does.
    #[option(default = true)]
    close_with_job: bool,
    /// With more failures no other vehicle is begun: a number, or a share such as `10%` of those begun.
    max_failures: Option<String>,
    /// `max_failures` is not applied before so many vehicles are done.
    #[option(default = 0)]
    min_finished: usize,
    /// The file of a campaign, as `hatci_fleet_plan` writes it. What becomes known of a vehicle is noted in it at once.
    resume_file: Option<PathBuf>,
    /// What the lines of progress begin with, such as `wave 2/3`.
    label: Option<String>,
    #[option(flatten)]
    work: StepOptions,
    #[option(flatten)]
    connection: Connection,
}

/// What `hatci_fleet_update` returns.
#[derive(Results, Default)]
pub struct FleetUpdateResults {
    /// What came of each vehicle, by host. `state` is `deployed`, `failed`, `unknown` (whether it was deployed to is not known) or `not_begun`;
    /// then the ids that are known, and in case of a failure `reason` and `error`.
    #[result(returned = "when the server could be used", sample = { "car1": { "state": "deployed", "source_event_id": "EVT-000001", "target_event_id": "EVT-000002", "test_event_id": "TEV-000001", "deployment_id": "DEP-000001", "changed": true, "seconds": 0.412 } })]
    vehicles: Option<Map<String, Value>>,
    /// The deployment of each vehicle that has one, by host, as `hatci_fleet_status` takes them.
    #[result(returned = "when the server could be used", sample = { "car1": "DEP-000001" })]
    deployments: Option<Map<String, Value>>,
    /// How many vehicles are in which state.
    #[result(returned = "when the server could be used", sample = { "total": 100, "deployed": 97, "failed": 2, "unknown": 0, "not_begun": 1 })]
    counts: Option<Value>,
    /// The vehicles that were not deployed to, for whatever reason.
    #[result(returned = "when the server could be used", sample = ["car17"])]
    failed_hosts: Option<Vec<String>>,
    /// The host that took the longest.
    #[result(returned = "when a vehicle was done", sample = "car17")]
    slowest: Option<String>,
    /// Whether more failed than may, so that the rest was not begun.
    #[result(returned = "when the server could be used", sample = false)]
    stopped: Option<bool>,
    /// Whether the server is known to honour idempotency keys, so that running the campaign again makes nothing twice.
    #[result(returned = "when the server could be used", sample = true)]
    keys_honoured: Option<bool>,
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

/// The steps before the first request of a vehicle, in words.
const NOTE: &str = "Note in the resume file that it is begun";
const CONNECT: &str = "Prepare the connection";
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
                connection: steps::connection(task),
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
            self.tell(&[], false, results);
            return Ok(Plan::Nothing);
        }
        if self.task.check_mode() {
            // The steps for each vehicle only look, too.
            self.work_on(&Record::open(None)?, results);
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
        let record = Record::open(self.resume_file.as_deref()).map_err(Failure::unchanged)?;
        for vehicle in &self.vehicles {
            record.note(&vehicle.host, |it| it.vin = Some(vehicle.vin.clone()));
        }
        // A file that can't be written is found out before anything is begun.
        record.save().map_err(Failure::unchanged)?;
        let id = &self.campaign.id;
        let last_words = format!(
            "Run campaign {id} again, with what is known of it: what its keys have made is found again."
        );
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
        let (vehicles, update, campaign, task) = (&self.vehicles, &self.update, &self.campaign, &self.task);
        let connection = &self.connection;
        // What the attempts so far have made, and whether that was a change.
        let learned =
            Mutex::new(vehicles.iter().map(|it| (it.ids(&it.described(update)), false)).collect::<Vec<_>>());
        let learned_of = |place: usize| learned.lock().unwrap_or_else(PoisonError::into_inner)[place].clone();
        let learn_of =
            |place: usize, known| learned.lock().unwrap_or_else(PoisonError::into_inner)[place] = known;
        let worker = || {
            let client = changes.client(connection);
            let (changes, learned_of, learn_of) = (&changes, &learned_of, &learn_of);
            move |place: usize, left: Duration| {
                let began = Instant::now();
                let vehicle: &VehicleOptions = &vehicles[place];
                let described = vehicle.described(update);
                let (known, has_changed) = learned_of(place);
                // What may be begun is in the file before it is.
                let noted = record.begin(&vehicle.host).map_err(|failure| (NOTE, failure.unchanged()));
                let ready = noted.and_then(|()| client.as_ref().map_err(|it| (CONNECT, it.clone())));
                let mut outcome = match ready {
                    Ok(client) => {
                        let steps = Steps {
                            client,
                            task,
                            campaign,
                            host: &vehicle.host,
                            owns_target: vehicle.begun || vehicle.ids(&described).target_event.is_none(),
                            begun: vehicle.begun,
                            end: began + left,
                            changed: has_changed,
                            warnings: vec![],
                        };
                        of_vehicle(steps, vehicle, &described, known, &|ids| {
                            note_ids(record, &vehicle.host, ids);
                            record.save_step();
                            results.update(|r| {
                                let known = r.vehicles.get_or_insert_default();
                                known.insert(vehicle.host.clone(), Value::Object(ids.to_map()));
                            });
                        })
                    }
                    Err((step, failure)) => {
                        Outcome { ids: known, changed: has_changed, ..Outcome::failed(step, failure) }
                    }
                };
                outcome.time = began.elapsed();
                changes.note(outcome.changed);
                learn_of(place, (outcome.ids.clone(), outcome.changed));
                if outcome.judgement != Judgement::FailedForNow {
                    note_end(record, &vehicle.host, &outcome);
                } else if !vehicle.begun && outcome.made_nothing() {
                    note_waiting(record, &vehicle.host);
                }
                record.save_step();
                outcome
            }
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
                "{} failed, more than {threshold}: no other vehicle is begun",
                queue.tally().failed
            ));
        }
        self.warn(queue.outcomes());
        self.tell(queue.outcomes(), queue.is_stopped(), results);
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
            self.task.warn(format!("There are {} more warnings like these.", all.len() - MOST_WARNINGS));
        }
        if !self.campaign.keys_are_honoured && !self.task.check_mode() {
            self.task.warn(
                "The server is not known to honour idempotency keys. Run this campaign again only with the ids that are known, as resume_file keeps them: without them everything is created a second time.",
            );
        }
    }

    fn tell(&self, outcomes: &[Option<Outcome>], stopped: bool, results: &SharedResults<FleetUpdateResults>) {
        let mut all = Map::new();
        let (mut deployments, mut failed_hosts) = (Map::new(), vec![]);
        let mut slowest: Option<(&str, Duration)> = None;
        let mut counts = [("deployed", 0), ("failed", 0), ("unknown", 0), ("not_begun", 0)];
        for (place, vehicle) in self.vehicles.iter().enumerate() {
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
        let mut total = Map::from_iter([("total".to_owned(), Value::from(self.vehicles.len()))]);
        total.extend(counts.map(|(name, count)| (name.to_owned(), count.into())));
        results.update(|r| {
            r.vehicles = Some(all);
            r.deployments = Some(deployments);
            r.counts = Some(total.into());
            r.failed_hosts = Some(failed_hosts);
            r.slowest = slowest.map(|(host, _)| host.to_owned());
            r.stopped = Some(stopped);
        });
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
