//! The controller's endpoint in all forms that gRPC, and so `jmp`, accepts: `host:port`, `dns:///host:port`, `ipv4:1.2.3.4:5`,
//! `ipv6:[::1]:5`, `unix:/path`.
use crate::{Error, address::Address};
use percent_encoding::percent_decode_str;
use std::path::PathBuf;

const WHAT: &str = "The controller's endpoint";

/// Where to reach the controller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// Tried in this order.
    pub(crate) places: Vec<Place>,
    /// The name expected in its certificate.
    pub(crate) name: String,
    /// For `:authority`.
    pub(crate) authority: String,
}

/// One way to reach it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    Tcp(Address),
    /// A Unix socket.
    Unix(PathBuf),
    /// An abstract Unix socket.
    Abstract(String),
}

impl Endpoint {
    /// Parses the endpoint of a configuration.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let wrong = || Error::Address { what: WHAT, address: text.into() };
        let (scheme, path) = match text.split_once(':') {
            Some((scheme, path)) => (scheme.to_ascii_lowercase(), path),
            None => (String::new(), ""),
        };
        match scheme.as_str() {
            "dns" => Self::of_addresses(&[without_slash(&target_path(path))], text),
            "ipv4" | "ipv6" => {
                let path = target_path(path);
                let path = without_slash(&path);
                let each: Vec<&str> = path.split(',').collect();
                let endpoint = Self::of_addresses(&each, text)?;
                let is_named = |place: &Place| matches!(place, Place::Tcp(address) if address.host.parse::<std::net::IpAddr>().is_err());
                if endpoint.places.iter().any(is_named) { Err(wrong()) } else { Ok(endpoint) }
            }
            "unix" => {
                let path = target_path(path);
                if path.is_empty() { Err(wrong()) } else { Ok(Self::local(Place::Unix(path.into()))) }
            }
            "unix-abstract" => Ok(Self::local(Place::Abstract(target_path(path)))),
            _ => Self::of_addresses(&[&percent_decoded(without_query(text))], text),
        }
    }

    /// gRPC uses `localhost` as the TLS name of a Unix socket.
    fn local(place: Place) -> Self {
        Endpoint { places: vec![place], name: "localhost".into(), authority: "localhost".into() }
    }

    fn of_addresses(each: &[&str], text: &str) -> Result<Self, Error> {
        let addresses = each.iter().map(|one| {
            // The port number may have blanks around it, and a sign.
            let (host, port) = one.rsplit_once(':').unwrap_or((one, ""));
            let port = port.trim();
            let port = port.strip_prefix('+').unwrap_or(port);
            let port = match port {
                "https" => "443",
                "http" => "80",
                port => port,
            };
            let plain = if one.contains(':') && !one.ends_with(']') {
                format!("{host}:{port}")
            } else {
                (*one).to_owned()
            };
            Address::parse(&plain, WHAT).map_err(|_| Error::Address { what: WHAT, address: text.into() })
        });
        let addresses: Vec<Address> = addresses.collect::<Result<_, _>>()?;
        let first = addresses.first().ok_or_else(|| Error::Address { what: WHAT, address: text.into() })?;
        let zone_less = first.host.split('%').next().unwrap_or_default();
        Ok(Endpoint {
            name: zone_less.strip_suffix('.').unwrap_or(zone_less).to_owned(),
            authority: first.text(),
            places: addresses.into_iter().map(Place::Tcp).collect(),
        })
    }
}

/// The path of a target such as `///host:port`, `//authority/host:port`, `/host:port` or `host:port`. Names are resolved by this
/// machine, whichever name server a target asks for.
fn target_path(rest: &str) -> String {
    let rest = without_query(rest);
    let path = match rest.strip_prefix("//") {
        Some(rest) => rest.find('/').map_or("", |slash| &rest[slash..]),
        None => rest,
    };
    percent_decoded(path)
}

fn without_slash(path: &str) -> &str {
    path.strip_prefix('/').unwrap_or(path)
}

fn without_query(text: &str) -> &str {
    text.split(['?', '#']).next().unwrap_or_default()
}

fn percent_decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Tested against grpc 1.85 for Python with servers on 127.0.0.1, ::1 and a socket: tests/e2e/jumpstarter_endpoints.py.
    #[test]
    fn what_jmp_takes_is_taken() {
        for (text, host, port) in [
            ("c.example:8082", "c.example", 8082),
            ("c.example", "c.example", 443),
            ("C.Example.:8082", "C.Example.", 8082),
            ("dns:c.example:8082", "c.example", 8082),
            ("dns:/c.example:8082", "c.example", 8082),
            ("dns:///c.example:8082", "c.example", 8082),
            ("DNS:///c.example", "c.example", 443),
            ("dns://8.8.8.8/c.example:8082", "c.example", 8082),
            ("dns:///c.example:8082?x", "c.example", 8082),
            ("c.example:8082#x", "c.example", 8082),
            ("%63.example:8082", "c.example", 8082),
            ("c.example:8082 ", "c.example", 8082),
            ("c.example: 8082\n", "c.example", 8082),
            ("c.example:+8082", "c.example", 8082),
            ("c.example:08082", "c.example", 8082),
            ("c.example:https", "c.example", 443),
            ("ipv4:127.0.0.1:8082", "127.0.0.1", 8082),
            ("ipv4:///127.0.0.1:8082", "127.0.0.1", 8082),
            ("ipv6:[::1]:8082", "::1", 8082),
            ("ipv6:%5B::1%5D:8082", "::1", 8082),
            ("[::1]:8082", "::1", 8082),
            ("[::1]", "::1", 443),
            ("::1", "::1", 443),
            ("[::1%lo]:8082", "::1%lo", 8082),
        ] {
            let endpoint = Endpoint::parse(text).unwrap();
            assert_eq!(endpoint.places, [Place::Tcp(Address { host: host.into(), port })], "{text}");
        }
        assert_eq!(Endpoint::parse("C.Example.:8082").unwrap().name, "C.Example");
        assert_eq!(Endpoint::parse("[::1%lo]:8082").unwrap().name, "::1");
        assert_eq!(Endpoint::parse("ipv4:127.0.0.1:1,127.0.0.2:2").unwrap().places.len(), 2);
    }

    #[test]
    fn sockets_of_this_machine_are_taken() {
        for (text, place) in [
            ("unix:/run/c.sock", Place::Unix("/run/c.sock".into())),
            ("unix:///run/c.sock", Place::Unix("/run/c.sock".into())),
            ("unix:c.sock", Place::Unix("c.sock".into())),
            ("unix-abstract:c", Place::Abstract("c".into())),
        ] {
            let endpoint = Endpoint::parse(text).unwrap();
            assert_eq!((&endpoint.places[..], endpoint.name.as_str()), (&[place][..], "localhost"), "{text}");
        }
    }

    #[test]
    fn what_jmp_cannot_use_is_refused() {
        for text in [
            "",
            ":1",
            "c:port",
            "c:",
            "https://c:443",
            "c:70000",
            "c:-1",
            "u@c:1",
            " c:1",
            "c d:1",
            "c:1/",
            "dns:////c:1",
            "ipv4://127.0.0.1:1",
            "ipv4:c:1",
            "unix:",
            "xds:///c",
        ] {
            assert!(Endpoint::parse(text).is_err(), "{text}");
        }
    }
}
