//! Answers with a status of success that are about something else, or report a failure.
use crate::sums::{VIN, kind, run_at};
use hatci_modules::{
    HatciDeployEvent, HatciFleetStatus, HatciTestEvent, HatciTestEventUpdate, HatciUpdateStatus,
};
use serde_json::{Map, Value, json};
use test_servers::{ScriptedServer, Step, json, with_headers};

/// Before anything is deployed that the record would be about.
#[test]
fn a_test_event_that_the_server_does_not_show_is_named() {
    let server = ScriptedServer::answering(|_| json(404, ""));
    let options = json!({ "vin": VIN, "event_id": "E-1", "test_event_id": "T-1", "ansible_job_id": "7", "git_sha": "c0", "suite_name": "s" });
    let done = run_at::<HatciTestEvent>(&server.url(), options);
    assert_eq!((done.get("failed"), &done["test_event_id"]), (None, &json!("T-1")), "{done:?}");
    assert!(done["warnings"].to_string().contains("can't show test event T-1"), "{done:?}");
}

/// Such as the answer of a proxy during maintenance: "success" is that of the request.
#[test]
fn a_stray_answer_that_names_nothing_ends_no_wait() {
    for (option, field) in
        [("deployment_id", "deployment_id"), ("deployment_id", "id"), ("event_id", "event_id")]
    {
        let mut looks = 0;
        let server = ScriptedServer::answering(move |_| {
            looks += 1;
            let state = match looks {
                1 => "IN_PROGRESS",
                2 => return json(200, r#"{"status": "success", "message": "maintenance"}"#),
                _ => "FAILED",
            };
            json(200, &format!(r#"{{"{field}": "X-1", "state": "{state}"}}"#))
        });
        let done = run_at::<HatciUpdateStatus>(
            &server.url(),
            json!({ option: "X-1", "wait": true, "poll_interval": 1 }),
        );
        assert_eq!((kind(&done).as_str(), &done["polls"]), ("failed", &json!(3)), "{done:?}");
        assert_eq!(done["error"]["state"], "FAILED");
    }
}

#[test]
fn no_deployment_of_a_fleet_ends_by_a_stray_answer_that_names_nothing() {
    let mut looks = 0;
    let server = ScriptedServer::answering(move |_| {
        looks += 1;
        json(
            200,
            match looks {
                1 => r#"{"deployment_id": "D-1", "state": "IN_PROGRESS"}"#,
                2 => r#"{"status": "success", "message": "maintenance"}"#,
                _ => r#"{"deployment_id": "D-1", "state": "FAILED"}"#,
            },
        )
    });
    let wait = json!({ "deployments": { "one": "D-1" }, "poll_interval": 1 });
    let done = run_at::<HatciFleetStatus>(&server.url(), wait);
    assert_eq!(done["vehicles"]["one"]["state"], "FAILED", "{done:?}");
    assert_eq!(server.count("GET"), 3);
}

/// A server without ids in its answers names none from the beginning.
#[test]
fn a_wait_on_a_server_that_names_no_ids_succeeds() {
    let mut looks = 0;
    let server = ScriptedServer::answering(move |_| {
        looks += 1;
        json(200, if looks == 1 { "" } else { r#"{"status": "completed"}"# })
    });
    let wait = json!({ "deployment_id": "D-1", "wait": true, "poll_interval": 1 });
    let done = run_at::<HatciUpdateStatus>(&server.url(), wait);
    assert_eq!((done.get("failed"), &done["state"]), (None, &json!("completed")), "{done:?}");
}

#[test]
fn a_verdict_that_the_server_says_it_has_not_recorded_is_not_recorded() {
    for (answer, quoted) in
        [(r#"{"error": "read only mode"}"#, "read only mode"), (r#"{"success": false}"#, "success")]
    {
        let server = ScriptedServer::answering(move |request| match request.method.as_str() {
            "GET" => json(404, ""),
            _ => json(200, answer),
        });
        let verdict = json!({ "test_event_id": "T", "status": "PASS", "summary": "good" });
        let done = run_at::<HatciTestEventUpdate>(&server.url(), verdict);
        assert_eq!((kind(&done).as_str(), &done["changed"]), ("protocol", &json!(false)), "{done:?}");
        assert!(done["msg"].as_str().unwrap().contains(quoted), "{done:?}");
    }
}

/// Such as that of another request with the same key.
#[test]
fn a_test_event_of_another_test_is_named_and_refused() {
    for (shown, what) in [
        (
            r#""vin": "5NPE24AF5FH000002""#,
            "the record of vehicle 5NPE24AF5FH000002, not of 1HGBH41JXMN109186",
        ),
        (r#""event_id": "E-2""#, "the record of event E-2, not of E-1"),
        (r#""event_id": 2"#, "the record of event 2, not of E-1"),
        (r#""status": "fail""#, "already closed, with FAIL"),
    ] {
        let done = record_test(json(201, &format!(r#"{{"test_event_id": "T-1", {shown}}}"#)));
        assert_eq!((kind(&done).as_str(), &done["changed"]), ("conflict", &json!(true)), "{done:?}");
        let told = done["msg"].as_str().unwrap();
        assert!(told.contains(&format!("with T-1, which is {what}. Check T-1 in SUMS")), "{told}");
        // What comes next must not write into it.
        assert_eq!((done.get("test_event_id"), done.get("test_event")), (None, None), "{done:?}");
    }
    for same in [
        r#""vin": " 1hgbh41jxmn109186 ", "event_id": "e-1", "status": "open""#,
        r#""vin": "", "event_id": " ", "status": null"#,
        r#""event_id": "pending""#,
        r#""event_id": "https://sums.example/api/v1/events/E-1""#,
    ] {
        let done = record_test(json(201, &format!(r#"{{"test_event_id": "T-1", {same}}}"#)));
        assert_eq!((done.get("failed"), &done["test_event_id"]), (None, &json!("T-1")), "{done:?}");
    }
}

/// The key was used before, for this test: that is closed, but no other.
#[test]
fn a_closed_test_event_of_an_earlier_run_is_taken_by_its_key_with_a_warning() {
    let answer = r#"{"test_event_id": "T-1", "status": "PASS"}"#;
    let done = record_test(with_headers(201, &[("idempotency-replayed", "true")], answer));
    assert_eq!((&done["test_event_id"], &done["changed"]), (&json!("T-1"), &json!(false)), "{done:?}");
    assert!(
        done["warnings"][0].as_str().unwrap().contains("with PASS. Give another idempotency_key"),
        "{done:?}"
    );
}

/// Of event E-1, with a key of the user's; the create is answered so.
fn record_test(answer: Step) -> Map<String, Value> {
    let server = ScriptedServer::answering(move |request| match request.method.as_str() {
        "POST" => answer.clone(),
        _ => json(404, ""),
    });
    let new = json!({
        "vin": VIN, "event_id": "E-1", "ansible_job_id": "7", "git_sha": "c0ffee", "suite_name": "ota",
        "idempotency_key": "k-1",
    });
    run_at::<HatciTestEvent>(&server.url(), new)
}

#[test]
fn a_created_deployment_of_another_event_is_named_and_refused() {
    for (shown, is_another) in [
        (r#""E-2""#, true),
        ("2", true),
        (r#""e-1 ""#, false),
        (r#""/api/v1/events/E-1""#, false),
        (r#""""#, false),
        ("null", false),
    ] {
        let server = ScriptedServer::answering(move |request| match request.method.as_str() {
            "POST" => json(201, &format!(r#"{{"deployment_id": "D-1", "event_id": {shown}}}"#)),
            // What is read back doesn't show it.
            _ => json(200, r#"{"fixed": true}"#),
        });
        let done = run_at::<HatciDeployEvent>(&server.url(), json!({ "event_id": "E-1" }));
        assert_eq!(done["deployment_id"], "D-1", "{done:?}");
        assert_eq!(done.contains_key("failed"), is_another, "{shown}: {done:?}");
        assert!(!is_another || kind(&done) == "conflict", "{done:?}");
        assert_eq!(done.get("warnings"), None, "{done:?}");
    }
}
