//! Servers that keep the contract, but answer in ways of their own: nothing may be read into what they say.
use crate::subject::{TOKEN, good};
use ansible_module::{Module, NoEnv, run};
use hatci_modules::{
    HatciCreateEvent, HatciDeployEvent, HatciFixEvent, HatciInfo, HatciTestEvent, HatciTestEventUpdate,
};
use serde_json::{Map, Value, json};
use test_servers::{Request, ScriptedServer, Step, json};

/// A call, the status and the body it is answered with.
type Own = (&'static str, u16, &'static str);

/// The answer of module `M`, where these calls, as `GET /E-1`, are answered so and all others well.
fn with<M: Module>(options: Value, answers: &[Own]) -> Map<String, Value> {
    let answers = answers.to_vec();
    let server = ScriptedServer::answering(move |request| own(request, &answers));
    let mut args = json!({ "hatci_base_url": server.url(), "hatci_token": TOKEN, "retries": 0 });
    if let (Value::Object(args), Value::Object(options)) = (&mut args, options) {
        args.extend(options);
    }
    match args {
        Value::Object(args) => run::<M>(args, &NoEnv).json,
        other => panic!("{other} is no dict"),
    }
}

fn own(request: &Request, answers: &[Own]) -> Step {
    let call = format!("{} {}", request.method, request.target);
    let found = answers.iter().find(|(on, ..)| {
        on.split_once(' ').is_some_and(|(method, end)| request.method == method && call.ends_with(end))
    });
    found.map_or_else(|| good(request), |(_, status, body)| json(*status, body))
}

