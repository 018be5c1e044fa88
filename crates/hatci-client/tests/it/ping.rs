//! The results of `ping`.
use crate::{client, client_of};
use hatci_client::{Error, Ping};
use std::iter::repeat_n;
use test_servers::{FakeClock, ScriptedServer, Step, deserted_address, json, with_headers};

fn word(ping: &Ping) -> (&'static str, Option<&Error>) {
    match ping {
        Ping::Good(_) => ("good", None),
        Ping::Unreachable(e) => ("unreachable", Some(e)),
        Ping::Tls(e) => ("tls", Some(e)),
        Ping::TokenRefused(e) => ("token refused", Some(e)),
        Ping::NotThisApi(e) => ("not this API", Some(e)),
        Ping::Failing(e) => ("failing", Some(e)),
    }
}

#[test]
fn every_answer_has_its_meaning_and_its_remedy() {
    for (step, meaning, remedy) in [
        (json(200, r#"{"status": "ok"}"#), "good", ""),
        (json(200, ""), "good", ""),
        (json(401, ""), "token refused", "Check the token"),
        (json(403, ""), "token refused", "Ask for the permission"),
        (json(404, "<title>nginx</title>"), "not this API", "that the base URL is that of the API"),
        (json(405, ""), "not this API", "that the base URL is that of the API"),
        (json(200, "<title>Login</title>"), "not this API", "the base URL is that of the API"),
        (json(200, "[]"), "not this API", "the base URL is that of the API"),
        (with_headers(302, &[("location", "https://login.example")], ""), "not this API", "Set the base URL"),
        (Step::SendAndClose(b"SSH-2.0-x\r\n".into()), "not this API", "the base URL is that of the API"),
        (json(500, ""), "failing", "Try again later"),
        (json(429, ""), "failing", "Try again later"),
        (json(503, ""), "failing", "Try again later"),
        (Step::CloseAfter, "unreachable", "Check the server's log"),
    ] {
        let server = ScriptedServer::new(repeat_n(step.clone(), 4));
        let ping = client(&server).ping();
        let (found, error) = word(&ping);
        assert_eq!(found, meaning, "{step:?}: {error:?}");
        assert!(error.is_none_or(|error| error.to_string().contains(remedy)), "{error:?}");
    }
}

#[test]
fn a_server_is_reached_if_its_health_is_any_text_but_a_page_or_a_list() {
    for (body, fault) in [
        ("OK", None),
        ("\"OK\"", None),
        ("", None),
        (r#"{"status": "ok"}"#, None),
        ("\n<title>Login</title>", Some("it is not JSON")),
        (r#"[{"vin": "1"}]"#, Some("it is a list")),
        (r#"{"status": "#, Some("its JSON ends in the middle")),
    ] {
        let other = json(200, "<title>Login</title>");
        let health = json(200, body);
        let server = ScriptedServer::answering(move |request| {
            if request.target.ends_with("/health") { health.clone() } else { other.clone() }
        });
        let reached = client(&server).reach().map_err(|e| e.to_string());
        match fault {
            None => assert_eq!(reached, Ok(()), "{body}"),
            Some(fault) => assert!(reached.as_ref().is_err_and(|e| e.contains(fault)), "{body}: {reached:?}"),
        }
    }
}

#[test]
fn nobody_answers() {
    let deserted = format!("http://{}", deserted_address());
    for url in [deserted.as_str(), "http://no-such-host.invalid"] {
        assert_eq!(word(&client_of(url, &FakeClock::new()).ping()).0, "unreachable", "{url}");
    }
    let plain = ScriptedServer::accepting([], |mut stream| {
        std::io::Write::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n").ok()?;
        Some(Box::new(stream))
    });
    let url = plain.url().replace("http", "https");
    let unchecked = client_of(&url, &FakeClock::new()).ping();
    assert_eq!(word(&unchecked).0, "tls");
}
