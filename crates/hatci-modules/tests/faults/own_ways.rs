//! Servers that keep the contract, but answer in ways of their own: nothing may be read into what they say.
use crate::scripted_server::{Request, ScriptedServer, Step, json};
use crate::subject::{TOKEN, good};
use ansible_module::{Module, NoEnv, run};
use hatci_modules::{DeployEvent, FixEvent};
use serde_json::{Map, Value, json};

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
    let deployed = with::<DeployEvent>(event.clone(), &[("GET /E-1", 200, r#"{"status": "PENDING"}"#)]);
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
        let again = with::<FixEvent>(event.clone(), &answers);
        assert_eq!((&again["changed"], &again["fixed"]), (&json!(false), &json!(true)), "{again:?}");
        assert_eq!(again.get("warnings"), None);
    }
}

#[test]
fn a_server_that_took_the_request_and_shows_nothing_is_believed_with_a_warning() {
    let quiet = with::<FixEvent>(
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
        let refused = with::<FixEvent>(event.clone(), answers);
        assert_eq!(refused["error"]["kind"], "conflict", "{refused:?}");
        // Housekeeping after a refusal would only tell it again.
        assert_eq!(refused.get("warnings"), None, "{refused:?}");
    }
    for state in [r#"{"fixed": false, "state": "PENDING"}"#, r#"{"status": "draft"}"#] {
        let refused = with::<DeployEvent>(event.clone(), &[("GET /E-1", 200, state)]);
        assert!(refused["msg"].as_str().unwrap().contains("hatci_fix_event"), "{refused:?}");
    }
}
