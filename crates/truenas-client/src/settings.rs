//! What is needed to talk to a TrueNAS.
use crate::Error;
use http_exchange::{
    Authorization, KeySupport, Policy, ProxyVariables, Secret, Server, SystemClock, TlsSettings,
};
use std::{rc::Rc, time::Duration};

/// Where it is, who we are, and how long to wait.
#[derive(Clone)]
pub struct Settings {
    /// `https://HOST[:PORT]`; `wss://` means the same. `http://` only for this machine.
    pub url: String,
    /// An API key.
    pub api_key: Secret,
    /// The user that the key belongs to. With it the server says why it rejects a key, and from 27 on it is required.
    pub username: Option<String>,
    /// For https servers.
    pub tls: TlsSettings,
    /// The time for one request and its answer.
    pub timeout: Duration,
    /// The number of retries, and the time for a call with all of them.
    pub policy: Policy,
    /// Where to look for a proxy. It is used for https only.
    pub proxies: ProxyVariables,
}

impl Settings {
    /// System trust, 30 s for a request, the default policy, the proxies of this process's environment.
    pub fn new(url: impl Into<String>, api_key: Secret) -> Self {
        Self {
            url: url.into(),
            api_key,
            username: None,
            tls: TlsSettings::default(),
            timeout: Duration::from_secs(30),
            policy: Policy::default(),
            proxies: ProxyVariables::of_this_process(),
        }
    }

    /// The URL in the form that HTTP has: nothing but scheme, host and port.
    pub(crate) fn base_url(&self) -> Result<String, Error> {
        let url = self.url.trim_end_matches('/');
        let (scheme, rest) = url.split_once("://").unwrap_or_default();
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "ws" => "http".to_owned(),
            "wss" => "https".to_owned(),
            _ => scheme.to_owned(),
        };
        match rest.split_once('/') {
            // What is before an @ may be a password, so it is judged where nothing is shown.
            Some((_, path)) if !url.contains('@') => Err(Error::UrlWithPath { path: format!("/{path}") }),
            _ if scheme.is_empty() => Ok(url.to_owned()),
            _ => Ok(format!("{scheme}://{rest}")),
        }
    }

    /// A server for HTTP calls with these credentials.
    pub(crate) fn server(&self, authorization: Authorization) -> Result<Server, Error> {
        let base_url = self.base_url()?;
        let is_https = base_url.to_ascii_lowercase().starts_with("https:");
        let server = Server::new(http_exchange::Settings {
            base_url,
            authorization,
            tls: self.tls.clone(),
            timeout: self.timeout,
            proxies: if is_https { self.proxies.clone() } else { ProxyVariables::default() },
            keys: KeySupport::Ignored,
            keep_alive: true,
            user_agent: concat!("hatci.automation/", env!("CARGO_PKG_VERSION")),
            clock: Rc::new(SystemClock::default()),
        })?;
        if server.is_private() { Ok(server) } else { Err(Error::PlainKey) }
    }
}
