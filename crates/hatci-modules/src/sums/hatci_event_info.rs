//! `hatci_event_info`
use super::connection::{CallFailure, Connection, Effort};
use super::lookup::Lookup;
use ansible_module::{Failure, InfoModule, Options, Results, Return, SharedResults, Task};
use hatci_client::{Client, EventId, ListOf};
use serde_json::{Map, Value};

/// Show a source or target event, or all events of a vehicle
///
/// Nothing is changed.
///
/// # See also
///
/// - `hatci_update_status`: Wait until an event has been deployed.
#[derive(Options)]
#[options(mutually_exclusive(event_id, vin), required_one_of(event_id, vin))]
pub struct HatciEventInfoOptions {
    /// The event to show; in check mode also `pending`.
    event_id: Option<String>,
    /// Show all events of the vehicle with this VIN. Not every SUMS server can list them; one that can't fails with `not_found`.
    vin: Option<String>,
    #[option(flatten)]
    connection: Connection,
}

/// What `hatci_event_info` returns.
#[derive(Results, Default)]
pub struct HatciEventInfoResults {
    /// The events as the server describes them. Empty if there are none.
    #[result(returned = "success", sample = [{ "event_id": "EVT-000001", "vin": "1HGBH41JXMN109186", "update_type": "RROM", "state": "FIXED" }])]
    events: Option<Vec<Map<String, Value>>>,
    #[result(flatten)]
    effort: Effort,
}

/// The module `hatci_event_info`.
pub struct HatciEventInfo {
    client: Client,
    task: Task,
    lookup: Lookup<EventId>,
}

impl InfoModule for HatciEventInfo {
    const NAME: &'static str = "hatci_event_info";
    const EXAMPLES: &'static str = include_str!("hatci_event_info.yml");
    type Options = HatciEventInfoOptions;
    type Results = HatciEventInfoResults;

    fn details() -> Vec<Return> {
        CallFailure::returns()
    }

    fn new(options: HatciEventInfoOptions, task: &Task) -> Result<Self, Failure> {
        let (event_id, vin) = (options.event_id.as_deref(), options.vin.as_deref());
        Ok(HatciEventInfo {
            lookup: Lookup::parse("event_id", event_id, vin, task, EventId::parse)?,
            client: options.connection.client(task)?,
            task: task.clone(),
        })
    }

    fn read(&mut self, results: &SharedResults<HatciEventInfoResults>) -> Result<(), Failure> {
        let found = self.lookup.run(ListOf::Events, &self.client, &self.task, |id| {
            let event = self.client.event(id)?;
            results.update(|r| r.effort.add(event.effort));
            Ok(event.object)
        })?;
        results.update(|r| r.events = Some(found));
        Ok(())
    }
}
