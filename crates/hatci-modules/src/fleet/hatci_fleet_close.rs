//! `hatci_fleet_close`
use super::{
    campaign::Campaign,
    close_options::TestEventOptions,
    close_results::{FleetCloseResults, Outcome},
    described::check_hosts,
    progress::{Lines, PERIOD, numbers},
    record::Record,
    standing_fail::standing_fail,
    steps::{Fault, Steps},
    work_options::{Changes, StepOptions, reach},
};
use crate::sums::{
    connection::{CallFailure, Connection, OnClient},
    hatci_test_event_update::HatciTestEventUpdate,
};
use ::fleet::{Judgement, Queue, Stage, Verdict, run};
use ansible_module::{Failure, Module, Options, Plan, Results, Return, SharedResults, Task};
use hatci_client::Client;
use serde_json::{Map, json};
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// Close the test events of many vehicles with their verdicts
///
/// Does what `hatci_test_event_update` does, for several test events at the same time. A test event that already has its verdict is left alone.
///
/// A FAIL already on record stays, whoever wrote it, and is the vehicle's verdict: PASS only replaces a FAIL with which the guard of a killed
/// job closed a test event.
///
/// A test event that can't be closed does not fail the task: `vehicles` says how each one ended. The task fails only if nothing could be done
/// for any, because an option is wrong or the server can't be used.
///
/// # Attributes
///
/// - `idempotent`: partial. If the server doesn't allow reading a test event, each run counts as a change.
///
/// # See also
///
/// - `hatci_fleet_update`: Record the tests, and begin the updates.
#[derive(Options)]
pub struct FleetCloseOptions {
    /// The test events, each with its verdict.
    test_events: Vec<TestEventOptions>,
    /// The resume file of a campaign, as `hatci_fleet_plan` writes it. Each closed test event is noted in it at once.
    resume_file: Option<PathBuf>,
    /// What progress lines begin with, such as `wave 2/3`.
    label: Option<String>,
    #[option(flatten)]
    work: StepOptions,
    #[option(flatten)]
    connection: Connection,
}

/// The module `hatci_fleet_close`.
pub struct HatciFleetClose {
    client: Client,
    task: Task,
    connection: Connection,
    events: Vec<TestEventOptions>,
    campaign: Campaign,
    work: StepOptions,
    resume_file: Option<PathBuf>,
    label: Option<String>,
}

const CLOSE: &str = "Close the test event";
/// So many warnings about single test events are shown.
const MOST_WARNINGS: usize = 20;

impl Module for HatciFleetClose {
    const NAME: &'static str = "hatci_fleet_close";
    const EXAMPLES: &'static str = include_str!("hatci_fleet_close.yml");
    type Options = FleetCloseOptions;
    type Results = FleetCloseResults;
    type Change = ();

    fn details() -> Vec<Return> {
        CallFailure::returns()
    }

    fn new(options: FleetCloseOptions, task: &Task) -> Result<Self, Failure> {
        check_hosts(options.test_events.iter().map(|event| event.host.as_str()))?;
        options.work.check()?;
        Ok(HatciFleetClose {
            client: options.connection.client(task)?,
            task: task.clone(),
            connection: options.connection,
            events: options.test_events,
            campaign: Campaign::of_connection(task),
            work: options.work,
            resume_file: options.resume_file,
            label: options.label,
        })
    }

    fn discover(&mut self, results: &SharedResults<FleetCloseResults>) -> Result<Plan<()>, Failure> {
        if self.events.is_empty() {
            results.update(|r| r.fill(&self.events, &[]));
            return Ok(Plan::Nothing);
        }
        reach(&self.connection, &self.client)?;
        if self.task.check_mode() && !self.work_on(&Record::open(None, &self.task)?, results) {
            return Ok(Plan::Nothing);
        }
        let diff = |words: &dyn Fn(&TestEventOptions) -> String| {
            self.events.iter().map(|event| (event.host.clone(), words(event).into())).collect::<Map<_, _>>()
        };
        let after = diff(&|event| format!("{}: {}", event.status.as_str(), event.summary));
        Ok(Plan::change(diff(&|_| "as it is".into()), after))
    }

    fn process(&mut self, (): (), results: &SharedResults<FleetCloseResults>) -> Result<(), Failure> {
        let record = Record::open(self.resume_file.as_deref(), &self.task).map_err(Failure::unchanged)?;
        let _hook = record.save_on_interrupt(&self.task, String::new());
        if !self.work_on(&record, results) {
            self.task.unchanged();
        }
        record.save()
    }

    /// Each step has looked at what it has made.
    fn housekeep(&mut self, _: &SharedResults<FleetCloseResults>) -> Result<(), Failure> {
        Ok(())
    }
}

