//! Whether what a user names belongs to the test of this vehicle, as far as the server shows it.
use super::creation;
use ansible_module::{ErrorKind, Failure, Task};
use hatci_client::{Client, NewTestEvent, TestEvent, TestEventId, text_of};

/// Refuses the event of another vehicle, as far as the server shows whose it is.
pub(super) fn check_event(client: &Client, task: &Task, wanted: &NewTestEvent) -> Result<(), Failure> {
    let id = &wanted.event_id;
    if id.as_str() == creation::PENDING {
        return Ok(());
    }
    let found = client.without_grace().event(id).ok();
    match found.as_ref().and_then(|event| event.of_other_vehicle(wanted.vin.as_str())) {
        Some(other) => Err(Failure::new(
            ErrorKind::Conflict,
            format!(
                "Event {id} is for vehicle {}, not for {}. Give the event_id of this vehicle's test.",
                task.one_line(other),
                wanted.vin
            ),
        )),
        None => Ok(()),
    }
}

/// Notes in a new record which one it continues.
pub(super) fn goes_on_with(new: &mut NewTestEvent, previous: &TestEventId) {
    let metadata = new.metadata.get_or_insert_default();
    metadata.insert("previous_test_event_id".into(), previous.to_string().into());
}

/// Reads a test event that the user gives. One that doesn't exist, or is the record of another vehicle, is refused. Not every server
/// has this call; where it fails otherwise, nothing depends on it.
pub(super) fn read_own(
    client: &Client,
    task: &Task,
    wanted: &NewTestEvent,
    option: &str,
    id: &TestEventId,
) -> Result<Option<TestEvent>, Failure> {
    let found = match client.test_event(id) {
        Ok(found) => found,
        Err(e)
            if e.server_text().is_some_and(|text| e.status() == Some(404) && text.contains(id.as_str())) =>
        {
            return Err(Failure::new(
                ErrorKind::NotFound,
                format!(
                    "{option}: there is no test event {id}. Give the id of a test of this vehicle, or none."
                ),
            ));
        }
        Err(e) => {
            // A server without the call says the same.
            if e.status() == Some(404) {
                task.warn(format!(
                    "The server can't show test event {id}: it answered 404. Check {option}: no verdict can be recorded in a test event that doesn't exist."
                ));
            }
            return Ok(None);
        }
    };
    match of_other_vehicle(wanted, &found) {
        Some((other, this)) => Err(Failure::new(
            ErrorKind::Conflict,
            format!(
                "{option}: test event {id} is the record of vehicle {}, not of {this}. Give the id of a test of this vehicle, or none.",
                task.one_line(&other),
            ),
        )),
        None => Ok(Some(found)),
    }
}

/// Refuses the record of another vehicle or of other software in the answer to a create, as far as the server shows it.
pub(super) fn is_new(task: &Task, wanted: &NewTestEvent, made: &TestEvent) -> Result<(), Failure> {
    let what = of_other_vehicle(wanted, made)
        .map(|(other, this)| format!("the record of vehicle {}, not of {this}", task.one_line(&other)))
        .or_else(|| {
            Some(format!(
                "the record of event {}, not of {}",
                task.one_line(&of_other_event(wanted, made)?),
                wanted.event_id
            ))
        });
    what.map_or(Ok(()), |what| Err(another_test(&made.id, &what)))
}

/// The refusal of the answer to a create that is about another test.
pub(super) fn another_test(id: &TestEventId, what: &str) -> Failure {
    Failure::new(
        ErrorKind::Conflict,
        format!(
            "The server answered the request for a new test event with {id}, which is {what}. Check {id} in SUMS, then record this test with a new idempotency_key."
        ),
    )
}

/// Refuses to go on with the test of other software, as far as the server shows what was tested.
pub(super) fn of_this_event(task: &Task, wanted: &NewTestEvent, found: &TestEvent) -> Result<(), Failure> {
    match of_other_event(wanted, found) {
        Some(other) => Err(Failure::new(
            ErrorKind::Conflict,
            format!(
                "Test event {} is the record of event {}, not of {}. Give the test_event_id that belongs to the event, or none to record a new test.",
                found.id,
                task.one_line(&other),
                wanted.event_id
            ),
        )),
        None => Ok(()),
    }
}

/// The other vehicle that the record shows, and this one, each by its VIN or by its id.
fn of_other_vehicle<'a>(wanted: &'a NewTestEvent, found: &TestEvent) -> Option<(String, &'a str)> {
    let (vin, vehicle_id) = (wanted.vin.as_str(), wanted.vehicle_id.as_deref());
    let by_id = || Some((another(found, "vehicle_id", vehicle_id?)?, vehicle_id?));
    found.of_other_vehicle(vin).map(|other| (other.to_owned(), vin)).or_else(by_id)
}

/// The other event that the record shows; the placeholder is none.
fn of_other_event(wanted: &NewTestEvent, found: &TestEvent) -> Option<String> {
    let event = &wanted.event_id;
    another(found, "event_id", event.as_str()).filter(|other| {
        ![other.as_str(), event.as_str()].contains(&creation::PENDING) && !event.is_written(other)
    })
}

/// What the record shows under this name, if that is something else.
fn another(found: &TestEvent, name: &str, wanted: &str) -> Option<String> {
    let shown = text_of(found.object.get(name)?)?;
    let (is, wanted) = (shown.trim(), wanted.trim());
    (!is.is_empty() && !wanted.is_empty() && !is.eq_ignore_ascii_case(wanted)).then(|| is.to_owned())
}
