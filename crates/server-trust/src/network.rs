//! Networks in no-proxy lists.
use std::net::IpAddr;

/// Whether a network such as `10.0.0.0/8` or `fd00::/8` contains the address. Without a prefix length it is a single address; one
/// longer than the address counts as its full length.
pub fn network_has(network: &str, address: IpAddr) -> bool {
    let (base, bits) = match network.split_once('/') {
        Some((base, bits)) => (base, bits.parse::<u32>().ok()),
        None => (network, Some(128)),
    };
    let Some(bits) = bits else { return false };
    match (base.parse(), address) {
        (Ok(IpAddr::V4(base)), IpAddr::V4(address)) => {
            (base.to_bits() ^ address.to_bits()).leading_zeros() >= bits.min(32)
        }
        (Ok(IpAddr::V6(base)), IpAddr::V6(address)) => {
            (base.to_bits() ^ address.to_bits()).leading_zeros() >= bits.min(128)
        }
        _ => false,
    }
}
