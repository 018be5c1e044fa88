//! Networks as install-config names them: an address and the length of its prefix.
use crate::{Error, document::Document};
use serde_json::Value;
use std::net::IpAddr;

/// A network of either family.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Network {
    address: IpAddr,
    /// The bits that all its addresses share.
    prefix: u32,
}

impl Network {
    /// Of `192.0.2.0/24`. The error is a clause, with a remedy.
    fn parse(text: &str) -> Result<Self, String> {
        let form = || format!("is {text:?}, which is not a network. Write it as 192.0.2.0/24");
        let (address, prefix) = text.split_once('/').ok_or_else(form)?;
        let address: IpAddr = address.parse().map_err(|_| form())?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let is_number = prefix.bytes().all(|b| b.is_ascii_digit());
        let prefix: u32 =
            prefix.parse().ok().filter(|prefix| is_number && *prefix <= bits).ok_or_else(|| {
                format!("is {text:?}, whose prefix length is out of range. Choose one from 1 to {bits}")
            })?;
        let network = Network { address, prefix };
        if address.is_unspecified() || network.first() != address {
            return Err(format!(
                "is {text:?}, which is not the address of a network. Write it as {}/{prefix}",
                network.first()
            ));
        }
        Ok(network)
    }

    /// Whether this address is one of its own.
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        address.is_ipv4() == self.address.is_ipv4()
            && Network { address, prefix: self.prefix }.first() == self.address
    }

    /// Its address with the bits behind the prefix cleared.
    fn first(&self) -> IpAddr {
        match self.address {
            IpAddr::V4(address) => {
                IpAddr::V4((address.to_bits() & u32::MAX.checked_shl(32 - self.prefix).unwrap_or(0)).into())
            }
            IpAddr::V6(address) => {
                IpAddr::V6((address.to_bits() & u128::MAX.checked_shl(128 - self.prefix).unwrap_or(0)).into())
            }
        }
    }
}

/// Checks all networks of an install-config, and returns those of the machines. There is none if the installer's default is used.
pub(crate) fn machine_networks(document: &Document) -> Result<Vec<Network>, Error> {
    networks(document, "clusterNetwork")?;
    networks(document, "serviceNetwork")?;
    networks(document, "machineNetwork")
}

fn networks(document: &Document, kind: &str) -> Result<Vec<Network>, Error> {
    let given = match document.at(&["networking", kind]) {
        None => return Ok(vec![]),
        Some(given) => given.as_array(),
    };
    let given =
        given.ok_or_else(|| document.wrong(format!("networking.{kind} is not a list. Correct it.")))?;
    let network = |(number, entry): (usize, &Value)| {
        let (key, value) =
            if kind == "serviceNetwork" { ("", Some(entry)) } else { (".cidr", entry.get("cidr")) };
        let wrong = |what: &str| document.wrong(format!("networking.{kind}[{number}]{key} {what}."));
        let text = value.and_then(Value::as_str);
        let text = text.ok_or_else(|| wrong("is missing. Add a network, such as 192.0.2.0/24"))?;
        Network::parse(text.trim()).map_err(|what| wrong(&what))
    };
    given.iter().enumerate().map(network).collect()
}

/// Networks, for a message.
pub(crate) fn names(networks: &[Network]) -> String {
    let name = |network: &Network| format!("{}/{}", network.address, network.prefix);
    networks.iter().map(name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_within_a_network_if_it_shares_the_prefix() {
        for (network, within, without) in [
            ("192.0.2.0/24", "192.0.2.255", "192.0.3.0"),
            ("192.0.2.7/32", "192.0.2.7", "192.0.2.8"),
            ("128.0.0.0/1", "255.0.0.1", "127.0.0.1"),
            ("2001:db8::/32", "2001:db8:1::1", "2001:db9::1"),
            ("2001:db8::1/128", "2001:db8::1", "192.0.2.7"),
        ] {
            let network = Network::parse(network).unwrap();
            assert!(network.contains(within.parse().unwrap()), "{within}");
            assert!(!network.contains(without.parse().unwrap()), "{without}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused_with_what_it_should_be() {
        for (text, why) in [
            ("192.0.2.0/99", "Choose one from 1 to 32"),
            ("2001:db8::/129", "Choose one from 1 to 128"),
            ("192.0.2.0/+8", "Choose one"),
            ("192.0.2.5/24", "Write it as 192.0.2.0/24"),
            ("0.0.0.0/0", "not the address of a network"),
            ("192.0.2.0", "which is not a network"),
            ("bench/24", "which is not a network"),
        ] {
            let said = Network::parse(text).unwrap_err();
            assert!(said.contains(why), "{said}");
        }
    }
}
