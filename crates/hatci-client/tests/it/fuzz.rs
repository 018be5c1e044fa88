//! Fuzz target: every answer leads to a result or to an error that says what is wrong.
use crate::{client, event_id, new_event};
use hatci_client::{IdempotencyKey, ListOf};
use test_servers::{ScriptedServer, json};

#[test]
fn answers() {
    fuzzing::run(env!("CARGO_MANIFEST_DIR"), "answers", |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let server = ScriptedServer::new((0..3).map(|_| json(200, &text)));
        let client = client(&server);
        if let Ok(event) = client.event(&event_id("E-1")) {
            event.fixed();
        }
        drop(client.list(ListOf::Vehicles, Some("1HGBH41JXMN109186")));
        if let Err(error) = client.create_event(&new_event(), &IdempotencyKey::random()) {
            assert!(error.to_string().chars().all(|c| !c.is_control()), "{error}");
        }
    });
}
