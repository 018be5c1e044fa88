//! The exchange against servers that misbehave in every way we could think of.
#![allow(clippy::disallowed_methods)] // tests lay out by hand what others would
mod connections;
mod contents;
mod doubt;
mod downloads;
mod limits;
mod list_room;
mod proxies;
mod redirects;
mod retries;
mod secrets;
mod streams;
mod tls;
mod tls_table;

use http_exchange::{
    Authorization, Call, Error, Idempotency, IdempotencyKey, KeySupport, Method, Policy, ProxyVariables,
    Reply, Secret, Server, Settings, TlsSettings,
};
use std::{rc::Rc, time::Duration};
use test_servers::FakeClock;

/// What no output may contain.
const TOKEN: &str = "hush-0815-t0ken";

/// A server at that URL, as most tests talk to it.
fn settings(base_url: impl Into<String>, clock: &Rc<FakeClock>) -> Settings {
    Settings {
        base_url: base_url.into(),
        authorization: Authorization::Bearer(Secret::new(TOKEN)),
        tls: TlsSettings::default(),
        timeout: Duration::from_secs(5),
        proxies: ProxyVariables::default(),
        keys: KeySupport::Auto,
        keep_alive: true,
        user_agent: "test/1",
        clock: clock.clone(),
    }
}

/// One GET of `/x` that is a list, with the default policy.
fn get_list(settings: Settings) -> Result<Reply, Error> {
    exchange(&Server::new(settings)?, &Call::list("/x"))
}

/// One GET of `/x` with the default policy.
fn get(settings: Settings) -> Result<Reply, Error> {
    exchange(&Server::new(settings)?, &Call::get("/x"))
}

fn exchange(server: &Server, call: &Call) -> Result<Reply, Error> {
    server.exchange(call, &Policy::default(), &|_| {})
}

fn post(idempotency: Idempotency, key: Option<IdempotencyKey>) -> Call {
    Call {
        method: Method::Post,
        body: Some(serde_json::json!({"a": 1}).into()),
        key,
        idempotency,
        ..Call::get("/things")
    }
}

/// A create with the key `k-1`.
fn create() -> Call {
    post(Idempotency::WithKey { probe: "/health" }, Some(IdempotencyKey::parse("k-1").unwrap()))
}
