//! Networks whose requests are refused: the operator has banned them.

use ipnet::IpNet;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

/// The most networks that are looked through, for each request. More than that is work for a firewall.
pub const MOST: usize = 1_000;

/// The networks that are banned now. They are set again and again from where the operator keeps them.
#[derive(Debug, Default)]
pub struct Bans {
    /// Most servers have none, and look no further.
    is_any: AtomicBool,
    networks: RwLock<Vec<IpNet>>,
}

impl Bans {
    /// These are banned from now on, and no others; those beyond [`MOST`] are left out.
    pub fn set(&self, mut networks: Vec<IpNet>) {
        networks.truncate(MOST);
        let is_any = !networks.is_empty();
        *self.networks.write().unwrap_or_else(PoisonError::into_inner) = networks;
        self.is_any.store(is_any, Ordering::Release);
    }

    /// Is this address in one of them?
    pub(crate) fn has(&self, address: IpAddr) -> bool {
        if !self.is_any.load(Ordering::Acquire) {
            return false;
        }
        let networks = self.networks.read().unwrap_or_else(PoisonError::into_inner);
        networks.iter().any(|network| network.contains(&address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_banned_networks_are_banned() {
        let bans = Bans::default();
        let has = |address: &str| bans.has(address.parse().unwrap());
        assert!(!has("192.0.2.1"));
        bans.set(vec!["192.0.2.0/24".parse().unwrap(), "2001:db8::/64".parse().unwrap()]);
        assert!(has("192.0.2.1") && has("2001:db8::7") && !has("192.0.3.1"));
        bans.set(Vec::new());
        assert!(!has("192.0.2.1"));
    }
}
