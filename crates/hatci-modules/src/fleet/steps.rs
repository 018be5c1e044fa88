//! What is done for one vehicle of a fleet: the modules for one vehicle, one after the other, on one connection.
use super::{campaign::Campaign, described::Described, ids::Ids};
use crate::{
    duties::Arguments,
    sums::{
        connection::{OnClient, failed},
        creation::PENDING,
        hatci_create_event::HatciCreateEvent,
        hatci_deploy_event::HatciDeployEvent,
        hatci_fix_event::HatciFixEvent,
        hatci_test_event::HatciTestEvent,
    },
};
use ::fleet::Judgement;
use ansible_module::{ErrorKind, Failure, Task, run_part};
use hatci_client::{Client, DeploymentId, EventId, Policy};
use serde_json::{Map, Value};
use std::time::{Duration, Instant};

/// The step from which on the outcome is a verdict on the vehicle.
pub(crate) const DEPLOY: &str = "Deploy the target event";

/// Why a vehicle was not deployed to.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    /// Which step failed, in words.
    pub(crate) step: &'static str,
    pub(crate) failure: Failure,
}

/// The work on one vehicle, as far as it has got.
pub(crate) struct Steps<'a> {
    pub(crate) client: &'a Client,
    pub(crate) task: &'a Task,
    pub(crate) campaign: &'a Campaign,
    pub(crate) host: &'a str,
    /// Whether the target event is the campaign's own, and not one that the user has given.
    pub(crate) owns_target: bool,
    /// Whether an earlier job has begun with the vehicle: it may have closed the test.
    pub(crate) begun: bool,
    pub(crate) end: Instant,
    pub(crate) changed: bool,
    pub(crate) warnings: Vec<String>,
}

impl Fault {
    /// Whether the same step may succeed later, and may be tried again.
    pub(crate) fn judgement(&self, keys_are_honoured: bool) -> Judgement {
        match self.failure.kind {
            ErrorKind::Unavailable | ErrorKind::Timeout | ErrorKind::RateLimited | ErrorKind::Protocol
                if self.failure.changed != Some(true) || keys_are_honoured =>
            {
                Judgement::FailedForNow
            }
            ErrorKind::UnknownOutcome if keys_are_honoured => Judgement::FailedForNow,
            _ => Judgement::Failed,
        }
    }

    /// As the `error` of a failed task.
    pub(crate) fn error(&self) -> Value {
        let mut error = self.failure.details.clone();
        error.insert("kind".into(), self.failure.kind.as_str().into());
        error.into()
    }

    /// In a sentence or two.
    pub(crate) fn words(&self) -> String {
        format!("{}: {}", self.step, self.failure.msg)
    }
}

