//! Thousands of flows on a network that fails a third of the time: nothing is created twice, nothing is lost silently.
use crate::{client_of, new_deployment, new_event};
use hatci_client::{Client, Error, IdempotencyKey, Kind, NewDeployment, NewEvent, Policy};
use serde_json::Value;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use test_servers::{FakeClock, Request, ScriptedServer, Step, json, with_headers};

const FLOWS: usize = 2000;

/// A SUMS server that creates an object for every POST to a list, once per key if it honours keys.
struct Sums {
    honours_keys: bool,
    chance: fastrand::Rng,
    by_key: HashMap<String, usize>,
    /// The bodies of the created objects.
    made: Arc<Mutex<Vec<String>>>,
}

impl Sums {
    fn answer(&mut self, request: &Request) -> Step {
        if self.chance.f64() > 0.3 {
            return self.act(request);
        }
        match self.chance.u8(0..7) {
            0 => self.said(request, 503, "{}"),
            1 => self.said(request, 429, "{}"),
            // Lost on the way to the server, and on the way back.
            2 => Step::CloseAfter,
            3 => {
                self.act(request);
                Step::CloseAfter
            }
            4 => {
                self.act(request);
                self.said(request, 500, "{}")
            }
            // A proxy that lost the answer.
            5 => {
                self.act(request);
                self.said(request, 503, "upstream connect error or disconnect/reset before headers")
            }
            _ => match self.act(request) {
                Step::Send(answer) => Step::SendAndClose(answer[..answer.len() - 1].to_vec()),
                other => other,
            },
        }
    }

    fn act(&mut self, request: &Request) -> Step {
        if request.method == "GET" || request.target.ends_with("/fix") {
            return self.said(request, 200, r#"{"state": "COMPLETE", "fixed": true}"#);
        }
        let fresh = self.made.lock().unwrap().len();
        let key = request.header("idempotency-key").to_owned();
        let id = if self.honours_keys { *self.by_key.entry(key).or_insert(fresh) } else { fresh };
        if id == fresh {
            self.made.lock().unwrap().push(request.body.clone());
        }
        self.said(request, 201, &format!(r#"{{"id": "{id}"}}"#))
    }

    fn said(&self, request: &Request, status: u16, body: &str) -> Step {
        match request.header("idempotency-key") {
            key if self.honours_keys && !key.is_empty() => {
                with_headers(status, &[("idempotency-key", key)], body)
            }
            _ => json(status, body),
        }
    }
}

/// Event, fix, deployment, state: the calls of one playbook. The tester's name is the flow's number.
fn flow(client: &Client, number: usize) -> Result<(), Error> {
    let new = NewEvent { tester_name: number.to_string(), ..new_event() };
    let event = client.create_event(&new, &IdempotencyKey::random())?;
    assert_eq!(client.fix_event(&event.id)?.fixed(), Some(true));
    let new = NewDeployment { event_id: event.id, ..new_deployment() };
    let deployment = client.create_deployment(&new, &IdempotencyKey::random())?;
    client.deployment(&deployment.id).map(drop)
}

/// How many events a flow created, and how it ended.
type Flow = (usize, Result<(), Error>);

/// Runs all flows; returns them and how many objects were created in all.
fn soak(honours_keys: bool) -> (Vec<Flow>, usize) {
    let made = Arc::new(Mutex::new(Vec::new()));
    let chance = fastrand::Rng::with_seed(if honours_keys { 7 } else { 8 });
    let mut sums = Sums { honours_keys, chance, by_key: HashMap::new(), made: made.clone() };
    let server = ScriptedServer::answering(move |request| sums.answer(request));
    let policy = Policy { retries: 30, deadline: Duration::from_secs(3600), ..Policy::default() };
    let ends: Vec<_> = (0..FLOWS)
        .map(|number| flow(&client_of(&server.url(), &FakeClock::new()).with_policy(policy), number))
        .collect();
    let made = made.lock().unwrap();
    let mut events = vec![0; FLOWS];
    for body in &*made {
        let body: Value = serde_json::from_str(body).unwrap();
        if let Some(tester) = body["tester_name"].as_str() {
            events[tester.parse::<usize>().unwrap()] += 1;
        }
    }
    (events.into_iter().zip(ends).collect(), made.len())
}

#[test]
fn a_server_that_honours_keys_makes_each_thing_exactly_once() {
    let (flows, made) = soak(true);
    assert_eq!(made, 2 * FLOWS);
    for (events, end) in flows {
        end.unwrap();
        assert_eq!(events, 1);
    }
}

#[test]
fn a_server_that_ignores_keys_makes_nothing_twice_and_what_is_unknown_is_said() {
    let (flows, _) = soak(false);
    for (events, end) in &flows {
        match end {
            Ok(()) => assert_eq!(*events, 1),
            Err(error) => assert!(*events <= 1 && error.kind() == Kind::UnknownOutcome, "{events} {error}"),
        }
    }
    let unknown = flows.iter().filter(|(_, end)| end.is_err()).count();
    assert!((1..FLOWS).contains(&unknown), "{unknown} of {FLOWS}: too few faults were injected");
}
