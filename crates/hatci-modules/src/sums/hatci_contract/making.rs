//! The assumptions that only making something shows: two events that are fixed and never deployed, and a test event.
use super::{
    assumption::Topic,
    check::{Check, Seen},
    finding::Finding,
    keys::{Again, repeated, reused},
    made,
    made_event::{Making, create},
    reading::{Nobody, event_shown, of_unknown},
    shown::body,
};
use hatci_client::{Client, Error, Event, EventId, IdempotencyKey, Policy, UpdateType};
use serde_json::Value;
use std::time::Duration;

/// For so long something new may be answered with 404.
const GRACE: Duration = Duration::from_secs(30);

/// A client to which a 404 on something new is "not yet".
pub(super) fn patient(client: &Client) -> Client {
    let policy = client.policy();
    client.with_policy(Policy { not_found_grace: policy.not_found_grace.max(GRACE), ..policy })
}

/// Makes two events and fixes them.
pub(super) fn events(check: &mut Check, making: &Making, nobody: &Nobody) {
    let source = made::event(making.vin, UpdateType::Rrom, making.fields);
    let target = made::event(making.vin, UpdateType::Urom, making.fields);
    wrong_value(check, making, &source);
    let Some((first, body, key)) = first(check, making, source) else { return };
    let patiently = patient(&check.client);
    let shown = check.see_with(&patiently, |client| client.event(&first.id));
    check.note(Topic::VisibleAtOnce, of_visible(&shown));
    event_shown(check, &shown, &first.id);
    let again = repeated(check, making, &first.id, body, &key);
    let second = match again {
        Again::Same => reused(check, making, &first.id, target.clone(), &key),
        Again::Another(other) => Some(other),
        Again::Unknown => None,
    };
    let unknown = check.see(|client| client.without_grace().fix_event(&nobody.event));
    check.note(Topic::FixUnknown, of_unknown(&unknown));
    fix(check, making, &first.id);
    let second = second
        .or_else(|| create(check, making, target, &IdempotencyKey::random()).result.ok().map(|it| it.id));
    if let Some(second) = second {
        let done = check.see_with(&patiently, |client| client.fix_event(&second));
        made::list(making.results, "event", &second, if done.result.is_ok() { "fixed" } else { "not fixed" });
    }
}

fn wrong_value(check: &mut Check, making: &Making, right: &Value) {
    let mut wrong = right.clone();
    wrong["update_type"] = "CONTRACT_CHECK".into();
    let seen = create(check, making, wrong, &IdempotencyKey::random());
    check.note(
        Topic::WrongValue,
        match seen.status() {
            400 | 422 => Finding::as_assumed(seen.brief()),
            _ if let Some(nothing) = seen.says_nothing() => nothing,
            200..300 => Finding::differs(
                format!(
                    "{}; an event of update_type CONTRACT_CHECK {} there now",
                    seen.brief(),
                    if seen.result.is_ok() { "is" } else { "may be" }
                ),
                "mistakes are noticed only later",
            ),
            402..=499 => Finding::copes(seen.brief(), "shown unchanged"),
            300..400 => Finding::not_tried("the request was redirected"),
            _ => Finding::differs(seen.brief(), "a mistake is taken for a server fault, and retried"),
        },
    );
}

/// The first event: with a field that no server knows, and without it, if that is refused.
fn first(check: &mut Check, making: &Making, body: Value) -> Option<(Event, Value, IdempotencyKey)> {
    let mut strange = body.clone();
    strange["contract_check"] = true.into();
    let key = IdempotencyKey::random();
    let seen = create(check, making, strange.clone(), &key);
    check.note(
        Topic::UnknownField,
        match seen.status() {
            200..300 if seen.result.is_ok() => Finding::as_assumed(format!("accepted: {}", seen.brief())),
            400 | 422 => Finding::as_assumed(format!("refused: {}", seen.brief())),
            _ if let Some(nothing) = seen.says_nothing() => nothing,
            402..=499 => Finding::copes(seen.brief(), "only fields of the contract are sent"),
            300..400 => Finding::not_tried("the request was redirected"),
            _ => Finding::differs(seen.brief(), "a server that fails on a field that it does not know"),
        },
    );
    let (seen, body, key) = match &seen.result {
        Err(_) if !seen.may_have_made() => {
            let key = IdempotencyKey::random();
            (create(check, making, body.clone(), &key), body, key)
        }
        _ => (seen, strange, key),
    };
    check.note(Topic::EventCreate, of_create(&seen, "no event can be created; try `event_fields`"));
    check.note(Topic::EventId, of_id(&seen, "event_id"));
    Some((seen.result.ok()?, body, key))
}

