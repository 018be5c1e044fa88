//! `hatci_test_event_update`
use super::connection::{CallFailure, CallStats, Connection, OnClient, failed, failed_to_change};
use super::{creation, guarded::Guarded, links::links, test_event_duty::UNTESTED};
use ansible_module::{
    Choices, ErrorKind, Failure, Module, Options, Plan, Results, Return, SharedResults, Task,
};
use hatci_client::{Client, Error, TestEvent, TestEventId, TestOutcome, TestStatus};
use serde_json::{Map, Value};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Close a test event with its verdict
///
/// A test event that already has this verdict is left alone. If the server doesn't allow reading it, it is updated again, which has
/// the same effect. Changing a verdict to the opposite causes a warning.
///
/// # Attributes
///
/// - `idempotent`: partial. If the server doesn't allow reading a test event, each run counts as a change.
///
/// # See also
///
/// - `hatci_test_event`: Record the start of a test.
#[derive(Options)]
pub struct TestEventUpdateOptions {
    /// The test event's id. In check mode also `pending`, the placeholder for one that would have been created.
    test_event_id: String,
    /// The VIN of the tested vehicle. A record of another vehicle is refused, if the server shows the VIN.
    vin: Option<String>,
    /// The verdict.
    status: Verdict,
    /// The verdict in one sentence: what was tested, or why it failed.
    summary: String,
    /// URLs of logs and reports. By default, the recorded ones are kept.
    ///
    /// If the server refuses this field, the verdict is recorded without it, with a warning.
    artifact_urls: Option<Vec<String>>,
    #[option(flatten)]
    connection: Connection,
}

#[derive(Choices, Clone, Copy)]
#[choice(case = "UPPER")]
enum Verdict {
    /// The test passed.
    Pass,
    /// The test failed.
    Fail,
}

/// What `hatci_test_event_update` returns.
#[derive(Results, Default)]
pub struct TestEventUpdateResults {
    /// The test event as the server describes it.
    #[result(returned = "when the server describes it", sample = { "test_event_id": "TEV-000001", "status": "PASS" })]
    test_event: Option<Map<String, Value>>,
    #[result(flatten)]
    stats: CallStats,
}

/// The module `hatci_test_event_update`.
pub struct HatciTestEventUpdate {
    client: Client,
    task: Task,
    /// `None` in check mode, for a test event that would have been made.
    id: Option<TestEventId>,
    vin: Option<String>,
    outcome: TestOutcome,
    /// Of a campaign: set if its test event was closed as FAIL before, as the guard of a killed job does.
    had_failed: Option<Arc<AtomicBool>>,
    /// The answer to the update.
    answered: Option<TestEvent>,
}

impl Module for HatciTestEventUpdate {
    const NAME: &'static str = "hatci_test_event_update";
    const EXAMPLES: &'static str = include_str!("hatci_test_event_update.yml");
    type Options = TestEventUpdateOptions;
    type Results = TestEventUpdateResults;
    type Change = ();

    fn details() -> Vec<Return> {
        CallFailure::returns()
    }

    fn new(options: TestEventUpdateOptions, task: &Task) -> Result<Self, Failure> {
        let client = options.connection.client(task)?;
        Self::on(client, options, task)
    }

    fn discover(&mut self, results: &SharedResults<TestEventUpdateResults>) -> Result<Plan<()>, Failure> {
        // From here on the guard knows the verdict, whatever keeps this task from writing it.
        self.have_guard(Some(&self.outcome));
        let now = self.read(results)?;
        if let (Some(id), Some(vin), Some(now)) = (&self.id, &self.vin, &now)
            && let Some(other) = now.of_other_vehicle(vin).map(|other| self.task.one_line(other))
        {
            self.have_guard(None);
            return Err(Failure::new(
                ErrorKind::Conflict,
                format!(
                    "Test event {id} is the record of vehicle {other}, not of {vin}, so it is not changed. Give the test_event_id of this vehicle's test."
                ),
            ));
        }
        let closed = now.as_ref().and_then(TestEvent::verdict);
        if self.is_for_guard() && now.as_ref().is_some_and(TestEvent::is_closed) {
            return Ok(Plan::Nothing);
        }
        if let Some(closed) = closed
            && closed != self.outcome.status
            && let Some(id) = &self.id
        {
            if let Some(had_failed) = self.had_failed.as_ref().filter(|_| closed == TestStatus::Fail) {
                had_failed.store(true, Ordering::SeqCst);
            } else {
                self.task.warn(format!(
                "Test event {id} was already closed with {}; this task changes that to {}. If that was the verdict on another test, record this one in its own test event.",
                closed.as_str(),
                self.outcome.status.as_str()
            ));
            }
        }
        let wanted = self.outcome.body();
        let Value::Object(fields) = &wanted else { return Ok(Plan::Nothing) };
        let before: Option<Map<_, _>> = now.map(|now| {
            fields
                .keys()
                .map(|name| (name.clone(), now.object.get(name).cloned().unwrap_or_default()))
                .collect()
        });
        if before.as_ref() == Some(fields) {
            self.is_closed();
            return Ok(Plan::Nothing);
        }
        Ok(Plan::change(before, wanted))
    }

    fn process(&mut self, (): (), results: &SharedResults<TestEventUpdateResults>) -> Result<(), Failure> {
        let Some(id) = &self.id else { return Ok(()) };
        let updated = self.write(id).map_err(|e| failed_to_change(&e))?;
        results.update(|r| {
            r.stats.add(updated.stats);
            r.test_event = Some(updated.object.clone());
        });
        self.answered = Some(updated);
        Ok(())
    }

