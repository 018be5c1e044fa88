//! `hatci_test_event`
use super::connection::{CallFailure, CallStats, Connection, OnClient, failed, failed_to_change};
use super::own_test_event::{another_test, check_event, goes_on_with, is_new, of_this_event, read_own};
use super::{creation, creation::Key, guarded::Guarded, in_doubt::is_in_doubt, vin};
use crate::duties::unless_job_is_over;
use ansible_module::{Choices, Failure, Module, Options, Plan, Results, Return, SharedResults, Task};
use hatci_client::{Client, EventId, NewTestEvent, TestEvent, TestEventId, TestStatus};
use serde_json::{Map, Value};

/// Record the start of a test in SUMS
///
/// The record is closed by `hatci_test_event_update` with the test's verdict. A test that continues an ended one gets its own record,
/// which names the earlier one.
///
/// # Attributes
///
/// - `idempotent`: partial. Each run creates a new test event unless `test_event_id` is set, or an
///   `idempotency_key` that the server knows.
///
/// # See also
///
/// - `hatci_test_event_update`: Close the test event with its verdict.
#[derive(Options)]
pub struct TestEventOptions {
    /// The vehicle identification number: 17 characters, without I, O and Q.
    ///
    /// A wrong check digit causes a warning.
    vin: String,
    /// The id of the event under test; `pending` if there is none yet.
    event_id: String,
    /// The job that runs the test, such as the job number in Ansible Automation Platform.
    ansible_job_id: String,
    /// The commit of the test suite.
    git_sha: String,
    /// The name of the test suite.
    suite_name: String,
    /// The vehicle's id in SUMS.
    vehicle_id: Option<String>,
    /// Additional data to keep with the record.
    metadata: Option<Map<String, Value>>,
    /// An existing test event to reuse: it is returned, and none is created.
    test_event_id: Option<String>,
    /// What to do when `test_event_id` names a test event that is already closed, if the server shows that.
    #[option(default = IfClosed::Keep)]
    if_closed: IfClosed,
    /// The test event of an earlier test that this test continues. It is kept in `metadata`, under the same name.
    previous_test_event_id: Option<String>,
    /// Idempotency key of the request; a server that knows it returns the test event it created the first time.
    ///
    /// At most 255 printable ASCII characters, and a new one for each new test event. By default every run uses a new key.
    #[option(no_log = false)]
    idempotency_key: Option<String>,
    /// Whether to close it as FAIL if it is still open when this `ansible-playbook` ends, even if it is killed.
    ///
    /// The summary then says how the job ended and what the last step was. An existing verdict is never overwritten, provided that the
    /// server allows reading test events. Works only on a local connection, without `become` and `async`.
    #[option(default = false)]
    close_with_job: bool,
    /// Whether the test only begins once `hatci_deploy_event` is given this test event. If the job ends before that, the summary begins
    /// with `NOT TESTED:`.
    #[option(default = false)]
    tested_by_deployment: bool,
    #[option(flatten)]
    connection: Connection,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum IfClosed {
    /// It is returned, with a warning.
    Keep,
    /// If it failed, a new one is created, with it as `previous_test_event_id`; if it passed, it is returned.
    NewIfFailed,
    /// A new one is created, with it as `previous_test_event_id`.
    New,
}

/// What `hatci_test_event` returns.
#[derive(Results, Default)]
pub struct TestEventResults {
    /// The test event's id; known even if a later step failed. In check mode, `pending` if it would have been created.
    #[result(returned = "when the test event exists, and in check mode", sample = "TEV-000001")]
    test_event_id: Option<String>,
    /// The test event as the server describes it.
    #[result(returned = "when it was created, or when the server allows reading a given one", sample = { "test_event_id": "TEV-000001", "vin": "1HGBH41JXMN109186" })]
    test_event: Option<Map<String, Value>>,
    /// The idempotency key that was used; pass it again if the outcome is unknown.
    #[result(
        returned = "when the module tried to create a test event",
        sample = "0b5e1c9e-6a3f-4d55-9c39-2f9f6c3a1b77"
    )]
    idempotency_key: Option<String>,
    #[result(flatten)]
    stats: CallStats,
}

