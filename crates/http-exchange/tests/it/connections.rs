//! One process, one connection, as long as it holds.
use crate::{exchange, get, settings};
use http_exchange::{Call, Kind, Server};
use test_servers::{FakeClock, ScriptedServer, Step, deserted_address, json, with_headers};

#[test]
fn a_connection_is_used_again() {
    let server = ScriptedServer::new([
        json(200, "{}"),
        json(404, r#"{"error": "gone"}"#),
        Step::Send(b"HTTP/1.1 204 No Content\r\n\r\n".into()),
        with_headers(200, &[("connection", "close")], "{}"),
        json(200, "{}"),
    ]);
    let client = Server::new(settings(server.url(), &FakeClock::new())).unwrap();
    let answers: Vec<_> = (0..5).map(|_| exchange(&client, &Call::get("/x")).is_ok()).collect();
    assert_eq!(answers, [true, false, true, true, true]);
    let connections: Vec<_> = server.requests().iter().map(|request| request.connection).collect();
    assert_eq!(connections, [0, 0, 0, 0, 1]);
}

#[test]
fn a_request_carries_its_headers_and_its_body() {
    let server = ScriptedServer::new([json(200, "{}"), json(200, "{}")]);
    let client = Server::new(settings(server.url() + "/base/", &FakeClock::new())).unwrap();
    exchange(&client, &Call::get("/x?y=z")).unwrap();
    exchange(&client, &crate::create()).unwrap();
    let [read, create] = &server.requests()[..] else { panic!("two requests") };
    assert_eq!((read.method.as_str(), read.target.as_str()), ("GET", "/base/x?y=z"));
    assert_eq!(read.header("authorization"), format!("Bearer {}", crate::TOKEN));
    assert_eq!(read.header("accept"), "application/json");
    assert_eq!(read.header("user-agent"), "test/1");
    assert_eq!(read.header("idempotency-key"), "");
    assert_eq!((create.method.as_str(), create.target.as_str()), ("POST", "/base/things"));
    assert_eq!(create.header("content-type"), "application/json");
    assert_eq!(create.header("idempotency-key"), "k-1");
    assert_eq!(create.body, r#"{"a":1}"#);
}

#[test]
fn nobody_there() {
    let error = get(settings(format!("http://{}", deserted_address()), &FakeClock::new())).unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable);
    assert_eq!(error.stats().attempts, 4);
    assert!(error.to_string().contains("refused"), "{error}");
}

#[test]
fn no_such_name() {
    let error = get(settings("http://no-such-host.invalid", &FakeClock::new())).unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable);
    assert!(error.to_string().contains("no-such-host.invalid can't be resolved"), "{error}");
}

#[test]
fn settings_that_cannot_work_are_told_before_anything_is_sent() {
    let server = ScriptedServer::new([]);
    for (base_url, token) in [(server.url().replace("http://", ""), "t"), (server.url(), "t\n")] {
        let authorization = http_exchange::Authorization::Bearer(http_exchange::Secret::new(token));
        let error = get(http_exchange::Settings { authorization, ..settings(base_url, &FakeClock::new()) });
        let error = error.unwrap_err();
        assert_eq!((error.kind(), error.stats().attempts), (Kind::Invalid, 0), "{error}");
        assert!(error.method().is_none() && error.url().is_none());
    }
    assert!(server.requests().is_empty());
}

#[test]
fn warnings_for_what_works_but_should_not_be() {
    let warnings = |url: &str, verify| {
        let mut settings = settings(url, &FakeClock::new());
        settings.tls.verify = verify;
        Server::new(settings).unwrap().warnings().join(" ")
    };
    assert!(warnings("http://sums.example", true).contains("sent unencrypted"));
    assert!(warnings("https://sums.example", false).contains("not checked"));
    for quiet in ["http://127.0.0.1:1", "http://localhost", "http://[::1]:1", "https://sums.example"] {
        assert_eq!(warnings(quiet, true), "", "{quiet}");
    }
}
