//! `NO_PROXY` as curl reads it, and with ports: which servers are reached without a proxy.
use crate::base_url::Origin;
use server_trust::network_has;
use std::net::IpAddr;

/// Whether the list exempts the server.
///
/// Entries are separated by commas or blanks. `*` covers everything; `example.com` and `.example.com` cover
/// that name and all below it; an address covers itself, `10.0.0.0/8` and `fd00::/8` their networks; `name:8080` and
/// `[::1]:8080` only that port.
pub(crate) fn exempts(list: &str, origin: &Origin) -> bool {
    list.split([',', ' ', '\t', '\n']).map(str::trim).any(|entry| covers(entry, origin))
}

fn covers(entry: &str, origin: &Origin) -> bool {
    let (name, port) = split_port(entry);
    if port.is_some_and(|port| port.parse() != Ok(origin.port)) {
        return false;
    }
    if name == "*" {
        return true;
    }
    let (name, host) = (bare(name), bare(&origin.host));
    match host.parse::<IpAddr>() {
        Ok(address) => network_has(name, address),
        Err(_) => name_covers(name, host),
    }
}

/// `host`, `host:port`, `[v6]:port`; an IPv6 address without brackets has no port.
fn split_port(entry: &str) -> (&str, Option<&str>) {
    match entry.rsplit_once(':') {
        Some((name, port)) if name.ends_with(']') || !name.contains(':') => (name, Some(port)),
        _ => (entry, None),
    }
}

fn bare(host: &str) -> &str {
    let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    host.strip_suffix('.').unwrap_or(host)
}

fn name_covers(name: &str, host: &str) -> bool {
    let name = name.strip_prefix("*.").unwrap_or(name);
    let name = name.strip_prefix('.').unwrap_or(name).to_ascii_lowercase();
    let host = host.to_ascii_lowercase();
    match host.strip_suffix(&name) {
        Some(before) => !name.is_empty() && (before.is_empty() || before.ends_with('.')),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn exempt(list: &str, url: &str) -> bool {
        exempts(list, &Origin::of(&url.parse().unwrap()).unwrap())
    }

    #[test]
    fn table() {
        for (list, url, expected) in [
            ("", "http://a.example", false),
            (",, ,", "http://a.example", false),
            ("*", "http://a.example", true),
            ("a.example", "http://a.example", true),
            ("A.Example", "http://a.example", true),
            ("a.example", "http://A.EXAMPLE", true),
            ("example", "http://a.example", true),
            (".example", "http://a.example", true),
            ("*.example", "http://a.example", true),
            (".a.example", "http://a.example", true),
            ("a.example.", "http://a.example", true),
            ("a.example", "http://a.example.", true),
            ("ample", "http://a.example", false),
            ("b.a.example", "http://a.example", false),
            ("x, a.example", "http://a.example", true),
            ("x a.example", "http://a.example", true),
            ("\ta.example\n,x", "http://a.example", true),
            ("a.example:80", "http://a.example", true),
            ("a.example:443", "https://a.example", true),
            ("a.example:8080", "http://a.example", false),
            ("a.example:http", "http://a.example", false),
            ("*:8080", "http://a.example:8080", true),
            ("127.0.0.1", "http://127.0.0.1:9", true),
            ("127.0.0.0/8", "http://127.1.2.3", true),
            ("127.0.0.0/8", "http://128.1.2.3", false),
            ("10.1.0.0/15", "http://10.0.255.255", true),
            ("10.1.0.0/33", "http://10.1.0.1", false),
            ("10.1.0.0/33", "http://10.1.0.0", true),
            ("0.0.0.0/0", "http://8.8.8.8", true),
            ("0.0.0.0/0", "http://[::1]", false),
            ("10.0.0.0/x", "http://10.0.0.0", false),
            ("10.0.0.0/", "http://10.0.0.0", false),
            ("/8", "http://10.0.0.0", false),
            ("0.0.1", "http://127.0.0.1", false),
            ("::1", "http://[::1]:8080", true),
            ("[::1]", "http://[::1]:8080", true),
            ("[::1]:8080", "http://[::1]:8080", true),
            ("[::1]:8081", "http://[::1]:8080", false),
            ("fd00::/8", "http://[fd12::1]", true),
            ("fd00::/8", "http://[fe80::1]", false),
            ("::/0", "http://[fe80::1]", true),
            ("::/0", "http://1.2.3.4", false),
        ] {
            assert_eq!(exempt(list, url), expected, "no_proxy={list:?} {url}");
        }
    }

    proptest! {
        #[test]
        fn no_list_makes_it_panic(list in "\\PC{0,40}") {
            exempt(&list, "http://a.example:80");
            exempt(&list, "http://127.0.0.1:80");
            exempt(&list, "http://[::1]:80");
        }

        #[test]
        fn a_network_has_the_addresses_that_share_its_first_bits(base: u32, address: u32, bits in 0_u32..=32) {
            let same = (base ^ address).leading_zeros() >= bits;
            let list = format!("{}/{bits}", std::net::Ipv4Addr::from_bits(base));
            let url = format!("http://{}", std::net::Ipv4Addr::from_bits(address));
            prop_assert_eq!(exempt(&list, &url), same);
        }
    }
}
