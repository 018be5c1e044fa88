//! `hatci_contract`
mod assumption;
mod check;
mod finding;
mod keys;
mod lists;
mod made;
mod made_event;
mod making;
mod reading;
mod shape;
mod shown;
mod states;
mod test_event;
mod traffic;
mod words;

use super::{
    connection::{CallFailure, Connection, failed},
    creation, vin,
};
use ansible_module::{Failure, Module, Options, Plan, Results, Return, Secret, SharedResults, Task};
use assumption::Needs;
use check::Check;
use hatci_client::{DeploymentId, EventId, TestEventId, Vin};
use jiff::Timestamp;
use made_event::Making;
use reading::{Named, Nobody};
use serde_json::{Map, Value};
use test_event::OpenTestEvent;

/// Find out where a SUMS server differs from what this collection assumes
///
/// Tests each assumption about the API, and says what the server did, and which option handles that or what to report. Only reads, unless
/// `write` is set. An assumption that was not tried is `not_tried`, with the reason.
///
/// A difference does not fail the task. The task fails if nothing at the address answers like SUMS, or if its own test event can't be closed.
///
/// # Notes
///
/// - One request has a wrong token, to check that it is refused.
/// - `write` makes a test event, which is closed as `FAIL`, and two events, which are fixed and never deployed; the API can't delete them. They
///   are marked `hatci.automation contract check`. If the job ends early, its guard closes the test event. A server that ignores idempotency
///   keys or accepts a wrong value gets at most one more event; `made` lists them all.
/// - No deployment is created, since it would install software on the vehicle.
#[derive(Options)]
pub struct ContractOptions {
    /// Whether to also create objects, to test what reading doesn't show. Requires `vin`.
    #[option(default = false)]
    write: bool,
    /// The vehicle to create objects for; lists are limited to it.
    vin: Option<String>,
    /// An existing event to look at.
    event_id: Option<String>,
    /// An existing deployment to look at.
    deployment_id: Option<String>,
    /// An existing test event to look at; it is not changed.
    test_event_id: Option<String>,
    /// Fields of the created events, for servers that accept only values they know, such as `program_name`.
    event_fields: Option<Map<String, Value>>,
    #[option(flatten)]
    connection: Connection,
}

/// What `hatci_contract` returns.
#[derive(Results, Default)]
pub struct ContractResults {
    /// The version of the collection whose assumptions these are.
    #[result(returned = "always", sample = "1.0.0")]
    collection_version: Option<String>,
    /// All assumptions: `name`, `assumption`, `verdict` (`as_assumed`, `copes`, `differs` or `not_tried`), what was `seen`, an `advice`, and the `option`
    /// that handles it. What was seen are statuses, names of fields and words of states, without VINs and addresses.
    #[result(
        returned = "always",
        sample = [{ "name": "event_id", "assumption": "the id of an event is in `event_id`", "verdict": "copes", "seen": "`id`", "advice": "both names are read", "option": null }]
    )]
    assumptions: Option<Vec<Map<String, Value>>>,
    /// How many assumptions have each verdict.
    #[result(returned = "always", sample = { "as_assumed": 30, "copes": 5, "differs": 1, "not_tried": 2 })]
    counts: Option<Map<String, Value>>,
    /// The same as the lines of a table of 88 columns.
    #[result(returned = "always", sample = ["copes       the id of an event is  `id`                        both names are read"])]
    table: Option<Vec<String>>,
    /// What was created on the server, and its state.
    #[result(returned = "when something was created", sample = [{ "what": "test event", "id": "TEV-000001", "state": "closed as FAIL" }])]
    made: Option<Vec<Map<String, Value>>>,
}

/// The module `hatci_contract`.
pub struct HatciContract {
    check: Check,
    task: Task,
    named: Named,
    nobody: Nobody,
    /// That of the server.
    host: String,
    write: bool,
    fields: Map<String, Value>,
    open: Option<OpenTestEvent>,
}

