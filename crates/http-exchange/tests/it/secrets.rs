//! Secrets planted everywhere, and looked for in everything that can be shown.
use crate::{TOKEN, create, exchange, settings};
use http_exchange::{
    Authorization, Call, Error, Fault, ProxyVariables, RetryNotice, Secret, Server, Settings,
};
use std::cell::RefCell;
use test_servers::{FakeClock, ScriptedServer, Step, json, with_headers};

const PASSWORD: &str = "hush-pr0xy-passw0rd";
const TOKEN_IN_BASE64: &str = "aHVzaC0wODE1LXQwa2Vu";

/// All that an error can show of itself.
fn shown(error: &Error) -> String {
    let fault: &Fault = error.fault();
    format!(
        "{error} {error:?} {fault} {fault:?} {} {:?} {:?}",
        fault.remedy(),
        error.server_text(),
        error.url()
    )
}

fn assert_clean(text: &str) {
    for secret in [&TOKEN[..TOKEN.len() - 1], PASSWORD, "a2ltOmh1c2gtcHIweHktcGFzc3cwcmQ", TOKEN_IN_BASE64] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[test]
fn whatever_a_server_sends_back() {
    let echoes = [
        json(400, &format!(r#"{{"error": "bad header Bearer {TOKEN}"}}"#)),
        json(400, &format!(r#"{{"error": {{"headers": ["Bearer {TOKEN}"]}}}}"#)),
        json(401, &format!("token {TOKEN} unknown")),
        json(401, &format!("token {TOKEN_IN_BASE64} unknown")),
        Step::SendAndClose(format!("HTTP/1.1 401 Cut\r\ncontent-length: 99\r\n\r\n{}", &TOKEN[..14]).into()),
        json(401, &format!("{}{TOKEN}", " ".repeat((64 << 10) - 14))),
        json(500, &format!("<title>{TOKEN}</title>")),
        json(500, &format!("{}{TOKEN}", "x".repeat(480))),
        json(200, &format!("not json but {TOKEN}")),
        with_headers(302, &[("location", &format!("http://{TOKEN}@evil.example/{TOKEN}?t={TOKEN}"))], ""),
        with_headers(302, &[("location", &format!("http://{TOKEN}.evil.example/"))], ""),
        with_headers(302, &[("location", &format!("ht tp:{TOKEN}"))], ""),
        with_headers(302, &[("location", &format!("http://evil.example/{TOKEN_IN_BASE64}"))], ""),
        Step::SendAndClose(format!("HTTP/1.1 200 OK\r\n{TOKEN}\r\n\r\n").into()),
        Step::SendAndClose(format!("{TOKEN}\r\n\r\n").into()),
    ];
    for echo in echoes {
        for call in [Call::get(format!("/x?token={TOKEN}")), create()] {
            let server = ScriptedServer::new(std::iter::repeat_n(echo.clone(), 5));
            let client = Server::new(settings(server.url(), &FakeClock::new())).unwrap();
            let told = RefCell::new(Vec::new());
            let tell = |trouble: &RetryNotice| told.borrow_mut().push(format!("{trouble} {trouble:?}"));
            let error = client.exchange(&call, &http_exchange::Policy::default(), &tell).unwrap_err();
            assert_clean(&shown(&error));
            assert_clean(&told.into_inner().concat());
            assert_clean(&format!("{client:?}"));
        }
    }
}

#[test]
fn whatever_stands_in_the_settings() {
    let clock = FakeClock::new();
    let user_info = settings(format!("http://kim:{TOKEN}@127.0.0.1"), &clock);
    let query = settings(format!("http://127.0.0.1/?t={TOKEN}"), &clock);
    let no_scheme = settings(format!("kim:{TOKEN}@127.0.0.1"), &clock);
    let with_slash = settings(format!("http://kim:{TOKEN}/x@127.0.0.1"), &clock);
    let token = Authorization::Bearer(Secret::new(format!("{TOKEN}\n")));
    let token = Settings { authorization: token, ..settings("http://127.0.0.1", &clock) };
    let proxies = ProxyVariables::of(|_| Some(format!("socks5://kim:{PASSWORD}@p:1")));
    let proxy = Settings { proxies, ..settings("http://sums.example", &clock) };
    for bad in [user_info, query, no_scheme, with_slash, token, proxy] {
        assert_clean(&shown(&Server::new(bad).unwrap_err()));
    }
}

#[test]
fn a_proxys_password_sent_back_by_it() {
    let basic = "Basic a2ltOmh1c2gtcHIweHktcGFzc3cwcmQ=";
    let proxy = ScriptedServer::new([json(407, &format!("you said {basic}, that is {PASSWORD}"))]);
    let url = proxy.url().replace("http://", &format!("http://kim:{PASSWORD}@"));
    let proxies = ProxyVariables::of(|name| (name == "http_proxy").then(|| url.clone()));
    let settings = Settings { proxies, ..settings("http://sums.example", &FakeClock::new()) };
    assert_clean(&format!("{:?}", settings.proxies));
    let server = Server::new(settings).unwrap();
    let error = exchange(&server, &create()).unwrap_err();
    assert_eq!(proxy.requests()[0].header("proxy-authorization"), basic);
    assert_clean(&shown(&error));
    assert!(error.to_string().contains("you said Basic ***, that is ***"), "{error}");
}

#[test]
fn a_token_that_is_the_user_of_a_proxy() {
    let proxy = ScriptedServer::new([json(407, &format!("no user {PASSWORD}"))]);
    let url = proxy.url().replace("http://", &format!("http://{PASSWORD}@"));
    let proxies = ProxyVariables::of(|name| (name == "http_proxy").then(|| url.clone()));
    let settings = Settings { proxies, ..settings("http://sums.example", &FakeClock::new()) };
    let server = Server::new(settings).unwrap();
    assert_clean(&shown(&exchange(&server, &create()).unwrap_err()));
    let known: Vec<_> = server.secrets().map(str::to_owned).collect();
    let forms = shown_text::EncodedForms::of(&known);
    assert!([TOKEN, PASSWORD, TOKEN_IN_BASE64].iter().all(|secret| forms.are_in(secret)));
}
