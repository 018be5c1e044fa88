//! Creates whose answer is missing or has no usable id.
use crate::{client, client_of, new_deployment, new_event, new_test_event};
use hatci_client::{Client, Error, IdempotencyKey, Kind, Policy};
use std::{cell::RefCell, rc::Rc};
use test_servers::{FakeClock, ScriptedServer, Step, json, with_headers};

/// A create, reduced to its outcome.
type Create = fn(&Client, &IdempotencyKey) -> Result<(), Error>;

const CREATES: [Create; 3] = [
    |client, key| client.create_event(&new_event(), key).map(drop),
    |client, key| client.create_deployment(&new_deployment(), key).map(drop),
    |client, key| client.create_test_event(&new_test_event(), key).map(drop),
];

#[test]
fn an_answer_without_an_id_is_an_unknown_outcome_with_the_key() {
    for answer in ["", "{}", "[]", r#"{"id": null}"#, r#"{"id": {}}"#, r#"{"id": ""}"#] {
        for create in CREATES {
            let key = IdempotencyKey::random();
            let error = create(&client(&ScriptedServer::new([json(201, answer)])), &key).unwrap_err();
            assert_eq!(error.kind(), Kind::UnknownOutcome, "{answer}: {error}");
            assert!(error.to_string().contains(key.as_str()), "{answer}: {error}");
        }
    }
}

#[test]
fn an_id_that_can_t_be_used_is_named_and_nobody_is_told_to_make_another() {
    let long = "x".repeat(300);
    for id in ["../x", "a b", "a/b", "a?b", "a#b", "a%2fb", "..", &long] {
        for (create, what) in CREATES.into_iter().zip(["event", "deployment", "test event"]) {
            let answer = serde_json::json!({ "id": id }).to_string();
            let server = ScriptedServer::new([json(201, &answer)]);
            let error = create(&client(&server), &IdempotencyKey::random()).unwrap_err();
            assert_eq!((error.kind(), error.may_have_acted()), (Kind::Protocol, true), "{error}");
            assert_eq!((error.status(), server.count("POST")), (Some(201), 1));
            let told = error.to_string();
            // A part of a long one is not shown: it could be a part of a secret, which nobody would know for one.
            let shown = if id.len() > 256 { "_id is longer than 256 characters." } else { id };
            assert!(!told.contains("xxxx"), "{told}");
            assert!(told.contains(&format!("the {what} was created, but")) && told.contains(shown), "{told}");
            assert!(!told.contains("again") && told.len() < 500, "{told}");
        }
    }
}

#[test]
fn a_lost_answer_is_replayed_by_a_server_that_honours_keys_and_unknown_otherwise() {
    for create in CREATES {
        let key = IdempotencyKey::random();
        let echo = [("idempotency-key", key.as_str())];
        let replay = with_headers(201, &[("idempotency-replayed", "true")], r#"{"id": 1}"#);
        let keyed = ScriptedServer::new([Step::CloseAfter, with_headers(200, &echo, "{}"), replay]);
        create(&client(&keyed), &key).unwrap();
        let requests = keyed.requests();
        assert_eq!(requests[1].target, "/api/v1/health");
        assert_eq!(requests[0].body, requests[2].body);
        assert!(requests.iter().all(|request| request.header("idempotency-key") == key.as_str()));

        let plain = ScriptedServer::new([Step::CloseAfter, json(200, "{}")]);
        let error = create(&client(&plain), &key).unwrap_err();
        assert_eq!((error.kind(), plain.count("POST")), (Kind::UnknownOutcome, 1));
        assert!(error.to_string().contains(key.as_str()), "{error}");
    }
}

#[test]
fn patience_and_the_ear_for_trouble_are_a_clients_own() {
    let server = ScriptedServer::new([json(503, ""), json(503, ""), json(200, "{}")]);
    let client = client_of(&server.url(), &FakeClock::new());
    let hasty = client.with_policy(Policy { retries: 0, ..client.policy() });
    let error = hasty.health().unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable);
    assert_eq!(error.stats().attempts, 1);
    let heard = Rc::new(RefCell::new(Vec::new()));
    let ear = heard.clone();
    let health = client.on_retry(move |trouble| ear.borrow_mut().push(trouble.attempt)).health().unwrap();
    assert_eq!((health.stats.attempts, heard.take()), (2, vec![1]));
    let connections: Vec<_> = server.requests().iter().map(|request| request.connection).collect();
    assert_eq!(connections, [0, 0, 0]);
}
