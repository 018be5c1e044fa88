//! What is repeated, how often, after which wait, and what ends it.
use crate::{exchange, get, settings};
use http_exchange::{Call, Error, Kind, Policy, Reply, RetryNotice, Server, Settings};
use std::{cell::RefCell, rc::Rc, time::Duration};
use test_servers::{FakeClock, ScriptedServer, Step, json, with_headers};

fn with_policy(server: &ScriptedServer, clock: &Rc<FakeClock>, policy: Policy) -> Result<Reply, Error> {
    let client = Server::new(settings(server.url(), clock)).unwrap();
    client.exchange(&Call::get("/x"), &policy, &|_| {})
}

#[test]
fn what_passes_is_repeated_until_it_has_passed() {
    let failures = [
        Step::Reset,
        Step::CloseAfter,
        Step::SendAndClose(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}".into()),
        Step::SendAndClose(b"HTTP/1.1 200 OK\r\n\r\n{\"a\":".into()),
        json(408, ""),
        json(425, ""),
        json(429, ""),
        json(500, "<html>"),
        json(502, ""),
        json(503, ""),
        json(504, ""),
    ];
    for failure in failures {
        let clock = FakeClock::new();
        let server = ScriptedServer::new([failure.clone(), failure.clone(), json(200, r#"{"good": true}"#)]);
        let reply = get(settings(server.url(), &clock)).unwrap();
        assert_eq!(reply.body["good"], true, "{failure:?}");
        assert_eq!(reply.stats.attempts, 3, "{failure:?}");
        assert_eq!(reply.stats.elapsed.as_millis(), clock.sleeps().iter().sum(), "{failure:?}");
    }
}

#[test]
fn what_does_not_pass_is_not_repeated() {
    for (status, kind) in [
        (400, Kind::Invalid),
        (401, Kind::Auth),
        (403, Kind::Auth),
        (404, Kind::NotFound),
        (405, Kind::Invalid),
        (409, Kind::Conflict),
        (422, Kind::Invalid),
        (501, Kind::Unavailable),
    ] {
        let server = ScriptedServer::new([json(status, r#"{"error": "said so"}"#)]);
        let error = get(settings(server.url(), &FakeClock::new())).unwrap_err();
        assert_eq!((error.kind(), error.status()), (kind, Some(status)));
        assert_eq!(error.server_text(), Some("said so"));
        assert_eq!(error.stats().attempts, 1);
        assert_eq!(server.requests().len(), 1);
    }
}

#[test]
fn waits_have_full_jitter_and_double() {
    let clock = FakeClock::new();
    let server = ScriptedServer::new([json(500, ""), json(500, ""), json(503, ""), json(429, "")]);
    let error = get(settings(server.url(), &clock)).unwrap_err();
    // Half of 50 ms, of 100 ms; a server with too much to do gets half of 1 s · 4.
    assert_eq!(clock.sleeps(), [25, 50, 2000]);
    assert_eq!((error.kind(), error.stats().attempts), (Kind::RateLimited, 4));
    assert!(error.to_string().contains("(4 attempts in 2.1 s)"), "{error}");
}

#[test]
fn retry_after_is_obeyed_in_both_forms() {
    for (value, wait) in [("7", 7000), ("Sun, 06 Nov 1994 08:49:46 GMT", 9000), ("0", 500), ("rubbish", 500)]
    {
        let clock = FakeClock::new();
        let server = ScriptedServer::new([with_headers(503, &[("retry-after", value)], ""), json(200, "{}")]);
        get(settings(server.url(), &clock)).unwrap();
        assert_eq!(clock.sleeps(), [wait], "{value}");
    }
}

#[test]
fn a_wait_past_the_deadline_is_not_begun() {
    let clock = FakeClock::new();
    let server = ScriptedServer::new([with_headers(429, &[("retry-after", "3600")], r#"{"error": "easy"}"#)]);
    let error = get(settings(server.url(), &clock)).unwrap_err();
    assert_eq!(error.kind(), Kind::RateLimited);
    assert!(clock.sleeps().is_empty());
    assert!(error.to_string().contains("the deadline allows no more"), "{error}");
}

#[test]
fn the_deadline_wins_over_the_retries() {
    let clock = FakeClock::new();
    let server = ScriptedServer::new((0..100).map(|_| json(503, "")));
    let policy = Policy { retries: 1000, deadline: Duration::from_secs(60), ..Policy::default() };
    let error = with_policy(&server, &clock, policy).unwrap_err();
    assert!(error.stats().elapsed < policy.deadline);
    // 0.5 + 1 + 2 + 4 + 8 s, then 10 s each.
    assert_eq!(error.stats().attempts, 10);
}

#[test]
fn no_retries_means_one_attempt() {
    let clock = FakeClock::new();
    let server = ScriptedServer::new([json(503, ""), json(200, "{}")]);
    let policy = Policy { retries: 0, ..Policy::default() };
    let error = with_policy(&server, &clock, policy).unwrap_err();
    assert_eq!((error.stats().attempts, server.requests().len()), (1, 1));
    assert!(!error.to_string().contains("attempt"), "{error}");
}

#[test]
fn an_answer_that_drips_in_ends_at_the_timeout() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n".to_vec();
    for step in [Step::Stall, Step::Drip(b"HTTP/1.1 200 OK\r\nx: ".into()), Step::Drip(head)] {
        let server = ScriptedServer::new([step.clone()]);
        let timeout = Duration::from_millis(200);
        let settings = Settings { timeout, ..settings(server.url(), &FakeClock::new()) };
        let client = Server::new(settings).unwrap();
        let policy = Policy { retries: 0, ..Policy::default() };
        let error = client.exchange(&Call::get("/x"), &policy, &|_| {}).unwrap_err();
        assert_eq!(error.kind(), Kind::Timeout, "{step:?}");
        assert!(error.to_string().contains(" within 0.2 s"), "{error}");
    }
}

#[test]
fn times_beyond_all_measure_are_no_fault() {
    let server = ScriptedServer::new([json(503, ""), json(200, "{}")]);
    let settings = Settings { timeout: Duration::MAX, ..settings(server.url(), &FakeClock::new()) };
    let policy = Policy { retries: u32::MAX, deadline: Duration::MAX, ..Policy::default() };
    let reply = Server::new(settings).unwrap().exchange(&Call::get("/x"), &policy, &|_| {}).unwrap();
    assert_eq!(reply.stats.attempts, 2);
}

#[test]
fn trouble_is_told_as_it_comes() {
    let server = ScriptedServer::new([json(500, r#"{"error": "oops"}"#), Step::CloseAfter, json(200, "{}")]);
    let client = Server::new(settings(server.url(), &FakeClock::new())).unwrap();
    let told = RefCell::new(Vec::new());
    let tell = |trouble: &RetryNotice| told.borrow_mut().push(trouble.to_string());
    client.exchange(&Call::get("/x"), &Policy::default(), &tell).unwrap();
    let told = told.into_inner();
    assert_eq!(told.len(), 2);
    assert_eq!(
        told[0],
        "attempt 1 of 4: the server answered 500 Internal Server Error: \"oops\"; trying again in less than 0.1 s"
    );
    assert!(told[1].starts_with("attempt 2 of 4: the connection broke"), "{}", told[1]);
}

#[test]
fn a_patch_is_repeated_like_a_read() {
    let server = ScriptedServer::new([Step::CloseAfter, json(200, "{}")]);
    let client = Server::new(settings(server.url(), &FakeClock::new())).unwrap();
    let patch = Call {
        method: http_exchange::Method::Patch,
        ..crate::post(http_exchange::Idempotency::Always, None)
    };
    exchange(&client, &patch).unwrap();
    assert_eq!(server.count("PATCH"), 2);
}

#[test]
fn what_must_be_there_soon_is_asked_for_until_the_grace_is_over() {
    let grace = |seconds| Policy { not_found_grace: Duration::from_secs(seconds), ..Policy::default() };
    let clock = FakeClock::new();
    let server = ScriptedServer::new([json(404, ""), json(404, ""), json(200, "{}")]);
    assert!(with_policy(&server, &clock, grace(30)).is_ok());
    assert_eq!(clock.sleeps(), [1000, 1000]);

    let server = ScriptedServer::new((0..9).map(|_| json(404, "")));
    let error = with_policy(&server, &FakeClock::new(), grace(3)).unwrap_err();
    assert_eq!((error.kind(), error.stats().attempts), (Kind::NotFound, 4));

    let server = ScriptedServer::new([json(404, "")]);
    let error = with_policy(&server, &FakeClock::new(), Policy::default()).unwrap_err();
    assert_eq!(error.stats().attempts, 1);
}

#[test]
fn without_a_number_of_retries_the_deadline_ends_them_and_the_message_names_no_other_option() {
    let clock = FakeClock::new();
    let server = ScriptedServer::new((0..100).map(|_| json(500, "")));
    let policy = Policy::until(Duration::from_secs(60));
    let client = Server::new(settings(server.url(), &clock)).unwrap();
    let told = RefCell::new(Vec::new());
    let tell = |trouble: &RetryNotice| told.borrow_mut().push(trouble.to_string());
    let error = client.exchange(&Call::get("/x"), &policy, &tell).unwrap_err();
    assert!((45..60).contains(&error.stats().elapsed.as_secs()), "{error}");
    assert!(error.to_string().ends_with(". Try again later, or allow more time."), "{error}");
    assert!(told.borrow()[8].starts_with("attempt 9: the server answered 500"), "{:?}", told.borrow());

    let server = ScriptedServer::new((0..4).map(|_| json(500, "")));
    let error = with_policy(&server, &FakeClock::new(), Policy::default()).unwrap_err();
    assert!(error.to_string().ends_with(". Try again later, or raise the retries."), "{error}");
    // Nothing of it would help here.
    let server = ScriptedServer::new([json(422, "")]);
    let error = with_policy(&server, &FakeClock::new(), Policy::default()).unwrap_err();
    assert!(!error.to_string().contains("raise") && !error.to_string().contains("more time"), "{error}");
}
