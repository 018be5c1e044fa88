//! `ara_event`
use super::{
    connection::{AraConnection, RunOptions, failed, masked},
    handed_run,
    run_results::RunResults,
};
use ansible_module::{Choices, Failure, Module, Options, Plan, Results, SharedResults, Task};
use ara_client::{Entry, Event, Moment, Recorder, RunFound, RunStatus, Status};
use serde_json::{Map, Value, json};
use std::{collections::HashMap, time::Duration};

/// Record events of a run in ARA
///
/// Each event becomes a task and its result in ARA. The run is registered if `ara_run` has not done so.
///
/// Every event is first written to `spool`, then sent in order. An unreachable, slow or broken server delays a run by at most
/// `timeout` seconds; the next run that reaches it, or a task with `drain`, sends the remaining events.
#[derive(Options)]
pub struct EventModuleOptions {
    /// What happened.
    #[option(default = [])]
    events: Vec<EventOptions>,
    /// The host of events that don't name one.
    #[option(default = "localhost")]
    host: String,
    /// Whether to only write the events to `spool`, for a later task to send.
    #[option(default = false)]
    queue: bool,
    /// Whether to also send what earlier runs left in `spool`.
    #[option(default = false)]
    drain: bool,
    #[option(flatten)]
    run: RunOptions,
    #[option(flatten)]
    connection: AraConnection,
}

/// One of the events.
#[derive(Options)]
struct EventOptions {
    /// A description of what happened.
    #[option(aliases("task"))]
    name: String,
    /// Identifies the event within its run and host: an event sent twice is stored once. By default it consists of the name and
    /// the start time, and a number if several events of one task share both.
    #[option(no_log = false)]
    key: Option<String>,
    /// How it ended.
    #[option(default = Ended::Ok)]
    status: Ended,
    /// The host, by its inventory name. Defaults to the task's `host`.
    host: Option<String>,
    /// The start time, such as `2026-11-20T20:00:00.25Z`. Defaults to `duration` before now.
    started: Option<String>,
    /// Duration in seconds, at most ten years.
    duration: Option<f64>,
    /// Whether it changed something.
    #[option(default = false)]
    changed: bool,
    /// What caused the event, such as a module's name.
    #[option(default = "hatci.automation.ara_event")]
    action: String,
    /// Additional data to show with the event; only the first 2 MiB are kept.
    details: Option<Map<String, Value>>,
    /// The outcome of the run for this host, if this is its last event. The run ends with its last host.
    verdict: Option<Verdict>,
}

#[derive(Choices, Clone, Copy)]
enum Ended {
    /// Succeeded.
    Ok,
    /// The same as `ok`.
    Success,
    /// The same as `ok`.
    Completed,
    /// Succeeded, and changed something.
    Changed,
    /// Failed.
    Failed,
    /// The same as `failed`.
    Failure,
    /// The same as `failed`.
    Error,
    /// Failed, and the failure is ignored.
    Ignored,
    /// Skipped.
    Skipped,
    /// The host was unreachable.
    Unreachable,
}

#[derive(Choices, Clone, Copy)]
enum Verdict {
    /// Succeeded.
    Completed,
    /// Failed.
    Failed,
}

/// What `ara_event` returns.
#[derive(Results, Default)]
pub struct EventModuleResults {
    #[result(flatten)]
    run: RunResults,
}

/// The module `ara_event`.
pub struct AraEvent {
    recorder: Recorder,
    entries: Vec<Entry>,
    queue: bool,
    drain: bool,
    task: Task,
}

impl Module for AraEvent {
    const NAME: &'static str = "ara_event";
    const EXAMPLES: &'static str = include_str!("ara_event.yml");
    type Options = EventModuleOptions;
    type Results = EventModuleResults;
    type Change = ();

    fn new(options: EventModuleOptions, task: &Task) -> Result<Self, Failure> {
        Ok(Self {
            recorder: options.connection.recorder(options.run, task)?,
            entries: entries(options.events, &options.host, Moment::now(), task)?,
            queue: options.queue,
            drain: options.drain,
            task: task.clone(),
        })
    }

    /// Whether ARA knows the events shows when it is told; to ask before would only cost time.
    fn discover(&mut self, results: &SharedResults<EventModuleResults>) -> Result<Plan<()>, Failure> {
        let run_id = self.recorder.start().id.to_string();
        let names: Vec<_> =
            self.entries.iter().filter_map(event_of).map(|event| event.name.clone()).collect();
        let after = json!({ "run_id": run_id, "events": names });
        results.update(|r| r.run.run_id = Some(run_id));
        Ok(Plan::change(Value::Null, after))
    }

