//! What is needed to talk to an S3 server, also from another thread.
use crate::signature::Credentials;
use http_exchange::{ChangeInFlight, Clock, Policy, ProxyVariables, SystemClock, TlsSettings};
use std::{
    rc::Rc,
    sync::{Arc, Mutex},
    time::Duration,
};

/// What a server without regions takes, and where a bucket is created without naming a region.
pub(crate) const DEFAULT_REGION: &str = "us-east-1";

/// What is needed to talk to an S3 server.
#[derive(Clone)]
pub struct Settings {
    /// `https://HOST[:PORT][/PATH]`; without a scheme it is https.
    pub endpoint: String,
    /// Who signs.
    pub credentials: Credentials,
    /// The region that is signed for, until a bucket says that it is in another one.
    pub region: String,
    /// For https servers.
    pub tls: TlsSettings,
    /// The time for one attempt. Whoever sends or copies many bytes adds what they take.
    pub timeout: Duration,
    /// Retries and deadline of each call.
    pub policy: Policy,
    /// Where to look for a proxy.
    pub proxies: ProxyVariables,
    /// Time and chance.
    pub clock: Rc<dyn Clock>,
}

impl Settings {
    /// The region us-east-1, 30 s for an attempt, the default policy, the proxies of this process's environment.
    pub fn new(endpoint: impl Into<String>, credentials: Credentials) -> Self {
        Self {
            endpoint: endpoint.into(),
            credentials,
            region: DEFAULT_REGION.into(),
            tls: TlsSettings::default(),
            timeout: Duration::from_secs(30),
            policy: Policy::default(),
            proxies: ProxyVariables::of_this_process(),
            clock: Rc::new(SystemClock::default()),
        }
    }
}

/// The calls of all clients of one server that may have changed something.
pub(crate) type Changes = Arc<Mutex<Vec<ChangeInFlight>>>;

/// What another thread needs to make a client of its own for the same server.
#[derive(Clone)]
pub(crate) struct Recipe {
    pub(crate) endpoint: String,
    pub(crate) credentials: Credentials,
    pub(crate) region: String,
    pub(crate) tls: TlsSettings,
    pub(crate) timeout: Duration,
    pub(crate) policy: Policy,
    pub(crate) proxies: ProxyVariables,
    pub(crate) acted: Changes,
}

impl Recipe {
    /// As settings, with the time and chance of this machine.
    pub(crate) fn settings(self) -> (Settings, Changes) {
        let Self { endpoint, credentials, region, tls, timeout, policy, proxies, acted } = self;
        let clock: Rc<dyn Clock> = Rc::new(SystemClock::default());
        (Settings { endpoint, credentials, region, tls, timeout, policy, proxies, clock }, acted)
    }
}