/// No server knows it.
const WRONG_TOKEN: &str = "hatci-automation-contract-check-wrong-token";

impl Module for HatciContract {
    const NAME: &'static str = "hatci_contract";
    const EXAMPLES: &'static str = include_str!("hatci_contract.yml");
    type Options = ContractOptions;
    type Results = ContractResults;
    type Change = Vin;

    fn details() -> Vec<Return> {
        CallFailure::returns()
    }

    fn new(options: ContractOptions, task: &Task) -> Result<Self, Failure> {
        let vin = options.vin.map(|vin| vin::given(&vin, task)).transpose()?;
        if options.write && vin.is_none() {
            return Err(Failure::invalid(
                "write creates events for a vehicle, but no vin is given. Give the VIN of a vehicle that may have them.",
            ));
        }
        let client = options.connection.client(task)?;
        let stranger = options.connection.client_with(Secret::new(WRONG_TOKEN))?;
        let told = task.clone();
        Ok(HatciContract {
            check: Check::new(&client, stranger, move |trouble| told.progress(&trouble.to_string())),
            task: task.clone(),
            named: Named {
                event: creation::given("event_id", options.event_id.as_deref(), task, EventId::parse)?,
                deployment: creation::given(
                    "deployment_id",
                    options.deployment_id.as_deref(),
                    task,
                    DeploymentId::parse,
                )?,
                test_event: creation::given(
                    "test_event_id",
                    options.test_event_id.as_deref(),
                    task,
                    TestEventId::parse,
                )?,
                vin,
            },
            nobody: Nobody::new().map_err(|e| failed(&e))?,
            host: options.connection.host(),
            write: options.write,
            fields: options.event_fields.unwrap_or_default(),
            open: None,
        })
    }

    fn discover(&mut self, results: &SharedResults<ContractResults>) -> Result<Plan<Vin>, Failure> {
        self.tell(results);
        let read = reading::read(&mut self.check, &self.named, &self.nobody);
        self.tell(results);
        read.map_err(|e| failed(&e))?;
        let Some(vin) = self.named.vin.clone().filter(|_| self.write) else { return Ok(Plan::Nothing) };
        if self.task.check_mode() {
            self.check.findings.give_up(&[Needs::Writing], "check mode creates nothing");
            self.tell(results);
        }
        Ok(Plan::Change { what: vin, before: Value::Null, after: Value::Null })
    }

    fn process(&mut self, vin: Vin, results: &SharedResults<ContractResults>) -> Result<(), Failure> {
        let making = Making { vin: &vin, fields: &self.fields, results };
        self.open = test_event::open(&mut self.check, &making, &self.task)?;
        making::events(&mut self.check, &making, &self.nobody);
        self.open = self.open.take().and_then(|it| it.try_and_close(&mut self.check, &making, &self.nobody));
        self.check.findings.give_up(&[Needs::Writing, Needs::Event], "what it needs could not be created");
        self.tell(results);
        Ok(())
    }

    /// Closes the test event if that was not done yet.
    fn housekeep(&mut self, results: &SharedResults<ContractResults>) -> Result<(), Failure> {
        let (Some(open), Some(vin)) = (self.open.take(), self.named.vin.clone()) else { return Ok(()) };
        open.close(&self.check.client, &Making { vin: &vin, fields: &self.fields, results })
    }
}

impl HatciContract {
    /// What is known so far, which is the result also if the check ends here.
    fn tell(&mut self, results: &SharedResults<ContractResults>) {
        traffic::judge(&mut self.check, Timestamp::now());
        let clean = |text: &str| words::without_host(&self.task.mask_text(text), &self.host);
        let findings = self.check.findings.cleaned(clean);
        results.update(|r| {
            r.collection_version = Some(env!("CARGO_PKG_VERSION").into());
            r.assumptions = Some(findings.rows());
            r.counts = Some(findings.counts());
            r.table = Some(findings.table());
        });
    }
}
