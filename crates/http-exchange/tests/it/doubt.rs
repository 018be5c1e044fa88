//! A create whose answer is lost: done once, or known to be unknown, never done twice.
use crate::{create, exchange, post, settings};
use http_exchange::{Call, Error, Idempotency, Kind, Policy, Reply, Server};
use std::{
    cell::Cell,
    io::{Read, Write},
};
use test_servers::{FakeClock, Request, ScriptedServer, Step, deserted_address, json, with_headers};

/// The echo by which a server shows that it honours keys.
const ECHO: (&str, &str) = ("idempotency-key", "k-1");

/// A server that has too much to do, and says so.
fn busy() -> Step {
    with_headers(503, &[("retry-after", "1")], "")
}

fn created() -> Step {
    with_headers(201, &[ECHO], r#"{"id": 1}"#)
}

fn run(script: impl IntoIterator<Item = Step>, call: &Call) -> (Result<Reply, Error>, Vec<Request>) {
    let server = ScriptedServer::new(script);
    let client = Server::new(settings(server.url(), &FakeClock::new())).unwrap();
    (exchange(&client, call), server.requests())
}

fn methods(requests: &[Request]) -> Vec<&str> {
    requests.iter().map(|request| request.method.as_str()).collect()
}

/// Each leaves open whether the server acted.
fn losses() -> Vec<Step> {
    vec![
        Step::CloseAfter,
        Step::SendAndClose(b"HTTP/1.1 201 Created\r\ncontent-length: 99\r\n\r\n{".into()),
        Step::SendAndClose(b"rubbish\r\n\r\n".into()),
        json(201, "{\"id\":"),
        Step::SendAndClose(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n".into()),
        Step::SendAndClose(
            format!("HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\n2;{}", "a".repeat(70_000))
                .into(),
        ),
        json(500, r#"{"error": "oops"}"#),
        json(502, "<title>Bad Gateway</title>"),
        json(503, "upstream connect error or disconnect/reset before headers"),
        json(504, ""),
    ]
}

#[test]
fn a_server_that_ignores_keys_gets_no_second_create() {
    for loss in losses() {
        let (answer, requests) = run([loss.clone(), json(200, "{}")], &create());
        let error = answer.unwrap_err();
        assert_eq!(error.kind(), Kind::UnknownOutcome, "{loss:?}");
        assert_eq!(error.idempotency_key().unwrap().as_str(), "k-1");
        assert!(error.to_string().contains("same idempotency key, k-1."), "{error}");
        assert_eq!(methods(&requests)[0], "POST", "{loss:?}");
        assert_eq!(methods(&requests).iter().filter(|method| **method == "POST").count(), 1, "{loss:?}");
    }
}

#[test]
fn whether_a_change_may_have_been_made_is_known_while_it_is_tried() {
    for (first, may_have) in [(json(429, ""), false), (Step::CloseAfter, true)] {
        let server = ScriptedServer::new([first, json(200, "{}")]);
        let client = Server::new(settings(server.url(), &FakeClock::new())).unwrap();
        let acted = client.acted();
        let seen = Cell::new(acted.may_have());
        assert!(!seen.get());
        let change = post(Idempotency::Always, None);
        client.exchange(&change, &Policy::default(), &|_| seen.set(acted.may_have())).unwrap();
        assert_eq!((seen.get(), acted.may_have()), (may_have, true));
    }
}

#[test]
fn the_server_is_asked_whether_it_honours_keys() {
    for loss in [Step::CloseAfter, json(500, ""), json(504, "")] {
        let health = with_headers(200, &[ECHO], "{}");
        let (answer, requests) = run([loss, health, created()], &create());
        assert_eq!(answer.unwrap().body["id"], 1);
        assert_eq!(methods(&requests), ["POST", "GET", "POST"]);
        assert_eq!(requests[1].target, "/health");
        assert!(requests.iter().all(|request| request.header("idempotency-key") == "k-1"));
    }
}

#[test]
fn the_question_survives_trouble_and_a_refusal_answers_it_too() {
    let refusal = with_headers(401, &[ECHO], "");
    let (answer, requests) =
        run([Step::CloseAfter, Step::CloseAfter, json(503, ""), refusal, created()], &create());
    answer.unwrap();
    assert_eq!(methods(&requests), ["POST", "GET", "GET", "GET", "POST"]);
}

#[test]
fn a_foreign_key_sent_back_proves_nothing() {
    let health = with_headers(200, &[("idempotency-key", "k-2")], "{}");
    let (answer, requests) = run([Step::CloseAfter, health, created()], &create());
    assert_eq!(answer.unwrap_err().kind(), Kind::UnknownOutcome);
    assert_eq!(methods(&requests), ["POST", "GET"]);
}

#[test]
fn a_server_that_has_shown_it_is_not_asked_again() {
    for shows in [ECHO, ("idempotency-replayed", "true")] {
        let busy = with_headers(503, &[shows], "");
        let (answer, requests) = run([busy, Step::CloseAfter, json(500, ""), created()], &create());
        assert_eq!(answer.unwrap().stats.attempts, 4);
        assert_eq!(methods(&requests), ["POST"; 4]);
    }
}

#[test]
fn what_was_not_acted_on_is_repeated_on_any_server() {
    for refusal in [json(408, ""), json(425, ""), json(429, ""), busy(), json(409, "")] {
        let (answer, requests) = run([refusal, json(201, r#"{"id": 1}"#)], &create());
        answer.unwrap();
        assert_eq!(methods(&requests), ["POST"; 2]);
        assert!(requests.iter().all(|request| request.header("idempotency-key") == "k-1"));
    }
}

#[test]
fn a_create_that_is_still_running_is_waited_for() {
    let running = || with_headers(409, &[ECHO, ("retry-after", "5")], r#"{"error": "still running"}"#);
    let (answer, requests) = run([running(), running(), created()], &create());
    assert_eq!(answer.unwrap().stats.elapsed.as_secs(), 10);
    assert_eq!(methods(&requests), ["POST"; 3]);
}

#[test]
fn a_create_that_is_still_running_is_waited_for_as_long_as_the_server_says_when_to_come_again() {
    let running = || with_headers(409, &[("retry-after", "10")], r#"{"error": "still running"}"#);
    let (answer, requests) = run((0..10).map(|_| running()).chain([created()]), &create());
    assert_eq!(answer.unwrap().stats.elapsed.as_secs(), 100);
    assert_eq!(methods(&requests), ["POST"; 11]);
    let (answer, requests) = run((0..100).map(|_| running()), &create());
    let error = answer.unwrap_err();
    assert_eq!((error.kind(), requests.len()), (Kind::Conflict, 12), "{error}");
}

#[test]
fn a_lost_create_that_is_still_running_is_waited_for_until_the_deadline() {
    let running = || with_headers(409, &[ECHO], r#"{"error": "still running"}"#);
    let health = with_headers(200, &[ECHO], "{}");
    let script = [Step::CloseAfter, health].into_iter().chain((0..100).map(|_| running()));
    let (answer, requests) = run(script, &create());
    let error = answer.unwrap_err();
    assert_eq!((error.kind(), error.status()), (Kind::UnknownOutcome, Some(409)));
    assert!(requests.len() > 10 && error.to_string().contains("the deadline allows no more"), "{error}");
    let (answer, _) = run((0..6).map(|_| running()).chain([created()]), &create());
    assert_eq!(answer.unwrap_err().kind(), Kind::Conflict);
}

#[test]
fn an_answer_cut_short_shows_it_too() {
    let cut = format!("HTTP/1.1 201 Created\r\n{}: {}\r\ncontent-length: 99\r\n\r\n{{", ECHO.0, ECHO.1);
    let (answer, requests) = run([Step::SendAndClose(cut.into()), created()], &create());
    answer.unwrap();
    assert_eq!(methods(&requests), ["POST"; 2]);
}

#[test]
fn a_key_used_for_something_else_fails_and_is_not_exchanged_for_another() {
    let (answer, requests) = run([with_headers(422, &[ECHO], r#"{"error": "key reused"}"#)], &create());
    let error = answer.unwrap_err();
    assert_eq!((error.kind(), requests.len()), (Kind::Invalid, 1));
    assert!(error.to_string().contains("used before with other content"), "{error}");
}

#[test]
fn once_in_doubt_only_a_good_answer_settles_it() {
    for last in [401, 404, 422] {
        let busy = with_headers(503, &[ECHO], "");
        let (answer, requests) = run([busy, Step::CloseAfter, json(last, "")], &create());
        let error = answer.unwrap_err();
        assert_eq!((error.kind(), error.status()), (Kind::UnknownOutcome, Some(last)));
        assert_eq!(methods(&requests), ["POST"; 3]);
        // A key that was used for something else can settle nothing.
        let again = error.to_string().contains("run again with the same idempotency key, k-1.");
        let without = error.to_string().contains("run again without this one, k-1.");
        assert_eq!((again, without), (last != 422, last == 422), "{error}");
    }
}

#[test]
fn retries_that_run_out_leave_it_unknown() {
    let busy = with_headers(503, &[ECHO], "");
    let (answer, requests) = run([busy, Step::CloseAfter, Step::CloseAfter, Step::CloseAfter], &create());
    let error = answer.unwrap_err();
    assert_eq!((error.kind(), error.stats().attempts), (Kind::UnknownOutcome, 4));
    assert_eq!(methods(&requests), ["POST"; 4]);
}

#[test]
fn a_post_without_a_key_is_repeated_only_while_nothing_was_done() {
    let call = post(Idempotency::Never, None);
    let (answer, requests) = run([busy(), Step::CloseAfter, json(201, "{}")], &call);
    let error = answer.unwrap_err();
    assert_eq!((error.kind(), requests.len()), (Kind::UnknownOutcome, 2));
    assert!(error.idempotency_key().is_none());
}

#[test]
fn an_answer_to_a_part_of_the_request_counts() {
    // Whatever is sent beyond the head is not read, so the connection is reset.
    let server = ScriptedServer::accepting([], |mut stream| {
        let mut head = [0; 16];
        stream.read_exact(&mut head).ok()?;
        stream.write_all(b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").ok()?;
        None
    });
    let call = Call { body: Some(serde_json::Value::from("x".repeat(8 << 20)).into()), ..create() };
    let client = Server::new(settings(server.url(), &FakeClock::new())).unwrap();
    let error = exchange(&client, &call).unwrap_err();
    assert_eq!((error.kind(), error.status()), (Kind::Invalid, Some(413)), "{error}");
}

#[test]
fn a_reset_is_in_doubt() {
    let (answer, _) = run([Step::Reset, json(200, "{}")], &create());
    assert_eq!(answer.unwrap_err().kind(), Kind::UnknownOutcome);
}

#[test]
fn a_connection_refused_leaves_no_doubt() {
    let url = format!("http://{}", deserted_address());
    let client = Server::new(settings(url, &FakeClock::new())).unwrap();
    let error = exchange(&client, &create()).unwrap_err();
    assert_eq!((error.kind(), error.stats().attempts), (Kind::Unavailable, 4), "{error}");
}
