//! The client against a server that checks signatures, and that does on request what real ones do at their worst.
#![allow(clippy::disallowed_methods)] // tests lay out by hand what others would
mod buckets;
mod copies;
mod faults;
mod lists;
mod uploads;

use bench_sim::s3::{Effect, Fault, Options, S3};
use s3_client::{Client, Credentials, Secret, Settings};
use std::rc::Rc;
use test_servers::FakeClock;

/// A client that never sleeps.
fn client(url: &str) -> Client {
    Client::new(settings(url)).unwrap()
}

fn settings(url: &str) -> Settings {
    let Options { access_key, secret_key, .. } = Options::default();
    let credentials = Credentials { access_key, secret_key: Secret::new(secret_key) };
    Settings { clock: Rc::new(FakeClock::default()), ..Settings::new(url, credentials) }
}

/// A server with a bucket `lab` on it.
fn server() -> (S3, Client) {
    let server = S3::start(Options::default()).unwrap();
    server.change("lab", |_| ());
    let client = client(&server.url());
    (server, client)
}

fn fault(method: &'static str, query: &'static str, after: usize, effect: Effect) -> Fault {
    Fault { method, query, after, times: 1, effect }
}