/// The module `hatci_test_event`.
pub struct HatciTestEvent {
    client: Client,
    task: Task,
    existing: Option<TestEventId>,
    previous: Option<TestEventId>,
    wanted: NewTestEvent,
    key: Key,
    if_closed: IfClosed,
    close_with_job: bool,
    tested_by_deployment: bool,
    /// Of a campaign: whether an earlier job had begun with the vehicle.
    begun_in_campaign: Option<bool>,
}

impl Module for HatciTestEvent {
    const NAME: &'static str = "hatci_test_event";
    const EXAMPLES: &'static str = include_str!("hatci_test_event.yml");
    type Options = TestEventOptions;
    type Results = TestEventResults;
    type Change = ();

    fn details() -> Vec<Return> {
        CallFailure::returns()
    }

    fn new(options: TestEventOptions, task: &Task) -> Result<Self, Failure> {
        let client = options.connection.client(task)?;
        Self::on(client, options, task)
    }

    fn discover(&mut self, results: &SharedResults<TestEventResults>) -> Result<Plan<()>, Failure> {
        if let Some(id) = self.previous.clone() {
            read_own(&self.client, &self.task, &self.wanted, "previous_test_event_id", &id)?;
        }
        if let Some(id) = self.existing.clone() {
            let found = read_own(&self.client, &self.task, &self.wanted, "test_event_id", &id)?;
            let closed = found.as_ref().and_then(TestEvent::verdict);
            if !closed.is_some_and(|closed| self.if_closed.makes_new(closed)) {
                found.as_ref().map_or(Ok(()), |found| of_this_event(&self.task, &self.wanted, found))?;
                self.go_on_with(&id, found.as_ref());
                results.update(|r| {
                    r.test_event_id = Some(id.to_string());
                    r.test_event = found.map(|it| it.object);
                });
                return Ok(Plan::Nothing);
            }
            goes_on_with(&mut self.wanted, &id);
        }
        if self.begun_in_campaign.is_none() {
            check_event(&self.client, &self.task, &self.wanted)?;
        }
        if self.task.check_mode() {
            results.update(|r| r.test_event_id = Some(creation::PENDING.into()));
        }
        Ok(Plan::change(Value::Null, self.wanted.body()))
    }

    fn process(&mut self, (): (), results: &SharedResults<TestEventResults>) -> Result<(), Failure> {
        let key = self.key.of(&self.wanted.body(), &self.task);
        results.update(|r| r.idempotency_key = Some(key.to_string()));
        let what = format!("the test event for event {}", self.wanted.event_id);
        let _hook = creation::announce(&what, &key, &self.client, &self.task);
        // Until it is known by its id, the guard knows it by its key.
        let by_key = self
            .close_with_job
            .then(|| Guarded::of_create::<TestEventOptions>(&self.task, &key))
            .flatten()
            .map(|it| it.untested(self.tested_by_deployment));
        let handed = by_key.as_ref().map_or(Ok(()), |it| it.close_with_job(&self.task));
        // A guard that takes it from a living job closes it. What is not to be closed with its job may come from the guard of one that is over,
        // and a campaign is gone on with by its file.
        if self.close_with_job && self.begun_in_campaign.is_none() {
            unless_job_is_over(&handed).inspect_err(|_| by_key.iter().for_each(Guarded::is_closed))?;
        }
        let made = self.client.create_test_event(&self.wanted, &key);
        let is_in_doubt = made.as_ref().is_err_and(hatci_client::Error::may_have_acted);
        let made = made.map_err(|e| failed_to_change(&e)).and_then(|made| self.own(made));
        let made = made.inspect(|made| self.have_guarded(&made.id));
        if !is_in_doubt {
            by_key.iter().for_each(Guarded::is_closed);
        }
        let made = made?;
        self.task.progress(&format!("test event {} of {} created", made.id, self.wanted.vin));
        results.update(|r| {
            r.test_event_id = Some(made.id.to_string());
            r.stats.add(made.stats);
            r.test_event = Some(made.object);
        });
        Ok(())
    }

