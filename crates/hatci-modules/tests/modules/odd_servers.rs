//! Servers that keep the contract in ways that the simulator doesn't.
use crate::sums::{event, kind, run_at};
use hatci_modules::{
    HatciCreateEvent, HatciDeploymentInfo, HatciEventInfo, HatciFixEvent, HatciTestEventInfo,
    HatciTestEventUpdate, HatciUpdateStatus,
};
use serde_json::json;
use test_servers::{ScriptedServer, Step, json};

/// The event gets fixed and the answer is lost; the repeat is told that it is fixed already.
#[test]
fn a_fix_of_this_task_is_a_change_although_its_repeat_meets_a_conflict() {
    let mut fixed = false;
    let server = ScriptedServer::answering(move |request| match request.method.as_str() {
        "POST" if fixed => json(409, r#"{"error": "already fixed"}"#),
        "POST" => {
            fixed = true;
            Step::CloseAfter
        }
        _ => json(200, &format!(r#"{{"fixed": {fixed}}}"#)),
    });
    let done = run_at::<HatciFixEvent>(&server.url(), json!({ "event_id": "E" }));
    assert_eq!((&done["fixed"], &done["changed"]), (&json!(true), &json!(true)), "{done:?}");
    assert_eq!(server.count("POST"), 2);
}

/// Another address than that of the API answers 404 to everything.
#[test]
fn what_is_not_there_is_warned_of() {
    let server = ScriptedServer::answering(|_| json(404, ""));
    let (url, quick) = (server.url(), |id: &str| json!({ id: "X-1", "not_found_grace": 0 }));
    for (done, list, what) in [
        (run_at::<HatciEventInfo>(&url, quick("event_id")), "events", "event"),
        (run_at::<HatciDeploymentInfo>(&url, quick("deployment_id")), "deployments", "deployment"),
        (run_at::<HatciTestEventInfo>(&url, quick("test_event_id")), "test_events", "test event"),
    ] {
        assert_eq!((done.get("failed"), &done[list]), (None, &json!([])), "{done:?}");
        let told = done["warnings"][0].as_str().unwrap();
        let begins = format!("The server shows no {what} X-1: ");
        assert!(told.starts_with(&begins) && told.contains("Check the id, and that the base URL"), "{told}");
    }
}

/// To be told to run again would make one more with each try.
#[test]
fn an_event_whose_id_can_t_be_used_is_made_and_named() {
    let server = ScriptedServer::answering(|_| json(201, r#"{"event_id": "2026/17"}"#));
    let done = run_at::<HatciCreateEvent>(&server.url(), event("UROM"));
    assert_eq!((kind(&done).as_str(), &done["changed"]), ("protocol", &json!(true)), "{done:?}");
    let told = done["msg"].as_str().unwrap();
    assert!(told.contains("the event was created") && told.contains("2026/17"), "{told}");
    assert!(!told.contains("run again"), "{told}");
    assert_eq!(server.count("POST"), 1);
}

/// Such as that of another request with the same key.
#[test]
fn a_created_event_of_another_vehicle_or_type_is_named_and_refused() {
    for (name, other) in [("vin", "5NPE24AF5FH000002"), ("update_type", "RROM")] {
        let server = ScriptedServer::answering(move |_| {
            json(201, &format!(r#"{{"event_id": "E-1", "{name}": "{other}"}}"#))
        });
        let done = run_at::<HatciCreateEvent>(&server.url(), event("UROM"));
        assert_eq!((kind(&done).as_str(), &done["changed"]), ("conflict", &json!(true)), "{done:?}");
        assert_eq!(done["event_id"], "E-1");
        assert!(done["msg"].as_str().unwrap().contains(&format!("with another {name}. ")), "{done:?}");
    }
}

/// Columns of a fixed width come back padded, and what a server doesn't keep comes back blank.
#[test]
fn a_created_event_is_the_same_whatever_blanks_its_values_have() {
    for (name, shown) in
        [("vin", " 1hgbh41jxmn109186 "), ("vin", ""), ("vin", " "), ("region", "US   "), ("region", "")]
    {
        let server = ScriptedServer::answering(move |_| {
            json(201, &format!(r#"{{"event_id": "E-1", "{name}": "{shown}"}}"#))
        });
        let done = run_at::<HatciCreateEvent>(&server.url(), event("UROM"));
        assert_eq!((done.get("failed"), done.get("warnings")), (None, None), "{name} {shown:?}: {done:?}");
    }
}

/// A blank name in a list of states is none, so the others still end the wait.
#[test]
fn a_wait_ends_although_there_are_blanks_among_its_states() {
    let server = ScriptedServer::answering(|_| json(200, r#"{"state": "DONE"}"#));
    let wait = json!({ "event_id": "E", "wait": true, "success_states": ["", "DONE", null], "failure_states": [" "] });
    let done = run_at::<HatciUpdateStatus>(&server.url(), wait);
    assert_eq!((done.get("failed"), &done["state"]), (None, &json!("DONE")), "{done:?}");
}

/// Reading a test event is not in the contract, so a server may answer it with anything.
#[test]
fn a_verdict_is_written_where_test_events_can_t_be_read() {
    let answering = |answer: Step| {
        ScriptedServer::answering(move |request| match request.method.as_str() {
            "GET" => answer.clone(),
            _ => json(200, r#"{"status": "PASS"}"#),
        })
    };
    let verdict = || json!({ "test_event_id": "T", "status": "PASS", "summary": "good", "retries": 0 });
    for answer in [
        json(400, r#"{"error": "unsupported method"}"#),
        json(403, ""),
        json(404, ""),
        json(405, ""),
        json(500, ""),
        json(501, ""),
        json(200, "<!doctype html><title>SUMS</title>"),
        json(200, "[]"),
    ] {
        let server = answering(answer.clone());
        let done = run_at::<HatciTestEventUpdate>(&server.url(), verdict());
        assert_eq!((done.get("failed"), &done["changed"]), (None, &json!(true)), "{answer:?}: {done:?}");
        assert_eq!(server.count("PATCH"), 1);
    }
    let server = answering(json(401, ""));
    assert_eq!(kind(&run_at::<HatciTestEventUpdate>(&server.url(), verdict())), "auth");
    assert_eq!(server.count("PATCH"), 0);
}

/// The guard of a job that is over, too, has its requests answered by anything. What it can't read it must not overwrite.
#[test]
fn the_guard_writes_a_verdict_only_where_it_sees_none_or_none_can_be_seen() {
    let run = |answer: Step| {
        let server = ScriptedServer::answering(move |request| match request.method.as_str() {
            "GET" => answer.clone(),
            _ => json(200, r#"{"status": "FAIL"}"#),
        });
        let verdict = json!({
            "test_event_id": "T", "status": "FAIL", "summary": "the job ended", "retries": 0, "_ansible_unless_closed": true,
        });
        let done = run_at::<HatciTestEventUpdate>(&server.url(), verdict);
        (server.count("PATCH"), done.contains_key("failed"))
    };
    for answer in [
        json(404, ""),
        json(405, ""),
        json(501, ""),
        json(200, r#"{"status": "in_progress"}"#),
        json(200, "{}"),
    ] {
        assert_eq!(run(answer.clone()), (1, false), "{answer:?}");
    }
    for answer in
        [json(500, ""), json(429, ""), json(403, ""), json(400, ""), json(200, "<html>"), json(200, "null")]
    {
        assert_eq!(run(answer.clone()), (0, true), "{answer:?}");
    }
    for closed in [
        r#"{"status": "Passed"}"#,
        r#"{"status": " pass "}"#,
        r#"{"state": "SUCCESS"}"#,
        r#"{"status": "INCONCLUSIVE"}"#,
        r#"{"summary": "well"}"#,
        r#"{"test_event": {"id": "T", "status": "PASS"}}"#,
    ] {
        assert_eq!(run(json(200, closed)), (0, false), "{closed}");
    }
}

#[test]
fn a_look_that_failed_counts_as_one() {
    let server = ScriptedServer::new([json(404, ""), json(404, "")]);
    for wait in [false, true] {
        let done = run_at::<HatciUpdateStatus>(&server.url(), json!({ "event_id": "E", "wait": wait }));
        assert_eq!((kind(&done).as_str(), &done["polls"]), ("not_found", &json!(1)), "{done:?}");
    }
}
