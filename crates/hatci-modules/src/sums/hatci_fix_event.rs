//! `hatci_fix_event`
use super::connection::{CallFailure, CallStats, Connection, OnClient, failed, failed_to_change};
use super::creation;
use ansible_module::{ErrorKind, Failure, Module, Options, Plan, Results, Return, SharedResults, Task};
use hatci_client::{Client, Event, EventId};
use serde_json::{Map, Value, json};

/// Lock a SUMS event so that it can be deployed
///
/// A fixed event can no longer be changed. Fixing it again changes nothing.
///
/// # See also
///
/// - `hatci_create_event`: Create an event.
/// - `hatci_deploy_event`: Deploy the fixed event.
#[derive(Options)]
pub struct FixEventOptions {
    /// The event's id. In check mode also `pending`, the placeholder for an event that would have been created.
    event_id: String,
    #[option(flatten)]
    connection: Connection,
}

/// What `hatci_fix_event` returns.
#[derive(Results, Default)]
pub struct FixEventResults {
    /// Whether the event is fixed.
    #[result(returned = "when the server shows it", sample = true)]
    fixed: Option<bool>,
    /// The event as the server describes it.
    #[result(returned = "when the event was read", sample = { "event_id": "EVT-000001", "state": "FIXED" })]
    event: Option<Map<String, Value>>,
    #[result(flatten)]
    stats: CallStats,
}

/// The module `hatci_fix_event`.
pub struct HatciFixEvent {
    client: Client,
    task: Task,
    /// `None` in check mode, for an event that would have been made.
    event_id: Option<EventId>,
    /// The server took the request.
    taken: bool,
}

impl Module for HatciFixEvent {
    const NAME: &'static str = "hatci_fix_event";
    const EXAMPLES: &'static str = include_str!("hatci_fix_event.yml");
    type Options = FixEventOptions;
    type Results = FixEventResults;
    type Change = ();

    fn details() -> Vec<Return> {
        CallFailure::returns()
    }

    fn new(options: FixEventOptions, task: &Task) -> Result<Self, Failure> {
        let client = options.connection.client(task)?;
        Self::on(client, options, task)
    }

    fn discover(&mut self, results: &SharedResults<FixEventResults>) -> Result<Plan<()>, Failure> {
        if let Some(id) = &self.event_id {
            let event = self.client.event(id).map_err(|e| failed(&e))?;
            results.update(|r| r.take(&event));
            if event.fixed() == Some(true) {
                return Ok(Plan::Nothing);
            }
        }
        Ok(Plan::change(json!({ "fixed": false }), json!({ "fixed": true })))
    }

    fn process(&mut self, (): (), results: &SharedResults<FixEventResults>) -> Result<(), Failure> {
        let Some(id) = &self.event_id else { return Ok(()) };
        match self.client.fix_event(id) {
            Ok(event) => {
                self.taken = true;
                results.update(|r| r.take(&event));
            }
            Err(error) if error.status() == Some(409) => {
                let event = self.client.event(id).map_err(|e| failed(&e))?;
                results.update(|r| r.take(&event));
                // Not every server shows in the event that it is fixed; only a clear no is believed against the 409.
                if event.fixed() == Some(false) {
                    return Err(failed(&error).unchanged());
                }
                results.update(|r| r.fixed = Some(true));
                // After a lost answer the 409 may be about what an earlier attempt of this task has done.
                if !error.may_have_acted() {
                    self.task.unchanged();
                }
            }
            Err(error) => return Err(failed_to_change(&error)),
        }
        Ok(())
    }

    /// Looks at the event where the answer to the request did not show that it is fixed. A clear no is refused; of one that shows
    /// nothing the server's word counts.
    fn housekeep(&mut self, results: &SharedResults<FixEventResults>) -> Result<(), Failure> {
        let answered = results.read(|r| r.fixed);
        let Some(id) = self.event_id.as_ref().filter(|_| self.taken && answered != Some(true)) else {
            return Ok(());
        };
        let event = self.client.event(id).map_err(|e| failed(&e))?;
        results.update(|r| r.take(&event));
        match event.fixed().or(answered) {
            Some(true) => Ok(()),
            Some(false) => Err(Failure::new(
                ErrorKind::Conflict,
                format!(
                    "Event {id} is not fixed, although the server accepted the request. Check the event in SUMS before you deploy it."
                ),
            )),
            None => {
                self.task.warn(format!(
                    "The server accepted the request to fix event {id}, but doesn't show whether the event is fixed. If it can't be deployed, check it in SUMS."
                ));
                Ok(())
            }
        }
    }
}

impl OnClient for HatciFixEvent {
    fn on(client: Client, options: FixEventOptions, task: &Task) -> Result<Self, Failure> {
        Ok(HatciFixEvent {
            event_id: creation::given("event_id", Some(&options.event_id), task, EventId::parse)?,
            client,
            task: task.clone(),
            taken: false,
        })
    }
}

impl FixEventResults {
    fn take(&mut self, event: &Event) {
        self.fixed = event.fixed();
        self.event = Some(event.object.clone());
        self.stats.add(event.stats);
    }
}
