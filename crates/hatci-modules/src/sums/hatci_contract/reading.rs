//! The assumptions that reading shows. Nothing is changed by it.
use super::{
    assumption::Topic,
    check::{Check, Seen},
    finding::Finding,
    lists::{list, vehicles},
    shown::{body, described},
    states::{of_no_state, of_state, of_times},
    words::{harmless, media_type},
};
use hatci_client::{
    Deployment, DeploymentId, Error, Event, EventId, ListOf, Ping, TestEvent, TestEventId, Vin, is_of_sums,
};
use serde_json::{Map, Value};

/// What the user names to be looked at.
#[derive(Default)]
pub(super) struct Named {
    pub(super) event: Option<EventId>,
    pub(super) deployment: Option<DeploymentId>,
    pub(super) test_event: Option<TestEventId>,
    pub(super) vin: Option<Vin>,
}

/// No server gives such an id.
pub(super) const NOBODY: &str = "contract-check-nobody";

/// Tries them all. The error: nothing on this address answers as SUMS.
pub(super) fn read(check: &mut Check, named: &Named, nobody: &Nobody) -> Result<(), Error> {
    let health = check.see(hatci_client::Client::health);
    check.note(Topic::Health, of_health(&health));
    if matches!(&health.result, Err(error) if error.status().is_none()) {
        return health.result.map(drop);
    }
    wrong_token(check, &health, &nobody.event);
    let unknown_path = check.see(|client| client.try_get(NOBODY));
    let event = check.see(|client| client.without_grace().event(&nobody.event));
    check.note(Topic::UnknownEvent, of_unknown(&event));
    let deployment = check.see(|client| client.without_grace().deployment(&nobody.deployment));
    check.note(Topic::UnknownDeployment, of_unknown(&deployment));
    check.note(Topic::ErrorText, of_error(&event));
    for (of, topic) in [
        (ListOf::Events, Topic::ListOfEvents),
        (ListOf::Deployments, Topic::ListOfDeployments),
        (ListOf::TestEvents, Topic::ListOfTestEvents),
    ] {
        let finding = list(check, of, named.vin.as_ref());
        check.note(topic, finding);
    }
    // The only list that is kept, so the others are read and forgotten before it.
    let vehicles = vehicles(check);
    test_events(check, named, nobody, &unknown_path);
    if let Some(id) = &named.event {
        let seen = check.see(|client| client.event(id));
        event_shown(check, &seen, id);
    }
    if let Some(id) = &named.deployment {
        let seen = check.see(|client| client.deployment(id));
        check.note(Topic::DeploymentState, of_deployment(&seen));
    }
    let Err(health_error) = health.result else { return Ok(()) };
    // As hatci_info goes by: a server without a health call may still be the right one.
    let is_sums = vehicles
        || event.result.as_ref().err().is_some_and(|e| is_of_sums(e, &nobody.event, Some(&health_error)));
    if is_sums { Ok(()) } else { Err(health_error) }
}

/// Ids of what does not exist.
pub(super) struct Nobody {
    pub(super) event: EventId,
    pub(super) deployment: DeploymentId,
    pub(super) test_event: TestEventId,
}

impl Nobody {
    pub(super) fn new() -> Result<Self, Error> {
        Ok(Nobody {
            event: EventId::parse(NOBODY)?,
            deployment: DeploymentId::parse(NOBODY)?,
            test_event: TestEventId::parse(NOBODY)?,
        })
    }
}

fn of_health<T>(seen: &Seen<T>) -> Finding {
    const HOW: &str = "hatci_info then asks for an event; idempotency keys are not detected by this call";
    match &seen.result {
        Ok(_) if let Some(poor) = poor_health(&body(&seen.answer())) => {
            Finding::copes(format!("{}, {poor}", seen.status()), "counts as a success, as the status says")
        }
        Ok(_) if seen.status() == 200 && body(&seen.answer()).is_object() => {
            Finding::as_assumed(seen.brief())
        }
        Ok(_) => Finding::copes(seen.brief(), "taken as good"),
        Err(_) if let Some(nothing) = seen.says_nothing() => nothing,
        Err(_) if (200..300).contains(&seen.status()) && body(&seen.answer()).is_null() => {
            Finding::differs(seen.brief(), "this may be another program than SUMS")
        }
        Err(error) if matches!(Ping::of(Err(error.clone())), Ping::NotThisApi(_)) => {
            Finding::copes(seen.brief(), HOW).with_option("hatci_idempotency_keys")
        }
        Err(_) => Finding::differs(seen.brief(), "hatci_info and hatci_preflight fail"),
    }
}

