//! Good answers that are about something else, say two things, or report a failure: none of them may be taken for a success.
use crate::{call, deployment_id, event_id, key, new_deployment, new_event, new_test_event, test_event_id};
use hatci_client::{Kind, State, TestOutcome, TestStatus};
use test_servers::json;

/// A COMPLETE of somebody else's would be a verdict on this vehicle.
#[test]
fn an_answer_about_another_object_is_refused_whatever_it_says() {
    for (shown, is_the_same) in [
        (r#""deployment_id": "D-1""#, true),
        (r#""deployment_id": " d-1 ""#, true),
        (r#""deployment_id": "https://sums.example/api/v1/deployments/D-1""#, true),
        (r#""id": 4711"#, true), // a row of a database
        (r#""deployment_id": "D-10""#, false),
        (r#""deployment_id": "D-2", "id": "D-1""#, false),
        (r#""deployment_id": 1"#, false),
    ] {
        let answer = format!(r#"{{{shown}, "state": "COMPLETE"}}"#);
        let (deployment, _) = call(json(200, &answer), |c| c.deployment(&deployment_id("D-1")));
        assert_eq!(deployment.is_ok(), is_the_same, "{shown}");
        assert!(deployment.err().is_none_or(|error| error.kind() == Kind::Protocol));
    }
    let other = json(200, r#"{"event_id": "E-2", "test_event_id": "T-2", "state": "FIXED"}"#);
    let (event, _) = call(other.clone(), |c| c.event(&event_id("E-1")));
    assert!(event.unwrap_err().to_string().contains(r#"it is about event "E-2" instead of E-1"#));
    let (test_event, _) = call(other, |c| c.test_event(&test_event_id("T-1")));
    assert!(test_event.unwrap_err().to_string().contains(r#"test event "T-2" instead of T-1"#));
}

/// `status` may be that of the call, and then says nothing about the update.
#[test]
fn the_state_in_an_envelope_is_the_one_that_counts() {
    for (answer, state, names_id) in [
        (
            r#"{"status": "success", "data": {"deployment_id": "D-1", "state": "FAILED", "reason": "fuse"}}"#,
            "FAILED",
            true,
        ),
        (r#"{"status": "success", "data": {"status": "in_progress"}}"#, "in_progress", false),
        (r#"{"status": "success", "deployment": {"id": 7, "state": "PAUSED"}}"#, "PAUSED", true),
        (r#"{"status": "COMPLETE", "id": "D-1", "data": {"status": "archived"}}"#, "COMPLETE", true),
        (r#"{"state": "COMPLETE", "data": {"state": "x"}}"#, "COMPLETE", false),
        (r#"{"status": "success", "message": "maintenance"}"#, "success", false),
    ] {
        let deployment = call(json(200, answer), |c| c.deployment(&deployment_id("D-1"))).0.unwrap();
        assert_eq!((deployment.state.as_str(), deployment.names_id), (state, names_id), "{answer}");
    }
    let answer = r#"{"status": "success", "data": {"event_id": "E-1", "state": "FAILED"}}"#;
    let event = call(json(200, answer), |c| c.event(&event_id("E-1"))).0.unwrap();
    assert_eq!(event.state, Some(State::new("FAILED")));
    let other = r#"{"status": "success", "data": {"deployment_id": "D-2", "state": "COMPLETE"}}"#;
    let error = call(json(200, other), |c| c.deployment(&deployment_id("D-1"))).0.unwrap_err();
    assert!(error.to_string().contains(r#"it is about deployment "D-2" instead of D-1"#), "{error}");
}

#[test]
fn a_success_that_is_a_failure_too_is_unusable() {
    let answer = r#"{"state": "COMPLETE", "status": "FAILED"}"#;
    for error in [
        call(json(200, answer), |c| c.deployment(&deployment_id("D-1"))).0.unwrap_err(),
        call(json(200, answer), |c| c.event(&event_id("E-1"))).0.unwrap_err(),
    ] {
        assert_eq!(error.kind(), Kind::Protocol);
        assert!(error.to_string().contains(r#"its state is "COMPLETE", but its status "FAILED""#), "{error}");
    }
    let answer = r#"{"state": "FAILED", "status": "success"}"#;
    let failed = call(json(200, answer), |c| c.deployment(&deployment_id("D-1"))).0.unwrap();
    assert_eq!(failed.state, State::new("FAILED"));
}

/// Such as that of a proxy during maintenance.
#[test]
fn from_a_server_that_names_ids_a_read_without_one_is_refused() {
    for answer in
        [r#"{"status": "success", "message": "maintenance"}"#, "{}", r#"{"id": "", "state": "COMPLETE"}"#]
    {
        let errors = [
            call(json(200, answer), |c| c.naming_ids().deployment(&deployment_id("D-1"))).0.unwrap_err(),
            call(json(200, answer), |c| c.naming_ids().event(&event_id("E-1"))).0.unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), Kind::Protocol);
            assert!(error.to_string().contains("it names no id, although earlier answers did"), "{error}");
        }
    }
    for answer in [
        r#"{"id": 7}"#,
        r#"{"deployment_id": "D-1"}"#,
        r#"{"status": "ok", "data": {"id": 7, "state": "x"}}"#,
    ] {
        let read = call(json(200, answer), |c| c.naming_ids().deployment(&deployment_id("D-1"))).0;
        assert!(read.is_ok(), "{answer}: {read:?}");
    }
}

/// Its words are quoted, and nothing counts as done.
#[test]
fn a_change_whose_good_answer_reports_a_failure_is_refused() {
    let outcome =
        TestOutcome { status: TestStatus::Fail, summary: Some("no power".into()), artifact_urls: None };
    for (answer, says) in [
        (r#"{"error": "read only mode"}"#, r#": "read only mode""#),
        (r#"{"success": false}"#, r#": "{"success":false}""#),
        (r#"{"ok": false, "message": "token t-0815 is read only"}"#, r#": "token *** is read only""#),
    ] {
        let (id, test_id) = (event_id("E-1"), test_event_id("T-1"));
        for error in [
            call(json(200, answer), |c| c.update_test_event(&test_id, &outcome)).0.unwrap_err(),
            call(json(200, answer), |c| c.fix_event(&id)).0.unwrap_err(),
            call(json(201, answer), |c| c.create_event(&new_event(), &key())).0.unwrap_err(),
            call(json(200, answer), |c| c.create_deployment(&new_deployment(), &key())).0.unwrap_err(),
            call(json(200, answer), |c| c.create_test_event(&new_test_event(), &key())).0.unwrap_err(),
        ] {
            assert_eq!((error.kind(), error.may_have_acted()), (Kind::Protocol, false), "{error}");
            assert!(error.to_string().contains(&format!(" but reports a failure{says}. ")), "{error}");
        }
    }
    // Something was created all the same.
    let partly = json(201, r#"{"event_id": "E-1", "errors": ["no such ECU"]}"#);
    assert!(call(partly, |c| c.create_event(&new_event(), &key())).0.unwrap_err().may_have_acted());
    // The success of the test, not of the call.
    for answer in ["", "{}", r#"{"status": "FAIL", "success": false}"#, r#"{"error": null}"#] {
        let updated = call(json(200, answer), |c| c.update_test_event(&test_event_id("T-1"), &outcome)).0;
        assert!(updated.is_ok(), "{answer}: {updated:?}");
    }
}
