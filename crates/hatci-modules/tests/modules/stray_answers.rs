//! Answers with a status of success that are about something else, or report a failure.
use crate::sums::{kind, run_at};
use hatci_modules::{HatciFleetStatus, HatciTestEventUpdate, HatciUpdateStatus};
use serde_json::json;
use test_servers::{ScriptedServer, json};

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
