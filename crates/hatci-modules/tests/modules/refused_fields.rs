//! Servers that refuse a field of a verdict that need not be there. No verdict is lost over it.
use crate::sums::{VIN, and, run_at};
use hatci_modules::{HatciContract, HatciFleetClose, HatciTestEventUpdate};
use serde_json::{Map, Value, json};
use test_servers::{Request, ScriptedServer, Step, json};

fn sent(request: &Request) -> Vec<String> {
    serde_json::from_str::<Map<String, Value>>(&request.body).unwrap().keys().cloned().collect()
}

/// A server that takes no other fields, and says so with this status and in these words, in which FIELDS stands for the others.
fn taking(fields: &'static [&'static str], status: u16, words: &'static str) -> ScriptedServer {
    ScriptedServer::answering(move |request| {
        if request.method != "PATCH" {
            return if request.target.ends_with("/health") { json(200, "{}") } else { json(405, "") };
        }
        let others: Vec<_> = sent(request).into_iter().filter(|it| !fields.contains(&it.as_str())).collect();
        if others.is_empty() {
            return json(200, r#"{"status": "FAIL"}"#);
        }
        let said = words.replace("FIELDS", &others.join(", "));
        json(status, &json!({ "errors": [{ "detail": said }] }).to_string())
    })
}

fn verdict() -> Value {
    json!({
        "test_event_id": "T", "status": "FAIL", "summary": "no power", "artifact_urls": ["https://a"], "retries": 0,
    })
}

/// What each PATCH held.
fn patches(server: &ScriptedServer) -> Vec<String> {
    server.requests().iter().filter(|it| it.method == "PATCH").map(|it| sent(it).join(" ")).collect()
}

const ALL: &str = "status summary artifact_urls";

#[test]
fn a_verdict_is_sent_once_more_without_what_is_refused_by_its_name() {
    for (fields, status, words, then) in [
        (&["status", "summary"][..], 400, "unexpected property: FIELDS", "status summary"),
        (&["status", "summary"], 422, "`FIELDS` is not allowed. Allowed: status, summary", "status summary"),
        (&["status", "artifact_urls"], 422, "FIELDS: too long", "status artifact_urls"),
        (&["status"], 400, "unexpected: FIELDS", "status"),
    ] {
        let server = taking(fields, status, words);
        let done = run_at::<HatciTestEventUpdate>(&server.url(), verdict());
        assert_eq!((done.get("failed"), &done["changed"]), (None, &json!(true)), "{words}: {done:?}");
        let named = ["artifact_urls", "summary"].into_iter().filter(|it| !fields.contains(it));
        let told = done["warnings"][0].as_str().unwrap();
        let left_out = format!("FAIL, but without {}, which", named.collect::<Vec<_>>().join(" and "));
        assert!(told.contains(&left_out) && told.contains("refused: "), "{told}");
        assert_eq!(patches(&server), [ALL, then]);
    }
}

#[test]
fn any_other_refusal_is_one() {
    for (fields, status, words) in [
        (&["status", "summary"][..], 400, "something is wrong"),
        (&["status", "summary"], 400, "my_artifact_urls is missing"),
        (&["status", "summary"], 403, "FIELDS is not for you"),
        (&["status", "summary"], 409, "FIELDS is set already"),
        (&["status", "summary"], 500, "FIELDS broke it"),
        (&["summary"], 422, "status is unknown"),
    ] {
        let server = taking(fields, status, words);
        let done = run_at::<HatciTestEventUpdate>(&server.url(), verdict());
        assert_eq!((&done["failed"], done.get("warnings")), (&json!(true), None), "{words}: {done:?}");
        assert_eq!(patches(&server), [ALL], "{words}");
    }
}

#[test]
fn the_fail_of_a_vehicle_that_was_not_tested_is_never_recorded_without_saying_so() {
    let server = taking(&["status", "artifact_urls"], 422, "FIELDS: too long");
    let words = json!({ "summary": "NOT TESTED: no bench was free" });
    let done = run_at::<HatciTestEventUpdate>(&server.url(), and(verdict(), words));
    assert_eq!((&done["failed"], patches(&server)), (&json!(true), vec![ALL.to_owned()]), "{done:?}");
}

