//! The test event of a check: made, guarded, and closed however the check ends.
use super::{
    assumption::Topic,
    check::{Check, Seen},
    finding::Finding,
    made,
    made_event::Making,
    making::{of_create, of_id, of_repeat, patient},
    reading::{Nobody, OVERWRITTEN, of_test_event, of_unknown, own_verdict},
};
use crate::{
    duties::Arguments,
    sums::{
        connection::{Connection, failed},
        creation,
        guarded::Guarded,
    },
};
use ansible_module::{ErrorKind, Failure, Task};
use hatci_client::{Client, Error, EventId, IdempotencyKey, TestEvent, TestEventId, TestOutcome};
use serde_json::Value;

/// One that is open.
pub(super) struct OpenTestEvent {
    id: TestEventId,
    guarded: Option<Guarded>,
}

/// Creates the test event; `None` if it was not created, or its id is unknown.
pub(super) fn open(
    check: &mut Check,
    making: &Making,
    task: &Task,
) -> Result<Option<OpenTestEvent>, Failure> {
    let key = IdempotencyKey::random();
    let pending = EventId::parse(creation::PENDING).map_err(|e| failed(&e))?;
    let new = made::test_event(making.vin, pending, &key);
    let _hook = creation::announce("the test event of the contract check", &key, &check.client, task);
    let by_key =
        Guarded::of_create_with(task, as_options(&new.body(), task), &key).map(|it| it.untested(true));
    by_key.as_ref().inspect(|it| drop(it.close_with_job(task)));
    let seen = check.see(|client| client.create_test_event(&new, &key));
    check.note(Topic::TestEventCreate, of_create(&seen, "no test event can be created"));
    check.note(Topic::TestEventId, of_id(&seen, "test_event_id"));
    let made = match &seen.result {
        Ok(made) => made,
        Err(error) => {
            if seen.may_have_made() {
                made::list(making.results, "test event", &key, "may exist, with this idempotency key");
                task.warn(format!("{error} Look for it by its suite_name, {}.", made::MARK));
            } else {
                by_key.iter().for_each(Guarded::is_closed);
            }
            return Ok(None);
        }
    };
    made::list(making.results, "test event", &made.id, "open");
    let guarded = Guarded::of(task, &made.id).ok().flatten().map(|it| it.untested(true));
    guarded.as_ref().inspect(|it| drop(it.close_with_job(task)));
    by_key.iter().for_each(Guarded::is_closed);
    Ok(Some(OpenTestEvent { id: made.id.clone(), guarded }))
}

/// The options of `hatci_test_event` that make the same.
fn as_options(body: &Value, task: &Task) -> Arguments {
    let mut options = task.options_of::<Connection>();
    options.extend(body.as_object().cloned().unwrap_or_default());
    options
}

impl OpenTestEvent {
    /// Tries what can be done with it, and closes it. Handed back if it stays open.
    pub(super) fn try_and_close(self, check: &mut Check, making: &Making, nobody: &Nobody) -> Option<Self> {
        let patiently = patient(&check.client);
        let is_shown = Topic::TestEventReading;
        if check.see(|client| client.test_event(&self.id)).result.is_ok() {
            let seen = check.see(|client| client.test_event(&self.id));
            check.note(is_shown, of_test_event(&seen));
        }
        let (with_link, without) = (made::outcome_with_link(), made::outcome());
        let unknown =
            check.see(|client| client.without_grace().update_test_event(&nobody.test_event, &without));
        check.note(Topic::UpdateUnknown, of_unknown(&unknown));
        let linked = check.see_with(&patiently, |client| client.update_test_event(&self.id, &with_link));
        let (seen, outcome) = if linked.result.is_ok() {
            (linked, with_link)
        } else {
            let seen = check.see_with(&patiently, |client| client.update_test_event(&self.id, &without));
            check.note(Topic::UpdateLinks, of_refused_link(&linked, &with_link, seen.result.is_ok()));
            (seen, without)
        };
        if outcome.artifact_urls.is_some() {
            check.note(Topic::UpdateLinks, Finding::as_assumed(seen.brief()));
        }
        let finding = match &seen.result {
            Ok(_) if seen.answer().text.is_empty() => {
                Finding::copes(seen.brief(), "an empty answer counts as an empty object")
            }
            Ok(_) if seen.status() == 200 => Finding::as_assumed(seen.brief()),
            Ok(_) => Finding::copes(seen.brief(), "any 2xx counts as done"),
            Err(_) => {
                let otherwise = || Finding::differs(seen.brief(), "no verdict can be written");
                seen.says_nothing().unwrap_or_else(otherwise)
            }
        };
        check.note(Topic::UpdateAnswer, finding);
        if seen.result.is_err() {
            return Some(self);
        }
        self.is_closed(making);
        let again = check.see(|client| client.update_test_event(&self.id, &outcome));
        check.note(Topic::UpdateTwice, of_repeat(&again, "a verdict whose answer is lost fails"));
        let shown = check.see(|client| client.test_event(&self.id));
        check.note(
            Topic::VerdictShown,
            match &shown.result {
                Ok(test_event) if test_event.verdict() == Some(outcome.status) => {
                    Finding::as_assumed(shown.brief())
                }
                Ok(it) => Finding::differs(own_verdict(it).unwrap_or_else(|| shown.brief()), OVERWRITTEN),
                Err(_) => Finding::copes(
                    format!("can't be read: {}", shown.brief()),
                    "the answer to the PATCH is trusted",
                ),
            },
        );
        None
    }

    fn is_closed(&self, making: &Making) {
        self.guarded.iter().for_each(Guarded::is_closed);
        made::list(making.results, "test event", &self.id, "closed as FAIL");
    }

    /// Closes it after all.
    pub(super) fn close(self, client: &Client, making: &Making) -> Result<(), Failure> {
        let closed: Result<TestEvent, Error> = patient(client).update_test_event(&self.id, &made::outcome());
        match closed {
            Ok(_) => {
                self.is_closed(making);
                Ok(())
            }
            Err(error) => Err(Failure::new(
                ErrorKind::Conflict,
                format!(
                    "Test event {} of vehicle {} was created to try the API, but could not be closed: {} Close it in SUMS as FAIL.",
                    self.id,
                    making.vin,
                    super::check::why(&error),
                ),
            )),
        }
    }
}

/// Of a verdict with a link that was not taken. `is_taken_without`: without the link it was.
fn of_refused_link(seen: &Seen<TestEvent>, sent: &TestOutcome, is_taken_without: bool) -> Finding {
    let refusal = seen.result.as_ref().err();
    let is_left_out = refusal.is_some_and(|it| sent.without_refused(it).is_some());
    match seen.says_nothing() {
        Some(nothing) => nothing,
        None if !is_taken_without => Finding::not_tried("no verdict can be written, with or without links"),
        None if is_left_out => Finding::copes(
            seen.brief(),
            "a verdict is sent again without its links, with a warning; give none",
        )
        .with_option("hatci_artifact_urls"),
        None => Finding::differs(seen.brief(), "a verdict with links is lost; give none")
            .with_option("hatci_artifact_urls"),
    }
}
