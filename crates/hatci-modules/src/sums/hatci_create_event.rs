//! `hatci_create_event`
use super::connection::{CallFailure, CallStats, Connection, OnClient, failed, failed_to_change};
use super::{creation, creation::Key, vin};
use ansible_module::{
    Choices, ErrorKind, Failure, Module, Options, Plan, Results, Return, SharedResults, Task,
};
use hatci_client::{Client, Ecu, Event, EventId, NewEvent, text_of};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Create a SUMS event
///
/// An event describes the software on a vehicle (`RROM`, the source of an update) or the target software (`UROM`).
///
/// SUMS identifies an event only by the id it assigns, so every run creates a new one. To reuse an existing event, set `event_id`.
/// To create only one event even if an answer is lost, set `idempotency_key`.
///
/// # Attributes
///
/// - `idempotent`: partial. Each run creates a new event unless `event_id` is set, or an
///   `idempotency_key` that the server knows.
///
/// # See also
///
/// - `hatci_fix_event`: Lock the event so that it can be deployed.
#[derive(Options)]
pub struct CreateEventOptions {
    /// Name of the tester.
    tester_name: String,
    /// The vehicle program.
    program_name: String,
    /// The vehicle's model year.
    model_year: String,
    /// The vehicle identification number: 17 characters, without I, O and Q.
    ///
    /// A wrong check digit causes a warning.
    vin: String,
    /// Whether the event describes the source or the target of the update.
    update_type: UpdateType,
    /// The region the software is for.
    region: String,
    /// The variant within the region.
    region_spec: Option<String>,
    /// The build level of the software.
    build_level: String,
    /// The ECUs and their software; at least one.
    ecus: Vec<EcuOptions>,
    /// Free text.
    remark: Option<String>,
    /// An existing event to reuse: it is read, compared with the other options and returned; none is created.
    event_id: Option<String>,
    /// Idempotency key of the request; a server that knows it returns the event it created the first time.
    ///
    /// At most 255 printable ASCII characters, and a new one for each new event. By default every run uses a new key.
    #[option(no_log = false)]
    idempotency_key: Option<String>,
    #[option(flatten)]
    connection: Connection,
}

#[derive(Choices, Clone, Copy)]
#[choice(case = "UPPER")]
enum UpdateType {
    /// The source: the software on the vehicle.
    Rrom,
    /// The target software.
    Urom,
}

/// One of the ECUs.
#[derive(Options)]
struct EcuOptions {
    /// The ECU's name, such as `Gateway`.
    ecu_name: String,
    /// Its part number.
    part_number: String,
    /// The version of its software.
    sw_version: String,
}

/// What `hatci_create_event` returns.
#[derive(Results, Default)]
pub struct CreateEventResults {
    /// The event's id; known even if a later step failed. In check mode, `pending` if it would have been created.
    #[result(returned = "when the event exists, and in check mode", sample = "EVT-000001")]
    event_id: Option<String>,
    /// The event as the server describes it.
    #[result(returned = "when the event exists", sample = { "event_id": "EVT-000001", "vin": "1HGBH41JXMN109186", "update_type": "UROM" })]
    event: Option<Map<String, Value>>,
    /// The idempotency key that was used; pass it again if the outcome is unknown.
    #[result(
        returned = "when the module tried to create an event",
        sample = "0b5e1c9e-6a3f-4d55-9c39-2f9f6c3a1b77"
    )]
    idempotency_key: Option<String>,
    #[result(flatten)]
    stats: CallStats,
}

/// What `error` contains after a failed `hatci_create_event`.
#[derive(Results, Default)]
struct CreateEventFailure {
    /// The fields in which the event with that id differs.
    #[result(returned = "when the event differs from the options", sample = ["vin", "ecus"])]
    differs: Option<Vec<String>>,
    #[result(flatten)]
    call: CallFailure,
}

