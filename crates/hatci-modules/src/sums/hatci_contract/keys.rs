//! The assumptions about idempotency keys: what the same create does again, and what another one does with the same key.
use super::{
    assumption::Topic,
    check::{Check, Seen},
    finding::Finding,
    made_event::{Making, create},
    words::harmless,
};
use hatci_client::{Event, EventId, IdempotencyKey, Policy};
use serde_json::Value;

/// What a create with the key of an earlier one did.
pub(super) enum Again {
    Same,
    Another(EventId),
    Unknown,
}

pub(super) fn repeated(
    check: &mut Check,
    making: &Making,
    first: &EventId,
    body: Value,
    key: &IdempotencyKey,
) -> Again {
    let seen = once(check, making, body, key);
    let answer = seen.answer();
    let shows = answer.header("idempotency-key") == Some(key.as_str())
        || answer.header("idempotency-replayed") == Some("true");
    let (finding, again) = match &seen.result {
        Ok(event) if event.id == *first && shows => {
            (Finding::as_assumed("the same event, marked as a repeat"), Again::Same)
        }
        Ok(event) if event.id == *first => (
            Finding::copes("the same event, not marked as a repeat", "say that keys are honoured")
                .with_option("hatci_idempotency_keys: honoured"),
            Again::Same,
        ),
        Ok(event) if shows => (
            Finding::differs(
                format!(
                    "a second event was made ({}), although the answer repeats the key",
                    harmless(event.id.as_str())
                ),
                "a repeated create makes a duplicate; until this is fixed, say that keys are ignored",
            )
            .with_option("hatci_idempotency_keys: ignored"),
            Again::Another(event.id.clone()),
        ),
        Ok(event) => (
            Finding::copes(
                format!("a second event was made ({}): keys are ignored", harmless(event.id.as_str())),
                "a create in doubt is not repeated, but fails as unknown_outcome",
            )
            .with_option("hatci_idempotency_keys: ignored"),
            Again::Another(event.id.clone()),
        ),
        Err(_) if seen.status() >= 500 => (Finding::not_tried(seen.brief()), Again::Unknown),
        Err(_) => (
            seen.says_nothing().unwrap_or_else(|| {
                Finding::differs(seen.brief(), "a create whose answer was lost can't be repeated")
            }),
            Again::Unknown,
        ),
    };
    check.note(Topic::Keys, finding);
    if !matches!(again, Again::Same) {
        check.note(Topic::KeyReuse, Finding::not_tried("keys are not honoured"));
    }
    again
}

/// The event that was made under a used key, if the server does that.
pub(super) fn reused(
    check: &mut Check,
    making: &Making,
    first: &EventId,
    other: Value,
    key: &IdempotencyKey,
) -> Option<EventId> {
    let seen = once(check, making, other, key);
    let (finding, made) = match (&seen.result, seen.status()) {
        (Err(_), 422) => (Finding::as_assumed(seen.brief()), None),
        (Err(_), 400 | 409) => (Finding::copes(seen.brief(), "shown unchanged"), None),
        (Ok(event), _) if event.id == *first => (
            Finding::differs("the first event is returned", "a key used twice by mistake goes unnoticed"),
            None,
        ),
        (Ok(event), _) => (
            Finding::differs(
                format!("another event is created ({})", harmless(event.id.as_str())),
                "keys count only with the same content",
            ),
            Some(event.id.clone()),
        ),
        (Err(_), _) => {
            let otherwise =
                || Finding::differs(seen.brief(), "the message does not name the used key as the cause");
            (seen.says_nothing().unwrap_or_else(otherwise), None)
        }
    };
    check.note(Topic::KeyReuse, finding);
    made
}

/// A create that is sent a single time.
fn once(check: &mut Check, making: &Making, body: Value, key: &IdempotencyKey) -> Seen<Event> {
    let client = check.client.clone();
    check.client = client.with_policy(Policy { retries: 0, ..client.policy() });
    let seen = create(check, making, body, key);
    check.client = client;
    seen
}
