//! Redirects: none is followed, and the message says where the API may be.
use crate::{create, exchange, get, settings};
use http_exchange::{Kind, Server};
use test_servers::{FakeClock, ScriptedServer, json, with_headers};

#[test]
fn none_is_followed_within_the_server_either() {
    for status in [301, 302, 303, 307, 308] {
        let server = ScriptedServer::new([
            with_headers(status, &[("location", "/y?token=hush")], ""),
            json(200, "{}"),
        ]);
        let error = get(settings(server.url(), &FakeClock::new())).unwrap_err();
        assert_eq!((error.kind(), error.status()), (Kind::Protocol, Some(status)));
        assert!(error.to_string().contains("to /y, and redirects are not followed"), "{error}");
        assert_eq!(server.requests().len(), 1);
    }
}

#[test]
fn the_other_server_hears_nothing_and_what_is_secret_in_its_address_is_not_shown() {
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
fn a_create_is_in_doubt_only_where_the_answer_says_that_it_was_carried_out() {
    for status in [301, 302, 303, 307, 308] {
        let server = ScriptedServer::new([with_headers(status, &[("location", "/y")], "")]);
        let client = Server::new(settings(server.url(), &FakeClock::new())).unwrap();
        let error = exchange(&client, &create()).unwrap_err();
        let kind = if status == 303 { Kind::UnknownOutcome } else { Kind::Protocol };
        assert_eq!((error.kind(), server.count("POST")), (kind, 1), "{status}");
    }
}

#[test]
fn one_that_names_no_place() {
    for headers in [&[][..], &[("location", "")]] {
        let server = ScriptedServer::new([with_headers(302, headers, "")]);
        let error = get(settings(server.url(), &FakeClock::new())).unwrap_err();
        assert!(error.to_string().contains("to nowhere"), "{error}");
    }
}
