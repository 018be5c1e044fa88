//! The effect of each fault on the client, and whether the server acted.

use std::time::Duration;

use sums_sim::Options;

use crate::client::{Answer, Client, event};

/// Sends one `POST /events` with this fault; returns the result and the number of events afterwards.
fn meet(fault: &str) -> (Result<Answer, ureq::Error>, usize) {
    let client = Client::new(Options { faults: vec![fault.parse().unwrap()], ..Options::default() });
    let answer = client.send("POST", "/events", None, &event().to_string());
    let requests = client.server.requests();
    let name = fault.split(':').next();
    assert_eq!(requests.iter().map(|entry| entry.fault).collect::<Vec<_>>(), [name]);
    let events = client.server.state().events.len();
    assert_eq!(requests[0].status.is_some(), events == 1, "the log shows whether the server acted");
    (answer, events)
}

fn broken(answer: Result<Answer, ureq::Error>) -> std::io::ErrorKind {
    match answer {
        Err(ureq::Error::Io(error)) => error.kind(),
        other => panic!("the connection held: {other:?}"),
    }
}

#[test]
fn statuses_come_before_the_server_acts() {
    for status in [429, 500, 503] {
        let (answer, events) = meet(&status.to_string());
        let answer = answer.unwrap();
        assert_eq!((answer.status, events), (status, 0));
        assert_eq!(answer.header("retry-after"), (status == 429).then_some("1"));
        assert!(!answer.error().is_empty());
    }
}

#[test]
fn html_looks_like_success_and_is_not() {
    let (answer, events) = meet("html");
    let answer = answer.unwrap();
    assert_eq!((answer.status, events), (200, 0));
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(answer.text.contains("<title>"));
}

#[test]
fn a_reset_comes_before_the_server_acts() {
    let (answer, events) = meet("reset");
    assert_eq!((broken(answer), events), (std::io::ErrorKind::ConnectionReset, 0));
}

#[test]
fn a_reset_after_loses_the_answer_to_what_was_done() {
    let (answer, events) = meet("reset-after");
    assert_eq!((broken(answer), events), (std::io::ErrorKind::ConnectionReset, 1));
}

#[test]
fn a_truncated_answer_ends_in_the_middle_of_its_body() {
    let (answer, events) = meet("truncate");
    // The head arrived completely, otherwise there would be no body to read.
    assert_eq!((broken(answer), events), (std::io::ErrorKind::UnexpectedEof, 1));
}

#[test]
fn a_late_answer_is_late_for_what_was_done_at_once() {
    let options = Options { faults: vec!["latency:1h".parse().unwrap()], ..Options::default() };
    let client = Client::with_timeout(options, Some(Duration::from_millis(100)));
    let answer = client.send("POST", "/events", None, &event().to_string());
    assert!(matches!(answer, Err(ureq::Error::Timeout(_))), "{answer:?}");
    assert_eq!(client.server.state().events.len(), 1);
}

#[test]
fn a_short_latency_changes_nothing_else() {
    let (answer, events) = meet("latency:1ms");
    assert_eq!((answer.unwrap().status, events), (201, 1));
}

#[test]
fn the_same_seed_gives_the_same_faults() {
    let faults = |seed| {
        let rules = ["503:0.3", "html:0.3"].map(|rule| rule.parse().unwrap()).to_vec();
        let client = Client::new(Options { faults: rules, seed, ..Options::default() });
        let statuses: Vec<_> = (0..50).map(|_| client.get("/vehicles").status).collect();
        assert!(statuses.contains(&503) && statuses.contains(&200));
        client.server.requests().iter().map(|entry| entry.fault).collect::<Vec<_>>()
    };
    assert_eq!(faults(7), faults(7));
    assert_ne!(faults(7), faults(8));
}
