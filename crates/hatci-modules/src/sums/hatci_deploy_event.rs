//! `hatci_deploy_event`
use super::connection::{CallFailure, CallStats, Connection, OnClient, failed, failed_to_change};
use super::guarded::Guarded;
use super::{creation, creation::Key};
use ansible_module::{ErrorKind, Failure, Module, Options, Plan, Results, Return, SharedResults, Task};
use hatci_client::{
    Client, Deployment, DeploymentId, Event, EventId, NewDeployment, Schedule, TestEventId, text_of,
};
use jiff::Timestamp;
use serde_json::{Map, Value};

/// Deploy a fixed SUMS event to its vehicle
///
/// The deployment starts at once, or within the given time frame. Every run creates a new deployment, which would update the
/// vehicle again; so the module refuses an event that is being deployed or has been deployed successfully. One whose deployment
/// failed can be deployed again. To continue with an existing deployment, set `deployment_id`.
///
/// # Attributes
///
/// - `idempotent`: partial. Each run creates a new deployment unless `deployment_id` is set, or an
///   `idempotency_key` that the server knows.
///
/// # See also
///
/// - `hatci_fix_event`: Lock the event first.
/// - `hatci_update_status`: Wait until the deployment has ended.
#[derive(Options)]
pub struct DeployEventOptions {
    /// The event's id. In check mode also `pending`, the placeholder for an event that would have been created.
    event_id: String,
    /// The earliest time for the update, in ISO 8601 with a time zone, such as `2026-11-20T22:00:00Z`.
    start_datetime: Option<String>,
    /// The latest time for the update, in ISO 8601 with a time zone; after `start_datetime`.
    end_datetime: Option<String>,
    /// The number of deployments of this event, as SUMS counts them.
    #[option(default = 1)]
    deployment_count: u32,
    /// An existing deployment to continue with: it is read and returned, and none is created.
    deployment_id: Option<String>,
    /// The test event of the test that begins with this deployment. It matters only if that test event has `close_with_job` and
    /// `tested_by_deployment`.
    test_event_id: Option<String>,
    /// Idempotency key of the request; a server that knows it returns the deployment it created the first time.
    ///
    /// At most 255 printable ASCII characters, and a new one for each new deployment. By default every run uses a new key.
    #[option(no_log = false)]
    idempotency_key: Option<String>,
    #[option(flatten)]
    connection: Connection,
}

/// What `hatci_deploy_event` returns.
#[derive(Results, Default)]
pub struct DeployEventResults {
    /// The deployment's id; known even if a later step failed. In check mode, `pending` if it would have been created.
    #[result(returned = "when the deployment exists, and in check mode", sample = "DEP-000001")]
    deployment_id: Option<String>,
    /// The deployment's state.
    #[result(returned = "when the deployment exists", sample = "PENDING")]
    state: Option<String>,
    /// The deployment as the server describes it.
    #[result(returned = "when the deployment exists", sample = { "deployment_id": "DEP-000001", "event_id": "EVT-000001", "state": "PENDING" })]
    deployment: Option<Map<String, Value>>,
    /// The idempotency key that was used; pass it again if the outcome is unknown.
    #[result(returned = "when the module tried to deploy", sample = "0b5e1c9e-6a3f-4d55-9c39-2f9f6c3a1b77")]
    idempotency_key: Option<String>,
    #[result(flatten)]
    stats: CallStats,
}

/// The module `hatci_deploy_event`.
pub struct HatciDeployEvent {
    client: Client,
    task: Task,
    /// `None` in check mode, for an event that would have been made.
    event_id: Option<EventId>,
    existing: Option<DeploymentId>,
    test_event: Option<TestEventId>,
    schedule: Schedule,
    deployment_count: u32,
    key: Key,
    /// Whether the deployment of an event that is under way is the one that this key has made.
    key_settles: bool,
}

