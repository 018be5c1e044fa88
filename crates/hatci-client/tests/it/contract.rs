//! Each call: the request sent, and both variants of the answer.
use crate::{client, deployment_id, event_id, new_deployment, new_event, new_test_event, test_event_id};
use hatci_client::{
    Client, Error, IdempotencyKey, Kind, ListOf, MOST_LISTED, Schedule, State, TestOutcome, TestStatus,
};
use serde_json::{Value, json};
use test_servers::{Request, ScriptedServer, Step, json, with_headers};

/// Makes one call with this answer, and returns the request.
fn call<T>(step: Step, call: impl Fn(&Client) -> Result<T, Error>) -> (Result<T, Error>, Request) {
    let server = ScriptedServer::new([step]);
    let answer = call(&client(&server));
    let [request] = server.requests().try_into().unwrap();
    (answer, request)
}

fn line(request: &Request) -> String {
    format!("{} {}", request.method, request.target)
}

fn sent(request: &Request) -> Value {
    serde_json::from_str(&request.body).unwrap()
}

fn key() -> IdempotencyKey {
    IdempotencyKey::parse("k-1").unwrap()
}

#[test]
fn every_request_carries_the_token() {
    let (_, request) = call(json(200, "{}"), Client::health);
    assert_eq!(line(&request), "GET /api/v1/health");
    assert_eq!(request.header("authorization"), "Bearer t-0815");
    assert_eq!(request.header("accept"), "application/json");
    assert!(request.header("user-agent").starts_with("hatci.automation/"));
}

