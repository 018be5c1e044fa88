//! Who is let in, and what a rejected key leads to.
use crate::{client, client_with, settings, start, with_faults};
use bench_sim::truenas::{Options, Release};
use std::time::Duration;
use test_servers::ScriptedServer;
use truenas_client::{Client, Error, Kind, Policy, Secret, Settings};

#[test]
fn the_api_key_never_leaves_for_an_unencrypted_address() {
    for url in ["http://192.0.2.1", "ws://192.0.2.1", "http://truenas.example", "HTTP://truenas.example"] {
        let refused = Client::new(settings(url), |_| ()).err().unwrap();
        assert_eq!(refused.kind(), Kind::Invalid);
        assert!(refused.to_string().contains("permanently revokes a key"), "{refused}");
    }
    for url in ["https://truenas.example", "wss://truenas.example", "http://localhost:1", "ws://127.0.0.1:1"]
    {
        assert!(Client::new(settings(url), |_| ()).is_ok(), "{url}");
    }
}

#[test]
fn urls_with_a_path_are_refused_and_such_with_a_password_not_shown() {
    let refused = |url: &str| Client::new(settings(url), |_| ()).err().unwrap().to_string();
    assert!(refused("https://truenas.example/api/v2.0").contains("ends in /api/v2.0"));
    assert!(refused("https://truenas.example/ui/").contains("https://HOST"));
    for url in ["https://kim:hush@truenas.example", "https://kim:hush/x@truenas.example", "kim:hush@truenas"]
    {
        assert!(!refused(url).contains("hush"), "{}", refused(url));
    }
}

#[test]
fn a_wrong_key_ends_the_task_at_once_on_every_release() {
    for release in Release::ALL {
        let server = start(Options { release, ..Options::default() });
        for username in [Some("bench".to_owned()), None] {
            let key = Secret::new("9-wrong-key");
            let client = client_with(Settings { api_key: key, username, ..settings(&server.url()) });
            let refused = client.system().unwrap_err();
            assert_eq!(refused.kind(), Kind::Auth, "{release:?} {refused}");
            assert!(!refused.to_string().contains("wrong-key"), "{refused}");
        }
        assert!(server.calls().is_empty());
    }
}

#[test]
fn without_a_user_name_the_key_alone_is_enough() {
    for release in Release::ALL {
        let server = start(Options { release, ..Options::default() });
        client_with(Settings { username: None, ..settings(&server.url()) }).system().unwrap();
    }
}

#[test]
fn a_revoked_key_is_told_from_a_wrong_one() {
    let server = with_faults(&["revoked"]);
    let revoked = client(&server).system().unwrap_err();
    assert!(revoked.to_string().contains("was revoked"), "{revoked}");
    assert!(revoked.to_string().contains("Create a new key"), "{revoked}");
    let alone = client_with(Settings { username: None, ..settings(&server.url()) }).system().unwrap_err();
    assert!(alone.to_string().contains("truenas_username"), "{alone}");
    assert_eq!((revoked.kind(), alone.kind()), (Kind::Auth, Kind::Auth));
}

#[test]
fn a_key_that_rest_rejects_is_named_with_what_may_have_become_of_it() {
    let fault = "revoked".parse().unwrap();
    let server = start(Options { release: Release::V24_10, faults: vec![fault], ..Options::default() });
    let refused = client(&server).system().unwrap_err();
    assert_eq!(refused.kind(), Kind::Auth);
    let words = refused.to_string();
    assert!(
        words.contains("Check `truenas_api_key`. If it was ever sent over http, TrueNAS has revoked"),
        "{words}"
    );
}

#[test]
fn nobody_is_advised_to_use_plain_http() {
    let server = start(Options::default());
    let url = server.url().replace("http://", "https://");
    let refused =
        client_with(Settings { policy: Policy { retries: 0, ..Policy::default() }, ..settings(&url) });
    let refused = refused.system().unwrap_err();
    assert_eq!(refused.kind(), Kind::Tls, "{refused}");
    assert!(!refused.to_string().contains("http://"), "{refused}");
    assert!(refused.to_string().contains("Give the https port"), "{refused}");
}

#[test]
fn a_standby_controller_names_the_active_one() {
    let refused = client(&with_faults(&["standby"])).system().unwrap_err();
    assert!(matches!(refused, Error::Login { kind: Kind::Unavailable, .. }));
    assert!(refused.to_string().contains("https://192.0.2.7"), "{refused}");
}

#[test]
fn a_rate_limit_is_waited_for_within_the_deadline() {
    let server = with_faults(&["rate-limit"]);
    let policy = Policy { deadline: Duration::from_secs(1), ..Policy::default() };
    let refused = client_with(Settings { policy, ..settings(&server.url()) }).system().unwrap_err();
    assert_eq!(refused.kind(), Kind::RateLimited, "{refused}");
}

#[test]
fn nothing_is_sent_where_a_redirect_leads() {
    let elsewhere = ScriptedServer::new([]);
    let url = elsewhere.url();
    let server = ScriptedServer::answering(move |_| {
        test_servers::with_headers(307, &[("location", &format!("{url}/api/versions"))], "")
    });
    let refused = client_with(settings(&server.url())).system().unwrap_err();
    assert_eq!(refused.kind(), Kind::Protocol, "{refused}");
    assert!(elsewhere.requests().is_empty());
    assert!(server.requests().iter().all(|request| request.header("authorization").is_empty()));

    let refused = client(&with_faults(&["redirect"])).system().unwrap_err();
    assert!(refused.to_string().contains("Redirects are not followed"), "{refused}");
}
