//! Requests, answers and errors of the nine calls.

use serde_json::json;
use sums_sim::{IdStyle, Options};

use crate::client::{Client, VIN, event, test_event, with, without};

#[test]
fn health_tells_a_good_token_from_a_bad_one() {
    let mut client = Client::new(Options::default());
    assert_eq!(client.get("/health").status, 200);
    client.authorize("Bearer wrong");
    assert_eq!(client.get("/health").status, 401);
    client.authorize("Basic sim-token");
    assert_eq!(client.get("/health").status, 401);
    client.authorize("");
    assert_eq!(client.get("/health").error(), "a bearer token is required");
}

#[test]
fn without_a_good_token_nothing_is_done() {
    let mut client = Client::new(Options::default());
    client.authorize("Bearer wrong");
    assert_eq!(client.post("/events", &event()).status, 401);
    assert!(client.server.state().events.is_empty());
}

#[test]
fn an_event_keeps_what_was_sent_and_is_fixed_once() {
    let client = Client::new(Options::default());
    let body = with(event(), "remark", json!("nightly"));
    let created = client.post("/events", &body);
    assert_eq!(created.status, 201);
    let created = created.json();
    let sent = body.as_object().unwrap();
    assert!(sent.iter().all(|(field, value)| created[field] == *value), "{created}");
    assert_eq!(created["state"], "CREATED");
    assert_eq!(created["fixed"], false);
    assert!(created.get("region_spec").is_none());

    let id = created["event_id"].as_str().unwrap();
    let fixed = client.post(&format!("/events/{id}/fix"), &json!({})).json();
    assert_eq!((&fixed["state"], &fixed["fixed"]), (&json!("FIXED"), &json!(true)));
    let again = client.post(&format!("/events/{id}/fix"), &json!({}));
    assert_eq!((again.status, again.json()), (200, fixed.clone()));
    assert_eq!(client.get(&format!("/events/{id}")).json(), fixed);
}

#[test]
fn fixing_twice_can_be_a_conflict() {
    let client = Client::new(Options { fix_conflict: true, ..Options::default() });
    let id = client.fixed_event();
    let again = client.post(&format!("/events/{id}/fix"), &json!({}));
    assert_eq!((again.status, again.error()), (409, format!("event `{id}` is already fixed")));
}

#[test]
fn an_event_that_is_not_fixed_is_not_deployed() {
    let client = Client::new(Options::default());
    let id = client.post("/events", &event()).json()["event_id"].clone();
    let refused = client.post("/deployments", &json!({"event_id": id}));
    assert_eq!(refused.status, 409);
    assert!(refused.error().contains("not fixed"), "{}", refused.error());
    assert!(client.server.state().deployments.is_empty());
}

#[test]
fn a_test_event_is_closed_with_a_verdict() {
    let client = Client::new(Options::default());
    let body = with(test_event(), "metadata", json!({"bench": 3, "temperature": 21.5}));
    let created = client.post("/test_events", &body);
    assert_eq!(created.status, 201);
    assert_eq!(created.json()["metadata"], body["metadata"]);
    assert!(created.json().get("status").is_none());

    let path = format!("/test_events/{}", created.json()["test_event_id"].as_str().unwrap());
    let urls = json!(["https://artifacts.example.com/1"]);
    let closed = client.patch(&path, &json!({"status": "FAIL", "summary": "no", "artifact_urls": urls}));
    assert_eq!((closed.status, &closed.json()["status"]), (200, &json!("FAIL")));
    assert_eq!(closed.json()["artifact_urls"], urls);
    assert_eq!(client.server.state().test_events, [closed.json()]);

    let refused = client.patch(&path, &json!({"status": "pass", "summary": "yes"}));
    assert_eq!(refused.status, 422);
    assert!(refused.error().contains("`PASS` or `FAIL`"), "{}", refused.error());
}

#[test]
fn the_vehicles_are_those_of_the_options() {
    let vehicles = vec!["rig-7=1HGBH41JXMN109186".parse().unwrap()];
    let client = Client::new(Options { vehicles, ..Options::default() });
    assert_eq!(client.get("/vehicles").json(), json!([{"id": "rig-7", "vin": VIN}]));
}

