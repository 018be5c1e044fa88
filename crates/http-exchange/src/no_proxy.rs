//! `NO_PROXY` as curl reads it, and with ports: which servers are reached without a proxy.
use crate::base_url::Origin;
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

fn network_has(network: &str, address: IpAddr) -> bool {
    let (base, bits) = match network.split_once('/') {
        Some((base, bits)) => (base, bits.parse::<u32>().ok()),
        None => (network, Some(128)),
    };
    let Some(bits) = bits else { return false };
    match (base.parse(), address) {
        (Ok(IpAddr::V4(base)), IpAddr::V4(address)) => {
            let free = 32 - bits.min(32);
            u64::from(base.to_bits()) >> free == u64::from(address.to_bits()) >> free
        }
        (Ok(IpAddr::V6(base)), IpAddr::V6(address)) => {
            let free = 128 - bits.min(128);
            free == 128 || base.to_bits() >> free == address.to_bits() >> free
        }
        _ => false,
    }
}
