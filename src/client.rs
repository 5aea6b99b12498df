//! The client of a request, as limits count it.
//!
//! A limit per address must not be evaded by someone with many addresses, and must not lock out the
//! many people behind one address. So an IPv6 address counts as its /64 network, which is one
//! household's (RFC 6177), and additionally as part of its /48 site. Networks that the operator
//! configures as shared get a multiple of each limit.

use crate::config::SharedNetworks;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// How many times the limit of a /64 network an IPv6 site (/48) has. A site has 65,536 such
/// networks, and a provider gives them to one customer.
const SITE_FACTOR: u64 = 16;

/// The client of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    address: IpAddr,
    /// Each limit per address is multiplied by this; 0: no such limit applies.
    factor: u32,
}

/// One counter that a client counts towards, and the limit that applies to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LimitScope {
    /// The network's first address.
    network: IpAddr,
    /// Its length in bits.
    bits: u8,
    factor: u64,
}

impl Client {
    /// A client at `address`, with the factor configured for its network.
    pub fn new(address: IpAddr, shared: &SharedNetworks) -> Self {
        let address = address.to_canonical();
        Client { address, factor: shared.factor(&address) }
    }

    /// A client whose address is unknown, because it is behind a local proxy that is not trusted. A
    /// limit per address would apply to everybody together, so none does. Total limits still apply.
    pub fn unknown(address: IpAddr) -> Self {
        Client { address: address.to_canonical(), factor: 0 }
    }

    /// The address, for the log.
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// Do limits per address apply to it?
    pub fn is_limited(&self) -> bool {
        self.factor > 0
    }

    /// The address or /64 network that all limits count as one client.
    pub fn network(&self) -> IpAddr {
        match self.address {
            IpAddr::V4(_) => self.address,
            IpAddr::V6(address) => first(address, 64).into(),
        }
    }

    /// Its limit, if one address has the limit `limit`; `None`: no limit.
    pub fn scaled(&self, limit: u64) -> Option<u64> {
        self.is_limited().then(|| limit.saturating_mul(u64::from(self.factor)))
    }

    /// The counters it counts towards; none if no limit applies.
    pub fn scopes(&self) -> impl Iterator<Item = LimitScope> + use<> {
        let factor = u64::from(self.factor);
        let own = match self.address {
            IpAddr::V4(_) => LimitScope { network: self.address, bits: 32, factor },
            IpAddr::V6(_) => LimitScope { network: self.network(), bits: 64, factor },
        };
        let site = match self.address {
            IpAddr::V4(_) => None,
            IpAddr::V6(address) => Some(LimitScope {
                network: first(address, 48).into(),
                bits: 48,
                factor: factor * SITE_FACTOR,
            }),
        };
        std::iter::once(own).chain(site).filter(move |_| factor > 0)
    }
}

impl LimitScope {
    /// What is allowed there where one address may do `limit`.
    pub fn scaled(&self, limit: u64) -> u64 {
        limit.saturating_mul(self.factor)
    }
}

/// The key of its counter: an IPv4 address as it is, an IPv6 network in CIDR notation.
impl fmt::Display for LimitScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.network {
            IpAddr::V4(address) => address.fmt(f),
            IpAddr::V6(address) => write!(f, "{address}/{}", self.bits),
        }
    }
}

/// The first address of the network of `bits` that `address` is in.
fn first(address: Ipv6Addr, bits: u32) -> Ipv6Addr {
    Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << (128 - bits)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes(address: &str, shared: &SharedNetworks) -> Vec<(String, u64)> {
        let client = Client::new(address.parse().unwrap(), shared);
        client.scopes().map(|scope| (scope.to_string(), scope.scaled(5))).collect()
    }

    #[test]
    fn ipv6_address_counts_for_household_and_site() {
        let none = SharedNetworks::default();
        assert_eq!(scopes("192.0.2.1", &none), [("192.0.2.1".into(), 5)]);
        assert_eq!(scopes("::ffff:192.0.2.1", &none), [("192.0.2.1".into(), 5)]);
        assert_eq!(
            scopes("2001:db8:1:2:3:4:5:6", &none),
            [("2001:db8:1:2::/64".into(), 5), ("2001:db8:1::/48".into(), 80)]
        );
    }

    #[test]
    fn shared_network_multiplies_the_limit() {
        let shared = SharedNetworks::from_iter([
            ("192.0.2.0/24".parse().unwrap(), 10),
            ("192.0.2.7/32".parse().unwrap(), 100),
        ]);
        assert_eq!(scopes("192.0.2.1", &shared), [("192.0.2.1".into(), 50)]);
        assert_eq!(scopes("192.0.2.7", &shared), [("192.0.2.7".into(), 500)]);
        assert_eq!(scopes("192.0.3.7", &shared), [("192.0.3.7".into(), 5)]);
    }

    #[test]
    fn unknown_client_has_no_limit_per_address() {
        let client = Client::unknown("127.0.0.1".parse().unwrap());
        assert_eq!((client.scopes().count(), client.scaled(5)), (0, None));
    }
}
