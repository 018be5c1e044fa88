//! What goes wrong on the way, and what is made of it.
use crate::{client, fault, server};
use bench_sim::s3::Effect;
use s3_client::{Kind, Settings};
use std::time::Duration;

#[test]
fn slow_down_503_and_lost_answers_are_repeated() {
    for effect in [
        Effect::Refuse(503, "SlowDown"),
        Effect::Refuse(500, "InternalError"),
        Effect::Refuse(400, "RequestTimeout"),
        Effect::LoseAnswer,
    ] {
        let (server, client) = server();
        server.fail(fault("PUT", "", 0, effect.clone()));
        client.put("lab", "key", "text/plain", b"text").unwrap();
        assert_eq!(server.seen().len(), 2, "{effect:?}");
        server.fail(fault("GET", "", 0, effect.clone()));
        assert_eq!(client.text("lab", "key").unwrap().as_deref(), Some("text"), "{effect:?}");
    }
}

#[test]
fn a_server_that_stays_busy_ends_the_retries() {
    let (server, client) = server();
    server.fail(bench_sim::s3::Fault { times: 99, ..fault("PUT", "", 0, Effect::Refuse(503, "SlowDown")) });
    let refused = client.put("lab", "key", "text/plain", b"text").unwrap_err();
    assert_eq!((refused.kind(), refused.stats().attempts), (Kind::RateLimited, 4));
    assert!(refused.to_string().contains("after 4 attempts. Try again later"), "{refused}");
}

#[test]
fn a_clock_that_is_wrong_is_named_with_both_times_and_not_retried() {
    let (server, client) = server();
    server.fail(fault("PUT", "", 0, Effect::WrongClock));
    let refused = client.put("lab", "key", "text/plain", b"text").unwrap_err();
    let words = refused.to_string();
    assert!(words.contains("Thu, 01 Jan 2026 00:00:00 GMT there"), "{words}");
    assert!(words.ends_with("Set the clock of this machine, or that of the server."), "{words}");
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn a_clock_that_is_wrong_is_known_without_words_by_the_date_of_the_answer() {
    let (server, client) = server();
    server.fail(fault("HEAD", "", 0, Effect::WrongClock));
    let refused = client.object("lab", "key").unwrap_err();
    assert!(refused.to_string().contains("Thu, 01 Jan 2026 00:00:00 GMT there"), "{refused}");
    assert_eq!(refused.code(), Some("RequestTimeTooSkewed"));
    // A refusal for another reason stays one.
    server.fail(fault("HEAD", "", 0, Effect::Refuse(403, "AccessDenied")));
    assert_eq!(client.object("lab", "key").unwrap_err().code(), Some("Forbidden"));
}

#[test]
fn a_time_that_is_refused_though_the_clocks_agree_is_named() {
    let now = httpdate::fmt_http_date(std::time::SystemTime::now());
    let text = "<Error><Code>RequestTimeTooSkewed</Code></Error>";
    let date = now.clone();
    let web = test_servers::ScriptedServer::answering(move |_| {
        test_servers::with_headers(403, &[("date", date.as_str())], text)
    });
    // With the time of this machine.
    let settings = Settings::new(web.url(), crate::settings("").credentials);
    let refused = s3_client::Client::new(settings).unwrap().text("lab", "key").unwrap_err();
    assert!(refused.to_string().contains(&format!("it is {now} there")), "{refused}");
    assert!(refused.to_string().contains("The clocks agree now"), "{refused}");
}

#[test]
fn errors_inside_of_good_answers_count_as_attempts() {
    let (server, client) = server();
    let hidden = Effect::HiddenError("InternalError");
    server.fail(bench_sim::s3::Fault { times: 99, ..fault("PUT", "", 0, hidden) });
    server.change("lab", |bucket| drop(bucket.objects.insert("a".into(), bench_sim::s3::Object::default())));
    let source = client.object("lab", "a").unwrap().unwrap();
    let refused = client.copy(("lab", "a"), ("lab", "b"), &source, None).unwrap_err();
    assert_eq!(refused.stats().attempts, 4);
    assert!(refused.to_string().contains("after 4 attempts"), "{refused}");
}

#[test]
fn plain_signatures_without_checksums_that_nobody_asked_for() {
    // Report 17: stores refuse what newer SDKs add by default.
    let (server, client) = server();
    let folder = tempfile::tempdir().unwrap();
    crate::uploads::upload(&client, &crate::uploads::file(&folder, 1), true).unwrap();
    crate::uploads::upload(&client, &crate::uploads::file(&folder, 12), true).unwrap();
    client.put("lab", "key", "text/plain", b"text").unwrap();
    let seen = server.seen();
    assert!(seen.len() > 5);
    for request in seen {
        for (name, value) in &request.headers {
            assert!(!name.starts_with("x-amz-checksum") && !name.starts_with("x-amz-sdk"), "{request:?}");
            assert!(
                !["x-amz-trailer", "x-amz-decoded-content-length", "transfer-encoding"].contains(&&**name)
            );
            assert!(name != "x-amz-content-sha256" || value.len() == 64, "{request:?}");
            assert!(name != "content-encoding", "{request:?}");
        }
    }
}

#[test]
fn an_address_that_nobody_serves_fails_within_the_deadline() {
    let url = format!("http://{}", test_servers::deserted_address());
    let mut settings: Settings = crate::settings(&url);
    settings.policy.deadline = Duration::from_secs(1);
    let refused = s3_client::Client::new(settings).unwrap().bucket("lab").unwrap_err();
    assert_eq!(refused.kind(), Kind::Unavailable);
}

#[test]
fn nothing_of_the_secret_key_is_in_an_error_or_in_a_request() {
    let (server, _) = server();
    let client = client(&server.url());
    let refused = client.text("none", "key").unwrap_err();
    assert!(!format!("{refused} {refused:?}").contains("planted"), "{refused:?}");
    assert!(!format!("{:?}", server.seen()).contains("planted"));
}
