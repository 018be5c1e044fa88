//! Networks as lists of exemptions from proxies name them.
use std::net::IpAddr;

/// Whether a network such as `10.0.0.0/8` or `fd00::/8` has the address; one without bits is an address itself. More bits than an
/// address has are all of them.
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