#[test]
fn bodies_are_refused_in_words_that_name_the_field() {
    let client = Client::new(Options::default());
    let ecus_short = json!([{"ecu_name": "Gateway", "part_number": "GW-1"}]);
    let cases = [
        (without(event(), "vin"), "missing field `vin`"),
        (with(event(), "model_year", json!(2024)), "model_year: invalid type: integer"),
        (with(event(), "update_type", json!("ROM")), "update_type: unknown variant `ROM`"),
        (with(event(), "ecus", json!([])), "ecus: must not be empty"),
        (with(event(), "ecus", ecus_short), "ecus[0]: missing field `sw_version`"),
        (with(event(), "ecus", json!([["Gateway", "GW-1", "1"]])), "expected an object"),
        (with(event(), "vin", json!("1HGBH41JXMN10918")), "vin: a VIN has 17 characters"),
        (with(event(), "vin", json!("1HGBH41JXMN10918O")), "vin: a VIN has 17 characters"),
        (with(event(), "remark", json!(null)), "remark: invalid type: null"),
        (with(event(), "colour", json!("red")), "unknown field `colour`"),
        (json!(["tester"]), "expected an object"),
    ];
    for (body, words) in cases {
        let answer = client.post("/events", &body);
        assert_eq!(answer.status, 422, "{body}");
        assert!(answer.error().contains(words), "{} lacks {words}", answer.error());
    }
    assert!(client.server.state().events.is_empty());
}

#[test]
fn what_is_not_json_is_a_bad_request() {
    let client = Client::new(Options::default());
    let answer = client.send("POST", "/events", None, r#"{"vin": "#).unwrap();
    assert_eq!(answer.status, 400);
    assert!(answer.error().starts_with("the body is not JSON"), "{}", answer.error());
}

#[test]
fn counts_and_times_of_a_deployment_are_checked() {
    let client = Client::new(Options::default());
    let body = json!({"event_id": client.fixed_event()});
    let refused = [
        ("deployment_count", json!(0)),
        ("deployment_count", json!(1.5)),
        ("deployment_count", json!("1")),
        ("start_datetime", json!("tomorrow")),
        ("end_datetime", json!("2026-13-01T00:00:00Z")),
    ];
    for (field, value) in refused {
        let answer = client.post("/deployments", &with(body.clone(), field, value));
        assert!(answer.status == 422 && answer.error().starts_with(field), "{}", answer.error());
    }
    for start in ["2026-03-01T08:00:00Z", "2026-03-01T08:00:00+09:00", "2026-03-01T08:00:00"] {
        let answer = client.post("/deployments", &with(body.clone(), "start_datetime", json!(start)));
        assert_eq!((answer.status, &answer.json()["start_datetime"]), (201, &json!(start)));
    }
    assert_eq!(client.server.state().deployments[0]["deployment_count"], 1);
}

#[test]
fn unknown_ids_paths_and_methods_are_said_so() {
    let client = Client::new(Options::default());
    let fix = client.post("/events/EVT-9/fix", &json!({}));
    assert_eq!((fix.status, fix.error()), (404, "there is no event `EVT-9`".to_owned()));
    assert_eq!(client.get("/events/..%2Fdeployments").error(), "there is no event `../deployments`");
    assert_eq!(client.get("/deployments/DEP-9").status, 404);
    assert_eq!(client.post("/deployments", &json!({"event_id": "EVT-9"})).status, 404);
    assert_eq!(client.post("/test_events", &with(test_event(), "event_id", json!("EVT-9"))).status, 404);
    let verdict = json!({"status": "PASS", "summary": ""});
    assert_eq!(client.patch("/test_events/TEV-9", &verdict).error(), "there is no test event `TEV-9`");
    assert_eq!(client.get("/test_events").status, 405);
    assert_eq!(client.get("/nothing").error(), "/api/v1/nothing does not exist");
}

#[test]
fn the_legacy_style_names_things_otherwise() {
    let scenarios = vec![format!("{VIN}=fail:flash write error").parse().unwrap()];
    let step = std::time::Duration::ZERO;
    let client = Client::new(Options { id_style: IdStyle::Legacy, scenarios, step, ..Options::default() });
    let event = client.post("/events", &event()).json();
    let id = event["id"].as_str().unwrap();
    let fixed = client.post(&format!("/events/{id}/fix"), &json!({})).json();
    assert_eq!(fixed["status"], "FIXED");

    let deployment = client.post("/deployments", &json!({"event_id": id})).json();
    assert_eq!(deployment["status"], "FAILED");
    assert_eq!(deployment["error_message"], "flash write error");
    let test_event = client.post("/test_events", &test_event()).json();
    assert_eq!(test_event["id"], "TEV-000001");
    for modern in ["event_id", "state", "fixed", "reason", "deployment_id", "test_event_id"] {
        let sent = if modern == "event_id" { [&fixed, &event] } else { [&fixed, &deployment] };
        assert!(sent.iter().all(|answer| answer.get(modern).is_none()), "{modern}");
    }
}
