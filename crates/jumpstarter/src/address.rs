//! `host:port`, in gRPC's syntax.
use crate::Error;

/// A host and port to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// Without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Address {
    /// Parses `host`, `host:port`, `[v6]:port` or a bare IPv6 address; the default port is 443, as in gRPC.
    pub(crate) fn parse(text: &str, what: &'static str) -> Result<Self, Error> {
        const DEFAULT_PORT: &str = "443";
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if host.ends_with(']') || !host.contains(':') => (host, port),
            _ => (text, DEFAULT_PORT),
        };
        let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        match port.parse() {
            Ok(port) if !host.is_empty() && !host.contains(['/', '@', ' ']) => {
                Ok(Address { host: host.into(), port })
            }
            _ => Err(Error::Address { what, address: text.into() }),
        }
    }

    /// As used in `:authority` and CONNECT.
    pub(crate) fn text(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_form() {
        for (text, host, port) in [
            ("c.example", "c.example", 443),
            ("c.example:8082", "c.example", 8082),
            ("[::1]:8082", "::1", 8082),
            ("[::1]", "::1", 443),
            ("::1", "::1", 443),
        ] {
            assert_eq!(Address::parse(text, "x").unwrap(), Address { host: host.into(), port }, "{text}");
        }
        assert_eq!(Address::parse("[::1]:1", "x").unwrap().text(), "[::1]:1");
    }

    #[test]
    fn refuses_urls_and_nonsense() {
        for text in ["", ":1", "c:port", "https://c:443", "c:70000", "u@c:1"] {
            assert!(Address::parse(text, "x").is_err(), "{text}");
        }
    }
}
