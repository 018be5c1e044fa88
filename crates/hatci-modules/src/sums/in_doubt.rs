//! What to do about a vehicle of a campaign if it is unknown what exists for it, and how a record that says so is recognised.

const WITH_KEYS_AND_FILE: &str = "Set \"stage\" to \"starting\" in the vehicle's line of the resume file, and resume the campaign: the server returns what already exists.";
const WITH_KEYS: &str = "Run the same campaign again: the server returns what already exists.";
const WITH_FILE: &str = "Look in SUMS for what is missing. Add the ids of what exists to the vehicle's line of the resume file, set \"stage\" there to \"waiting\", and resume the campaign.";
const WITHOUT: &str = "Look in SUMS for what is missing. Give the ids of what exists, without `begun`, and run the campaign again.";

/// What to do, in one or two sentences.
pub(crate) fn remedy(keys_are_honoured: bool, has_file: bool) -> &'static str {
    match (keys_are_honoured, has_file) {
        (true, true) => WITH_KEYS_AND_FILE,
        (true, false) => WITH_KEYS,
        (false, true) => WITH_FILE,
        (false, false) => WITHOUT,
    }
}

/// Whether a record that says this was closed by a campaign that did not know what exists: whoever follows the advice in it tests the
/// vehicle after all.
pub(crate) fn is_in_doubt(summary: &str) -> bool {
    [WITH_KEYS_AND_FILE, WITH_KEYS, WITH_FILE, WITHOUT].iter().any(|remedy| summary.contains(remedy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_in_doubt_is_recognised_by_its_advice() {
        for (keys, file) in [(true, true), (true, false), (false, true), (false, false)] {
            let summary = format!("Record the test: no answer. {} Target event EVT-1.", remedy(keys, file));
            assert!(is_in_doubt(&summary), "{summary}");
        }
        assert!(!is_in_doubt("Look in SUMS for what is missing."));
    }
}