pub(super) fn of_create<T>(seen: &Seen<T>, harm: &str) -> Finding {
    match seen.status() {
        201 if seen.result.is_ok() => Finding::as_assumed(seen.brief()),
        200..300 if seen.result.is_ok() => Finding::copes(seen.brief(), "any 2xx counts as created"),
        _ => seen.says_nothing().unwrap_or_else(|| Finding::differs(seen.brief(), harm)),
    }
}

/// Under which name the id of something new is.
pub(super) fn of_id<T>(seen: &Seen<T>, name: &str) -> Finding {
    let object = body(&seen.answer());
    let used =
        [name, "id"].into_iter().find_map(|name| Some((name, object.get(name).filter(|it| !it.is_null())?)));
    match (used, &seen.result) {
        (Some((used, Value::String(_))), Ok(_)) if used == name => Finding::as_assumed(format!("`{used}`")),
        (Some((used, Value::String(_))), Ok(_)) => Finding::copes(format!("`{used}`"), "both names are read"),
        (Some((used, _)), Ok(_)) => Finding::copes(format!("`{used}`, a number"), "taken as text"),
        (_, Err(_)) if !(200..300).contains(&seen.status()) => Finding::not_tried("nothing was made"),
        // The id itself may be anything, so it is not quoted.
        (Some((used, Value::String(text))), _) if let Err(Error::Id { why, .. }) = EventId::parse(text) => {
            Finding::differs(format!("`{used}` can't be used: {why}"), "the new object can't be addressed")
        }
        (Some((used, _)), Err(error)) => Finding::differs(
            format!("`{used}`: {}", super::check::why(error)),
            "the new object can't be addressed",
        ),
        (None, _) => seen.says_nothing().unwrap_or_else(|| {
            Finding::differs(seen.brief(), "nothing can be created, because its id is not found")
        }),
    }
}

fn of_visible(seen: &Seen<Event>) -> Finding {
    let missing = seen.answers.iter().filter(|answer| answer.status == 404).count();
    match &seen.result {
        Ok(_) if missing == 0 => Finding::as_assumed("at once"),
        Ok(event) => {
            let took = event.stats.elapsed.as_secs_f64();
            let grace = (2.0 * took).ceil();
            Finding::copes(
                format!("404 for {took:.1} s"),
                format!("a 404 counts as `not yet` for that long: give {grace}"),
            )
            .with_option("hatci_not_found_grace")
        }
        Err(error) if error.status() == Some(404) => {
            Finding::differs(format!("404 for {} s", GRACE.as_secs()), "the new object can't be read")
        }
        Err(_) => seen
            .says_nothing()
            .unwrap_or_else(|| Finding::differs(seen.brief(), "no module can read an event")),
    }
}

fn fix(check: &mut Check, making: &Making, id: &EventId) {
    let patiently = patient(&check.client);
    let seen = check.see_with(&patiently, |client| client.fix_event(id));
    let answer = body(&seen.answer());
    let says = |name: &str| {
        answer.get(name).and_then(Value::as_str).is_some_and(|it| it.eq_ignore_ascii_case("fixed"))
    };
    let word = ["state", "status"].into_iter().find(|name| says(name));
    let finding = match &seen.result {
        Ok(_) if answer.get("fixed") == Some(&true.into()) => Finding::as_assumed("`fixed: true`"),
        Ok(_) if let Some(word) = word => Finding::as_assumed(format!("`{word}` is fixed")),
        Ok(_) => {
            let shown = check.see_with(&patiently, |client| client.event(id));
            match shown.result.as_ref().ok().and_then(Event::fixed) {
                Some(true) => Finding::copes(seen.brief(), "the event is read to see whether it is fixed"),
                _ => Finding::differs(seen.brief(), "no module can see whether the event is fixed"),
            }
        }
        Err(_) => {
            seen.says_nothing().unwrap_or_else(|| Finding::differs(seen.brief(), "no event can be fixed"))
        }
    };
    check.note(Topic::FixAnswer, finding);
    if seen.result.is_err() {
        made::list(making.results, "event", id, "not fixed");
        return;
    }
    made::list(making.results, "event", id, "fixed");
    let again = check.see(|client| client.fix_event(id));
    check.note(Topic::FixTwice, of_repeat(&again, "a fix whose answer is lost fails"));
}

/// Of what is done a second time.
pub(super) fn of_repeat<T>(seen: &Seen<T>, harm: &str) -> Finding {
    match (&seen.result, seen.status()) {
        (Ok(_), _) => Finding::as_assumed(seen.brief()),
        (Err(_), 409) => Finding::copes(seen.brief(), "the module reads whether it is already done"),
        (Err::<_, Error>(_), _) => {
            seen.says_nothing().unwrap_or_else(|| Finding::differs(seen.brief(), harm))
        }
    }
}
