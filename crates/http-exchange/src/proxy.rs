//! Which proxy, if any: chosen as curl chooses it, from variables that are handed in.
use crate::{
    authorization::{Authorization, Token},
    base_url::Origin,
    fault::Fault,
    no_proxy,
};
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
                password: Token::new(password.unwrap_or_default()),
            },
        };
        Ok(Self { origin, login, tunnel })
    }
}
