//! `hatci_test_event_info`
use super::connection::{CallFailure, CallStats, Connection};
use super::lookup::Lookup;
use ansible_module::{Failure, InfoModule, Options, Results, Return, SharedResults, Task};
use hatci_client::{Client, ListOf, TestEventId};
use serde_json::{Map, Value};

/// Show a test event, or all test events of a vehicle
///
/// Nothing is changed. A test event without `status` is still open.
///
/// # See also
///
/// - `hatci_test_event`: Record the start of a test.
/// - `hatci_test_event_update`: Record its outcome.
#[derive(Options)]
#[options(mutually_exclusive(test_event_id, vin), required_one_of(test_event_id, vin))]
pub struct HatciTestEventInfoOptions {
    /// The test event to show; in check mode also `pending`.
    test_event_id: Option<String>,
    /// Show all test events of the vehicle with this VIN. Not every SUMS server can list them; one that can't fails with `not_found`.
    vin: Option<String>,
    #[option(flatten)]
    connection: Connection,
}

/// What `hatci_test_event_info` returns.
#[derive(Results, Default)]
pub struct HatciTestEventInfoResults {
    /// The test events as the server describes them. Empty if there are none.
    #[result(returned = "success", sample = [{ "test_event_id": "TEV-000001", "vin": "1HGBH41JXMN109186", "status": "PASS", "summary": "Updated to 2024.02.01" }])]
    test_events: Option<Vec<Map<String, Value>>>,
    #[result(flatten)]
    stats: CallStats,
}

/// The module `hatci_test_event_info`.
pub struct HatciTestEventInfo {
    client: Client,
    task: Task,
    lookup: Lookup<TestEventId>,
}

impl InfoModule for HatciTestEventInfo {
    const NAME: &'static str = "hatci_test_event_info";
    const EXAMPLES: &'static str = include_str!("hatci_test_event_info.yml");
    type Options = HatciTestEventInfoOptions;
    type Results = HatciTestEventInfoResults;

    fn details() -> Vec<Return> {
        CallFailure::returns()
    }

    fn new(options: HatciTestEventInfoOptions, task: &Task) -> Result<Self, Failure> {
        let (test_event_id, vin) = (options.test_event_id.as_deref(), options.vin.as_deref());
        Ok(HatciTestEventInfo {
            lookup: Lookup::parse("test_event_id", test_event_id, vin, task, TestEventId::parse)?,
            client: options.connection.client(task)?,
            task: task.clone(),
        })
    }

    fn read(&mut self, results: &SharedResults<HatciTestEventInfoResults>) -> Result<(), Failure> {
        let found = self.lookup.run(ListOf::TestEvents, &self.client, &self.task, |id| {
            let test_event = self.client.test_event(id)?;
            results.update(|r| r.stats.add(test_event.stats));
            Ok(test_event.object)
        })?;
        results.update(|r| r.test_events = Some(found));
        Ok(())
    }
}
