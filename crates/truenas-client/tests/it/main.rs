//! The client against the stand-in of each release, and against servers that are none.
#![allow(clippy::disallowed_methods)] // tests lay out by hand what others would
mod doubt;
mod faults;
mod login;
mod rows;
mod trust;

use bench_sim::truenas::{Options, Server, spawn};
use std::time::Duration;
use truenas_client::{Client, Policy, ProxyVariables, Secret, Settings};

pub(crate) fn start(options: Options) -> Server {
    spawn(options).unwrap()
}

/// A stand-in of the newest release that the tests aren't about, with these faults.
pub(crate) fn with_faults(faults: &[&str]) -> Server {
    start(Options {
        faults: faults.iter().map(|fault| fault.parse().unwrap()).collect(),
        ..Options::default()
    })
}

pub(crate) fn settings(url: &str) -> Settings {
    let options = Options::default();
    Settings {
        username: Some(options.username),
        timeout: Duration::from_secs(20),
        policy: Policy { deadline: Duration::from_secs(60), ..Policy::default() },
        proxies: ProxyVariables::default(),
        ..Settings::new(url, Secret::new(options.api_key))
    }
}

pub(crate) fn client_with(settings: Settings) -> Client {
    Client::new(settings, |_| ()).unwrap()
}

pub(crate) fn client(server: &Server) -> Client {
    client_with(settings(&server.url()))
}

/// Patient for a moment only.
pub(crate) fn hasty(url: &str) -> Client {
    client_with(Settings {
        timeout: Duration::from_millis(300),
        policy: Policy { retries: 1, deadline: Duration::from_secs(2), ..Policy::default() },
        ..settings(url)
    })
}
