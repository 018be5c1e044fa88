//! Requests through a proxy: plain http with the whole URL in the request line, https through a tunnel.
use crate::{create, exchange, settings};
use http_exchange::{Call, Kind, Policy, ProxyVariables, Server, Settings};
use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::{Arc, Mutex},
    time::Duration,
};
use test_servers::{Authority, FakeClock, ScriptedServer, Stream, accept_tls, json};

fn through(proxy: &str, settings: Settings) -> Server {
    let proxies = ProxyVariables::of(|name| (name == "all_proxy").then(|| proxy.to_owned()));
    Server::new(Settings { proxies, ..settings }).unwrap()
}

#[test]
fn plain_http_names_the_whole_url_on_every_request_of_a_connection() {
    let proxy = ScriptedServer::new([json(200, "{}"), json(201, "{}"), json(200, "{}")]);
    let url = proxy.url().replace("http://", "http://kim:hu%73h@");
    let server = through(&url, settings("http://sums.example:8080/base", &FakeClock::new()));
    exchange(&server, &Call::get("/x?y")).unwrap();
    exchange(&server, &create()).unwrap();
    exchange(&server, &Call::get("/z")).unwrap();
    let requests = proxy.requests();
    let targets: Vec<_> = requests.iter().map(|request| request.target.as_str()).collect();
    let base = "http://sums.example:8080/base";
    assert_eq!(targets, [format!("{base}/x?y"), format!("{base}/things"), format!("{base}/z")]);
    for request in &requests {
        assert_eq!(request.connection, 0);
        assert_eq!(request.header("host"), "sums.example:8080");
        assert_eq!(request.header("proxy-authorization"), "Basic a2ltOmh1c2g=");
    }
    assert_eq!(requests[1].body, r#"{"a":1}"#);
}

/// A proxy for tunnels: keeps each CONNECT, answers it so, and on a 200 plays the server behind it.
fn tunnel_proxy(answer: &'static str, authority: &Authority) -> (ScriptedServer, Arc<Mutex<Vec<String>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (kept, config) = (seen.clone(), authority.server("sums.example"));
    let server =
        ScriptedServer::accepting([json(201, "{}"), json(200, "{}")], move |mut stream: TcpStream| {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).ok()?;
                head.extend(byte);
            }
            kept.lock().unwrap().push(String::from_utf8(head).unwrap());
            stream.write_all(format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\n\r\n").as_bytes()).ok()?;
            let tunnel: Box<dyn Stream> = accept_tls(stream, config.clone())?;
            Some(tunnel)
        });
    (server, seen)
}

#[test]
fn https_goes_through_a_tunnel_that_is_used_again() {
    let authority = Authority::new();
    let (proxy, seen) = tunnel_proxy("200 Established", &authority);
    let url = proxy.url().replace("http://", "http://kim:hush@");
    let mut settings = settings("https://sums.example/base", &FakeClock::new());
    settings.tls = authority.trusted();
    let server = through(&url, settings);
    exchange(&server, &create()).unwrap();
    exchange(&server, &Call::get("/x")).unwrap();
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 1);
    assert!(seen[0].starts_with("CONNECT sums.example:443 HTTP/1.1\r\n"), "{}", seen[0]);
    assert!(seen[0].contains("Proxy-Authorization: Basic a2ltOmh1c2g=\r\n"));
    assert!(!seen[0].contains(crate::TOKEN));
    assert_eq!(proxy.requests()[1].target, "/base/x");
}

#[test]
fn a_proxy_that_refuses_is_named_and_leaves_no_doubt() {
    let authority = Authority::new();
    for (answer, kind, attempts) in [
        ("403 Forbidden", Kind::Unavailable, 1),
        ("407 Proxy Authentication Required", Kind::Auth, 1),
        ("502 Bad Gateway", Kind::Unavailable, 4),
    ] {
        let (proxy, seen) = tunnel_proxy(answer, &authority);
        let server = through(&proxy.url(), settings("https://sums.example", &FakeClock::new()));
        let error = exchange(&server, &create()).unwrap_err();
        assert_eq!((error.kind(), error.stats().attempts), (kind, attempts), "{error}");
        assert!(error.to_string().contains(&answer[..3]), "{error}");
        assert!(error.to_string().contains(&proxy.url()["http://".len()..]), "{error}");
        assert_eq!(seen.lock().unwrap().len(), attempts as usize);
    }
}

#[test]
fn a_proxy_that_is_no_proxy() {
    let authority = Authority::new();
    let proxy = ScriptedServer::accepting([], |mut stream| {
        stream.write_all(b"220 mail.example ESMTP\r\n").ok()?;
        Some(Box::new(stream))
    });
    let mut settings = settings("https://sums.example", &FakeClock::new());
    settings.tls = authority.trusted();
    let error = exchange(&through(&proxy.url(), settings), &create()).unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable, "{error}");
    assert!(error.to_string().contains("proxy"), "{error}");
}

#[test]
fn a_proxy_whose_answer_drips_in_ends_at_the_timeout() {
    // Each byte comes in time, and there is no last one: only the time for the whole answer ends this.
    let proxy = ScriptedServer::accepting([], move |mut stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nx: ").ok()?;
        while stream.write_all(b"x").is_ok() {
            std::thread::sleep(Duration::from_millis(100));
        }
        None
    });
    let timeout = Duration::from_millis(500);
    let settings = Settings { timeout, ..settings("https://sums.example", &FakeClock::new()) };
    let policy = Policy { retries: 0, ..Policy::default() };
    let error = through(&proxy.url(), settings).exchange(&create(), &policy, &|_| {}).unwrap_err();
    assert_eq!(error.kind(), Kind::Timeout, "{error}");
}

#[test]
fn a_dead_proxy_is_named() {
    let dead = test_servers::deserted_address().to_string();
    for url in ["http://sums.example", "https://sums.example"] {
        let server = through(&dead, settings(url, &FakeClock::new()));
        let error = exchange(&server, &create()).unwrap_err();
        assert_eq!(error.kind(), Kind::Unavailable);
        assert!(error.to_string().contains(&format!("no connection to {dead}")), "{error}");
    }
}
