//! Writes with an `Idempotency-Key`.

use serde_json::json;
use sums_sim::Options;

use crate::client::{Client, event, test_event, with};

#[test]
fn a_repeated_key_gets_the_first_answer_and_nothing_is_made_twice() {
    let client = Client::new(Options::default());
    let send = || client.send("POST", "/events", Some("key-1"), &event().to_string()).unwrap();
    let (first, second) = (send(), send());
    assert_eq!((first.status, second.status), (201, 201));
    assert_eq!(first.text, second.text);
    assert_eq!(first.header("idempotency-replayed"), None);
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    assert_eq!(first.header("idempotency-key"), Some("key-1"));
    assert_eq!(second.header("idempotency-key"), Some("key-1"));
    assert_eq!(client.server.state().events.len(), 1);
}

#[test]
fn a_key_with_another_request_is_refused() {
    let client = Client::new(Options::default());
    let send =
        |path, body: serde_json::Value| client.send("POST", path, Some("key-1"), &body.to_string()).unwrap();
    assert_eq!(send("/events", event()).status, 201);
    let other_body = send("/events", with(event(), "region", json!("EU")));
    let other_path = send("/test_events", event());
    for refused in [other_body, other_path] {
        assert_eq!(refused.status, 422);
        assert_eq!(refused.header("idempotency-key"), Some("key-1"));
        assert!(refused.error().contains("Idempotency-Key"), "{}", refused.error());
    }
    assert_eq!(client.server.state().events.len(), 1);
}

#[test]
fn a_refused_request_can_be_corrected_under_its_key() {
    let client = Client::new(Options::default());
    let send = |body: serde_json::Value| {
        client.send("POST", "/test_events", Some("key-1"), &body.to_string()).unwrap()
    };
    let refused = send(with(test_event(), "vin", json!("short")));
    assert_eq!((refused.status, refused.header("idempotency-key")), (422, Some("key-1")));
    assert_eq!(send(test_event()).status, 201);
}

#[test]
fn a_lost_answer_is_found_again_by_its_key() {
    let faults = vec!["reset-after:0.5".parse().unwrap()];
    let client = Client::new(Options { faults, ..Options::default() });
    let mut lost = 0;
    for intended in 0..20 {
        let send =
            || client.send("POST", "/events", Some(&format!("key-{intended}")), &event().to_string()).ok();
        let answer = std::iter::repeat_with(send).inspect(|answer| lost += usize::from(answer.is_none()));
        let answer = answer.take(100).flatten().next().unwrap();
        assert_eq!(answer.status, 201);
    }
    assert!(lost > 0);
    assert_eq!(client.server.state().events.len(), 20);
}

#[test]
fn requests_at_the_same_time_with_one_key_make_one_event() {
    let client = Client::new(Options::default());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let answer = client.send("POST", "/events", Some("key-1"), &event().to_string()).unwrap();
                assert_eq!(answer.json()["event_id"], "EVT-000001");
            });
        }
    });
    assert_eq!(client.server.state().events.len(), 1);
}

#[test]
fn a_server_may_know_no_keys() {
    let client = Client::new(Options { no_idempotency: true, ..Options::default() });
    for _ in 0..2 {
        let answer = client.send("POST", "/events", Some("key-1"), &event().to_string()).unwrap();
        assert_eq!((answer.status, answer.header("idempotency-key")), (201, None));
    }
    assert_eq!(client.server.state().events.len(), 2);
}
