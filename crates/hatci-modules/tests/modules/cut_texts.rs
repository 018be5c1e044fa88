//! Long texts of a server that hold the token just where they are cut: no part of it is shown.
use crate::sums::run_at;
use hatci_modules::{HatciFleetStatus, HatciUpdateStatus};
use serde_json::{Value, json};
use test_servers::{ScriptedServer, json as answer};

const TOKEN: &str = "q7RkVd2mP9sLx4TwZbYcHn";

/// The token behind so many other characters.
fn late(padding: usize) -> String {
    format!("{} {TOKEN} and more", "x".repeat(padding - 1))
}

fn assert_hides(shown: &Value, what: &str) {
    let text = shown.to_string();
    let part = TOKEN.as_bytes().windows(6).find(|part| text.contains(std::str::from_utf8(part).unwrap()));
    assert!(part.is_none(), "{what}: {text}");
}

#[test]
fn the_state_the_reason_and_the_step_of_an_update_show_no_part_of_the_token() {
    for (padding, state) in
        [(478, "FAILED".to_owned()), (490, "FAILED".into()), (9_990, late(478)), (478, late(485))]
    {
        // Blanks are left out before the cut at 500 characters, but not before the other at 10,000.
        let reason =
            if padding > 1_000 { format!("{}{TOKEN} {TOKEN}", " ".repeat(padding)) } else { late(padding) };
        let body = json!({ "deployment_id": "D-1", "event_id": "E-1", "state": state, "reason": reason, "step": reason });
        let server = ScriptedServer::answering(move |_| answer(200, &body.to_string()));
        for options in [
            json!({ "deployment_id": "D-1" }),
            json!({ "deployment_id": "D-1", "wait": true, "wait_timeout": 1, "poll_interval": 1 }),
            json!({ "event_id": "E-1" }),
        ] {
            let mut with_token = options.clone();
            with_token["hatci_token"] = TOKEN.into();
            let shown = Value::Object(run_at::<HatciUpdateStatus>(&server.url(), with_token));
            assert!(["…", "********"].iter().any(|mark| shown.to_string().contains(mark)), "{shown}");
            assert_hides(&shown, &options.to_string());
        }
        let fleet = json!({ "hatci_token": TOKEN, "deployments": { "one": "D-1" }, "wait_timeout": 1, "poll_interval": 1 });
        assert_hides(&Value::Object(run_at::<HatciFleetStatus>(&server.url(), fleet)), "fleet");
    }
}

#[test]
fn an_answer_about_another_deployment_shows_no_part_of_the_token() {
    for padding in [60, 70] {
        let body = json!({ "deployment_id": late(padding), "state": "DONE" });
        let server = ScriptedServer::answering(move |_| answer(200, &body.to_string()));
        let shown = run_at::<HatciUpdateStatus>(
            &server.url(),
            json!({ "hatci_token": TOKEN, "deployment_id": "D-1" }),
        );
        let shown = Value::Object(shown);
        assert!(shown["msg"].as_str().unwrap().contains("it is about deployment"), "{shown}");
        assert_hides(&shown, "another deployment");
    }
}

#[test]
fn the_decoded_parts_of_a_token_come_without_its_signature() {
    let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJraW0ifQ.c2lnbmF0dXJlLW9mLWtpbQ";
    let reason = r#"header={"alg":"HS256"} payload={"sub":"kim"} signature=c2lnbmF0dXJlLW9mLWtpbQ"#;
    let body = json!({ "deployment_id": "D-1", "state": "FAILED", "reason": reason });
    let server = ScriptedServer::answering(move |_| answer(200, &body.to_string()));
    let shown =
        run_at::<HatciUpdateStatus>(&server.url(), json!({ "hatci_token": token, "deployment_id": "D-1" }));
    assert_eq!(shown["reason"], r#"header={"alg":"HS256"} payload={"sub":"kim"} signature=********"#);
}
