//! WebSocket over TLS: the same trust as for requests, and no key for whom nobody vouches for.
use crate::{client_with, settings};
use test_servers::{Authority, ScriptedServer, accept_tls, json};
use truenas_client::{Kind, Policy, Settings, TlsSettings};

#[test]
fn the_api_is_opened_with_the_trust_that_the_user_gave_and_without_the_key() {
    let authority = Authority::new();
    let config = authority.server("127.0.0.1");
    let server = ScriptedServer::accepting([json(200, "[\"v25.10.0\"]"), json(403, "{}")], move |stream| {
        accept_tls(stream, config.clone())
    });
    let url = server.url().replace("http://", "https://");
    let once = Policy { retries: 0, ..Policy::default() };
    let with = |tls| Settings { tls, policy: once, ..settings(&url) };
    let refused = client_with(with(TlsSettings::default())).system().unwrap_err();
    assert_eq!(refused.kind(), Kind::Tls, "{refused}");
    assert!(server.requests().is_empty());

    let refused = client_with(with(authority.trusted())).system().unwrap_err();
    assert_eq!((refused.kind(), refused.status()), (Kind::Auth, Some(403)), "{refused}");
    let requests = server.requests();
    assert_eq!(requests[1].target, "/api/v25.10.0");
    assert_eq!(requests[1].header("upgrade").to_ascii_lowercase(), "websocket");
    assert!(requests.iter().all(|request| request.header("authorization").is_empty()));
}
