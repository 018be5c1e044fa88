//! `hatci_outcome`
use super::connection::CallFailure;
use super::failed_task::FailedTask;
use super::links::links;
use ansible_module::{
    Choices, ErrorKind, Failure, InfoModule, Options, Results, Return, Secret, SharedResults, Task,
};
use serde_json::{Map, Value, json};
use shown_text::{harmless, one_line, without_url_secrets};

/// Publish the outcome of a vehicle's test
///
/// The outcome becomes the host's entry in `hatci_results`, an artifact of the job that the next nodes of a workflow find, and a row of
/// the table that `ansible-playbook` shows at its end. It is not sent to any server; `hatci_test_event_update` does that.
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
    /// The outcome in a sentence: what was tested, or why it failed. Without it, the sentence is built from `failed_task` and
    /// `failed_result`. It is kept as one line, without terminal control characters.
    summary: Option<String>,
    /// The name of the task that ended the test: `ansible_failed_task.name` in a `rescue`.
    failed_task: Option<String>,
    /// What that task returned: `ansible_failed_result` in a `rescue`. Don't pass the result of a task with `no_log`: its message
    /// would be shown.
    failed_result: Option<Map<String, Value>>,
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
    /// The verdict with which the test event was already closed, if it was. It stays: a different outcome is not recorded, and the summary
    /// says so.
    closed_with: Option<String>,
    /// Why the server does not have this outcome, if recording it failed.
    not_recorded: Option<String>,
    /// The test event of the test that this one repeats.
    previous_test_event_id: Option<String>,
    /// The lease under which the bench was used.
    lease_name: Option<String>,
    /// Where logs and reports are.
    artifact_urls: Option<Vec<String>>,
    /// The API token, which is masked if the message of a user's own task contains it.
    #[option(env = "HATCI_TOKEN")]
    #[expect(dead_code, reason = "what is returned is masked before it leaves the program")]
    hatci_token: Option<Secret>,
    /// The token for ARA, masked in the same way.
    #[option(env = "ARA_API_TOKEN")]
    #[expect(dead_code, reason = "what is returned is masked before it leaves the program")]
    ara_api_token: Option<Secret>,
    /// Whether to fail unless the test passed, with the summary and the `error` of `failed_result`.
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
    /// Something prevented the test from starting: no verdict on the vehicle.
    NotTested,
}

/// What `hatci_outcome` returns.
#[derive(Results, Default)]
pub struct HatciOutcomeResults {
    /// The outcome: the options that were given, and the summary.
    #[result(returned = "success", sample = { "status": "not_tested", "summary": "The bench vehicle_001 was not free within 3600 s.", "vin": "1HGBH41JXMN109186", "seconds": 3601.2 })]
    outcome: Option<Map<String, Value>>,
    /// The summary and the IDs, as a test event keeps them.
    #[result(
        returned = "success",
        sample = "Updated. Source event EV-000001, target event EV-000002, deployment DEP-000001."
    )]
    record: Option<String>,
    /// The variables with which the playbook `ota_single_vehicle` continues from here.
    #[result(returned = "success, except in check mode", sample = { "source_event_id": "EV-000001", "target_event_id": "EV-000002", "hatci_deployment_id": "DEP-000001", "hatci_previous_test_event_id": "TEV-000001" })]
    resume: Option<Map<String, Value>>,
    /// The same as Ansible's `set_stats` returns it, in `hatci_results` by host and in `hatci_results_by_vin` by vehicle, with null for what is unknown.
    #[result(returned = "success, except in check mode", sample = { "data": { "hatci_results": { "vehicle_001": { "status": "PASS" } } }, "per_host": false, "aggregate": true })]
    ansible_stats: Option<Map<String, Value>>,
}

/// The module `hatci_outcome`.
pub struct HatciOutcome {
    results: HatciOutcomeResults,
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

    fn new(mut options: HatciOutcomeOptions, task: &Task) -> Result<Self, Failure> {
        options.artifact_urls = options.artifact_urls.map(links);
        let failed = options
            .failed_result
            .take()
            .map(|result| FailedTask { name: options.failed_task.take(), result });
        let summary = match (options.summary.take().filter(|text| !text.trim().is_empty()), &failed) {
            (Some(summary), _) => summary,
            (None, Some(failed)) => failed.reason(),
            (None, None) => {
                return Err(Failure::invalid(
                    "summary is missing. Give it, or failed_task and failed_result.",
                ));
            }
        };
        let summary = with_end(harmless(&without_url_secrets(&summary)), &kept(&options));
        let failure = (options.fail && options.status != Status::Pass).then(|| match &failed {
            Some(failed) => failed.failure(&summary),
            None => Failure::new(ErrorKind::Failed, &summary),
        });
        let mut results =
            HatciOutcomeResults { record: Some(record(&summary, &options)), ..Default::default() };
        if !task.check_mode() {
            results.resume = Some(resume(&options));
        }
        let members = members(&summary, &options);
        if !task.check_mode() {
            let host = task.ansible_key("inventory_hostname").and_then(Value::as_str).unwrap_or("localhost");
            results.ansible_stats = Some(stats(host, &members));
        }
        results.outcome = Some(without_blanks(&members));
        Ok(HatciOutcome { results, failure })
    }

