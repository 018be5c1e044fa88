//! `hatci_update_status`
use super::connection::{CallStats, Connection, failed};
use super::creation;
use super::wait::{Seen, Waited, Waiting};
use super::wait_options::{WaitFailure, WaitOptions};
use ansible_module::{Failure, InfoModule, Options, Results, Return, SharedResults, Task};
use hatci_client::{Client, DeploymentId, Error, EventId, Policy, State, SystemClock};
use serde_json::{Map, Value};
use shown_text::one_line;
use std::time::Duration;

/// Report an update's progress, or wait for it to finish
///
/// With `wait`, the task polls until the update is over, and shows each change of state as it happens. It fails as soon as the update
/// has failed, or after `wait_timeout`; the result then holds the last known state. Polling continues through network and server
/// errors. Once the update has been read, only three rejections of the token stop it.
///
/// Nothing is changed. In check mode it polls once, and the state of the placeholder `pending` is `UNKNOWN`. An `until` that waits for
/// a state would then run out of retries: add `or ansible_check_mode` to it, or use `wait` instead.
///
/// # See also
///
/// - `hatci_deploy_event`: Start the update.
#[derive(Options)]
#[options(mutually_exclusive(deployment_id, event_id), required_one_of(deployment_id, event_id))]
pub struct UpdateStatusOptions {
    /// The deployment; in check mode also the placeholder `pending`.
    deployment_id: Option<String>,
    /// The event; in check mode also the placeholder `pending`.
    event_id: Option<String>,
    #[option(flatten)]
    waiting: WaitOptions,
    #[option(flatten)]
    connection: Connection,
}

/// What `hatci_update_status` returns.
#[derive(Results, Default)]
pub struct UpdateStatusResults {
    /// The last known state.
    #[result(returned = "when the server answered", sample = "COMPLETE")]
    state: Option<String>,
    /// The reason, as the server states it.
    #[result(returned = "when the server gives one", sample = "Gateway refused the signature")]
    reason: Option<String>,
    /// The timestamps that the server reports.
    #[result(returned = "when the server gives them", sample = { "created": "2026-11-20T22:00:00Z" })]
    timestamps: Option<Value>,
    /// The deployment or event as the server describes it.
    #[result(returned = "when the server answered", sample = { "deployment_id": "DEP-000001", "state": "COMPLETE" })]
    status: Option<Map<String, Value>>,
    /// The number of polls.
    #[result(returned = "when the server was polled", sample = 12)]
    polls: Option<u32>,
    /// Seconds from the first poll to the last.
    #[result(returned = "when `wait` is true", sample = 341.5)]
    waited: Option<f64>,
    #[result(flatten)]
    stats: CallStats,
}

/// The module `hatci_update_status`.
pub struct HatciUpdateStatus {
    client: Client,
    task: Task,
    /// `None` in check mode, for what would have been made.
    subject: Option<Subject>,
    waiting: WaitOptions,
}

/// What is looked at.
enum Subject {
    Deployment(DeploymentId),
    Event(EventId),
}

impl InfoModule for HatciUpdateStatus {
    const NAME: &'static str = "hatci_update_status";
    const EXAMPLES: &'static str = include_str!("hatci_update_status.yml");
    type Options = UpdateStatusOptions;
    type Results = UpdateStatusResults;

    fn details() -> Vec<Return> {
        WaitFailure::returns()
    }

    fn new(options: UpdateStatusOptions, task: &Task) -> Result<Self, Failure> {
        options.waiting.check()?;
        let deployment =
            creation::given("deployment_id", options.deployment_id.as_deref(), task, DeploymentId::parse)?;
        let event = creation::given("event_id", options.event_id.as_deref(), task, EventId::parse)?;
        Ok(HatciUpdateStatus {
            subject: deployment.map(Subject::Deployment).or(event.map(Subject::Event)),
            client: options.connection.client(task)?,
            task: task.clone(),
            waiting: options.waiting,
        })
    }

    fn read(&mut self, results: &SharedResults<UpdateStatusResults>) -> Result<(), Failure> {
        let Some(subject) = &self.subject else {
            results.update(|r| {
                r.state = Some(State::not_shown().to_string());
                r.timestamps = Some(Map::new().into());
                r.status = Some(Map::new());
            });
            return Ok(());
        };
        if !self.waiting.wanted() || self.task.check_mode() {
            look(&self.client, &self.task, subject, results).map_err(|e| failed(&e))?;
            return Ok(());
        }
        let (clock, say, warn) = (
            SystemClock::default(),
            |text: &str| self.task.progress(text),
            |text: &str| self.task.warn(text),
        );
        let patience = self.client.policy().deadline;
        let (mut waited, mut client) = (Waited::default(), self.client.clone());
        let outcome =
            Waiting::new(subject.name(), &self.waiting, &clock, &say, &warn).run(&mut waited, &mut |left| {
                // The waiting itself asks again; a look that repeats silently would hide for how long there was no answer.
                let deadline = patience.min(left.max(SHORTEST_LOOK));
                let policy = Policy { retries: 0, deadline, ..self.client.policy() };
                let (seen, names_id) = look(&client.with_policy(policy), &self.task, subject, results)?;
                if names_id {
                    client = client.naming_ids();
                }
                Ok(seen)
            });
        results.update(|r| r.waited = Some((waited.time.as_secs_f64() * 1e3).round() / 1e3));
        outcome.map(drop)
    }
}

/// The last look, when the time is all but up, still gets this long.
const SHORTEST_LOOK: Duration = Duration::from_secs(1);

impl Subject {
    fn name(&self) -> String {
        match self {
            Subject::Deployment(id) => format!("deployment {id}"),
            Subject::Event(id) => format!("event {id}"),
        }
    }
}

/// One look, its findings told at once, and whether the answer names the id.
fn look(
    client: &Client,
    task: &Task,
    subject: &Subject,
    results: &SharedResults<UpdateStatusResults>,
) -> Result<(Seen, bool), Error> {
    results.update(|r| *r.polls.get_or_insert_default() += 1);
    let (state, reason, timestamps, object, call, names_id) = match subject {
        Subject::Deployment(id) => {
            let it = client.deployment(id)?;
            (it.state, it.reason, it.timestamps, it.object, it.stats, it.names_id)
        }
        Subject::Event(id) => {
            let it = client.event(id)?;
            let state = it.state.unwrap_or_else(State::not_shown);
            (state, it.reason, it.timestamps, it.object, it.stats, it.names_id)
        }
    };
    let seen = Seen {
        state: State::new(one_line(state.as_str())),
        reason: reason.as_deref().map(|reason| task.one_line(reason)),
        progress: progress(&object, task),
    };
    results.update(|r| {
        r.state = Some(state.to_string());
        r.reason = reason;
        r.timestamps = timestamps;
        r.status = Some(object);
        r.stats.add(call);
    });
    Ok((seen, names_id))
}

/// What some servers add: a percentage and the name of a step.
pub(crate) fn progress(object: &Map<String, Value>, task: &Task) -> Option<String> {
    let percent = object.get("progress").and_then(Value::as_number).map(|n| format!("{n} %"));
    let step = object.get("step").and_then(Value::as_str).map(|step| task.one_line(step));
    let parts: Vec<_> = percent.into_iter().chain(step).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}
