//! A FAIL that is on record for a vehicle that has passed otherwise. It stays, unless a job wrote it that had no verdict: its guard, or a
//! campaign that did not know what exists.
use super::close_options::{Status, TestEventOptions};
use crate::sums::{connection::failed, in_doubt::is_in_doubt, test_event_duty::is_of_guard};
use ansible_module::Failure;
use hatci_client::{Client, TestEventId, TestStatus};
use shown_text::one_line;

/// What a record says that holds FAIL without words.
const NO_WORDS: &str = "The test event was closed as FAIL, without a summary.";

/// The words of the FAIL that stays; `None` if there is none, or the server does not show test events.
pub(super) fn standing_fail(client: &Client, event: &TestEventOptions) -> Result<Option<String>, Failure> {
    if matches!(event.status, Status::Fail) {
        return Ok(None);
    }
    if let Some(summary) = &event.failed_in_job {
        return Ok(Some(words(summary)));
    }
    // A bad id is refused by the step that closes the test event.
    let Ok(id) = TestEventId::parse(&event.test_event_id) else { return Ok(None) };
    let found = match client.test_event(&id) {
        Ok(found) => found,
        // The contract has no such call. Only a token that is refused would be refused again.
        Err(error) if error.status().is_some_and(|status| status != 401) => return Ok(None),
        Err(error) => return Err(failed(&error)),
    };
    let is_other = event.vin.as_deref().is_some_and(|vin| found.of_other_vehicle(vin).is_some());
    if found.verdict() != Some(TestStatus::Fail) || is_other {
        return Ok(None);
    }
    let summary = found.summary().unwrap_or_default();
    Ok((!is_of_guard(summary) && !is_in_doubt(summary)).then(|| words(summary)))
}

fn words(summary: &str) -> String {
    let words = one_line(summary);
    if words.trim().is_empty() { NO_WORDS.into() } else { words.trim().into() }
}