    /// There is no call to read a test event back, and nothing to clean up.
    fn housekeep(&mut self, _: &SharedResults<TestEventResults>) -> Result<(), Failure> {
        Ok(())
    }
}

impl OnClient for HatciTestEvent {
    fn on(client: Client, options: TestEventOptions, task: &Task) -> Result<Self, Failure> {
        creation::filled(&[
            ("vin", &options.vin),
            ("ansible_job_id", &options.ansible_job_id),
            ("git_sha", &options.git_sha),
            ("suite_name", &options.suite_name),
        ])?;
        let existing = options.test_event_id.as_deref();
        let previous = options.previous_test_event_id.as_deref();
        let previous = creation::given("previous_test_event_id", previous, task, TestEventId::parse)?;
        let mut wanted = NewTestEvent {
            vin: vin::given(&options.vin, task)?,
            event_id: EventId::parse(&options.event_id).map_err(|e| failed(&e))?,
            ansible_job_id: options.ansible_job_id,
            git_sha: options.git_sha,
            suite_name: options.suite_name,
            vehicle_id: options.vehicle_id,
            metadata: options.metadata,
        };
        if let Some(previous) = &previous {
            goes_on_with(&mut wanted, previous);
        }
        Ok(HatciTestEvent {
            existing: creation::given("test_event_id", existing, task, TestEventId::parse)?,
            key: Key::parse(options.idempotency_key.as_deref())?,
            client,
            task: task.clone(),
            previous,
            if_closed: options.if_closed,
            close_with_job: options.close_with_job,
            tested_by_deployment: options.tested_by_deployment,
            begun_in_campaign: None,
            wanted,
        })
    }
}

impl IfClosed {
    fn makes_new(self, closed: TestStatus) -> bool {
        self == IfClosed::New || self == IfClosed::NewIfFailed && closed == TestStatus::Fail
    }
}

impl HatciTestEvent {
    /// For a test of a campaign, whose event is known to be the vehicle's. If it has `begun`, an earlier job may have closed the record.
    pub(crate) fn in_campaign(self, begun: bool) -> Self {
        HatciTestEvent { begun_in_campaign: Some(begun), ..self }
    }

    /// The record that the server answered with, unless it is that of another test: into that, nothing must be recorded.
    fn own(&self, made: TestEvent) -> Result<TestEvent, Failure> {
        self.key.settle(made.stats, &self.task);
        is_new(&self.task, &self.wanted, &made)?;
        // A campaign's own key returns what its earlier job has closed.
        match made.verdict().filter(|_| self.begun_in_campaign.is_none()) {
            Some(closed) if self.key.returned(made.stats) => {
                self.warn_of_closed(&made.id, closed, "idempotency_key");
            }
            Some(closed) => {
                return Err(another_test(&made.id, &format!("already closed, with {}", closed.as_str())));
            }
            None => {}
        }
        Ok(made)
    }

    fn warn_of_closed(&self, id: &TestEventId, closed: TestStatus, option: &str) {
        self.task.warn(format!(
            "Test event {id} is already closed, with {}. Give another {option}, or none to record a new test.",
            closed.as_str()
        ));
    }

    /// Takes the record that is there.
    fn go_on_with(&self, id: &TestEventId, found: Option<&TestEvent>) {
        let is_of_campaign = |summary: &str| self.begun_in_campaign.is_some() && is_in_doubt(summary);
        match found.and_then(TestEvent::verdict) {
            Some(_) if self.begun_in_campaign == Some(true) => {}
            Some(TestStatus::Fail) if found.and_then(TestEvent::summary).is_some_and(is_of_campaign) => {}
            Some(closed) => self.warn_of_closed(id, closed, "test_event_id"),
            None if self.task.check_mode() => {}
            None => self.have_guarded(id),
        }
    }

    /// Hands it to the guard of the job, if the user wants that.
    fn have_guarded(&self, id: &TestEventId) {
        if self.close_with_job {
            Guarded::close_with_job_or_warn(&self.task, id, self.tested_by_deployment);
        }
    }
}
