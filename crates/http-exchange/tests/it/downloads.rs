//! Files that are handed over piece by piece.
use crate::settings;
use http_exchange::{Kind, Server};
use std::{ops::ControlFlow, time::Duration};
use test_servers::{FakeClock, ScriptedServer, json, with_headers};

const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn a_file_comes_whole_and_as_it_is() {
    let server = ScriptedServer::new([json(200, &"x".repeat(300_000))]);
    let client = Server::new(settings(server.url(), &FakeClock::new())).unwrap();
    let (mut size, mut pieces) = (0, 0);
    let mut take = |piece: &[u8]| {
        (size, pieces) = (size + piece.len(), pieces + 1);
        ControlFlow::Continue(())
    };
    client.download("/file", PATIENCE, &mut take).unwrap();
    assert_eq!(size, 300_000);
    assert!(pieces > 1);
    let requests = server.requests();
    assert_eq!(requests[0].header("accept-encoding"), "identity");
}

#[test]
fn whoever_takes_it_can_break_off() {
    let server = ScriptedServer::new([json(200, &"x".repeat(300_000))]);
    let client = Server::new(settings(server.url(), &FakeClock::new())).unwrap();
    let mut pieces = 0;
    let mut take = |_: &[u8]| {
        pieces += 1;
        ControlFlow::Break(())
    };
    client.download("/file", PATIENCE, &mut take).unwrap();
    assert_eq!(pieces, 1);
}

#[test]
fn nothing_is_handed_over_of_an_answer_that_is_not_the_file() {
    for (step, kind) in [
        (json(404, "no such file"), Kind::NotFound),
        (with_headers(302, &[("location", "http://elsewhere.example/")], ""), Kind::Protocol),
        (json(206, "x"), Kind::Protocol),
    ] {
        let server = ScriptedServer::new([step]);
        let client = Server::new(settings(server.url(), &FakeClock::new())).unwrap();
        let mut take = |_: &[u8]| panic!("something was handed over");
        let error = client.download("/file", PATIENCE, &mut take).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains("/file"), "{error}");
    }
}
