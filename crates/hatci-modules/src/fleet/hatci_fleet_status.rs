//! `hatci_fleet_status`
use super::{
    described::check_hosts,
    live_page::LivePage,
    progress::{Lines, PERIOD, clock, numbers},
    record::Record,
    status_outcome::{entry, note, states, words},
    status_results::FleetStatusResults,
    work_options::WorkOptions,
};
use crate::sums::{
    connection::{CallFailure, Connection, failed},
    creation,
    hatci_update_status::progress,
    wait::may_pass,
    wait_options::{UntilOptions, ends_no_wait},
};
use ::fleet::{Missed, Patience, Seen, Threshold, Watch, Watched, run};
use ansible_module::{Failure, InfoModule, Options, Results, Return, SharedResults, Task};
use hatci_client::{Client, DeploymentId, Error, Policy, State};
use jiff::Timestamp;
use serde_json::{Map, Value};
use shown_text::one_line;
use std::{
    path::PathBuf,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// Wait until the updates of many vehicles have ended
///
/// One task polls all of them, a few at a time, and regularly reports the progress. It ends when every update has ended or timed out.
/// Polling continues through network and server errors.
///
/// A failed update does not fail the task: `vehicles` shows how each one ended. The task fails only if no deployment could be read at
/// all. With more failures than `max_failures` it still waits for the rest, since the updates continue, and sets `stopped`.
///
/// Nothing is changed on the server. In check mode each deployment is polled once.
///
/// # See also
///
/// - `hatci_fleet_update`: Begin the updates.
/// - `hatci_update_status`: The same for one vehicle.
#[derive(Options)]
pub struct FleetStatusOptions {
    /// The deployment of each vehicle, by host; in check mode also the placeholder `pending`.
    deployments: Map<String, Value>,
    /// With more failures the result has `stopped`: a number, or a share such as `10%` of all.
    max_failures: Option<String>,
    /// `max_failures` applies only once this many vehicles have ended.
    #[option(default = 0)]
    min_finished: usize,
    /// The resume file of a campaign, as `hatci_fleet_plan` writes it. How an update ended is noted in it at once.
    resume_file: Option<PathBuf>,
    /// A folder for the page of the report, as `hatci_report` writes it at the end. While this task waits, the page is written every ten
    /// seconds, so that an open browser shows the fleet. Requires `resume_file`.
    report_dir: Option<PathBuf>,
    /// The title of that page.
    #[option(default = "OTA test")]
    report_title: String,
    /// What progress lines begin with, such as `wave 2/3`.
    label: Option<String>,
    #[option(flatten)]
    until: UntilOptions,
    #[option(flatten)]
    work: WorkOptions,
    #[option(flatten)]
    connection: Connection,
}

/// The module `hatci_fleet_status`.
pub struct HatciFleetStatus {
    task: Task,
    connection: Connection,
    /// No deployment only in check mode, for one that would have been made.
    vehicles: Vec<(String, Option<DeploymentId>)>,
    threshold: Option<Threshold>,
    until: UntilOptions,
    work: WorkOptions,
    resume_file: Option<PathBuf>,
    label: Option<String>,
    page: LivePage,
}

/// With less time than this, a look is the last one.
const SHORTEST_LOOK: Duration = Duration::from_secs(1);
/// The last look may be repeated, as every other call, but no longer than this: what it misses counts as not having ended.
const LAST_LOOK: Duration = Duration::from_secs(5);

impl InfoModule for HatciFleetStatus {
    const NAME: &'static str = "hatci_fleet_status";
    const EXAMPLES: &'static str = include_str!("hatci_fleet_status.yml");
    type Options = FleetStatusOptions;
    type Results = FleetStatusResults;

    fn details() -> Vec<Return> {
        CallFailure::returns()
    }

    fn new(options: FleetStatusOptions, task: &Task) -> Result<Self, Failure> {
        options.until.check()?;
        options.work.check()?;
        check_hosts(options.deployments.keys().map(String::as_str))?;
        let threshold = options.max_failures.as_deref().filter(|most| !most.is_empty());
        let threshold = threshold.map(|most| Threshold::parse(most, options.min_finished)).transpose();
        let id = |(host, id): (String, Value)| {
            let text = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
            let id = creation::given("deployment_id", Some(&text), task, DeploymentId::parse);
            let named = |failure: Failure| Failure { msg: format!("{host}: {}", failure.msg), ..failure };
            Ok((host.clone(), id.map_err(named)?))
        };
        // Reports what is wrong with the connection's options, and registers its secrets.
        options.connection.client(task)?;
        Ok(HatciFleetStatus {
            task: task.clone(),
            connection: options.connection,
            vehicles: options.deployments.into_iter().map(id).collect::<Result<_, Failure>>()?,
            threshold: threshold.map_err(Failure::invalid)?,
            until: options.until,
            work: options.work,
            resume_file: options.resume_file,
            label: options.label,
            page: LivePage::new(options.report_dir, &options.report_title),
        })
    }

    fn read(&mut self, results: &SharedResults<FleetStatusResults>) -> Result<(), Failure> {
        let check_mode = self.task.check_mode();
        let record = Record::open(self.resume_file.as_deref().filter(|_| !check_mode), &self.task)?;
        let time = |seconds: u64| if check_mode { Duration::ZERO } else { Duration::from_secs(seconds) };
        let patience = Patience {
            interval: Duration::from_secs(self.until.poll_interval),
            each: time(self.until.wait_timeout),
            all: if check_mode { Duration::from_secs(3600) } else { self.work.total() },
            rules: self.until.rules(),
            threshold: self.threshold,
        };
        let _hook = record.save_on_interrupt(&self.task, String::new());
        // Why nothing could be seen, if so.
        let trouble = Mutex::new(None);
        let (connection, vehicles, task) = (&self.connection, &self.vehicles, &self.task);
        // The deployments whose answers have named them.
        let named: Vec<_> = vehicles.iter().map(|_| AtomicBool::new(false)).collect();
        let worker = || {
            let client = connection.further_client();
            let (trouble, named) = (&trouble, &named);
            move |place: usize, left: Duration| {
                let Some(id) = &vehicles[place].1 else { return Ok(unknown()) };
                let client = client.as_ref().map_err(|failure| missed_for_good(failure.msg.clone()))?;
                look(client, task, id, &named[place], left).map_err(|error| {
                    trouble
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .get_or_insert_with(|| failed(&error));
                    missed(&error)
                })
            }
        };
        let say = |text: &str| self.task.progress(text);
        let mut lines = Lines::new(self.label.as_deref(), &say);
        let mut told = vec![false; vehicles.len()];
        // The number of states of each vehicle that are noted.
        let mut noted = vec![0; vehicles.len()];
        let mut page = std::mem::replace(&mut self.page, LivePage::new(None, ""));
        let mut stopped = false;
        let watch = Watch::new(vehicles.len(), patience, Box::new(fastrand::f64));
        let start = Timestamp::now();
        let mut waited = Duration::ZERO;
        let watch = run(watch, self.work.concurrency(), PERIOD, worker, &mut |watch, now| {
            waited = now;
            for (place, watched) in watch.vehicles().iter().enumerate() {
                let known = std::mem::replace(&mut noted[place], watched.states.len());
                if known < watched.states.len() {
                    let states = states(&watched.states[known..], start);
                    record.note(&vehicles[place].0, |it| it.states.extend(states));
                }
                if let Some((end, _)) = watched.end
                    && !std::mem::replace(&mut told[place], true)
                {
                    let (host, id) = &vehicles[place];
                    lines.of_vehicle(host, &words(end, watched));
                    note(&record, host, watched, end, id.as_ref());
                    results.update(|r| {
                        let entry = entry(watched, id.as_ref(), start);
                        r.vehicles.get_or_insert_default().insert(host.clone(), entry)
                    });
                }
            }
            if watch.is_stopped() && !std::mem::replace(&mut stopped, true) {
                let threshold = self.threshold.map(|it| it.to_string()).unwrap_or_default();
                say(&format!(
                    "{} failed, more than {threshold}: no further vehicle will be started",
                    watch.tally().failed
                ));
            }
            self.tick(watch, now, &mut lines);
            record.save_sometimes();
            if !check_mode {
                page.tick(now, &record, &self.task);
            }
        });
        lines.end(waited, self.numbers(&watch));
        for state in watch.unknown_states() {
            self.task.warn(format!("Some deployments: {}.", ends_no_wait(state)));
        }
        results.update(|r| r.fill(vehicles, &watch, waited, start));
        if let Err(failure) = record.save() {
            self.task.warn(failure.msg);
        }
        let trouble = trouble.into_inner().unwrap_or_else(PoisonError::into_inner);
        match trouble.filter(|_| watch.vehicles().iter().all(|watched| watched.last.is_none())) {
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }
}

impl HatciFleetStatus {
    fn tick(&self, watch: &Watch, now: Duration, lines: &mut Lines) {
        lines.tick(now, self.numbers(watch), &|| {
            let open =
                watch.vehicles().iter().zip(&self.vehicles).filter(|(watched, _)| watched.end.is_none());
            let far = |watched: &Watched| {
                let progress = watched.last.as_ref().and_then(|last| last.progress.as_deref());
                progress.and_then(|text| text.split(' ').next()?.parse::<f64>().ok()).unwrap_or_default()
            };
            let slowest = open.min_by(|(one, _), (other, _)| far(one).total_cmp(&far(other)));
            let slowest = slowest.map_or(String::new(), |(watched, (host, _))| {
                let seen = watched.last.as_ref().map_or("not seen yet".into(), |last| {
                    last.progress.clone().unwrap_or_else(|| last.state.to_string())
                });
                format!("slowest {host} {seen}; ")
            });
            let left =
                Duration::from_secs(self.until.wait_timeout).min(self.work.total()).saturating_sub(now);
            format!("{slowest}at most {} left", clock(left))
        });
    }

    fn numbers(&self, watch: &Watch) -> String {
        let open = || watch.vehicles().iter().filter(|it| it.end.is_none());
        let waits =
            |watched: &&Watched| watched.last.as_ref().is_none_or(|last| last.state == State::new("PENDING"));
        let waiting = open().filter(waits).count();
        let tally = watch.tally();
        let parts = [(tally.failed, "failed"), (waiting, "waiting"), (open().count() - waiting, "updating")];
        numbers(tally.finished, self.vehicles.len(), &parts)
    }
}

/// One look. The wait itself asks again, but after the last one. `named`: whether an answer has named the deployment.
fn look(
    client: &Client,
    task: &Task,
    id: &DeploymentId,
    named: &AtomicBool,
    left: Duration,
) -> Result<Seen, Error> {
    let policy = client.policy();
    let (retries, longest) = if left < SHORTEST_LOOK { (policy.retries, LAST_LOOK) } else { (0, left) };
    let policy = Policy { retries, deadline: policy.deadline.min(longest), ..policy };
    let client = client.with_policy(policy);
    let client = if named.load(Ordering::Relaxed) { client.naming_ids() } else { client };
    let found = client.deployment(id)?;
    named.fetch_or(found.names_id, Ordering::Relaxed);
    Ok(Seen {
        state: State::new(one_line(found.state.as_str())),
        reason: found.reason.as_deref().map(|reason| task.one_line(reason)),
        progress: progress(&found.object, task),
        timestamps: found.timestamps.map(|timestamps| timestamps.to_string()),
    })
}

fn missed(error: &Error) -> Missed {
    Missed {
        why: error.to_string(),
        is_final: !may_pass(error.kind()),
        is_refusal: error.status() == Some(401),
        retry_after: error.retry_after(),
    }
}

fn missed_for_good(why: String) -> Missed {
    Missed { why, is_final: true, is_refusal: false, retry_after: None }
}

/// Of a deployment that would have been made, had it not been check mode.
fn unknown() -> Seen {
    Seen { state: State::not_shown(), reason: None, progress: None, timestamps: None }
}
