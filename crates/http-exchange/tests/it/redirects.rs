//! Redirects: within the origin, with the method as it was, and not for ever.
use crate::{
    FakeClock, create, exchange, get,
    scripted_server::{ScriptedServer, json, with_headers},
    settings,
};
use http_exchange::{Kind, Server};

#[test]
fn within_the_origin_they_are_followed_with_the_credentials() {
    let server = ScriptedServer::new([
        with_headers(301, &[("location", "/y")], "<html>moved</html>"),
        with_headers(307, &[("location", "z?a=b")], ""),
        json(200, r#"{"here": 1}"#),
    ]);
    assert_eq!(get(settings(server.url(), &FakeClock::new())).unwrap().body["here"], 1);
    let requests = server.requests();
    let targets: Vec<_> = requests.iter().map(|request| request.target.as_str()).collect();
    assert_eq!(targets, ["/x", "/y", "/z?a=b"]);
    assert!(requests.iter().all(|request| request.header("authorization").ends_with(crate::TOKEN)));
}

#[test]
fn elsewhere_they_are_not_and_the_other_server_hears_nothing() {
    let other = ScriptedServer::new([json(200, "{}")]);
    let target = format!("{}/y?token=hush", other.url().replace("http://", "http://kim:hush@"));
    for location in [format!("{}/y?token=hush", other.url()), target] {
        let server = ScriptedServer::new([with_headers(302, &[("location", &location)], "")]);
        let error = get(settings(server.url(), &FakeClock::new())).unwrap_err();
        assert_eq!((error.kind(), error.status()), (Kind::Protocol, Some(302)));
        assert!(error.to_string().contains(&other.url()), "{error}");
        assert!(!format!("{error} {error:?}").contains("hush"), "{error:?}");
    }
    assert!(other.requests().is_empty());
}

#[test]
fn a_loop_ends() {
    let server = ScriptedServer::new((0..20).map(|_| with_headers(302, &[("location", "/x")], "")));
    let error = get(settings(server.url(), &FakeClock::new())).unwrap_err();
    assert_eq!(error.kind(), Kind::Protocol);
    assert_eq!(server.requests().len(), 6);
}

#[test]
fn a_create_stays_a_create() {
    for status in [301, 302, 303] {
        let server = ScriptedServer::new([with_headers(status, &[("location", "/y")], "")]);
        let client = Server::new(settings(server.url(), &FakeClock::new())).unwrap();
        let error = exchange(&client, &create()).unwrap_err();
        let kind = if status == 303 { Kind::UnknownOutcome } else { Kind::Protocol };
        assert_eq!((error.kind(), server.count("POST")), (kind, 1), "{status}");
        assert!(error.to_string().contains("into a GET"), "{error}");
    }
    for status in [307, 308] {
        let server = ScriptedServer::new([with_headers(status, &[("location", "/y")], ""), json(201, "{}")]);
        let client = Server::new(settings(server.url(), &FakeClock::new())).unwrap();
        exchange(&client, &create()).unwrap();
        let requests = server.requests();
        assert!(requests.iter().all(|request| request.header("idempotency-key") == "k-1"));
        assert_eq!((requests[1].method.as_str(), requests[1].body.as_str()), ("POST", r#"{"a":1}"#));
    }
}

#[test]
fn one_that_names_no_place() {
    let server = ScriptedServer::new([with_headers(302, &[], "")]);
    let error = get(settings(server.url(), &FakeClock::new())).unwrap_err();
    assert!(error.to_string().contains("to nowhere"), "{error}");
}
