//! Why a test failed, from what Ansible keeps of the task that ended it: `ansible_failed_task` and `ansible_failed_result`.
use ansible_module::{ErrorKind, Failure, OptionType};
use serde_json::{Map, Value};

/// Ansible's `rescue` also runs when Ansible stops a host for another one's failure, or can't read a file of tasks. It doesn't say which.
const NO_TASK_FAILED: &str = "Ansible stopped the test of this vehicle although none of its tasks had failed. The cause is unknown: \
    possibly another host's failure (any_errors_fatal, max_fail_percentage), or a task file that could not be read.";

/// The task that ended a test.
pub(super) struct FailedTask {
    pub(super) name: Option<String>,
    pub(super) result: Map<String, Value>,
}

impl FailedTask {
    /// The reason in a sentence: the name of the task, and the message of every item that failed.
    pub(super) fn reason(&self) -> String {
        let messages: Vec<String> = self.results().iter().map(|result| text(&result["msg"])).collect();
        let message = messages.join(" ");
        let name = self.name.as_deref().unwrap_or_default();
        // A name with the variable of a loop: ansible-core shows what it could not fill in, or the template itself.
        let name =
            ["<<", "{{"].iter().fold(name, |name, mark| name.split(mark).next().unwrap_or_default()).trim();
        match (name, message.as_str()) {
            ("", "") => NO_TASK_FAILED.into(),
            ("", message) => message.into(),
            (name, "") => format!("{name}: no message"),
            (name, message) => format!("{name}: {message}"),
        }
    }

    /// The failure once more, to end the play with: its kind and details are those of the first item that has any.
    pub(super) fn failure(&self, reason: &str) -> Failure {
        let mut details =
            self.results().iter().find_map(|result| result["error"].as_object().cloned()).unwrap_or_default();
        let kind = details.remove("kind").and_then(|word| ErrorKind::from_value(word).ok());
        Failure { details, ..Failure::new(kind.unwrap_or(ErrorKind::Failed), reason) }
    }

    /// The items of a loop that failed, or the result itself: what a module returns as `results` may be anything.
    fn results(&self) -> Vec<Value> {
        let items = self.result.get("results").and_then(Value::as_array);
        let failed: Vec<Value> =
            items.into_iter().flatten().filter(|item| item["failed"] == true).cloned().collect();
        if failed.is_empty() { vec![Value::Object(self.result.clone())] } else { failed }
    }
}

/// A message is mostly a text, but `fail` takes anything.
fn text(message: &Value) -> String {
    match message {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn failed(name: &str, result: &Value) -> FailedTask {
        let result = result.as_object().cloned().unwrap_or_default();
        FailedTask { name: Some(name.to_owned()), result }
    }

    #[test]
    fn the_reason_is_the_message_of_the_task() {
        assert_eq!(failed("Read the log", &json!({ "msg": "gone" })).reason(), "Read the log: gone");
        assert_eq!(failed("Read the log", &json!({})).reason(), "Read the log: no message");
        assert_eq!(failed("Read the log", &json!({ "msg": [1, 2] })).reason(), "Read the log: [1,2]");
    }

    #[test]
    fn a_loop_has_the_messages_of_the_items_that_failed() {
        let result = json!({ "msg": "One or more items failed", "results": [
            { "msg": "ok" },
            { "failed": true, "msg": "ECU 2 is old.", "error": { "kind": "unavailable", "status": 503 } },
            { "failed": true, "msg": "ECU 3 is old." },
        ] });
        let task = failed("Compare", &result);
        assert_eq!(task.reason(), "Compare: ECU 2 is old. ECU 3 is old.");
        let failure = task.failure("Compare: ...");
        assert!(failure.kind == ErrorKind::Unavailable && failure.details["status"] == 503);
    }

    #[test]
    fn results_that_are_no_items_are_left_alone() {
        for results in [json!("three"), json!([1, "two"]), json!({ "a": 1 })] {
            assert_eq!(failed("Ask", &json!({ "msg": "no", "results": results })).reason(), "Ask: no");
        }
    }

    #[test]
    fn a_name_that_could_not_be_filled_in_is_cut_short() {
        for name in ["Check << error 1 - 'item' is undefined >>", "Check {{ item }}"] {
            assert_eq!(failed(name, &json!({ "msg": "bad" })).reason(), "Check: bad");
        }
    }

    #[test]
    fn a_test_that_ansible_stopped_has_no_task_and_no_known_cause() {
        assert!(failed("", &json!({})).reason().contains("The cause is unknown"));
    }

    #[test]
    fn a_kind_that_is_none_of_ours_is_a_plain_failure() {
        let task = failed("Ask", &json!({ "msg": "no", "error": { "kind": "theirs" } }));
        assert!(task.failure("no").kind == ErrorKind::Failed);
    }
}