impl HatciFleetClose {
    /// Works on all test events. Whether something was changed.
    fn work_on(&self, record: &Record, results: &SharedResults<FleetCloseResults>) -> bool {
        let changes = Changes::of(&self.task);
        let (events, campaign, task, connection) =
            (&self.events, &self.campaign, &self.task, &self.connection);
        let worker = || {
            let client = changes.client(connection);
            let changes = &changes;
            move |place: usize, left: Duration| {
                let event: &TestEventOptions = &events[place];
                let outcome = match &client {
                    Ok(client) => close(
                        Steps {
                            client,
                            task,
                            campaign,
                            host: &event.host,
                            owns_target: false,
                            begun: true,
                            end: Instant::now() + left,
                            changed: false,
                            warnings: vec![],
                        },
                        event,
                    ),
                    Err(failure) => {
                        let fault = Fault { step: "Prepare the connection", failure: failure.clone() };
                        Outcome::failed(fault)
                    }
                };
                changes.note(outcome.changed);
                if outcome.fault.is_none() {
                    record.note(&event.host, |it| {
                        it.stage = Stage::Closed;
                        if let Some(summary) = &outcome.standing_fail {
                            (it.status, it.summary) = (Some(Verdict::Fail), summary.as_str().into());
                        }
                    });
                }
                outcome
            }
        };
        let judge = |outcome: &Outcome| {
            // To close twice is to close once.
            outcome.fault.as_ref().map_or(Judgement::Good, |fault| fault.judgement(true))
        };
        let say = |text: &str| task.progress(text);
        let mut lines = Lines::new(self.label.as_deref(), &say);
        let queue = Queue::new(events.len(), self.work.limits(None), judge);
        let queue = run(queue, self.work.concurrency(), PERIOD, worker, &mut |queue, now| {
            let tally = queue.tally();
            let parts =
                [(tally.failed, "failed"), (events.len().saturating_sub(tally.finished), "to be closed")];
            lines.tick(now, numbers(tally.finished, events.len(), &parts), &String::new);
            record.save_sometimes();
        });
        for (event, outcome) in events.iter().zip(queue.outcomes()) {
            if let Some(Outcome { fault: Some(fault), .. }) = outcome {
                lines.of_vehicle(&event.host, &fault.words());
            }
        }
        let warnings = events.iter().zip(queue.outcomes()).flat_map(|(event, outcome)| {
            let warnings = outcome.iter().flat_map(|outcome| &outcome.warnings);
            warnings.map(|text| format!("{}: {text}", event.host))
        });
        let warnings: Vec<_> = warnings.collect();
        warnings.iter().take(MOST_WARNINGS).for_each(|text| task.warn(text));
        if warnings.len() > MOST_WARNINGS {
            task.warn(format!("{} more warnings like these are not shown.", warnings.len() - MOST_WARNINGS));
        }
        let standing: Vec<_> = events
            .iter()
            .zip(queue.outcomes())
            .filter(|(_, outcome)| outcome.as_ref().is_some_and(|it| it.standing_fail.is_some()))
            .map(|(event, _)| event.host.as_str())
            .collect();
        if !standing.is_empty() {
            task.warn(format!(
                "FAIL is on record for {}, although nothing else failed there. The FAIL stays as the verdict.",
                standing.join(", ")
            ));
        }
        let had_failed = queue.outcomes().iter().flatten().filter(|it| it.had_failed && it.changed).count();
        if had_failed > 0 {
            task.warn(format!(
                "{had_failed} of {} test events had been closed as FAIL by an earlier job that ended without a verdict. They have their own verdict now.",
                events.len()
            ));
        }
        results.update(|r| r.fill(events, queue.outcomes()));
        changes.were_made()
    }
}

fn close(mut steps: Steps, event: &TestEventOptions) -> Outcome {
    let standing = steps.client_in_time(CLOSE).and_then(|client| {
        standing_fail(&client, event).map_err(|failure| Fault { step: CLOSE, failure: failure.unchanged() })
    });
    match standing {
        Ok(None) => {}
        Ok(standing_fail) => return Outcome { standing_fail, ..Outcome::default() },
        Err(fault) => return Outcome::failed(fault),
    }
    let mut options = json!({
        "test_event_id": event.test_event_id,
        "vin": event.vin,
        "status": event.status.as_str(),
        "summary": event.summary,
        "artifact_urls": event.artifact_urls,
    });
    let options = options.as_object_mut().map(std::mem::take).unwrap_or_default();
    let options = options.into_iter().filter(|(_, value)| !value.is_null()).collect();
    let had_failed = Arc::new(AtomicBool::new(false));
    let make = |client, options, task: &Task| {
        HatciTestEventUpdate::on(client, options, task).map(|it| it.in_campaign(had_failed.clone()))
    };
    let fault = steps.run_as(CLOSE, options, "test_event_id", make).err();
    let had_failed = had_failed.load(Ordering::SeqCst);
    Outcome { fault, changed: steps.changed, had_failed, standing_fail: None, warnings: steps.warnings }
}