/// Words for a server that is well.
const WELL: [&str; 14] = [
    "ok", "okay", "up", "healthy", "pass", "passing", "good", "green", "alive", "live", "ready", "running",
    "online", "success",
];

/// What an answer to GET health says of the server if it is not that it is well.
fn poor_health(answer: &Value) -> Option<String> {
    ["status", "state", "health", "healthy", "ok", "ready"].into_iter().find_map(|name| {
        match answer.get(name)? {
            Value::String(word) if !WELL.iter().any(|well| word.trim().eq_ignore_ascii_case(well)) => {
                Some(format!("`{name}`: {}", harmless(word)))
            }
            Value::Bool(false) => Some(format!("`{name}`: false")),
            _ => None,
        }
    })
}

/// What needs no token to be read shows nothing, nor does what the right one gets as well, so the next call is tried.
fn wrong_token<T>(check: &mut Check, right: &Seen<T>, nobody: &EventId) {
    let stranger = check.stranger.clone();
    let health = check.see_with(&stranger, hatci_client::Client::health);
    let is_telling = health.result.is_err() && (right.result.is_ok() || right.status() != health.status());
    let (what, status, nothing) = if is_telling {
        ("GET health", health.status(), None)
    } else {
        let event = check.see_with(&stranger, |client| client.without_grace().event(nobody));
        let what = match health.result {
            Ok(_) => "GET health needs no token; GET events",
            Err(_) => "GET health does not show it; GET events",
        };
        (what, event.status(), event.says_nothing())
    };
    let seen = format!("{what}: {status}");
    let finding = match status {
        401 if health.result.is_err() => Finding::as_assumed(seen),
        401 | 403 => Finding::copes(seen, "also counts as a refused token"),
        0 => Finding::not_tried("the request was not answered"),
        _ if let Some(nothing) = nothing => nothing,
        _ => Finding::differs(seen, "a wrong token is noticed only later"),
    };
    check.note(Topic::WrongToken, finding);
}

pub(super) fn of_unknown<T>(seen: &Seen<T>) -> Finding {
    match seen.status() {
        404 => Finding::as_assumed(seen.brief()),
        410 => Finding::copes(seen.brief(), "taken as 404"),
        _ if let Some(nothing) = seen.says_nothing() => nothing,
        200..300 => Finding::differs(seen.brief(), "a mistyped id is taken for one that exists"),
        _ => Finding::differs(seen.brief(), "`error.kind` is not `not_found` for a mistyped id"),
    }
}

fn of_error<T>(seen: &Seen<T>) -> Finding {
    let answer = seen.answer();
    let Err(error) = &seen.result else { return Finding::not_tried("no request was refused") };
    if let Some(nothing) = seen.says_nothing() {
        return nothing;
    }
    let content = body(&answer);
    let text = |name: &str| content.get(name).is_some_and(Value::is_string);
    let kind = match &content {
        Value::Null if answer.text.is_empty() => "an empty body".to_owned(),
        Value::Null => {
            format!("not JSON ({})", media_type(answer.header("content-type").unwrap_or("no content type")))
        }
        other => described(other),
    };
    match error.server_text() {
        Some(_) if text("error") || text("message") => Finding::as_assumed(kind),
        Some(_) => Finding::copes(kind, "its text is shown unchanged"),
        None => Finding::copes(kind, "messages show only the status"),
    }
}