/// The module `hatci_create_event`.
pub struct HatciCreateEvent {
    client: Client,
    task: Task,
    existing: Option<EventId>,
    wanted: NewEvent,
    key: Key,
}

impl Module for HatciCreateEvent {
    const NAME: &'static str = "hatci_create_event";
    const EXAMPLES: &'static str = include_str!("hatci_create_event.yml");
    type Options = CreateEventOptions;
    type Results = CreateEventResults;
    type Change = ();

    fn details() -> Vec<Return> {
        CreateEventFailure::returns()
    }

    fn new(options: CreateEventOptions, task: &Task) -> Result<Self, Failure> {
        let client = options.connection.client(task)?;
        Self::on(client, options, task)
    }

    fn discover(&mut self, results: &SharedResults<CreateEventResults>) -> Result<Plan<()>, Failure> {
        let Some(id) = &self.existing else {
            if self.task.check_mode() {
                results.update(|r| r.event_id = Some(creation::PENDING.into()));
            }
            return Ok(Plan::change(Value::Null, self.wanted.body()));
        };
        let event = self.client.without_grace().event(id).map_err(|e| failed(&e))?;
        results.update(|r| r.take(&event));
        let differs = self.differs(&event);
        if differs.is_empty() { Ok(Plan::Nothing) } else { Err(self.another(&event, &differs)) }
    }

    fn process(&mut self, (): (), results: &SharedResults<CreateEventResults>) -> Result<(), Failure> {
        let key = self.key.of(&self.wanted.body(), &self.task);
        results.update(|r| r.idempotency_key = Some(key.to_string()));
        let what = format!("the event for vehicle {}", self.wanted.vin);
        let _hook = creation::announce(&what, &key, &self.client, &self.task);
        let event = self.client.create_event(&self.wanted, &key).map_err(|e| failed_to_change(&e))?;
        self.key.settle(event.stats, &self.task);
        let update_type = self.wanted.update_type.as_str();
        self.task.progress(&format!("event {} ({update_type}) of {} created", event.id, self.wanted.vin));
        results.update(|r| r.take(&event));
        self.refuse_another(&event.id, &self.differs(&event))
    }

    /// A difference need not make it another event: a server may write what it was given in a way of its own.
    fn housekeep(&mut self, results: &SharedResults<CreateEventResults>) -> Result<(), Failure> {
        let Some(Ok(id)) = results.read(|r| r.event_id.as_deref().map(EventId::parse)) else { return Ok(()) };
        let differs = self.client.event(&id).map(|event| self.differs(&event));
        self.refuse_another(&id, differs.as_deref().unwrap_or_default())?;
        match differs {
            Ok(differs) if differs.is_empty() => {}
            Ok(differs) => self.task.warn(format!(
                "Event {id} was created for vehicle {}, but SUMS returned different values for {}. Check it in SUMS before you deploy it.",
                self.wanted.vin,
                differs.join(", ")
            )),
            Err(error) => self.task.warn(format!("Event {id} was created but could not be read back. {error}")),
        }
        Ok(())
    }
}

impl OnClient for HatciCreateEvent {
    fn on(client: Client, options: CreateEventOptions, task: &Task) -> Result<Self, Failure> {
        if options.ecus.is_empty() {
            return Err(Failure::invalid(
                "ecus is empty; name at least one ECU with its part number and software version.",
            ));
        }
        creation::filled(&[
            ("vin", &options.vin),
            ("tester_name", &options.tester_name),
            ("program_name", &options.program_name),
            ("model_year", &options.model_year),
            ("region", &options.region),
            ("build_level", &options.build_level),
        ])?;
        for ecu in &options.ecus {
            creation::filled(&[
                ("ecu_name", &ecu.ecu_name),
                ("part_number", &ecu.part_number),
                ("sw_version", &ecu.sw_version),
            ])?;
        }
        let update_type = match options.update_type {
            UpdateType::Rrom => hatci_client::UpdateType::Rrom,
            UpdateType::Urom => hatci_client::UpdateType::Urom,
        };
        Ok(HatciCreateEvent {
            existing: creation::given("event_id", options.event_id.as_deref(), task, EventId::parse)?,
            key: Key::parse(options.idempotency_key.as_deref())?,
            client,
            task: task.clone(),
            wanted: NewEvent {
                vin: vin::given(&options.vin, task)?,
                tester_name: options.tester_name,
                program_name: options.program_name,
                model_year: options.model_year,
                update_type,
                region: options.region,
                region_spec: options.region_spec,
                build_level: options.build_level,
                ecus: options.ecus.into_iter().map(EcuOptions::into_ecu).collect(),
                remark: options.remark,
            },
        })
    }
}