impl Module for HatciDeployEvent {
    const NAME: &'static str = "hatci_deploy_event";
    const EXAMPLES: &'static str = include_str!("hatci_deploy_event.yml");
    type Options = DeployEventOptions;
    type Results = DeployEventResults;
    /// The deployment to make; `None` only in check mode, for an event that would have been made.
    type Change = Option<NewDeployment>;

    fn details() -> Vec<Return> {
        CallFailure::returns()
    }

    fn new(options: DeployEventOptions, task: &Task) -> Result<Self, Failure> {
        let client = options.connection.client(task)?;
        Self::on(client, options, task)
    }

    fn discover(
        &mut self,
        results: &SharedResults<DeployEventResults>,
    ) -> Result<Plan<Self::Change>, Failure> {
        if let Some(id) = &self.existing {
            let deployment = self.client.without_grace().deployment(id).map_err(|e| failed(&e))?;
            results.update(|r| r.take(&deployment));
            if self.of_another(&deployment).is_none() {
                self.begin_test();
            }
            return self.of_another(&deployment).map_or(Ok(Plan::Nothing), |event| {
                Err(Failure::new(
                    ErrorKind::Conflict,
                    format!("{event} Give the deployment_id that belongs to the event, or none to create a new deployment."),
                ))
            });
        }
        let wanted = self.event_id.clone().map(|event_id| NewDeployment {
            event_id,
            deployment_count: self.deployment_count,
            schedule: self.schedule.clone(),
        });
        if let Some(wanted) = &wanted {
            let event = self.client.event(&wanted.event_id).map_err(|e| failed(&e))?;
            results.update(|r| r.stats.add(event.stats));
            self.may_deploy(&event)?;
        }
        if self.task.check_mode() {
            results.update(|r| r.deployment_id = Some(creation::PENDING.into()));
        }
        let after = wanted.as_ref().map_or(Value::Null, NewDeployment::body);
        Ok(Plan::Change { what: wanted, before: Value::Null, after })
    }

    fn process(
        &mut self,
        wanted: Self::Change,
        results: &SharedResults<DeployEventResults>,
    ) -> Result<(), Failure> {
        let Some(wanted) = wanted else { return Ok(()) };
        let key = self.key.of(&wanted.body(), &self.task);
        results.update(|r| r.idempotency_key = Some(key.to_string()));
        let what = format!("the deployment of event {}", wanted.event_id);
        let _hook = creation::announce(&what, &key, &self.client, &self.task);
        self.begin_test();
        let deployment = self.client.create_deployment(&wanted, &key).map_err(|e| failed_to_change(&e))?;
        self.key.settle(deployment.stats, &self.task);
        self.task.progress(&format!("deployment {} of event {} created", deployment.id, wanted.event_id));
        results.update(|r| r.take(&deployment));
        self.refuse_another(&deployment)
    }

    fn housekeep(&mut self, results: &SharedResults<DeployEventResults>) -> Result<(), Failure> {
        let Some(Ok(id)) = results.read(|r| r.deployment_id.as_deref().map(DeploymentId::parse)) else {
            return Ok(());
        };
        match self.client.deployment(&id) {
            Ok(deployment) => {
                results.update(|r| r.take(&deployment));
                self.refuse_another(&deployment)?;
                if let Some(event) = self.of_another(&deployment) {
                    self.task.warn(format!("{event} It has just been created; check it in SUMS."));
                }
            }
            Err(error) => {
                self.task.warn(format!("Deployment {id} was created but could not be read back. {error}"));
            }
        }
        Ok(())
    }
}

