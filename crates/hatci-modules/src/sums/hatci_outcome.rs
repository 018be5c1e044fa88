//! `hatci_outcome`
use super::connection::CallFailure;
use ansible_module::{
    Choices, ErrorKind, Failure, InfoModule, OptionType, Options, Results, Return, SharedResults, Task,
};
use serde_json::{Map, Value, json};

/// Say how the test of a vehicle came out
///
/// The outcome becomes the host's entry in `hatci_results`, an artifact of the job that the next nodes of a workflow find, and a row of
/// the table that `ansible-playbook` shows at its end. No server is told; `hatci_test_event_update` does that.
///
/// # Attributes
///
/// - `diff_mode`: N/A. Nothing is changed.
///
/// # See also
///
/// - `hatci_test_event_update`: Close the test event with its verdict.
#[derive(Options)]
pub struct HatciOutcomeOptions {
    /// The outcome.
    status: Status,
    /// The outcome in a sentence: what was tested, or why it failed.
    summary: String,
    /// The vehicle identification number.
    vin: Option<String>,
    /// How many seconds the test took.
    seconds: Option<f64>,
    /// The source event.
    source_event_id: Option<String>,
    /// The target event.
    target_event_id: Option<String>,
    /// The deployment.
    deployment_id: Option<String>,
    /// The test event.
    test_event_id: Option<String>,
    /// The lease under which the bench was used.
    lease_name: Option<String>,
    /// Where logs and reports are.
    artifact_urls: Option<Vec<String>>,
    /// The `error` of the task that failed.
    error: Option<Map<String, Value>>,
    /// Whether to fail, with the summary and the error, unless the test passed.
    #[option(default = false)]
    fail: bool,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum Status {
    /// The test passed.
    #[choice(name = "PASS")]
    Pass,
    /// The test failed.
    #[choice(name = "FAIL")]
    Fail,
    /// Something kept the test from beginning: no verdict on the vehicle.
    NotTested,
}

/// What `hatci_outcome` returns.
#[derive(Results, Default)]
pub struct HatciOutcomeResults {
    /// The outcome: every option that was given, but `error` and `fail`.
    #[result(returned = "success", sample = { "status": "not_tested", "summary": "The bench vehicle_001 was not free within 3600 s.", "vin": "1HGBH41JXMN109186", "seconds": 3601.2 })]
    outcome: Option<Map<String, Value>>,
    /// The same as Ansible's `set_stats` returns it, in `hatci_results` by host.
    #[result(returned = "success", sample = { "data": { "hatci_results": { "vehicle_001": { "status": "PASS" } } }, "per_host": false, "aggregate": true })]
    ansible_stats: Option<Map<String, Value>>,
}

/// The module `hatci_outcome`.
pub struct HatciOutcome {
    host: String,
    told: Map<String, Value>,
    failure: Option<Failure>,
}

impl InfoModule for HatciOutcome {
    const NAME: &'static str = "hatci_outcome";
    const IN_ACTION_GROUP: bool = false; // it asks no server
    const EXAMPLES: &'static str = include_str!("hatci_outcome.yml");
    type Options = HatciOutcomeOptions;
    type Results = HatciOutcomeResults;

    fn details() -> Vec<Return> {
        CallFailure::returns()
    }

    fn new(options: HatciOutcomeOptions, task: &Task) -> Result<Self, Failure> {
        let failure = (options.fail && options.status != Status::Pass)
            .then(|| failure(&options.summary, options.error.unwrap_or_default()));
        let Value::Object(mut outcome) = json!({
            "status": options.status.as_str(),
            "summary": options.summary,
            "vin": options.vin,
            "seconds": options.seconds.map(|seconds| (seconds * 10.0).round() / 10.0),
            "source_event_id": options.source_event_id,
            "target_event_id": options.target_event_id,
            "deployment_id": options.deployment_id,
            "test_event_id": options.test_event_id,
            "lease_name": options.lease_name,
            "artifact_urls": options.artifact_urls,
        }) else {
            unreachable!("it is written as an object")
        };
        outcome.retain(|_, value| !value.is_null() && *value != "");
        let host =
            task.ansible_key("inventory_hostname").and_then(Value::as_str).unwrap_or("localhost").to_owned();
        Ok(HatciOutcome { host, told: outcome, failure })
    }

    fn read(&mut self, results: &SharedResults<HatciOutcomeResults>) -> Result<(), Failure> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let stats = json!({ "data": { "hatci_results": { &self.host: self.told } }, "per_host": false, "aggregate": true });
        results.update(|r| {
            r.outcome = Some(self.told.clone());
            r.ansible_stats = stats.as_object().cloned();
        });
        Ok(())
    }
}

/// The failure that ended the test, once more. A kind that is none of ours is a plain failure.
fn failure(summary: &str, mut details: Map<String, Value>) -> Failure {
    let kind = details.remove("kind").and_then(|word| ErrorKind::from_value(word).ok());
    Failure { details, ..Failure::new(kind.unwrap_or(ErrorKind::Failed), summary) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ansible_module::{Answer, NoEnv, run};

    fn answer(options: &Value) -> Answer {
        let mut args = options.as_object().cloned().unwrap_or_default();
        args.insert("_ansible_inventory_hostname".into(), "car1".into());
        run::<HatciOutcome>(args, &NoEnv)
    }

    #[test]
    fn what_was_not_tested_is_neither_pass_nor_fail() {
        let answer =
            answer(&json!({ "status": "not_tested", "summary": "no bench", "vin": "", "seconds": 1.26 }));
        assert!(!answer.failed, "{:?}", answer.json);
        let expected = json!({ "status": "not_tested", "summary": "no bench", "seconds": 1.3 });
        assert_eq!(answer.json["outcome"], expected);
        assert_eq!(answer.json["ansible_stats"]["data"]["hatci_results"]["car1"], expected);
    }

    #[test]
    fn the_last_failure_has_the_error_of_the_first() {
        let error = json!({ "kind": "unavailable", "status": 503 });
        let answer = answer(&json!({ "status": "FAIL", "summary": "gone", "error": error, "fail": true }));
        assert!(answer.failed && answer.json["msg"] == "gone");
        assert_eq!(
            (&answer.json["error"]["kind"], &answer.json["error"]["status"]),
            (&json!("unavailable"), &json!(503))
        );
    }

    #[test]
    fn a_test_that_passed_never_fails() {
        assert!(!answer(&json!({ "status": "PASS", "summary": "well", "fail": true })).failed);
    }
}