    fn process(&mut self, (): (), results: &SharedResults<EventModuleResults>) -> Result<(), Failure> {
        let (meanwhile, leave) = (self.is_asked_to("send_meanwhile"), self.is_asked_to("leave_sending"));
        let done = self.recorder.with_spool_fallback(|recorder| {
            if meanwhile {
                return recorder.deliver_meanwhile();
            }
            if !self.entries.is_empty() {
                recorder.write(&self.entries)?;
            }
            let found = &mut |found: RunFound| results.update(|r| r.run = found.into());
            // The first task of a run waits for ARA, so that the user hears at once where the run is, or what is wrong.
            let leave = leave && recorder.is_registered()?;
            let is_taken = handed_run::hand_over(&self.task, recorder.start().id, leave && !self.queue);
            if self.queue || leave && is_taken {
                return recorder.leave(found);
            }
            if !recorder.deliver(self.drain, found)? {
                self.task.unchanged();
            }
            Ok(())
        });
        done.map_err(|e| failed(&e))
    }

    /// What was stored, ARA has answered for.
    fn housekeep(&mut self, _: &SharedResults<EventModuleResults>) -> Result<(), Failure> {
        Ok(())
    }
}

impl AraEvent {
    /// Whether the action plugin wants this. It does so for what it tells ARA of other tasks; a playbook can't.
    fn is_asked_to(&self, what: &str) -> bool {
        self.task.ansible_key(what) == Some(&Value::Bool(true))
    }
}

/// The events of one task as they are written down. Those without a key that would share one are numbered.
fn entries(events: Vec<EventOptions>, host: &str, now: Moment, task: &Task) -> Result<Vec<Entry>, Failure> {
    let mut seen = HashMap::new();
    let mut entries = Vec::new();
    for options in events {
        let keyed = options.key.is_some();
        let (mut event, verdict) = options.event(host, now, task)?;
        let count = seen.entry((event.host.clone(), event.key.clone())).or_insert(0);
        *count += 1;
        if !keyed && *count > 1 {
            event.key = format!("{}/{count}", event.key);
        }
        entries.push(Entry::Event(event, verdict));
    }
    Ok(entries)
}

impl EventOptions {
    /// With its times fixed and its secrets masked.
    fn event(self, host: &str, now: Moment, task: &Task) -> Result<(Event, Option<RunStatus>), Failure> {
        let duration = self.duration.map(duration).transpose()?;
        let started = self.started.as_deref().map(Moment::parse).transpose();
        let started = started.map_err(|e| Failure::invalid(e.to_string()))?;
        let (started, ended) = match (started, duration) {
            (Some(started), Some(duration)) => (started, started.plus(duration)),
            (Some(started), None) => (started, now),
            (None, duration) => (now.minus(duration.unwrap_or_default()), now),
        };
        let host = task.mask_text(self.host.as_deref().unwrap_or(host));
        let verdict = self.verdict.map(|verdict| match verdict {
            Verdict::Completed => RunStatus::Completed,
            Verdict::Failed => RunStatus::Failed,
        });
        let name = task.mask_text(&self.name);
        let event = Event {
            key: self.key.map_or_else(|| format!("{name}/{started}"), |key| task.mask_text(&key)),
            changed: self.changed || matches!(self.status, Ended::Changed),
            action: task.mask_text(&self.action),
            details: masked(self.details.unwrap_or_default(), task),
            ..Event::new(name, host, self.status.status(), started, ended)
        };
        Ok((event, verdict))
    }
}

/// A duration that leaves both of its ends within the calendar.
fn duration(seconds: f64) -> Result<Duration, Failure> {
    const TEN_YEARS: Duration = Duration::from_secs(10 * 366 * 24 * 3600);
    Duration::try_from_secs_f64(seconds).ok().filter(|duration| *duration <= TEN_YEARS).ok_or_else(|| {
        Failure::invalid(format!(
            "The duration of an event for ARA is {seconds} seconds; give 0 to {}, which is ten years.",
            TEN_YEARS.as_secs()
        ))
    })
}

impl Ended {
    fn status(self) -> Status {
        match self {
            Ended::Ok | Ended::Success | Ended::Completed | Ended::Changed => Status::Ok,
            Ended::Failed | Ended::Failure | Ended::Error => Status::Failed,
            Ended::Ignored => Status::Ignored,
            Ended::Skipped => Status::Skipped,
            Ended::Unreachable => Status::Unreachable,
        }
    }
}

fn event_of(entry: &Entry) -> Option<&Event> {
    match entry {
        Entry::Event(event, _) => Some(event),
        _ => None,
    }
}
