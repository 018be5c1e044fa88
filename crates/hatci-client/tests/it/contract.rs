//! Each call: the request sent, and both variants of the answer.
use crate::{
    call, client, client_of, deployment_id, event_id, key, new_deployment, new_event, new_test_event,
    test_event_id,
};
use hatci_client::{Client, Kind, ListOf, MOST_LISTED, Schedule, State, TestOutcome, TestStatus};
use serde_json::{Value, json};
use std::time::Duration;
use test_servers::{FakeClock, Request, ScriptedServer, json, with_headers};

fn line(request: &Request) -> String {
    format!("{} {}", request.method, request.target)
}

fn sent(request: &Request) -> Value {
    serde_json::from_str(&request.body).unwrap()
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
        TestOutcome { status: TestStatus::Fail, summary: Some("no power".into()), artifact_urls: None };
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

#[test]
fn a_list_without_an_end_is_given_up_at_the_deadline_of_one_call() {
    for (of, vin) in
        [(ListOf::Vehicles, None), (ListOf::Vehicles, Some("B")), (ListOf::Deployments, Some("B"))]
    {
        let mut page = 0;
        let server = ScriptedServer::answering(move |request| {
            page += 1;
            let path = request.target.split('?').next().unwrap_or_default();
            let next =
                if path.ends_with("events") { "null".into() } else { format!("\"{path}?page={page}\"") };
            json(200, &format!(r#"{{"next": {next}, "results": []}}"#))
        });
        let clock = FakeClock::passing(Duration::from_secs(2));
        let error = client_of(&server.url(), &clock).list(of, vin).unwrap_err();
        assert_eq!(error.kind(), Kind::Timeout, "{error}");
        let text = error.to_string();
        assert!(text.contains("the list couldn't be read within the deadline of 120 s"), "{text}");
        assert!(text.starts_with(&format!("GET {}/api/v1/{}", server.url(), of.as_str())), "{text}");
        assert!(server.requests().len() < 60, "{}", server.requests().len());
    }
}
