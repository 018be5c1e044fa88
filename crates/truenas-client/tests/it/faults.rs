//! Servers that say nothing, too much, or the wrong thing: every wait ends, and nothing secret is shown.
use crate::{client, client_with, hasty, settings, start, with_faults};
use bench_sim::truenas::{Options, Release};
use std::time::{Duration, Instant};
use test_servers::{ScriptedServer, Step, deserted_address, json};
use truenas_client::{Client, Kind, NewVolume, Policy, Secret, Settings};

#[test]
fn a_server_that_says_nothing_is_left_after_the_timeout() {
    let server = with_faults(&["silent:system.info:9"]);
    let start = Instant::now();
    let error = hasty(&server.url()).system().unwrap_err();
    assert_eq!(error.kind(), Kind::Timeout, "{error}");
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[test]
fn the_time_that_a_silent_server_was_given_is_that_of_all_attempts() {
    let server = with_faults(&["silent:system.info:99"]);
    let policy = Policy { deadline: Duration::from_secs(3), ..Policy::default() };
    let patient = Settings { timeout: Duration::from_secs(1), policy, ..settings(&server.url()) };
    let silent = client_with(patient).system().unwrap_err().to_string();
    assert!(silent.contains("within 2 s") || silent.contains("within 3 s"), "{silent}");
}

#[test]
fn a_create_over_rest_that_is_never_answered_speaks_of_no_idempotency_key() {
    let faults = ["drop-after:pool.dataset.create:9", "drop-before:pool.dataset.query:99"];
    let faults = faults.iter().map(|fault| fault.parse().unwrap()).collect();
    let server = start(Options { release: Release::V24_10, faults, ..Options::default() });
    let new = NewVolume { name: "tank/x", size: 1 << 30, sparse: true };
    let unknown = client(&server).create_volume(new).unwrap_err();
    assert_eq!(unknown.kind(), Kind::UnknownOutcome, "{unknown}");
    assert!(!unknown.to_string().contains("idempotency"), "{unknown}");
    assert!(unknown.to_string().contains("Run the task again: it continues with what exists"), "{unknown}");
}

#[test]
fn a_service_that_does_not_start_is_given_no_words_that_truenas_never_said() {
    for release in [Release::V24_10, Release::V25_04] {
        let faults = vec!["false:service.start".parse().unwrap()];
        let server = start(Options { release, faults, ..Options::default() });
        let stopped = client(&server).start_iscsi().unwrap_err();
        assert_eq!((stopped.kind(), stopped.refusal()), (Kind::Failed, None), "{release:?}");
        assert!(stopped.to_string().contains("it gives no reason"), "{stopped}");
    }
}

#[test]
fn events_without_end_are_no_answer() {
    let server = with_faults(&["endless:system.info:9"]);
    let error = hasty(&server.url()).system().unwrap_err();
    assert_eq!(error.kind(), Kind::Timeout, "{error}");
}

#[test]
fn an_answer_that_is_too_large_is_not_read() {
    let error = client(&with_faults(&["huge:system.info"])).system().unwrap_err();
    assert_eq!(error.kind(), Kind::Protocol);
    assert!(error.to_string().contains("larger than 8 MiB"), "{error}");
}

#[test]
fn a_create_that_is_never_answered_leaves_its_outcome_open() {
    let server = with_faults(&["silent:pool.dataset.create:9", "silent:pool.dataset.query:9"]);
    let client = hasty(&server.url());
    let error = client.create_volume(NewVolume { name: "tank/x", size: 1 << 30, sparse: true }).unwrap_err();
    assert_eq!(error.kind(), Kind::UnknownOutcome, "{error}");
    assert!(error.to_string().contains("Run the task again"), "{error}");
}

#[test]
fn events_and_answers_to_others_are_passed_over() {
    let server = with_faults(&["chatty"]);
    let client = client(&server);
    assert_eq!(client.system().unwrap()["hostname"], "truenas");
    client.start_iscsi().unwrap();
}

#[test]
fn too_many_calls_at_once_are_made_later() {
    let server = with_faults(&["too-many:system.info"]);
    client(&server).system().unwrap();
    assert_eq!(server.calls().len(), 2);
}

#[test]
fn a_middleware_that_is_starting_is_waited_for() {
    let server = with_faults(&["down:2"]);
    client(&server).system().unwrap();
    let error = hasty(&with_faults(&["down"]).url()).system().unwrap_err();
    assert_eq!((error.kind(), error.status()), (Kind::Unavailable, Some(502)), "{error}");
}

#[test]
fn a_failure_shows_nothing_of_its_trace() {
    for release in Release::ALL {
        let faults = vec!["fails:iscsi.auth.create".parse().unwrap()];
        let server = start(Options { release, faults, ..Options::default() });
        let secret = Secret::new("twelve-signs1");
        let error = client(&server).create_auth(1, "bench", &secret).unwrap_err();
        assert_eq!(error.kind(), Kind::Failed, "{release:?} {error}");
        let shown = format!("{error} {error:?}");
        assert!(shown.contains("an unexpected error"), "{shown}");
        assert!(!shown.contains("twelve-signs1") && !shown.contains("Traceback"), "{shown}");
    }
}

#[test]
fn what_the_server_repeats_of_a_secret_is_hidden() {
    let server = start(Options::default());
    let client = client(&server);
    client.conceal("tank/hush-hush");
    let new = NewVolume { name: "tank/hush-hush", size: 1 << 30, sparse: true };
    client.create_volume(new).unwrap();
    let error = client.create_volume(new).unwrap_err();
    assert!(error.to_string().contains("Path /mnt/*** already exists"), "{error}");
}

#[test]
fn servers_that_are_no_truenas() {
    for (step, kind) in [
        (json(200, "{}"), Kind::Protocol),
        (json(200, "[\"v99.0.0\"]"), Kind::Protocol),
        (json(200, "[]"), Kind::Protocol),
        (json(500, "{}"), Kind::Unavailable),
        (Step::Send(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<html>".to_vec()), Kind::Protocol),
    ] {
        let server = ScriptedServer::answering(move |_| step.clone());
        let error = hasty(&server.url()).system().unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
    // It lists versions and then opens no WebSocket.
    for (answer, kind) in [
        (json(404, "{}"), Kind::Protocol),
        (json(401, "{}"), Kind::Auth),
        (Step::Send(b"nonsense\r\n\r\n".to_vec()), Kind::Protocol),
        (Step::CloseAfter, Kind::Unavailable),
        (Step::Stall, Kind::Timeout),
        (Step::Drip(b"HTTP/1.1 101 Switching Protocols\r\nx: ".to_vec()), Kind::Timeout),
        (Step::Flood(b"HTTP/1.1 101 Switching Protocols\r\nx: ".to_vec()), Kind::Protocol),
    ] {
        let shown = format!("{answer:?}");
        let server = ScriptedServer::answering(move |request| match request.target.as_str() {
            "/api/versions" => json(200, "[\"v25.10.0\"]"),
            _ => answer.clone(),
        });
        let error = hasty(&server.url()).system().unwrap_err();
        assert_eq!(error.kind(), kind, "{shown}: {error}");
    }
    let nobody = hasty(&format!("http://{}", deserted_address())).system().unwrap_err();
    assert_eq!(nobody.kind(), Kind::Unavailable, "{nobody}");
    assert!(Client::new(settings("truenas.example"), |_| ()).is_err());
}