#[test]
fn a_state_that_says_nothing_of_fixing_is_not_taken_for_unfixed() {
    let event = json!({ "event_id": "E-1" });
    let deployed = with::<HatciDeployEvent>(event.clone(), &[("GET /E-1", 200, r#"{"status": "PENDING"}"#)]);
    assert_eq!(deployed["changed"], true, "{deployed:?}");
    // Fixed before, and in the vehicle by now: the 409 says all.
    for state in [
        r#"{"status": "pending"}"#,
        r#"{"status": "DEPLOYED"}"#,
        r#"{"state": "SCHEDULED"}"#,
        r#"{"state": "FAILED"}"#,
        "{}",
    ] {
        let answers = [("GET /E-1", 200, state), ("POST /fix", 409, r#"{"error": "already fixed"}"#)];
        let again = with::<HatciFixEvent>(event.clone(), &answers);
        assert_eq!((&again["changed"], &again["fixed"]), (&json!(false), &json!(true)), "{again:?}");
        assert_eq!(again.get("warnings"), None);
    }
}

#[test]
fn a_server_that_took_the_request_and_shows_nothing_is_believed_with_a_warning() {
    let quiet = with::<HatciFixEvent>(
        json!({ "event_id": "E-1" }),
        &[("POST /fix", 200, ""), ("GET /E-1", 200, r#"{"status": "PENDING"}"#)],
    );
    assert_eq!((&quiet["changed"], quiet.get("fixed")), (&json!(true), None), "{quiet:?}");
    assert!(quiet["warnings"][0].as_str().unwrap().contains("E-1"), "{quiet:?}");
}

#[test]
fn a_clear_no_is_no_whatever_else_was_answered() {
    let event = json!({ "event_id": "E-1" });
    for answers in [
        &[("POST /fix", 200, r#"{"fixed": false}"#), ("GET /E-1", 200, r#"{"status": "PENDING"}"#)],
        &[("POST /fix", 200, ""), ("GET /E-1", 200, r#"{"fixed": false}"#)],
        &[("POST /fix", 409, "{}"), ("GET /E-1", 200, r#"{"fixed": false}"#)],
    ] {
        let refused = with::<HatciFixEvent>(event.clone(), answers);
        assert_eq!(refused["error"]["kind"], "conflict", "{refused:?}");
        // Housekeeping after a refusal would only tell it again.
        assert_eq!(refused.get("warnings"), None, "{refused:?}");
    }
    for state in [r#"{"fixed": false, "state": "PENDING"}"#, r#"{"status": "draft"}"#] {
        let refused = with::<HatciDeployEvent>(event.clone(), &[("GET /E-1", 200, state)]);
        assert!(refused["msg"].as_str().unwrap().contains("hatci_fix_event"), "{refused:?}");
    }
}

#[test]
fn an_event_that_is_shown_otherwise_than_it_was_described_is_made_nevertheless() {
    let made = with::<HatciCreateEvent>(
        json!({
            "tester_name": "Kim", "program_name": "CV", "model_year": "2026", "vin": "1HGBH41JXMN109186", "update_type": "UROM",
            "region": "US", "build_level": "B2",
            "ecus": [{ "ecu_name": "CCU", "part_number": "96560", "sw_version": "2.0" }],
        }),
        &[("GET /E-1", 200, r#"{"region": "USA", "update_type": "UROM", "status": "draft"}"#)],
    );
    assert_eq!((&made["changed"], &made["event_id"]), (&json!(true), &json!("E-1")), "{made:?}");
    assert!(made["warnings"][0].as_str().unwrap().contains("for region"), "{made:?}");
}

#[test]
fn a_deployment_whose_event_is_written_otherwise_is_made_nevertheless() {
    let made = with::<HatciDeployEvent>(
        json!({ "event_id": "E-2" }),
        &[("GET /D-1", 200, r#"{"state": "PENDING", "event_id": "E-2-v1"}"#)],
    );
    assert_eq!((&made["changed"], &made["deployment_id"]), (&json!(true), &json!("D-1")), "{made:?}");
    assert!(made["warnings"][0].as_str().unwrap().contains("E-2-v1"), "{made:?}");
}

#[test]
fn what_is_of_another_vehicle_is_never_taken_for_this_ones() {
    let deployed = with::<HatciDeployEvent>(
        json!({ "event_id": "E-2" }),
        &[("GET /D-1", 200, r#"{"state": "PENDING", "event_id": "E-9"}"#)],
    );
    assert_eq!(
        (&deployed["error"]["kind"], &deployed["changed"]),
        (&json!("conflict"), &json!(true)),
        "{deployed:?}"
    );
    let created = with::<HatciCreateEvent>(
        json!({
            "tester_name": "Kim", "program_name": "CV", "model_year": "2026", "vin": "1HGBH41JXMN109186", "update_type": "UROM",
            "region": "US", "build_level": "B2",
            "ecus": [{ "ecu_name": "CCU", "part_number": "96560", "sw_version": "2.0" }],
        }),
        &[("GET /E-1", 200, r#"{"vin": "5NPE24AF5FH000002", "status": "draft"}"#)],
    );
    assert_eq!(
        (&created["error"]["kind"], &created["changed"]),
        (&json!("conflict"), &json!(true)),
        "{created:?}"
    );
    let recorded = with::<HatciTestEvent>(
        json!({ "vin": "1HGBH41JXMN109186", "event_id": "E-1", "ansible_job_id": "1", "git_sha": "x", "suite_name": "s" }),
        &[("GET /E-1", 200, r#"{"vin": "5NPE24AF5FH000002", "status": "draft"}"#)],
    );
    assert_eq!(
        (&recorded["error"]["kind"], recorded.get("test_event_id")),
        (&json!("conflict"), None),
        "{recorded:?}"
    );
}

#[test]
fn a_verdict_that_the_server_does_not_show_is_none() {
    let verdict = json!({ "test_event_id": "T-1", "status": "PASS", "summary": "good" });
    for (answer, shown, fails) in [
        (r#"{"status": "OPEN"}"#, r#"{"status": "OPEN"}"#, true),
        ("{}", r#"{"status": "OPEN"}"#, true),
        ("{}", r#"{"status": "PASS"}"#, false),
        ("{}", "{}", false), // a server that shows no status is believed
    ] {
        let closed = with::<HatciTestEventUpdate>(
            verdict.clone(),
            &[("PATCH /T-1", 200, answer), ("GET /T-1", 200, shown)],
        );
        assert_eq!(closed.get("failed").is_some(), fails, "{answer} {shown} {closed:?}");
    }
}

#[test]
fn only_the_other_verdict_contradicts_the_one_that_was_sent() {
    let verdict = json!({ "test_event_id": "T-1", "status": "PASS", "summary": "good" });
    for says in [r#"{"status": "updated"}"#, r#"{"status": "PASSED"}"#, r#"{"status": "pass"}"#] {
        let closed = with::<HatciTestEventUpdate>(verdict.clone(), &[("PATCH /T-1", 200, says)]);
        assert_eq!((&closed["changed"], closed.get("failed")), (&json!(true), None), "{closed:?}");
    }
    let other =
        with::<HatciTestEventUpdate>(verdict.clone(), &[("PATCH /T-1", 200, r#"{"status": "fail"}"#)]);
    assert!(other["msg"].as_str().unwrap().contains("shows FAIL after it was set to PASS"), "{other:?}");
    let refused = with::<HatciTestEventUpdate>(
        verdict,
        &[("GET /T-1", 200, r#"{"status": "FAIL"}"#), ("PATCH /T-1", 422, "{}")],
    );
    assert_eq!(refused["error"]["kind"], "invalid", "{refused:?}");
    assert!(!json!(refused).to_string().contains("after it was set"), "{refused:?}");
}

#[test]
fn what_not_every_server_offers_is_not_insisted_on() {
    let none = r#"{"error": "nothing here"}"#;
    for answers in [
        // The list of vehicles is not for everybody, or broken.
        &[("GET /vehicles", 403, "{}")][..],
        &[("GET /vehicles", 500, "{}")],
        // No health, or one in plain text; that it knows events is seen by its word for one that is not there.
        &[("GET /health", 404, none), ("GET /vehicles", 404, none)],
        &[("GET /health", 200, "OK"), ("GET /vehicles", 404, none)],
    ] {
        let info = with::<HatciInfo>(json!({}), answers);
        assert_eq!((&info["authenticated"], info.get("failed")), (&json!(true), None), "{info:?}");
    }
}

#[test]
fn what_is_not_sums_or_refuses_the_token_is_told_apart() {
    let none = r#"{"detail": "Not Found"}"#;
    for (kind, answers) in [
        (
            "not_found",
            [("GET /health", 404, none), ("GET /vehicles", 404, none), ("GET /pending", 404, none)],
        ),
        (
            "not_found",
            [
                ("GET /health", 404, r#"{"error": "no /api/v1/health"}"#),
                ("GET /vehicles", 404, r#"{"error": "no /api/v1/vehicles"}"#),
                ("GET /pending", 404, r#"{"error": "no /api/v1/events/pending"}"#),
            ],
        ),
        ("protocol", [("GET /health", 200, "OK"), ("GET /vehicles", 200, "OK"), ("GET /pending", 200, "OK")]),
        ("auth", [("GET /health", 200, "{}"), ("GET /vehicles", 401, "{}"), ("GET /pending", 404, none)]),
        ("auth", [("GET /health", 200, "{}"), ("GET /vehicles", 403, "{}"), ("GET /pending", 403, "{}")]),
    ] {
        let info = with::<HatciInfo>(json!({}), &answers);
        assert_eq!(info["error"]["kind"], kind, "{info:?}");
        assert_eq!(info.get("authenticated"), (kind == "auth").then_some(&json!(false)), "{info:?}");
    }
}
