//! Which controller certificates and which `tls.ca` are accepted: checks the table of `collection/docs/tls.md`, which
//! http-exchange's tests generate, for this crate.
#![allow(clippy::disallowed_methods)] // tests create by hand what other programs would
use base64::{Engine, prelude::BASE64_STANDARD};
use jumpstarter::{BlockingClient, Choice, ConfigSource, Environment, Error};
use std::fmt::Write;
use test_servers::{Case, Expected, Referee, Workshop, tls_cases};

/// Why the connection fails; `None` if it succeeds. Only the handshake is tested.
fn refusal(case: &Case, port: u16, tls: &str) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ci.yaml");
    let config = format!(
        "{{metadata: {{namespace: lab, name: ci}}, endpoint: '{}:{port}', tls: {tls}, token: a-token}}",
        case.host
    );
    std::fs::write(&file, config).unwrap();
    let source = ConfigSource { choice: Choice::File(file), environment: Environment::of(|_| None) };
    let error =
        BlockingClient::new(source).unwrap().run(async |client| client.get("a-lease").await).unwrap_err();
    assert!(!error.to_string().contains(['{', '}']), "a debug dump: {error}");
    matches!(error, Error::Tls { .. }).then(|| error.to_string())
}

/// Tries these cases with the `tls` setting of each, and fails on any unexpected result.
fn try_all(cases: &[Case], tls: impl Fn(&Case) -> String) {
    let referee = Referee::of(cases);
    let mut wrong = String::new();
    for (case, seen) in cases.iter().zip(&referee.seen) {
        let came = refusal(case, seen.port, &tls(case));
        let is_right = match (&came, case.ours) {
            (None, Expected::Accepted) => true,
            (Some(said), Expected::Refused(words)) => said.contains(words),
            _ => false,
        };
        if !is_right {
            let _ =
                writeln!(wrong, "{}, {}: expected {:?}, came {came:?}", case.section, case.name, case.ours);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn the_controller_is_believed_as_any_server_is() {
    let workshop = Workshop::new();
    let mut cases = tls_cases(&workshop);
    // An empty text, like a missing one, means this machine's roots; and no more than 1 MiB is read of a client's configuration.
    let are_others = ["empty", "a CA file above 1 MiB"];
    cases.retain(|case| case.client.is_none() && !are_others.contains(&case.name.as_str()));
    try_all(&cases, |case| format!("{{ca: {}}}", BASE64_STANDARD.encode(std::fs::read(&case.ca).unwrap())));
}

#[test]
fn insecure_means_that_whatever_is_shown_is_as_if_given_and_name_and_dates_still_count() {
    let workshop = Workshop::new();
    let mut cases = tls_cases(&workshop);
    cases.retain(|case| case.name.contains("trusted directly"));
    assert!(cases.len() > 10);
    try_all(&cases, |_| "{insecure: true}".into());
}