    fn read(&mut self, results: &SharedResults<HatciOutcomeResults>) -> Result<(), Failure> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        results.update(|shared| *shared = std::mem::take(&mut self.results));
        Ok(())
    }
}

/// The text with another sentence, if there is one.
fn with_end(text: String, sentence: &str) -> String {
    match sentence {
        "" => text,
        _ if text.ends_with(['.', '!', '?']) => format!("{text} {sentence}"),
        _ => format!("{text}. {sentence}"),
    }
}

/// A sentence, if the test event keeps another verdict.
fn kept(options: &HatciOutcomeOptions) -> String {
    match (given(options.closed_with.as_ref()), given(options.test_event_id.as_ref())) {
        (Some(verdict), Some(id)) if verdict != options.status.as_str() => {
            format!("This outcome is not recorded: test event {id} keeps {}.", one_line(verdict))
        }
        _ => String::new(),
    }
}

/// The summary, and the IDs beside it.
fn record(summary: &str, options: &HatciOutcomeOptions) -> String {
    let ids = [
        ("Source event", options.source_event_id.as_ref()),
        ("target event", options.target_event_id.as_ref()),
        ("deployment", options.deployment_id.as_ref()),
        ("previous test event", options.previous_test_event_id.as_ref()),
    ];
    let known: Vec<String> =
        ids.iter().filter_map(|(what, id)| given(*id).map(|id| format!("{what} {id}"))).collect();
    let made = if known.is_empty() { String::new() } else { format!("{}.", known.join(", ")) };
    with_end(summary.trim_end().to_owned(), &made)
}

/// A test that failed is repeated with a test event of its own, which names this one.
fn resume(options: &HatciOutcomeOptions) -> Map<String, Value> {
    let test_event = match options.status {
        Status::Pass => "hatci_test_event_id",
        Status::Fail | Status::NotTested => "hatci_previous_test_event_id",
    };
    without_blanks(&json!({
        "source_event_id": options.source_event_id,
        "target_event_id": options.target_event_id,
        "hatci_deployment_id": options.deployment_id,
        test_event: options.test_event_id,
    }))
}

/// By host, and by VIN for a host that tests several vehicles. Ansible merges what a host had before with this, so what is missing now
/// is null.
fn stats(host: &str, members: &Value) -> Map<String, Value> {
    let mut data = json!({ "hatci_results": { host: members } });
    if let Some(vin) = members["vin"].as_str().filter(|vin| !vin.is_empty()) {
        let mut of_vehicle = members.clone();
        of_vehicle["host"] = host.into();
        data["hatci_results_by_vin"] = json!({ vin: of_vehicle });
    }
    object(&json!({ "data": data, "per_host": false, "aggregate": true }))
}

fn members(summary: &str, options: &HatciOutcomeOptions) -> Value {
    json!({
        "status": options.status.as_str(),
        "summary": summary,
        "vin": options.vin.as_deref().map(|vin| vin.trim().to_uppercase()),
        "seconds": options.seconds.map(|seconds| (seconds * 10.0).round() / 10.0),
        "source_event_id": options.source_event_id,
        "target_event_id": options.target_event_id,
        "deployment_id": options.deployment_id,
        "test_event_id": options.test_event_id,
        "not_recorded": options.not_recorded.as_deref().map(|why| harmless(&without_url_secrets(why))),
        "previous_test_event_id": options.previous_test_event_id,
        "lease_name": options.lease_name,
        "artifact_urls": options.artifact_urls,
    })
}

fn given(id: Option<&String>) -> Option<&str> {
    id.map(String::as_str).map(str::trim).filter(|id| !id.is_empty())
}

