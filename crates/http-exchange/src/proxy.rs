//! Which proxy, if any: chosen as curl chooses it, from variables that are handed in.
use crate::{authorization::Authorization, base_url::Origin, fault::Fault, no_proxy};
use shown_text::Secret;
use std::{collections::HashMap, fmt};

/// The proxy variables of an environment. `Debug` shows the names only: the values may hold passwords.
#[derive(Clone, Default)]
pub struct ProxyVariables(HashMap<&'static str, String>);

/// All that are read. `HTTP_PROXY` is not: a CGI server would let any client set it (as in curl).
const NAMES: [&str; 7] =
    ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"];

impl ProxyVariables {
    /// Those of this process.
    pub fn of_this_process() -> Self {
        Self::of(|name| std::env::var(name).ok())
    }

    /// Those that `read` gives for their names.
    pub fn of(read: impl Fn(&str) -> Option<String>) -> Self {
        Self(NAMES.into_iter().filter_map(|name| Some((name, read(name)?))).collect())
    }

    /// The first one of these that is set and not empty.
    fn first(&self, names: &[&'static str]) -> Option<(&'static str, &str)> {
        names.iter().find_map(|name| {
            let value = self.0.get(name)?.trim();
            (!value.is_empty()).then_some((*name, value))
        })
    }

    /// The proxy for a server; none when it is to be reached directly.
    pub(crate) fn choose(&self, origin: &Origin) -> Result<Option<Proxy>, Fault> {
        let candidates: &[&str] = if origin.https {
            &["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
        } else {
            &["http_proxy", "all_proxy", "ALL_PROXY"]
        };
        let Some((variable, url)) = self.first(candidates) else { return Ok(None) };
        if self.first(&["no_proxy", "NO_PROXY"]).is_some_and(|(_, list)| no_proxy::exempts(list, origin)) {
            return Ok(None);
        }
        Proxy::parse(url).map(Some).map_err(|why| Fault::ProxyVariable { variable, why })
    }
}

impl fmt::Debug for ProxyVariables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// One proxy.
#[derive(Clone)]
pub(crate) struct Proxy {
    pub(crate) origin: Origin,
    pub(crate) login: Authorization,
    /// For ureq, which opens tunnels with it.
    pub(crate) tunnel: ureq::Proxy,
}

impl Proxy {
    /// `[http[s]://][user[:password]@]host[:port]`. Without a port it is 80 or 443, by the scheme.
    fn parse(text: &str) -> Result<Self, &'static str> {
        let url = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let uri = url.parse().map_err(|_| "it is not a URL")?;
        let origin =
            Origin::of(&uri).ok_or("only http and https proxies with a host and a port are supported")?;
        let tunnel = ureq::Proxy::new(&url).map_err(|_| "it is not the URL of a proxy")?;
        let login = match (tunnel.username(), tunnel.password()) {
            (None, None) => Authorization::None,
            (username, password) => Authorization::Basic {
                username: username.unwrap_or_default().to_owned(),
                password: Secret::new(password.unwrap_or_default()),
            },
        };
        Ok(Self { origin, login, tunnel })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(variables: &[(&str, &str)], url: &str) -> Result<Option<String>, Fault> {
        let variables = ProxyVariables::of(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        });
        let origin = Origin::of(&url.parse().unwrap()).unwrap();
        variables.choose(&origin).map(|proxy| proxy.map(|proxy| proxy.origin.to_string()))
    }

    #[test]
    fn table() {
        const HTTP: &str = "http://sums.example";
        const HTTPS: &str = "https://sums.example";
        for (variables, url, proxy) in [
            (&[][..], HTTP, None),
            (&[("http_proxy", "http://p:1")], HTTP, Some("http://p:1")),
            (&[("http_proxy", "http://p:1")], HTTPS, None),
            (&[("HTTP_PROXY", "http://p:1")], HTTP, None),
            (&[("https_proxy", "http://p:1")], HTTPS, Some("http://p:1")),
            (&[("https_proxy", "http://p:1")], HTTP, None),
            (&[("HTTPS_PROXY", "http://p:1")], HTTPS, Some("http://p:1")),
            (&[("HTTPS_PROXY", "http://P:1"), ("https_proxy", "http://p:2")], HTTPS, Some("http://p:2")),
            (&[("https_proxy", ""), ("HTTPS_PROXY", "http://p:2")], HTTPS, Some("http://p:2")),
            (&[("all_proxy", "http://p:1")], HTTP, Some("http://p:1")),
            (&[("ALL_PROXY", "http://p:1")], HTTPS, Some("http://p:1")),
            (&[("all_proxy", "http://p:1"), ("ALL_PROXY", "http://p:2")], HTTPS, Some("http://p:1")),
            (&[("all_proxy", "http://p:1"), ("https_proxy", "http://p:2")], HTTPS, Some("http://p:2")),
            (&[("all_proxy", "http://p:1"), ("HTTPS_PROXY", "http://p:2")], HTTPS, Some("http://p:2")),
            (&[("https_proxy", "http://p:1"), ("no_proxy", "sums.example")], HTTPS, None),
            (&[("https_proxy", "http://p:1"), ("NO_PROXY", "example")], HTTPS, None),
            (
                &[("https_proxy", "http://p:1"), ("no_proxy", "x"), ("NO_PROXY", "*")],
                HTTPS,
                Some("http://p:1"),
            ),
            (&[("https_proxy", "http://p:1"), ("no_proxy", ""), ("NO_PROXY", "*")], HTTPS, None),
            (&[("https_proxy", " p:8080 ")], HTTPS, Some("http://p:8080")),
            (&[("https_proxy", "p")], HTTPS, Some("http://p")),
            (&[("https_proxy", "https://p")], HTTPS, Some("https://p")),
            (&[("https_proxy", "http://kim:hush@[::1]:3128/")], HTTPS, Some("http://[::1]:3128")),
        ] {
            assert_eq!(chosen(variables, url).unwrap().as_deref(), proxy, "{variables:?} {url}");
        }
    }

    #[test]
    fn what_is_no_proxy_is_named_without_its_value() {
        for value in ["socks5://hush:1080", "http://kim:hush@", "hush:port", "hush:0"] {
            let fault = chosen(&[("HTTPS_PROXY", value)], "https://sums.example").unwrap_err();
            assert!(fault.to_string().contains("HTTPS_PROXY"), "{fault}");
            assert!(!format!("{fault} {fault:?} {}", fault.remedy()).contains("hush"), "{fault}");
        }
    }

    #[test]
    fn logins_are_decoded_and_not_shown() {
        let proxy = Proxy::parse("http://kim:h%75sh%40@p:1").unwrap();
        assert_eq!(proxy.login.header().unwrap().unwrap(), "Basic a2ltOmh1c2hA");
        let variables = ProxyVariables::of(|_| Some("http://kim:hush@p:1".into()));
        assert!(!format!("{variables:?} {:?}", proxy.login).contains("hush"));
    }
}
