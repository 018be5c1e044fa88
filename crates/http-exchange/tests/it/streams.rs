//! A connection of its own: the same trust and proxy as for requests, and every wait ends.
use crate::settings;
use http_exchange::{ByteStream, Error, Kind, ProxyVariables, Server, Settings, TlsSettings};
use std::{
    io::{ErrorKind, Read, Write},
    time::Duration,
};
use test_servers::{Authority, FakeClock, ScriptedServer, Step, accept_tls, json};

const TIME: Duration = Duration::from_secs(20);

fn open(settings: Settings) -> Result<ByteStream, Error> {
    Server::new(settings).unwrap().open(TIME)
}

/// What a request by hand is answered.
fn spoken(mut stream: ByteStream) -> String {
    stream.allow(TIME);
    stream.write_all(b"GET /by-hand HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"{}") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        answer.extend(byte);
    }
    String::from_utf8(answer).unwrap()
}

#[test]
fn with_and_without_tls() {
    let plain = ScriptedServer::new([json(200, "{}")]);
    assert!(spoken(open(settings(plain.url(), &FakeClock::new())).unwrap()).starts_with("HTTP/1.1 200"));

    let authority = Authority::new();
    let config = authority.server("127.0.0.1");
    let server =
        ScriptedServer::accepting([json(200, "{}")], move |stream| accept_tls(stream, config.clone()));
    let url = server.url().replace("http://", "https://");
    let with = |tls| open(Settings { tls, ..settings(url.clone(), &FakeClock::new()) });
    assert_eq!(with(TlsSettings::default()).unwrap_err().kind(), Kind::Tls);
    assert!(spoken(with(authority.trusted()).unwrap()).starts_with("HTTP/1.1 200"));
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn https_goes_through_the_proxy() {
    let authority = Authority::new();
    let config = authority.server("bench.example");
    let proxy = ScriptedServer::accepting([json(200, "{}")], move |mut stream| {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).ok()?;
            head.extend(byte);
        }
        assert!(head.starts_with(b"CONNECT bench.example:443 "));
        stream.write_all(b"HTTP/1.1 200 Established\r\n\r\n").ok()?;
        accept_tls(stream, config.clone())
    });
    let url = proxy.url();
    let proxies = ProxyVariables::of(|name| (name == "https_proxy").then(|| url.clone()));
    let settings = settings("https://bench.example", &FakeClock::new());
    let stream = open(Settings { proxies, tls: authority.trusted(), ..settings }).unwrap();
    assert!(spoken(stream).starts_with("HTTP/1.1 200"));
}

#[test]
fn a_server_that_says_nothing_is_left() {
    let server = ScriptedServer::new([Step::Stall]);
    let mut stream = open(settings(server.url(), &FakeClock::new())).unwrap();
    stream.allow(Duration::from_millis(100));
    assert_eq!(stream.read(&mut [0]).unwrap_err().kind(), ErrorKind::TimedOut);
    // Nor is there time for more.
    assert_eq!(stream.read(&mut [0]).unwrap_err().kind(), ErrorKind::TimedOut);
}