/// What makes it another event. Who asked for it, and why, does not.
const IDENTITY: [&str; 7] =
    ["vin", "update_type", "program_name", "model_year", "region", "region_spec", "build_level"];

impl HatciCreateEvent {
    /// In what the event is for something else, as far as the server shows what it is for.
    fn differs(&self, event: &Event) -> Vec<&'static str> {
        let wanted = self.wanted.body();
        // A blank one says nothing, and a variant may be left open.
        let text = |value: &Value| trimmed(value).map(|text| text.to_uppercase()).filter(|it| !it.is_empty());
        let mut other = IDENTITY.to_vec();
        other.retain(|name| {
            let (is, shall) = (event.object.get(*name).and_then(text), wanted.get(*name).and_then(text));
            is.is_some() && shall.is_some() && is != shall
        });
        if matches!((event.object.get("ecus").and_then(ecus), wanted.get("ecus").and_then(ecus)), (Some(is), Some(shall)) if is != shall)
        {
            other.push("ecus");
        }
        other
    }

    /// Refuses what was created for another vehicle, or as an event of the other type: it must not be deployed.
    fn refuse_another(&self, id: &EventId, differs: &[&str]) -> Result<(), Failure> {
        let Some(what) = differs.iter().find(|name| ["vin", "update_type"].contains(name)) else {
            return Ok(());
        };
        let msg = format!(
            "Event {id} was created for vehicle {}, but SUMS shows it with another {what}. Check it in SUMS, and don't deploy it.",
            self.wanted.vin
        );
        Err(Failure::new(ErrorKind::Conflict, msg))
    }

    /// The refusal of a given event.
    fn another(&self, event: &Event, differs: &[&str]) -> Failure {
        let msg = format!(
            "Event {} does not match the options for vehicle {}: it differs in {}. Give the right event_id, or none to create a new event.",
            event.id,
            self.wanted.vin,
            differs.join(", ")
        );
        let differs = Some(differs.iter().copied().map(str::to_owned).collect());
        let details = CreateEventFailure { differs, ..CreateEventFailure::default() }.to_map();
        Failure { details, ..Failure::new(ErrorKind::Conflict, msg) }
    }
}

/// The text without the blanks around it, which servers keep in columns of a fixed width.
fn trimmed(value: &Value) -> Option<String> {
    text_of(value).map(|text| text.trim().to_owned())
}

/// Name, part number and version of each ECU, in any order; `None` if they are not all there.
fn ecus(list: &Value) -> Option<BTreeSet<[String; 3]>> {
    let field = |ecu: &Value, name: &str| ecu.get(name).and_then(trimmed);
    list.as_array()?
        .iter()
        .map(|ecu| Some([field(ecu, "ecu_name")?, field(ecu, "part_number")?, field(ecu, "sw_version")?]))
        .collect()
}

impl EcuOptions {
    fn into_ecu(self) -> Ecu {
        Ecu { ecu_name: self.ecu_name, part_number: self.part_number, sw_version: self.sw_version }
    }
}

impl CreateEventResults {
    fn take(&mut self, event: &Event) {
        self.event_id = Some(event.id.to_string());
        self.event = Some(event.object.clone());
        self.stats.add(event.stats);
    }
}
