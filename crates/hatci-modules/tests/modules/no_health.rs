//! Servers without `GET health`, which need not be there.
use crate::{
    fleet::fleet,
    sums::{and, kind, run_at},
};
use hatci_modules::{HatciFleetClose, HatciFleetUpdate, HatciInfo};
use serde_json::{Value, json};
use test_servers::{Request, ScriptedServer, Step, json};

/// Its answers to what is not there, and, if it lists them, its vehicles.
fn without_health(no_path: Step, no_event: Step, vehicles: Option<&'static str>) -> ScriptedServer {
    let mut made = 0;
    ScriptedServer::answering(move |request: &Request| {
        let path = request.target.strip_prefix("/api/v1/").unwrap_or_default();
        match (request.method.as_str(), path) {
            ("GET", "events/pending") => no_event.clone(),
            ("GET", "vehicles") if let Some(vehicles) = vehicles => json(200, vehicles),
            ("GET", _) if !path.starts_with("events/") => no_path.clone(),
            ("POST", "events" | "deployments" | "test_events") => {
                made += 1;
                json(201, &format!(r#"{{"id": {made}}}"#))
            }
            ("PATCH", _) => json(200, r#"{"status": "PASS"}"#),
            _ => json(200, r#"{"status": "fixed"}"#),
        }
    })
}

fn begin(server: &ScriptedServer, more: Value) -> serde_json::Map<String, Value> {
    run_at::<HatciFleetUpdate>(&server.url(), and(and(fleet(1), json!({ "retries": 0 })), more))
}

#[test]
fn a_fleet_is_begun_and_closed_as_hatci_info_finds_the_server() {
    for (no_path, no_event, vehicles) in [
        (json(404, r#"{"error": "no such path"}"#), json(404, r#"{"error": "event unknown"}"#), None),
        (json(405, ""), json(404, ""), None),
        (json(404, ""), json(404, ""), Some("[]")),
        (json(404, "not found"), json(500, ""), Some(r#"[{"id": 1, "vin": "1HGBH41JXMN109186"}]"#)),
    ] {
        let server = without_health(no_path.clone(), no_event, vehicles);
        let info = run_at::<HatciInfo>(&server.url(), json!({ "retries": 0 }));
        assert_eq!((info.get("failed"), &info["authenticated"]), (None, &json!(true)), "{info:?}");
        let begun = begin(&server, json!({}));
        assert_eq!(
            (&begun["counts"]["deployed"], &begun["keys_honoured"]),
            (&json!(1), &json!(false)),
            "{no_path:?}: {begun:?}"
        );
        let test = json!({ "host": "car1", "test_event_id": "3", "status": "PASS", "summary": "Updated." });
        let closed = run_at::<HatciFleetClose>(&server.url(), json!({ "test_events": [test], "retries": 0 }));
        assert_eq!(closed["counts"]["closed"], 1, "{closed:?}");
    }
}

#[test]
fn what_the_user_says_of_the_keys_is_believed() {
    for (keys, honoured) in [("honoured", true), ("ignored", false)] {
        let server = without_health(json(404, ""), json(404, "no event"), None);
        let begun = begin(&server, json!({ "idempotency_keys": keys }));
        assert_eq!(
            (&begun["counts"]["deployed"], &begun["keys_honoured"]),
            (&json!(1), &json!(honoured)),
            "{begun:?}"
        );
    }
}

#[test]
fn another_server_and_a_refused_token_begin_nothing() {
    for (no_path, no_event, fault) in [
        (json(404, ""), json(404, ""), "not_found"),
        (json(404, "no /api/v1/health"), json(404, "no /api/v1/events/pending"), "not_found"),
        (json(404, ""), json(500, ""), "not_found"),
        (json(404, ""), json(401, ""), "auth"),
        (json(404, ""), json(403, ""), "auth"),
        (json(200, "<title>Login</title>"), json(200, "<title>Login</title>"), "protocol"),
        (json(500, ""), json(404, "no event"), "unavailable"),
    ] {
        let server = without_health(no_path.clone(), no_event, None);
        let begun = begin(&server, json!({}));
        assert_eq!((kind(&begun).as_str(), server.count("POST")), (fault, 0), "{no_path:?}: {begun:?}");
    }
}
