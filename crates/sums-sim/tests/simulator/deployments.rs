//! The progress of deployments, by a clock that the tests control.

use std::time::Duration;

use serde_json::Value;
use sums_sim::{Clock, Options};

use crate::client::{Client, VIN};

const STEP: Duration = Duration::from_secs(60);

/// A simulator with this scenario for the tests' vehicle (none if empty) and a stopped clock.
fn simulator(scenario: &str) -> (Client, Clock) {
    let clock = Clock::manual();
    let scenarios =
        Some(scenario).filter(|text| !text.is_empty()).map(|text| format!("{VIN}={text}").parse().unwrap());
    let options = Options {
        step: STEP,
        clock: clock.clone(),
        scenarios: scenarios.into_iter().collect(),
        ..Options::default()
    };
    (Client::new(options), clock)
}

#[test]
fn a_deployment_and_its_event_go_from_pending_to_complete() {
    let (client, clock) = simulator("");
    let path = format!("/deployments/{}", client.deployment());
    let mut seen = Vec::new();
    for _ in 0..6 {
        let now = client.get(&path).json();
        assert_eq!(client.get("/events/EVT-000001").json()["state"], now["state"]);
        seen.push((now["state"].clone(), now["step"].clone(), now["progress"].clone()));
        clock.advance(STEP);
    }
    let expected = [
        ("PENDING", Value::Null, 0),
        ("IN_PROGRESS", "download".into(), 0),
        ("IN_PROGRESS", "verify".into(), 25),
        ("IN_PROGRESS", "install".into(), 50),
        ("IN_PROGRESS", "reboot".into(), 75),
        ("COMPLETE", "reboot".into(), 100),
    ];
    assert_eq!(seen, expected.map(|(state, step, percent)| (state.into(), step, percent.into())));
}

#[test]
fn the_timestamps_say_what_happened_and_not_what_will() {
    let (client, clock) = simulator("");
    let path = format!("/deployments/{}", client.deployment());
    let names = |path: &str| {
        let answer = client.get(path).json();
        answer["timestamps"].as_object().unwrap().keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(names(&path), ["created"]);
    clock.advance(STEP);
    assert_eq!(names(&path), ["created", "started"]);
    clock.advance(STEP * 9);
    assert_eq!(names(&path), ["created", "started", "finished"]);
    assert_eq!(names("/events/EVT-000001"), ["created", "fixed", "started", "finished"]);
}

#[test]
fn a_failing_vehicle_tells_its_reason() {
    let (client, clock) = simulator("fail:flash write error");
    let path = format!("/deployments/{}", client.deployment());
    clock.advance(STEP * 4);
    for path in [path.as_str(), "/events/EVT-000001"] {
        let answer = client.get(path).json();
        assert_eq!((&answer["state"], &answer["reason"]), (&"FAILED".into(), &"flash write error".into()));
    }
}

#[test]
fn a_stuck_vehicle_stays_in_progress() {
    let (client, clock) = simulator("stuck");
    let path = format!("/deployments/{}", client.deployment());
    clock.advance(STEP * 1000);
    assert_eq!(client.get(&path).json()["state"], "IN_PROGRESS");
}

#[test]
fn a_slow_vehicle_completes_in_ten_times_the_time() {
    let (client, clock) = simulator("slow");
    let path = format!("/deployments/{}", client.deployment());
    clock.advance(STEP * 49);
    assert_eq!(client.get(&path).json()["state"], "IN_PROGRESS");
    clock.advance(STEP);
    assert_eq!(client.get(&path).json()["state"], "COMPLETE");
}