/// A server without this call says of a test event what it says of any path.
fn test_events(check: &mut Check, named: &Named, nobody: &Nobody, unknown_path: &Seen<()>) {
    let id = named.test_event.as_ref().unwrap_or(&nobody.test_event);
    let seen = check.see(|client| client.test_event(id));
    let finding = match (&seen.result, &unknown_path.result) {
        (Ok(_), _) if named.test_event.is_none() => of_unknown(&seen),
        (Ok(_), _) => of_test_event(&seen),
        (Err(error), Err(nothing)) => {
            if let Some(nothing) = seen.says_nothing() {
                nothing
            } else if error.status() == Some(404) && words(error) != words(nothing) {
                Finding::as_assumed(format!("offered; {}", seen.brief()))
            } else {
                not_readable(&seen)
            }
        }
        (Err(_), Ok(())) => Finding::not_tried("the server answers any path with a success"),
    };
    check.note(Topic::TestEventReading, finding);
}

fn words(error: &Error) -> String {
    error.server_text().unwrap_or_default().replace("test_events/", "").to_ascii_lowercase()
}

pub(super) const OVERWRITTEN: &str = "an existing verdict is not seen, and may be overwritten";

/// The status of a closed test event if it is neither `PASS` nor `FAIL`.
pub(super) fn own_verdict(it: &TestEvent) -> Option<String> {
    let word = it.object.get("status").and_then(Value::as_str)?;
    (it.is_closed() && it.verdict().is_none()).then(|| format!("`status`: {}", harmless(word)))
}

/// An object without an id is no test event: the id may be unknown, or the test event wrapped.
pub(super) fn of_test_event(seen: &Seen<TestEvent>) -> Finding {
    match &seen.result {
        Ok(it) if let Some(word) = own_verdict(it) => Finding::differs(word, OVERWRITTEN),
        Ok(it) if ["test_event_id", "id"].iter().any(|name| it.object.contains_key(*name)) => {
            Finding::as_assumed(format!("offered: {}", seen.brief()))
        }
        Ok(_) => Finding::differs(seen.brief(), OVERWRITTEN),
        Err(_) => not_readable(seen),
    }
}

fn not_readable<T>(seen: &Seen<T>) -> Finding {
    Finding::copes(
        format!("not offered: {}", seen.brief()),
        "verdicts are written without checking for an existing one",
    )
}

/// What an event, read by its id, shows of itself.
pub(super) fn event_shown(check: &mut Check, seen: &Seen<Event>, id: &EventId) {
    let Ok(event) = &seen.result else {
        let otherwise = || Finding::differs(seen.brief(), "no module can read an event");
        let finding = seen.says_nothing().unwrap_or_else(otherwise);
        check.note(Topic::AnswerId, finding.clone());
        check.note(Topic::EventState, finding);
        return;
    };
    check.note(Topic::AnswerId, of_answer_id(&event.object, id));
    let state = match &event.state {
        Some(state) => of_state(&event.object, state.as_str()),
        None => Finding::differs(of_no_state(&event.object, seen.brief()), "no wait for an event ends"),
    };
    check.note(Topic::EventState, state);
    check.note(Topic::TimeZone, of_times(event.timestamps.as_ref()));
}

/// Another `event_id` is an error of the call before.
fn of_answer_id(event: &Map<String, Value>, asked: &EventId) -> Finding {
    let shown = |name: &&str| event.get(*name).is_some_and(|value| !value.is_null());
    match ["event_id", "id"].into_iter().find(shown) {
        Some("id") if event["id"].to_string().trim_matches('"') != asked.as_str() => Finding::copes(
            "`id` is a different id, and there is no `event_id`",
            "taken for the answer about another event",
        ),
        Some(name) => Finding::as_assumed(format!("`{name}`")),
        None => Finding::copes("neither `event_id` nor `id`", "taken for the requested event"),
    }
}

fn of_deployment(seen: &Seen<Deployment>) -> Finding {
    match &seen.result {
        Ok(deployment) if !deployment.state.is_shown() => {
            Finding::differs(of_no_state(&deployment.object, seen.brief()), "no wait for a deployment ends")
        }
        Ok(deployment) => of_state(&deployment.object, deployment.state.as_str()),
        Err(_) => {
            let otherwise = || Finding::differs(seen.brief(), "no module can read a deployment");
            seen.says_nothing().unwrap_or_else(otherwise)
        }
    }
}
