//! The nine calls against a server that keeps the contract to the letter.
use hatci_client::{Client, Ecu, IdempotencyKey, NewEvent, Settings, State, Token, UpdateType};
use mockito::{Matcher, Server};
use serde_json::json;

const TOKEN: &str = "t-0815";

fn client(server: &Server) -> Client {
    Client::new(Settings::new(server.url() + "/", Token::new(TOKEN))).unwrap()
}

fn new_event() -> NewEvent {
    NewEvent {
        tester_name: "Kim".into(),
        program_name: "CV".into(),
        model_year: "2026".into(),
        vin: "KMHCT4AE5FU000001".into(),
        update_type: UpdateType::Urom,
        region: "NA".into(),
        build_level: "B2".into(),
        ecus: vec![Ecu { ecu_name: "CCU".into(), part_number: "96560".into(), sw_version: "2.0".into() }],
        region_spec: None,
        remark: Some("nightly".into()),
    }
}

#[test]
fn an_event_is_made_with_exactly_the_fields_given() {
    let mut server = Server::new();
    let key = IdempotencyKey::random();
    let call = server
        .mock("POST", "/api/v1/events")
        .match_header("authorization", format!("Bearer {TOKEN}").as_str())
        .match_header("accept", "application/json")
        .match_header("content-type", "application/json")
        .match_header("idempotency-key", key.as_str())
        .match_body(Matcher::Json(json!({
            "tester_name": "Kim", "program_name": "CV", "model_year": "2026", "vin": "KMHCT4AE5FU000001",
            "update_type": "UROM", "region": "NA", "build_level": "B2",
            "ecus": [{"ecu_name": "CCU", "part_number": "96560", "sw_version": "2.0"}],
            "remark": "nightly",
        })))
        .with_status(201)
        .with_body(
            r#"{"event_id": "E-1", "state": "PENDING", "progress": 1.5, "serial": 12345678901234567890123}"#,
        )
        .expect(1)
        .create();
    let event = client(&server).create_event(&new_event(), &key).unwrap();
    call.assert();
    assert_eq!(event.id.as_str(), "E-1");
    assert_eq!(event.state, Some(State::new("pending")));
    assert_eq!(event.object["progress"].to_string(), "1.5");
    assert_eq!(event.object["serial"].to_string(), "12345678901234567890123");
    assert_eq!(event.effort.attempts, 1);
    assert!(!event.is_fixed());
}