fn without_blanks(value: &Value) -> Map<String, Value> {
    let mut members = object(value);
    members.retain(|_, value| !value.is_null() && *value != "");
    members
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
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
        let kept = &answer.json["ansible_stats"]["data"]["hatci_results"]["car1"];
        assert!(
            kept["summary"] == "no bench"
                && kept["deployment_id"].is_null()
                && kept.get("deployment_id").is_some()
        );
    }

    #[test]
    fn what_the_server_does_not_have_is_said_beside_the_outcome() {
        let answer = answer(
            &json!({ "status": "PASS", "summary": "well", "not_recorded": "503 of https://bob:S3cretPw@host" }),
        );
        let why = "503 of https://bob:********@host";
        assert_eq!(answer.json["outcome"]["not_recorded"], why);
        assert_eq!(answer.json["ansible_stats"]["data"]["hatci_results"]["car1"]["not_recorded"], why);
    }

    #[test]
    fn a_summary_shows_no_password_of_a_url() {
        let answer = answer(&json!({ "status": "FAIL", "summary": "see https://bob:S3cretPw@host/x" }));
        let shown = "see https://bob:********@host/x";
        assert_eq!(
            (&answer.json["outcome"]["summary"], &answer.json["record"]),
            (&json!(shown), &json!(shown))
        );
    }

    #[test]
    fn the_last_failure_has_the_error_of_the_first() {
        let result = json!({ "msg": "gone", "error": { "kind": "unavailable", "status": 503 } });
        let options =
            json!({ "status": "FAIL", "failed_task": "Fix", "failed_result": result, "fail": true });
        let answer = answer(&options);
        assert!(answer.failed && answer.json["msg"] == "Fix: gone");
        assert_eq!(
            (&answer.json["error"]["kind"], &answer.json["error"]["status"]),
            (&json!("unavailable"), &json!(503))
        );
    }

    #[test]
    fn urls_that_come_as_one_text_have_no_blanks_around_them() {
        let answer = answer(
            &json!({ "status": "PASS", "summary": "well", "artifact_urls": "https://a , https://b,\nhttps://c\n" }),
        );
        assert_eq!(answer.json["outcome"]["artifact_urls"], json!(["https://a", "https://b", "https://c"]));
    }

    #[test]
    fn a_test_that_passed_never_fails() {
        assert!(!answer(&json!({ "status": "PASS", "summary": "well", "fail": true })).failed);
    }

    #[test]
    fn the_record_and_the_next_run_have_the_ids() {
        let ids = json!({ "status": "FAIL", "failed_task": "Verify", "failed_result": { "msg": "ECU 2 is old!" },
            "source_event_id": "EV-1", "target_event_id": "", "deployment_id": "DEP-1", "test_event_id": "TEV-1" });
        let answer = answer(&ids);
        assert_eq!(answer.json["record"], "Verify: ECU 2 is old! Source event EV-1, deployment DEP-1.");
        let expected = json!({ "source_event_id": "EV-1", "hatci_deployment_id": "DEP-1", "hatci_previous_test_event_id": "TEV-1" });
        assert_eq!(answer.json["resume"], expected);
    }

    #[test]
    fn an_outcome_that_the_record_contradicts_says_so() {
        let options = json!({ "status": "FAIL", "summary": "ECU 2 is old", "test_event_id": "TEV-1", "vin": " 1hg ", "closed_with": "PASS" });
        let outcome = &answer(&options).json["outcome"];
        assert_eq!(
            outcome["summary"],
            "ECU 2 is old. This outcome is not recorded: test event TEV-1 keeps PASS."
        );
        assert_eq!(outcome["vin"], "1HG");
        let same = answer(
            &json!({ "status": "PASS", "summary": "Updated.", "test_event_id": "TEV-1", "closed_with": "PASS" }),
        );
        assert_eq!(same.json["outcome"]["summary"], "Updated.");
    }

    #[test]
    fn what_a_device_said_steers_no_terminal() {
        let result = json!({ "msg": "\u{1b}]0;title\u{7}ECU 2\r\nis \u{202e}old" });
        let options = json!({ "status": "FAIL", "failed_task": "Fix\u{1b}[2J", "failed_result": result });
        let answer = answer(&options);
        for text in [&answer.json["outcome"]["summary"], &answer.json["record"]] {
            assert!(text.as_str().is_some_and(|text| text.starts_with("Fix : ECU 2 is old")), "{text:?}");
        }
    }

    #[test]
    fn check_mode_offers_nothing_to_the_next_steps() {
        let answer = answer(
            &json!({ "status": "PASS", "summary": "well", "test_event_id": "pending", "_ansible_check_mode": true }),
        );
        assert!(
            !answer.json.contains_key("ansible_stats") && !answer.json.contains_key("resume"),
            "{:?}",
            answer.json
        );
        assert_eq!(answer.json["record"], "well");
    }

    #[test]
    fn an_outcome_without_a_reason_is_refused() {
        let answer = answer(&json!({ "status": "FAIL", "summary": " " }));
        assert!(
            answer.failed
                && answer.json["msg"].as_str().is_some_and(|msg| msg.contains("summary is missing"))
        );
    }
}
