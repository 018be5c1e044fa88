//! The base URL: checked once, joined with paths, and shown without its secrets.
use crate::fault::Fault;
use std::{fmt, net::IpAddr};
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
        self.host == "localhost" || self.bare_host().parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }

    /// The host; an IPv6 address without its brackets.
    pub(crate) fn bare_host(&self) -> &str {
        let inside = self.host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        inside.unwrap_or(&self.host)
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
        // Before an @ a password may stand in so many wrong ways that nothing is shown.
        let url = (!text.contains('@')).then(|| without_secrets(text));
        let refuse = |why| Err(Fault::BaseUrl { url: url.clone(), why });
        if text.trim().is_empty() {
            return refuse("is empty, so the variable it comes from may not be set");
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
        // A path with an @ is not refused for nothing: a password with a slash looks the same.
        if rest.contains('@') {
            return refuse(
                "contains an @, as before a user name or password, which this server does not take",
            );
        }
        if rest.contains(['?', '#']) {
            return refuse("has a query or a fragment");
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
    // User info stands behind the `//`, but where a server writes addresses that may be anywhere.
    let parts: Vec<_> = url.split('/').map(|part| part.rsplit('@').next().unwrap_or_default()).collect();
    let shown: String = parts.join("/").chars().filter(|c| !c.is_control()).collect();
    shown.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn good_ones() {
        for (text, uri) in [
            ("https://sums.example", "https://sums.example/api"),
            ("https://sums.example:443//", "https://sums.example/api"),
            ("http://sums.example:", "http://sums.example/api"),
            ("HTTP://SUMS.Example:8080/Base/", "http://sums.example:8080/Base/api"),
            ("http://[::1]:8080", "http://[::1]:8080/api"),
            ("https://10.0.0.1/a/b", "https://10.0.0.1/a/b/api"),
        ] {
            assert_eq!(BaseUrl::parse(text).unwrap().uri("/api").unwrap().to_string(), uri, "{text}");
        }
    }

    #[test]
    fn bad_ones_are_named_and_never_shown_with_their_secrets() {
        for (text, why) in [
            ("", "is empty"),
            (" ", "is empty"),
            ("sums.example", "no scheme"),
            ("sums.example:8080/x", "no scheme"),
            ("ftp://sums.example", "other than http"),
            ("https://", "no usable host"),
            ("https:///x", "no usable host"),
            ("https://:80", "no usable host"),
            ("https://sums.example:0", "no usable host"),
            ("https://sums.example:65536", "no usable host"),
            ("https://sums.example:x", "no usable host"),
            ("https://[::1", "no usable host"),
            ("https://sums.example\n", "control character"),
            ("https://sums example", "blank"),
            ("https://sümß.example", "xn--"),
            ("https://sums.example?token=hush", "query"),
            ("https://sums.example/#hush", "fragment"),
            ("https://kim:hush@sums.example", "user name"),
            ("https://hush@sums.example/x", "user name"),
            ("kim:hush@sums.example", "no scheme"),
            ("https://a@hush@sums.example", "user name"),
            ("https://kim:hush/now@sums.example", "user name"),
            ("https://kim:12/hush@sums.example", "user name"),
            ("https://kim:hush#now@sums.example", "user name"),
            ("https://kim:hush?now@sums.example", "user name"),
            ("//kim:hush@sums.example", "no scheme"),
            ("https:/kim:hush@sums.example", "no scheme"),
            ("https:\\\\kim:hush@sums.example", "no scheme"),
        ] {
            let fault = BaseUrl::parse(text).unwrap_err();
            assert!(fault.to_string().contains(why), "{text:?}: {fault}");
            assert!(!format!("{fault} {fault:?}").contains("hush"), "{fault}");
        }
    }

    #[test]
    fn no_form_of_an_address_is_shown_with_its_secrets() {
        for (url, shown) in [
            ("https://kim:hush@sums.example/x?hush#hush", "https://sums.example/x"),
            ("//kim:hush@sums.example/x", "//sums.example/x"),
            ("kim:hush@sums.example", "sums.example"),
            ("/x/https://kim:hush@sums.example", "/x/https://sums.example"),
            ("/x?hush", "/x"),
        ] {
            assert_eq!(without_secrets(url), shown);
        }
    }

    #[test]
    fn loopback() {
        let loopback = |text| BaseUrl::parse(text).unwrap().origin.is_loopback();
        for text in ["http://localhost:1", "http://LOCALHOST", "http://127.9.9.9", "http://[::1]:80"] {
            assert!(loopback(text), "{text}");
        }
        for text in
            ["http://localhost.example", "http://128.0.0.1", "http://127.0.0.1.example", "http://[::2]"]
        {
            assert!(!loopback(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_shown_url_holds_no_user_info_and_no_query(text in "\\PC*") {
            let shown = without_secrets(&text);
            prop_assert!(!shown.contains(['@', '?', '#']));
        }

        #[test]
        fn parsing_never_panics(text in "(https?://)?[a-z@:/?#\\[\\].%0-9-]{0,40}") {
            let _ = BaseUrl::parse(&text).map(|base| base.uri("/x"));
        }
    }
}
