//! Creating an event on the server, and listing it among what the check has made.
use super::{
    ContractResults,
    check::{Check, Seen},
    made,
};
use ansible_module::SharedResults;
use hatci_client::{Event, IdempotencyKey, Vin};
use serde_json::{Map, Value};

/// What is made, and of what.
pub(super) struct Making<'a> {
    pub(super) vin: &'a Vin,
    /// The user's fields of the events.
    pub(super) fields: &'a Map<String, Value>,
    pub(super) results: &'a SharedResults<ContractResults>,
}

/// Creates an event, and lists it among what the check has made.
pub(super) fn create(check: &mut Check, making: &Making, body: Value, key: &IdempotencyKey) -> Seen<Event> {
    let seen = check.see(|client| client.try_create_event(body, key));
    match &seen.result {
        Ok(event) => made::list(making.results, "event", &event.id, "made"),
        Err(_) if seen.may_have_made() => {
            made::list(making.results, "event", key, "may exist, with this idempotency key");
        }
        Err(_) => {}
    }
    seen
}
