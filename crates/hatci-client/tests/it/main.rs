//! Tests the client against servers that keep, bend and break the contract.
#![allow(clippy::disallowed_methods)] // tests create by hand what other programs would
mod contract;
mod creates;
mod fuzz;
mod misleading_answers;
mod ping;
mod soak;

use hatci_client::{
    Client, DeploymentId, Ecu, Error, EventId, IdempotencyKey, NewDeployment, NewEvent, NewTestEvent,
    ProxyVariables, Schedule, Secret, Settings, TestEventId, UpdateType, Vin,
};
use std::{rc::Rc, time::Duration};
use test_servers::{FakeClock, Request, ScriptedServer, Step};

/// A client of that address, without pauses between attempts and without proxy.
fn client_of(url: &str, clock: &Rc<FakeClock>) -> Client {
    let mut settings = Settings::new(url, Secret::new("t-0815"));
    settings.proxies = ProxyVariables::default();
    settings.clock = clock.clone();
    settings.timeout = Duration::from_secs(5);
    Client::new(settings).unwrap()
}

fn client(server: &ScriptedServer) -> Client {
    client_of(&server.url(), &FakeClock::new())
}

/// Makes one call with this answer, and returns the request.
fn call<T>(step: Step, call: impl Fn(&Client) -> Result<T, Error>) -> (Result<T, Error>, Request) {
    let server = ScriptedServer::new([step]);
    let answer = call(&client(&server));
    let [request] = server.requests().try_into().unwrap();
    (answer, request)
}

fn key() -> IdempotencyKey {
    IdempotencyKey::parse("k-1").unwrap()
}

fn event_id(text: &str) -> EventId {
    EventId::parse(text).unwrap()
}

fn deployment_id(text: &str) -> DeploymentId {
    DeploymentId::parse(text).unwrap()
}

fn test_event_id(text: &str) -> TestEventId {
    TestEventId::parse(text).unwrap()
}

fn new_event() -> NewEvent {
    NewEvent {
        tester_name: "Kim".into(),
        program_name: "CV".into(),
        model_year: "2026".into(),
        vin: Vin::parse("KMHCT4AE5FU000001").unwrap(),
        update_type: UpdateType::Urom,
        region: "NA".into(),
        build_level: "B2".into(),
        ecus: vec![Ecu { ecu_name: "CCU".into(), part_number: "96560".into(), sw_version: "2.0".into() }],
        region_spec: None,
        remark: None,
    }
}

fn new_deployment() -> NewDeployment {
    NewDeployment { event_id: event_id("E-1"), deployment_count: 1, schedule: Schedule::default() }
}

fn new_test_event() -> NewTestEvent {
    NewTestEvent {
        vin: Vin::parse("KMHCT4AE5FU000001").unwrap(),
        event_id: event_id("pending"),
        ansible_job_id: "7".into(),
        git_sha: "c0ffee".into(),
        suite_name: "ota".into(),
        vehicle_id: None,
        metadata: None,
    }
}
