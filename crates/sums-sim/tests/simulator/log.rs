//! The log of requests: in memory, over HTTP, and in the file.

use serde_json::{Value, json};
use sums_sim::Options;

use crate::client::{Client, event};

#[test]
fn every_request_is_logged_in_all_three_places_and_the_token_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("requests.jsonl");
    let options = Options { log: Some(file.clone()), token: "s3cret-token".to_owned(), ..Options::default() };
    let mut client = Client::new(options);
    client.send("POST", "/events", Some("key-1"), &event().to_string()).unwrap();
    client.get("/vehicles?access_token=s3cret-token");
    client.authorize("");
    client.get("/nothing");

    let written = std::fs::read_to_string(&file).unwrap();
    assert!(!written.contains("s3cret"), "{written}");
    let lines: Vec<Value> = written.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let without_time: Vec<Value> = lines
        .iter()
        .cloned()
        .map(|mut line| {
            line.as_object_mut().unwrap().shift_remove("time").unwrap();
            line
        })
        .collect();
    let key = "key-1";
    assert_eq!(
        without_time,
        [
            json!({"method": "POST", "path": "/api/v1/events", "status": 201, "idempotency_key": key, "authorization": true}),
            json!({"method": "GET", "path": "/api/v1/vehicles", "status": 200, "authorization": true}),
            json!({"method": "GET", "path": "/api/v1/nothing", "status": 401, "authorization": false}),
        ]
    );
    assert_eq!(serde_json::to_value(client.server.requests()).unwrap(), Value::Array(lines.clone()));
    assert_eq!(inspect(&client, "requests"), Value::Array(lines));
}

#[test]
fn the_state_can_be_read_over_http_too() {
    let client = Client::new(Options::default());
    client.deployment();
    assert_eq!(
        inspect(&client, "state")["events"][0]["event_id"],
        client.server.state().events[0]["event_id"]
    );
    let logged = client.server.requests().len();
    inspect(&client, "state");
    assert_eq!(client.server.requests().len(), logged, "looking is not logged");
}

/// Reads from `/sim`, without a token.
fn inspect(client: &Client, what: &str) -> Value {
    let url = format!("{}/sim/{what}", client.server.url());
    ureq::get(url).config().proxy(None).build().call().unwrap().body_mut().read_json().unwrap()
}