impl OnClient for HatciDeployEvent {
    fn on(client: Client, options: DeployEventOptions, task: &Task) -> Result<Self, Failure> {
        let schedule = Schedule::parse(options.start_datetime.as_deref(), options.end_datetime.as_deref())
            .map_err(|e| failed(&e))?;
        if options.deployment_count == 0 {
            return Err(Failure::invalid("deployment_count is 0; give at least 1."));
        }
        let existing = options.deployment_id.as_deref();
        if existing.is_none() {
            schedule.doubts(Timestamp::now()).iter().for_each(|doubt| task.warn(doubt));
        }
        Ok(HatciDeployEvent {
            event_id: creation::given("event_id", Some(&options.event_id), task, EventId::parse)?,
            existing: creation::given("deployment_id", existing, task, DeploymentId::parse)?,
            test_event: creation::given(
                "test_event_id",
                options.test_event_id.as_deref(),
                task,
                TestEventId::parse,
            )?,
            key: Key::parse(options.idempotency_key.as_deref())?,
            client,
            task: task.clone(),
            schedule,
            deployment_count: options.deployment_count,
            key_settles: false,
        })
    }
}

impl HatciDeployEvent {
    /// From here on, the end of the job is a verdict on the vehicle.
    fn begin_test(&self) {
        let test_event = self.test_event.as_ref().filter(|_| !self.task.check_mode());
        if let Some(Ok(Some(guarded))) = test_event.map(|id| Guarded::of(&self.task, id)) {
            guarded.is_about_to_be(None, &self.task);
        }
    }

    /// For a key that was made for this event alone, on a server that honours keys: then an event that is under way is no danger, since
    /// the server answers with the deployment that the key has made.
    pub(crate) fn with_a_key_that_settles(self) -> Self {
        HatciDeployEvent { key_settles: true, ..self }
    }

    /// The sentence for a deployment that is of another event.
    fn of_another(&self, deployment: &Deployment) -> Option<String> {
        let (wanted, is) = (self.event_id.as_ref()?, text_of(deployment.object.get("event_id")?)?);
        (!wanted.is_written(&is)).then(|| {
            format!(
                "Deployment {} belongs to event {}, not to {wanted}.",
                deployment.id,
                self.task.one_line(&is)
            )
        })
    }

    /// Refuses a new deployment that is of another event. A server may write ids in a way of its own, so that one which contains the
    /// wanted one is not another.
    fn refuse_another(&self, deployment: &Deployment) -> Result<(), Failure> {
        let is = deployment.object.get("event_id").and_then(text_of).unwrap_or_default();
        let wanted = self.event_id.as_ref().map_or("", EventId::as_str);
        match self.of_another(deployment).filter(|_| !is.contains(wanted)) {
            None => Ok(()),
            Some(event) => Err(Failure::new(
                ErrorKind::Conflict,
                format!("{event} It has just been created; check in SUMS what it installs on the vehicle."),
            )),
        }
    }

    /// Refuses an event that must not go into a vehicle, or is on its way into one. Where the event does not show it, the server judges.
    fn may_deploy(&self, event: &Event) -> Result<(), Failure> {
        let id = &event.id;
        if event.is_under_way() && !self.key_settles {
            let state =
                event.state.as_ref().map_or("deployed".into(), |state| self.task.one_line(state.as_str()));
            return Err(Failure::new(
                ErrorKind::Conflict,
                format!(
                    "Event {id} is {state}, so its vehicle would be updated twice. Give deployment_id to continue with that deployment, or deploy a new event."
                ),
            ));
        }
        if event.fixed() != Some(false) {
            return Ok(());
        }
        let unfixed =
            format!("Event {id} is not fixed, so it can't be deployed. Run hatci_fix_event on it first.");
        if self.task.check_mode() {
            // The task before this one may have been to fix it, and has only said that it would.
            self.task.warn(unfixed);
            return Ok(());
        }
        Err(Failure::new(ErrorKind::Conflict, unfixed))
    }
}

impl DeployEventResults {
    fn take(&mut self, deployment: &Deployment) {
        self.deployment_id = Some(deployment.id.to_string());
        self.state = Some(deployment.state.to_string());
        self.deployment = Some(deployment.object.clone());
        self.stats.add(deployment.stats);
    }
}