impl Steps<'_> {
    /// All steps up to the deployment. `learn` gets each ID as soon as it is known; those in `ids` exist already.
    pub(crate) fn deploy(
        &mut self,
        described: &Described,
        ids: &mut Ids,
        learn: &dyn Fn(&Ids),
    ) -> Result<(), Fault> {
        if let Some(deployment) = &ids.deployment {
            if ids.target_event.is_none() {
                ids.target_event = self.event_of(deployment)?;
            }
            self.check_vehicle(deployment, ids.target_event.as_deref(), described)?;
        }
        if ids.deployment.is_none() {
            let [source, target]: [fn(&mut Ids) -> &mut Option<String>; 2] =
                [|ids| &mut ids.source_event, |ids| &mut ids.target_event];
            for (step, name, event, id_in) in [
                ("Create the source event", "source_event", &described.source, source),
                ("Create the target event", "target_event", &described.target, target),
            ] {
                let mut options = event.clone();
                put(&mut options, "event_id", id_in(ids).as_deref());
                options.insert("idempotency_key".into(), self.campaign.key(self.host, name));
                *id_in(ids) = self.run::<HatciCreateEvent>(step, options, "event_id")?;
                learn(ids);
            }
            for (step, id) in
                [("Fix the source event", &ids.source_event), ("Fix the target event", &ids.target_event)]
            {
                let options = Map::from_iter([("event_id".into(), or_pending(id.as_deref()))]);
                self.run::<HatciFixEvent>(step, options, "event_id")?;
            }
        }
        if ids.test_event.is_none() || !self.task.check_mode() {
            ids.test_event = self.record(described, ids)?;
            learn(ids);
        }
        let mut options = Map::from_iter([
            ("event_id".into(), or_pending(ids.target_event.as_deref())),
            ("idempotency_key".into(), self.campaign.key(self.host, "deployment")),
        ]);
        put(&mut options, "deployment_id", ids.deployment.as_deref());
        put(&mut options, "test_event_id", ids.test_event.as_deref());
        // What is on its way into the vehicle is, if the event is the campaign's own, the deployment that this key has made.
        let settles = self.owns_target && self.campaign.keys_are_honoured;
        let make = |client, options, task: &Task| {
            HatciDeployEvent::on(client, options, task)
                .map(|it| if settles { it.with_a_key_that_settles() } else { it })
        };
        ids.deployment = self.run_as(DEPLOY, options, "deployment_id", make)?;
        learn(ids);
        Ok(())
    }

    /// The event that was deployed, as far as the server shows it.
    fn event_of(&self, deployment: &str) -> Result<Option<String>, Fault> {
        let found =
            DeploymentId::parse(deployment).and_then(|id| self.client.without_grace().deployment(&id));
        let found = found.map_err(|e| Fault { step: "Read the deployment", failure: failed(&e) })?;
        Ok(found.object.get("event_id").and_then(Value::as_str).map(str::to_owned))
    }

    /// Refuses the deployment of another vehicle, as far as the server shows whose its event is.
    fn check_vehicle(
        &self,
        deployment: &str,
        event: Option<&str>,
        described: &Described,
    ) -> Result<(), Fault> {
        let vin = described.target.get("vin").and_then(Value::as_str).unwrap_or_default().trim();
        let event = event.and_then(|id| EventId::parse(id).ok());
        let found = event.and_then(|id| self.client.without_grace().event(&id).ok());
        let Some(other) = found.as_ref().and_then(|event| event.of_other_vehicle(vin)) else { return Ok(()) };
        let msg = format!(
            "Deployment {deployment} updates vehicle {}, not {vin}. Give the deployment_id of this vehicle, or none to create a new one.",
            self.task.one_line(other)
        );
        Err(Fault { step: DEPLOY, failure: Failure::new(ErrorKind::Conflict, msg).unchanged() })
    }

    fn record(&mut self, described: &Described, ids: &Ids) -> Result<Option<String>, Fault> {
        let campaign = self.campaign;
        let mut metadata = described.metadata.clone();
        metadata.insert("campaign_id".into(), campaign.id.as_str().into());
        metadata.insert("host".into(), self.host.into());
        let mut options = Map::from_iter([
            ("vin".into(), described.target.get("vin").cloned().unwrap_or_default()),
            ("event_id".into(), or_pending(ids.target_event.as_deref())),
            ("ansible_job_id".into(), campaign.ansible_job_id.as_str().into()),
            ("git_sha".into(), campaign.git_sha.as_str().into()),
            ("suite_name".into(), campaign.suite_name.as_str().into()),
            ("metadata".into(), metadata.into()),
            ("close_with_job".into(), campaign.close_with_job.into()),
            ("tested_by_deployment".into(), true.into()),
            ("idempotency_key".into(), campaign.key(self.host, "test_event")),
        ]);
        put(&mut options, "vehicle_id", described.vehicle_id.as_deref());
        put(&mut options, "test_event_id", ids.test_event.as_deref());
        let begun = self.begun;
        self.run_as("Record the test", options, "test_event_id", |client, options, task: &Task| {
            HatciTestEvent::on(client, options, task).map(|it| it.in_campaign(begun))
        })
    }

    /// The client, whose calls end when the vehicle's time is up.
    pub(crate) fn client_in_time(&self, step: &'static str) -> Result<Client, Fault> {
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            let msg = "this vehicle took too long. Raise vehicle_timeout.".to_owned();
            return Err(Fault { step, failure: Failure::new(ErrorKind::Timeout, msg).unchanged() });
        }
        let policy = self.client.policy();
        let deadline = policy.deadline.min(left.max(Duration::from_secs(1)));
        Ok(self.client.with_policy(Policy { deadline, ..policy }))
    }

    /// Runs a module on the connection that is there.
    pub(crate) fn run<M: OnClient>(
        &mut self,
        step: &'static str,
        options: Arguments,
        id: &str,
    ) -> Result<Option<String>, Fault> {
        self.run_as(step, options, id, M::on)
    }

    /// Runs a module with these options, too. The id in its results, if it has this one.
    pub(crate) fn run_as<M: OnClient>(
        &mut self,
        step: &'static str,
        mut options: Arguments,
        id: &str,
        make: impl FnOnce(Client, M::Options, &Task) -> Result<M, Failure>,
    ) -> Result<Option<String>, Fault> {
        let client = self.client_in_time(step)?;
        for (name, value) in &self.campaign.connection {
            options.entry(name.clone()).or_insert_with(|| value.clone());
        }
        let part = run_part::<M>(options, self.task, |options, task| make(client, options, task));
        self.changed |= part.changed;
        self.warnings.extend(part.warnings);
        let found = part.results.get(id).and_then(Value::as_str).map(str::to_owned);
        part.outcome
            .map(|()| found)
            .map_err(|failure| Fault { step, failure: self.campaign.with_its_remedy(failure) })
    }
}

fn or_pending(id: Option<&str>) -> Value {
    id.unwrap_or(PENDING).into()
}

fn put(options: &mut Arguments, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        options.insert(name.into(), value.into());
    }
}
