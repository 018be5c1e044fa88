//! The base URL: checked once, joined with paths, and shown without its secrets.
use crate::fault::Fault;
use std::fmt;
use ureq::http::Uri;

/// Scheme, host and port: what credentials are bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) https: bool,
    /// Lower case; an IPv6 address in its brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Origin {
    /// `None` when the scheme is neither http nor https, or there is no host or no usable port.
    pub(crate) fn of(uri: &Uri) -> Option<Self> {
        let https = match uri.scheme_str()? {
            scheme if scheme.eq_ignore_ascii_case("https") => true,
            scheme if scheme.eq_ignore_ascii_case("http") => false,
            _ => return None,
        };
        let authority = uri.authority()?;
        let after_host = authority.as_str().rsplit('@').next()?.strip_prefix(authority.host())?;
        let port = match after_host {
            "" | ":" => [80, 443][usize::from(https)],
            port => port.strip_prefix(':')?.parse().ok().filter(|port| *port != 0)?,
        };
        let host = authority.host().to_ascii_lowercase();
        (!host.is_empty()).then_some(Self { https, host, port })
    }

    /// Whether nothing leaves this machine: `localhost`, 127.0.0.0/8, `::1`.
    pub(crate) fn is_loopback(&self) -> bool {
        let bare = self.host.trim_start_matches('[').trim_end_matches(']');
        self.host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.https { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.host)?;
        match (self.https, self.port) {
            (true, 443) | (false, 80) => Ok(()),
            (_, port) => write!(f, ":{port}"),
        }
    }
}

/// A checked base URL: an origin and a path without trailing slashes.
#[derive(Clone, Debug)]
pub(crate) struct BaseUrl {
    pub(crate) origin: Origin,
    prefix: String,
}

impl BaseUrl {
    pub(crate) fn parse(text: &str) -> Result<Self, Fault> {
        let refuse = |why| Err(Fault::BaseUrl { url: without_secrets(text), why });
        if text.trim().is_empty() {
            return refuse("is empty");
        }
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return refuse("contains a blank or a control character");
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return refuse("has no scheme");
        };
        if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
            return refuse("has a scheme other than http and https");
        }
        if rest.contains(['?', '#']) {
            return refuse("has a query or a fragment");
        }
        if rest.split('/').next().is_some_and(|authority| authority.contains('@')) {
            return refuse("contains a user name or password, which this server does not take");
        }
        if !text.is_ascii() {
            return refuse("contains characters other than ASCII (write the host in its xn-- form)");
        }
        let uri = text.parse().unwrap_or_default();
        let Some(origin) = Origin::of(&uri) else {
            return refuse("names no usable host and port");
        };
        Ok(Self { origin, prefix: uri.path().trim_end_matches('/').to_owned() })
    }

    /// The address of a path (and query) below the base, which starts with a slash.
    pub(crate) fn uri(&self, path: &str) -> Result<Uri, Fault> {
        format!("{}{}{path}", self.origin, self.prefix)
            .parse()
            .map_err(|_| Fault::Internal { what: format!("{} is not a valid path", without_secrets(path)) })
    }
}

/// A URL as it may be shown: without user info, query, fragment and control characters.
pub(crate) fn without_secrets(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), url),
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or_default();
    let shown: String = format!("{scheme}{host}{path}").chars().filter(|c| !c.is_control()).collect();
    shown.trim().to_owned()
}
