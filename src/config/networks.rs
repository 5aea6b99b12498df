//! Addresses of clients and proxies, each by itself or as a network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net};

/// IP addresses and networks of them (CIDR notation, RFC 4632 and RFC 4291).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Networks(Vec<IpNet>);

impl Networks {
    /// Them as texts.
    pub(super) fn texts(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }

    /// The loopback addresses of IPv4 and IPv6.
    pub(super) fn loopback() -> Self {
        Networks(vec![
            IpAddr::from(Ipv4Addr::LOCALHOST).into(),
            IpAddr::from(Ipv6Addr::LOCALHOST).into(),
        ])
    }

    /// Is it one of them? An IPv4 address that is written as an IPv6 one is meant as it is written
    /// otherwise: pass it as `to_canonical` makes it.
    pub fn contains(&self, address: &IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }

    /// Is the list empty?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many are listed.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Is every address one of them, of IPv4 or of IPv6?
    pub fn are_all(&self) -> bool {
        self.0.iter().any(|network| network.prefix_len() == 0)
    }
}

/// Networks that many clients share, each with the multiple of every limit per address that it is
/// allowed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SharedNetworks(Vec<(IpNet, u32)>);

impl SharedNetworks {
    /// Them as texts, with their factors.
    pub(super) fn texts(&self) -> Vec<(String, u32)> {
        self.0.iter().map(|(network, factor)| (network.to_string(), *factor)).collect()
    }

    /// The multiple for an address: that of the smallest network it is in, 1 where it is in none.
    pub fn factor(&self, address: &IpAddr) -> u32 {
        let around = self.0.iter().filter(|(network, _)| network.contains(address));
        around.max_by_key(|(network, _)| network.prefix_len()).map_or(1, |(_, factor)| *factor)
    }
}

impl FromIterator<(IpNet, u32)> for SharedNetworks {
    fn from_iter<I: IntoIterator<Item = (IpNet, u32)>>(networks: I) -> Self {
        SharedNetworks(networks.into_iter().collect())
    }
}

impl FromIterator<IpNet> for Networks {
    fn from_iter<I: IntoIterator<Item = IpNet>>(networks: I) -> Self {
        Networks(networks.into_iter().collect())
    }
}

/// One address or one network.
pub(super) fn parse(text: &str) -> Result<IpNet, String> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(address.to_canonical().into());
    }
    let network: IpNet = text.parse().map_err(|_| {
        format!(
            "{text:?} is neither an IP address nor a network; write for example 127.0.0.1, ::1 or 10.0.0.0/8"
        )
    })?;
    // An address with a length behind it is as likely meant to be this one address.
    if network.trunc() != network {
        return Err(format!(
            "{text:?} is an address in a network; write {} for the whole, {} for the one",
            network.trunc(),
            network.addr()
        ));
    }
    let mapped = match network {
        IpNet::V6(v6) => v6.addr().to_ipv4_mapped().zip(v6.prefix_len().checked_sub(96)),
        IpNet::V4(_) => None,
    };
    Ok(mapped.and_then(|(v4, length)| Ipv4Net::new(v4, length).ok()).map_or(network, IpNet::V4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_parse_as_single_address_or_prefix() {
        let holds = |networks: &[&str], address: &str| {
            let networks: Networks = networks.iter().map(|text| parse(text).unwrap()).collect();
            networks.contains(&address.parse::<IpAddr>().unwrap().to_canonical())
        };
        assert!(!holds(&[], "127.0.0.1"));
        for (network, inside, outside) in [
            ("127.0.0.1", "127.0.0.1", "127.0.0.2"),
            ("::1", "::1", "::2"),
            ("::ffff:192.0.2.1", "192.0.2.1", "192.0.2.2"),
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
            ("10.0.0.0/8", "::ffff:10.0.0.1", "::10.0.0.1"),
            ("::ffff:10.0.0.0/104", "10.0.0.1", "11.0.0.1"),
            ("172.16.0.0/12", "172.31.255.255", "172.32.0.0"),
            ("fd00::/8", "fdff::1", "fe80::1"),
            ("192.0.2.1/32", "192.0.2.1", "192.0.2.0"),
            ("0.0.0.0/0", "255.255.255.255", "::1"),
        ] {
            assert!(holds(&[network], inside) && !holds(&[network], outside), "{network}");
            assert!(holds(&["192.0.2.9", network], inside), "{network}");
        }
    }

    #[test]
    fn invalid_network_is_refused_with_a_hint() {
        for text in ["", "10", "10.0.0.0/33", "10.0.0/8", "fd00::/129", "localhost", " ::1", "::1/"]
        {
            let error = parse(text).unwrap_err();
            assert!(error.contains("neither an IP address nor a network"), "{text}: {error}");
        }
        assert_eq!(
            parse("10.0.0.1/8").unwrap_err(),
            "\"10.0.0.1/8\" is an address in a network; write 10.0.0.0/8 for the whole, 10.0.0.1 for the one"
        );
    }
}