#[test]
fn create_event() {
    let mut new = new_event();
    let (event, request) =
        call(json(201, r#"{"id": 17, "status": "PENDING"}"#), |c| c.create_event(&new, &key()));
    let event = event.unwrap();
    assert_eq!((event.id.as_str(), event.state.clone()), ("17", Some(State::new("pending"))));
    assert_ne!(event.fixed(), Some(true));
    assert_eq!(line(&request), "POST /api/v1/events");
    assert_eq!(request.header("content-type"), "application/json");
    assert_eq!(request.header("idempotency-key"), "k-1");
    let mut expected = json!({
        "tester_name": "Kim", "program_name": "CV", "model_year": "2026", "vin": "KMHCT4AE5FU000001",
        "update_type": "UROM", "region": "NA", "build_level": "B2",
        "ecus": [{"ecu_name": "CCU", "part_number": "96560", "sw_version": "2.0"}],
    });
    assert_eq!(sent(&request), expected);

    (new.region_spec, new.remark) = (Some("US".into()), Some("nightly".into()));
    let answer =
        r#"{"event_id": "E-1", "id": 3, "state": "DONE", "status": "x", "timestamps": {"created": 1.5}}"#;
    let (event, request) = call(json(201, answer), |c| c.create_event(&new, &key()));
    let event = event.unwrap();
    assert_eq!((event.id.as_str(), event.state), ("E-1", Some(State::new("DONE"))));
    assert_eq!(event.timestamps, Some(json!({"created": 1.5})));
    expected["region_spec"] = "US".into();
    expected["remark"] = "nightly".into();
    assert_eq!(sent(&request), expected);
}

#[test]
fn event() {
    let answer = r#"{"state": "FAILED", "error_message": "no such ECU", "other": 12345678901234567890123}"#;
    let (event, request) =
        call(json(200, answer), |c| c.event(&event_id("E ä&=+1".replace(' ', "-").as_str())));
    let event = event.unwrap();
    assert_eq!(line(&request), "GET /api/v1/events/E-%C3%A4%26%3D%2B1");
    assert_eq!(event.id.as_str(), "E-ä&=+1");
    assert_eq!(event.reason.as_deref(), Some("no such ECU"));
    assert_eq!(event.object["other"].to_string(), "12345678901234567890123");
}

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
    let outcome = TestOutcome { status: TestStatus::Fail, summary: "no power".into(), artifact_urls: None };
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

#[test]
fn fix_event() {
    for (answer, fixed) in [
        (r#"{"fixed": true}"#, true),
        (r#"{"status": "FIXED"}"#, true),
        (r#"{"state": "Fixed", "fixed": null}"#, true),
        (r#"{"state": "PENDING", "status": "fixed"}"#, true),
        (r#"{"fixed": false}"#, false),
        (r#"{"fixed": "true"}"#, false),
        (r#"{"fixed": 1}"#, false),
        (r#"{"state": "not fixed"}"#, false),
        (r#"{"remark": "fixed"}"#, false),
        ("", false),
    ] {
        let (event, request) = call(json(200, answer), |c| c.fix_event(&event_id("E-1")));
        let event = event.unwrap();
        assert_eq!((event.fixed() == Some(true), event.id.as_str()), (fixed, "E-1"), "{answer}");
        assert_eq!(line(&request), "POST /api/v1/events/E-1/fix");
        assert_eq!(request.body, "{}");
    }
    let (refused, _) = call(json(409, r#"{"error": "already fixed"}"#), |c| c.fix_event(&event_id("E-1")));
    assert_eq!(refused.unwrap_err().kind(), Kind::Conflict);
}

#[test]
fn create_deployment() {
    let mut new = new_deployment();
    let (deployment, request) = call(json(201, r#"{"id": "D-1"}"#), |c| c.create_deployment(&new, &key()));
    let deployment = deployment.unwrap();
    assert_eq!((deployment.id.as_str(), deployment.state.as_str()), ("D-1", "PENDING"));
    assert_eq!(line(&request), "POST /api/v1/deployments");
    assert_eq!(sent(&request), json!({"event_id": "E-1", "deployment_count": 1}));

    new.schedule = Schedule::parse(Some("2026-11-20T10:00:00Z"), Some("2026-11-21T10:00:00Z")).unwrap();
    let answer = r#"{"deployment_id": "D-2", "state": "IN_PROGRESS"}"#;
    let (deployment, request) = call(json(201, answer), |c| c.create_deployment(&new, &key()));
    assert_eq!(deployment.unwrap().state, State::new("in_progress"));
    assert_eq!(sent(&request)["start_datetime"], "2026-11-20T10:00:00Z");
    assert_eq!(sent(&request)["end_datetime"], "2026-11-21T10:00:00Z");
}

#[test]
fn deployment() {
    for (answer, state, reason) in [
        (r#"{"state": "COMPLETE", "status": "x"}"#, "COMPLETE", None),
        (r#"{"state": null, "status": "FAILED", "reason": "fuse"}"#, "FAILED", Some("fuse")),
        (r#"{"state": "", "reason": null, "error_message": "wet"}"#, "UNKNOWN", Some("wet")),
        ("{}", "UNKNOWN", None),
    ] {
        let (deployment, request) = call(json(200, answer), |c| c.deployment(&deployment_id("D-1")));
        let deployment = deployment.unwrap();
        assert_eq!((deployment.state.as_str(), deployment.reason.as_deref()), (state, reason), "{answer}");
        assert_eq!(line(&request), "GET /api/v1/deployments/D-1");
    }
}

#[test]
fn test_events() {
    let mut new = new_test_event();
    let (made, request) =
        call(json(201, r#"{"test_event_id": "T-1"}"#), |c| c.create_test_event(&new, &key()));
    assert_eq!(made.unwrap().id.as_str(), "T-1");
    assert_eq!(line(&request), "POST /api/v1/test_events");
    let mut expected = json!({
        "vin": "KMHCT4AE5FU000001", "event_id": "pending", "ansible_job_id": "7", "git_sha": "c0ffee",
        "suite_name": "ota",
    });
    assert_eq!(sent(&request), expected);
    new.vehicle_id = Some("V-1".into());
    new.metadata = json!({"bench": 7}).as_object().cloned();
    let (made, request) = call(json(201, r#"{"id": 9}"#), |c| c.create_test_event(&new, &key()));
    assert_eq!(made.unwrap().id.as_str(), "9");
    expected["vehicle_id"] = "V-1".into();
    expected["metadata"] = json!({"bench": 7});
    assert_eq!(sent(&request), expected);

    let (read, request) = call(json(200, r#"{"status": "PASS"}"#), |c| c.test_event(&test_event_id("T-1")));
    assert_eq!(
        (read.unwrap().object["status"].as_str(), line(&request).as_str()),
        (Some("PASS"), "GET /api/v1/test_events/T-1")
    );
}

#[test]
fn update_test_event() {
    let mut outcome =
        TestOutcome { status: TestStatus::Fail, summary: "no power".into(), artifact_urls: None };
    let (updated, request) = call(json(200, "{}"), |c| c.update_test_event(&test_event_id("T-1"), &outcome));
    assert_eq!(updated.unwrap().id.as_str(), "T-1");
    assert_eq!(line(&request), "PATCH /api/v1/test_events/T-1");
    assert_eq!(sent(&request), json!({"status": "FAIL", "summary": "no power"}));
    outcome.artifact_urls = Some(vec![]);
    outcome.status = TestStatus::Pass;
    let (_, request) = call(json(200, "{}"), |c| c.update_test_event(&test_event_id("T-1"), &outcome));
    assert_eq!(sent(&request), json!({"status": "PASS", "summary": "no power", "artifact_urls": []}));
}

#[test]
fn lists() {
    for answer in [r#"[{"id": 1, "vin": "V"}, {}]"#, r#"{"vehicles": [{"id": 1, "vin": "V"}, {}]}"#] {
        let (vehicles, request) = call(json(200, answer), |c| c.list(ListOf::Vehicles, None));
        assert_eq!(line(&request), "GET /api/v1/vehicles");
        assert_eq!(Value::from(vehicles.unwrap().objects), json!([{"id": 1, "vin": "V"}, {}]));
    }
    for (answer, why) in [("{}", "not a list"), ("[1]", "an entry of the list is a number")] {
        let error = call(json(200, answer), |c| c.list(ListOf::Vehicles, None)).0.unwrap_err();
        assert_eq!(error.kind(), Kind::Protocol);
        assert!(error.to_string().contains(why), "{error}");
    }
}

#[test]
fn of_a_list_only_what_is_of_the_vehicle_is_kept_whatever_the_server_filters() {
    let answer = r#"{"test_events": [{"id": "1", "vin": "V1"}, {"id": "2", "vin": "V2"}, {"id": "3"}, {"id": "4", "VIN": " v1 "}]}"#;
    let (found, request) = call(json(200, answer), |c| c.list(ListOf::TestEvents, Some("V1")));
    assert_eq!(line(&request), "GET /api/v1/test_events?vin=V1");
    assert_eq!(
        found.unwrap().objects.iter().map(|it| it["id"].as_str().unwrap()).collect::<Vec<_>>(),
        ["1", "4"]
    );
}

#[test]
fn deployments_of_a_vehicle_are_found_by_its_events() {
    let server = ScriptedServer::new([
        json(200, r#"[{"event_id": "E-1", "vin": "V1"}, {"event_id": "E-2", "vin": "V2"}]"#),
        json(
            200,
            r#"[{"id": "D-1", "event_id": "E-1"}, {"id": "D-2", "event_id": "E-2"}, {"id": "D-3", "vin": "V1"}]"#,
        ),
    ]);
    let found = client(&server).list(ListOf::Deployments, Some("V1")).unwrap();
    assert_eq!(found.objects.iter().map(|it| it["id"].as_str().unwrap()).collect::<Vec<_>>(), ["D-1", "D-3"]);
}

#[test]
fn answers_that_are_no_object() {
    for (answer, what) in [("[]", "a list"), ("1", "a number"), ("\"x\"", "a text"), ("null", "null")] {
        let errors = [
            call(json(200, answer), Client::health).0.unwrap_err(),
            call(json(200, answer), |c| c.event(&event_id("E-1"))).0.unwrap_err(),
            call(json(200, answer), |c| c.deployment(&deployment_id("D-1"))).0.unwrap_err(),
        ];
        for error in errors {
            assert_eq!((error.kind(), error.status()), (Kind::Protocol, Some(200)));
            assert!(error.to_string().contains(&format!("it is {what}, not an object")), "{error}");
        }
    }
}

#[test]
fn vehicles_are_read_page_by_page_until_the_one_asked_for_is_found() {
    let pages = || {
        [
            json(
                200,
                r#"{"count": 3, "next": "https://elsewhere.example/api/v1/vehicles?page=2", "results": [{"vin": "A"}]}"#,
            ),
            with_headers(200, &[("link", "<?page=3>; rel=\"next\"")], r#"[{"vin": "B"}, {"vin": "C"}]"#),
            json(200, r#"[{"vin": "D"}]"#),
        ]
    };
    for (vin, found, requests) in [(None, 4, 3), (Some("b"), 1, 2), (Some("X"), 0, 3)] {
        let server = ScriptedServer::new(pages());
        assert_eq!(client(&server).list(ListOf::Vehicles, vin).unwrap().objects.len(), found, "{vin:?}");
        let targets: Vec<_> = server.requests().iter().map(line).collect();
        let all = ["GET /api/v1/vehicles", "GET /api/v1/vehicles?page=2", "GET /api/v1/vehicles?page=3"];
        assert_eq!(targets, all[..requests]);
    }
}

#[test]
fn a_list_that_says_it_is_a_part_is_not_taken_for_the_whole() {
    for answer in [
        json(200, r#"{"vehicles": [{"vin": "A"}], "total": 2, "pages": 2}"#),
        json(200, r#"{"vehicles": [{"vin": "A"}], "next_cursor": "x"}"#),
        json(200, r#"{"vehicles": [{"vin": "A"}], "has_more": true}"#),
        json(200, r#"{"meta": {"total": 7}, "data": [{"vin": "A"}]}"#),
        json(200, r#"{"vehicles": [{"vin": "A"}], "next": "https://elsewhere.example/cars?page=2"}"#),
        json(200, r#"{"vehicles": [{"vin": "A"}], "next": "/api/v1/vehicles"}"#),
        json(206, r#"[{"vin": "A"}]"#),
    ] {
        let found = call(answer.clone(), |c| c.list(ListOf::Vehicles, Some("B"))).0.unwrap();
        assert!(found.is_cut && found.objects.is_empty(), "{answer:?}");
    }
    for whole in [
        r#"{"vehicles": [{"vin": "A"}], "total": 1, "has_more": false, "next": null}"#,
        r#"{"count": 1, "results": [{}]}"#,
    ] {
        assert!(
            !call(json(200, whole), |c| c.list(ListOf::Vehicles, Some("B"))).0.unwrap().is_cut,
            "{whole}"
        );
    }
    let server = ScriptedServer::new([
        json(
            200,
            r#"{"data": [{"vin": "A"}], "links": {"next": "/api/v1/vehicles?page=2"}, "meta": {"total": 2}}"#,
        ),
        json(200, r#"{"data": [{"vin": "B"}], "meta": {"total": 2}}"#),
    ]);
    let found = client(&server).list(ListOf::Vehicles, None).unwrap();
    assert_eq!((found.objects.len(), found.is_cut), (2, false));
}

#[test]
fn a_list_of_any_length_is_searched_and_kept_in_part() {
    let many: Vec<_> = (0..200_000).map(|n| format!("{{\"vin\": \"V{n}\", \"year\": 2026}}")).collect();
    let answer = || json(200, &format!("[{}]", many.join(",")));
    let one = call(answer(), |c| c.list(ListOf::Vehicles, Some("V150000"))).0.unwrap();
    assert_eq!((one.objects.len(), one.is_cut), (1, false));
    let all = call(answer(), |c| c.list(ListOf::Vehicles, None)).0.unwrap();
    assert_eq!((all.objects.len(), all.is_cut), (MOST_LISTED, true));
}

#[test]
fn objects_that_are_large_are_kept_in_part() {
    let list = |one: &str, times: usize| json(200, &format!("[{}]", vec![one; times].join(",")));
    let values = format!("{{\"vin\": \"A\", \"x\": [0{}]}}", ",0".repeat(9000));
    let text = format!("{{\"vin\": \"A\", \"x\": \"{}\"}}", "x".repeat(1 << 19));
    for (answer, kept) in [(list(&values, 100), 22), (list(&text, 30), 15)] {
        let found = call(answer, |c| c.list(ListOf::Vehicles, None)).0.unwrap();
        assert_eq!((found.objects.len(), found.is_cut), (kept, true));
    }
}
