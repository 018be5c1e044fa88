//! Whether what a user names belongs to the test of this vehicle, as far as the server shows it.
use super::creation;
use ansible_module::{ErrorKind, Failure};
use hatci_client::{Client, NewTestEvent, TestEvent, TestEventId};
use shown_text::one_line;

/// Refuses the event of another vehicle, as far as the server shows whose it is.
pub(super) fn check_event(client: &Client, wanted: &NewTestEvent) -> Result<(), Failure> {
    let id = &wanted.event_id;
    if id.as_str() == creation::PENDING {
        return Ok(());
    }
    let found = client.without_grace().event(id).ok();
    match found.as_ref().and_then(|event| event.of_other_vehicle(wanted.vin.as_str())) {
        Some(other) => Err(Failure::new(
            ErrorKind::Conflict,
            format!(
                "Event {id} is for vehicle {}, not for {}. Give the event_id that this vehicle is tested with.",
                one_line(other),
                wanted.vin
            ),
        )),
        None => Ok(()),
    }
}

/// Reads a test event that the user gives. One that doesn't exist, or is the record of another vehicle, is refused. Not every server
/// has this call; where it fails otherwise, nothing depends on it.
pub(super) fn read_own(
    client: &Client,
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
        Err(_) => return Ok(None),
    };
    let (vin, vehicle_id) = (wanted.vin.as_str(), wanted.vehicle_id.as_deref());
    let of_other_id = || Some((another(&found, "vehicle_id", vehicle_id?)?, vehicle_id.unwrap_or_default()));
    match found.of_other_vehicle(vin).map(|other| (other, vin)).or_else(of_other_id) {
        Some((other, this)) => Err(Failure::new(
            ErrorKind::Conflict,
            format!(
                "{option}: test event {id} is the record of vehicle {}, not of {this}. Give the id of a test of this vehicle, or none.",
                one_line(other),
            ),
        )),
        None => Ok(Some(found)),
    }
}

/// Refuses to go on with the test of other software, as far as the server shows what was tested.
pub(super) fn of_this_event(wanted: &NewTestEvent, found: &TestEvent) -> Result<(), Failure> {
    let wanted = wanted.event_id.as_str();
    match another(found, "event_id", wanted).filter(|other| ![*other, wanted].contains(&creation::PENDING)) {
        Some(other) => Err(Failure::new(
            ErrorKind::Conflict,
            format!(
                "Test event {} is the record of event {}, not of {wanted}. Give the test_event_id that belongs to the event, or none to record a new test.",
                found.id,
                one_line(other)
            ),
        )),
        None => Ok(()),
    }
}

/// What the record shows under this name, if that is something else.
fn another<'a>(found: &'a TestEvent, name: &str, wanted: &str) -> Option<&'a str> {
    let shown = found.object.get(name)?.as_str()?.trim();
    (!shown.is_empty() && !wanted.trim().is_empty() && !shown.eq_ignore_ascii_case(wanted.trim()))
        .then_some(shown)
}