    /// Believes the answer to the update, or, where that holds no verdict, what the server shows afterwards. A word that is neither
    /// verdict nor open is the server's own.
    fn housekeep(&mut self, results: &SharedResults<TestEventUpdateResults>) -> Result<(), Failure> {
        let (Some(id), Some(mut answer)) = (self.id.clone(), self.answered.take()) else { return Ok(()) };
        if answer.verdict().is_none()
            && let Ok(shown) = self.client.without_grace().test_event(&id)
        {
            results.update(|r| r.stats.add(shown.stats));
            answer = shown;
        }
        let wanted = self.outcome.status;
        let shows = match answer.verdict() {
            None if answer.is_open() => "that it is still open",
            Some(verdict) if verdict != wanted => verdict.as_str(),
            _ => {
                self.is_closed();
                return Ok(());
            }
        };
        if answer.verdict().is_some() {
            self.is_closed();
        }
        Err(Failure::new(
            ErrorKind::Conflict,
            format!(
                "Test event {id} shows {shows} after it was set to {}. Check it in SUMS, and close it there if it is still open.",
                wanted.as_str()
            ),
        ))
    }
}

impl OnClient for HatciTestEventUpdate {
    fn on(client: Client, options: TestEventUpdateOptions, task: &Task) -> Result<Self, Failure> {
        creation::filled(&[("test_event_id", &options.test_event_id), ("summary", &options.summary)])?;
        Ok(HatciTestEventUpdate {
            id: creation::given("test_event_id", Some(&options.test_event_id), task, TestEventId::parse)?,
            client,
            task: task.clone(),
            vin: options.vin.map(|vin| vin.trim().to_ascii_uppercase()),
            outcome: TestOutcome {
                status: match options.status {
                    Verdict::Pass => TestStatus::Pass,
                    Verdict::Fail => TestStatus::Fail,
                },
                summary: Some(options.summary),
                artifact_urls: options.artifact_urls.map(links),
            },
            had_failed: None,
            answered: None,
        })
    }
}

impl HatciTestEventUpdate {
    /// For a test of a campaign, which has recorded no verdict yet. Where FAIL is on record, this is set instead of warning.
    pub(crate) fn in_campaign(self, had_failed: Arc<AtomicBool>) -> Self {
        HatciTestEventUpdate { had_failed: Some(had_failed), ..self }
    }

    /// If the guard of the job is to close this test event, and the job ends now, then with this verdict.
    fn have_guard(&self, outcome: Option<&TestOutcome>) {
        let Some(id) = self.id.as_ref().filter(|_| !self.task.check_mode()) else { return };
        if let Ok(Some(guarded)) = Guarded::of(&self.task, id) {
            guarded.is_about_to_be(outcome, &self.task);
        }
    }

    /// The guard of the job need not do it.
    fn is_closed(&self) {
        let Some(id) = self.id.as_ref().filter(|_| !self.task.check_mode()) else { return };
        if let Ok(Some(guarded)) = Guarded::of(&self.task, id) {
            guarded.is_closed();
        }
    }

    /// Writes the verdict. If the server refuses a field of it that need not be there, once more without: no verdict is lost over a link.
    fn write(&self, id: &TestEventId) -> Result<TestEvent, Error> {
        let refusal = match self.client.update_test_event(id, &self.outcome) {
            Err(error) => error,
            updated => return updated,
        };
        let Some((outcome, names)) = self.outcome.without_refused(&refusal) else { return Err(refusal) };
        // A FAIL of a vehicle that was not tested is none without the words that say so.
        if outcome.summary.is_none()
            && self.outcome.summary.as_deref().is_some_and(|it| it.starts_with(UNTESTED))
        {
            return Err(refusal);
        }
        let updated = self.client.update_test_event(id, &outcome)?;
        self.task.warn(format!(
            "Test event {id} has its verdict, {}, but without {}, which the server refused: {}. Add that in SUMS by hand if it must be there.",
            outcome.status.as_str(),
            names.join(" and "),
            self.task.one_line(refusal.server_text().unwrap_or_default()).trim_end_matches('.'),
        ));
        Ok(updated)
    }

    /// Whether the guard of a job that is over runs this, and so must not overwrite a verdict: it writes only what it has seen to be open,
    /// or where the server can't show test events.
    fn is_for_guard(&self) -> bool {
        self.task.ansible_key("unless_closed").is_some()
    }

    /// The test event as it is; `None` where it can't be read: the contract has no such call, but some servers do.
    ///
    /// A server that doesn't may answer anything, and none of it must keep the verdict from being written. Only a token that is
    /// refused would be refused again.
    fn read(&self, results: &SharedResults<TestEventUpdateResults>) -> Result<Option<TestEvent>, Failure> {
        let Some(id) = &self.id else { return Ok(None) };
        match self.client.test_event(id) {
            Ok(now) => {
                results.update(|r| {
                    r.stats.add(now.stats);
                    r.test_event = Some(now.object.clone());
                });
                Ok(Some(now))
            }
            Err(error) if !self.is_for_guard() && error.status().is_some_and(|status| status != 401) => {
                Ok(None)
            }
            Err(error) if matches!(error.status(), Some(404 | 405 | 501)) => Ok(None),
            Err(error) => Err(failed(&error)),
        }
    }
}