#[test]
fn it_is_sent_no_third_time_and_without_links_not_twice() {
    let server = taking(&[], 400, "artifact_urls: no");
    let done = run_at::<HatciTestEventUpdate>(&server.url(), verdict());
    assert_eq!((&done["failed"], &done["changed"]), (&json!(true), &json!(false)), "{done:?}");
    assert_eq!(patches(&server), [ALL, "status summary"]);
    let server = taking(&[], 400, "artifact_urls: no");
    run_at::<HatciTestEventUpdate>(&server.url(), and(verdict(), json!({ "artifact_urls": null })));
    assert_eq!(patches(&server), ["status summary"]);
}

#[test]
fn the_guard_and_a_fleet_close_theirs_too() {
    let server = taking(&["status", "summary"], 400, "unexpected property: FIELDS");
    let guard = and(verdict(), json!({ "_ansible_unless_closed": true }));
    let done = run_at::<HatciTestEventUpdate>(&server.url(), guard);
    assert_eq!(done.get("failed"), None, "{done:?}");
    let test = json!({
        "host": "car1", "test_event_id": "T", "status": "FAIL", "summary": "no", "artifact_urls": ["https://a"],
    });
    let done = run_at::<HatciFleetClose>(&server.url(), json!({ "test_events": [test], "retries": 0 }));
    assert_eq!(done["counts"]["closed"], 1, "{done:?}");
    let told = done["warnings"][0].as_str().unwrap();
    assert!(told.starts_with("car1: Test event T") && told.contains("without artifact_urls"), "{told}");
    assert_eq!(patches(&server), [ALL, "status summary", ALL, "status summary"]);
}

/// What the check of the contract says of links, and what the test event is closed with.
fn checked(refuse: impl Fn(&Request) -> Option<Step> + Send + 'static) -> (Map<String, Value>, Vec<String>) {
    let server = ScriptedServer::answering(move |request| match request.method.as_str() {
        _ if let Some(refusal) = refuse(request) => refusal,
        "PATCH" if request.target.ends_with("nobody") => json(404, "no such test event"),
        "PATCH" => json(200, r#"{"status": "FAIL"}"#),
        "POST" => json(201, r#"{"id": "7", "status": "fixed"}"#),
        _ if request.target.ends_with("/health") => json(200, "{}"),
        _ if request.target.ends_with("/events/7") => json(200, r#"{"id": "7", "status": "fixed"}"#),
        _ => json(404, "unknown"),
    });
    let done = run_at::<HatciContract>(&server.url(), json!({ "write": true, "vin": VIN, "retries": 0 }));
    assert_eq!(done.get("failed"), None, "{done:?}");
    assert_eq!(done["made"][0]["state"], "closed as FAIL", "{done:?}");
    let rows = done["assumptions"].as_array().unwrap();
    let row = |name: &str| rows.iter().find(|it| it["name"] == name).unwrap();
    assert_eq!(row("update_answer")["verdict"], "as_assumed");
    let patches: Vec<_> = server
        .requests()
        .iter()
        .filter(|it| it.method == "PATCH" && it.target.ends_with('7'))
        .map(|it| sent(it).join(" "))
        .collect();
    (row("update_links").as_object().unwrap().clone(), patches)
}

#[test]
fn the_check_of_the_contract_tries_links() {
    let (row, patches) = checked(|_| None);
    assert_eq!(
        (&row["verdict"], patches.as_slice()),
        (&json!("as_assumed"), &[ALL, ALL].map(str::to_owned)[..])
    );
    for (status, words, verdict) in [
        (400, "unexpected property: artifact_urls", "copes"),
        (400, "bad request", "differs"),
        (500, "oops", "differs"),
        (503, "maintenance", "not_tried"),
    ] {
        let refuse = move |it: &Request| it.body.contains("artifact_urls").then(|| json(status, words));
        let (row, patches) = checked(refuse);
        assert_eq!(row["verdict"], verdict, "{row:?}");
        assert_eq!(patches, [ALL, "status summary", "status summary"]);
        if verdict != "not_tried" {
            assert_eq!(row["option"], "hatci_artifact_urls");
            assert!(row["seen"].as_str().unwrap().contains(words), "{row:?}");
        }
    }
}
