//! Memory budgets: an amount of memory that requests share, of which one address cannot take
//! everything.
//!
//! A [`Budget`] is a number of bytes. A request holds a [`Charge`] on it for as long as it keeps
//! that memory. An address may hold a quarter of the budget while there is room. It may hold more
//! only while less than half of the whole is taken. So an address that takes as much as it can
//! leaves half of the budget, in which others find their quarter. An IPv6 site (48 bits) has 65,536
//! networks that each count as an address, so a site may hold half. A charge is never revoked: an
//! admitted request is served, and time limits end slow ones.

use crate::client::{Client, LimitScope};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A number of bytes that requests share.
#[derive(Debug)]
pub struct Budget {
    total: usize,
    held: Mutex<Usage>,
}

/// The bytes in use, in total and by network. A network that uses none has no entry, so there are
/// at most two entries per charge.
#[derive(Debug, Default)]
struct Usage {
    in_all: usize,
    by_network: HashMap<LimitScope, usize>,
}

/// One request's part of a budget; returned when this is dropped.
#[derive(Debug)]
pub struct Charge {
    budget: Arc<Budget>,
    /// The networks it counts for, and what each may hold even while half of the budget is taken.
    networks: [Option<(LimitScope, usize)>; 2],
    bytes: usize,
}

/// Bytes together with their charge.
#[derive(Debug)]
pub struct Charged<B> {
    bytes: B,
    _charge: Charge,
}

impl<B: AsRef<[u8]>> AsRef<[u8]> for Charged<B> {
    fn as_ref(&self) -> &[u8] {
        self.bytes.as_ref()
    }
}

impl Budget {
    /// A budget of `total` bytes.
    pub fn new(total: usize) -> Self {
        Budget { total, held: Mutex::default() }
    }

    /// A charge of this client, of no bytes yet.
    pub fn charge(self: &Arc<Self>, client: &Client) -> Charge {
        let quarter = u64::try_from(self.total / 4).unwrap_or(u64::MAX);
        let mut scopes = client
            .scopes()
            .map(|scope| (scope, usize::try_from(scope.scaled(quarter)).unwrap_or(usize::MAX)));
        let own = scopes.next();
        let site = scopes.next().map(|(site, most)| (site, most.min(self.total / 2)));
        Charge { budget: Arc::clone(self), networks: [own, site], bytes: 0 }
    }

    fn held(&self) -> MutexGuard<'_, Usage> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Charge {
    /// Change the charge to `bytes`; `false`, without a change, if there is no room.
    #[must_use = "without room the memory must not be taken"]
    pub fn hold(&mut self, bytes: usize) -> bool {
        self.set(bytes, false)
    }

    /// Change the charge to `bytes` even if there is no room: for memory that is already in use.
    pub fn hold_anyway(&mut self, bytes: usize) {
        self.set(bytes, true);
    }

    /// Attach this charge to `bytes`.
    pub fn with<B: AsRef<[u8]> + Send + 'static>(self, bytes: B) -> Charged<B> {
        Charged { bytes, _charge: self }
    }

    fn set(&mut self, bytes: usize, anyway: bool) -> bool {
        if bytes == self.bytes {
            return true;
        }
        let mut held = self.budget.held();
        let Usage { in_all, by_network } = &mut *held;
        let total = self.budget.total;
        let after = |before: usize| before - self.bytes + bytes;
        let networks = self.networks.iter().flatten();
        if bytes > self.bytes && !anyway {
            let is_half_free = after(*in_all) <= total / 2;
            let fits = |(network, most): &(LimitScope, usize)| {
                is_half_free || after(by_network.get(network).copied().unwrap_or(0)) <= *most
            };
            if after(*in_all) > total || !networks.clone().all(fits) {
                return false;
            }
        }
        *in_all = after(*in_all);
        for (network, _) in networks {
            match after(by_network.get(network).copied().unwrap_or(0)) {
                0 => by_network.remove(network),
                own => by_network.insert(*network, own),
            };
        }
        self.bytes = bytes;
        true
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.set(0, true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SharedNetworks;

    fn charge(budget: &Arc<Budget>, address: &str) -> Charge {
        budget.charge(&Client::new(address.parse().unwrap(), &SharedNetworks::default()))
    }

    #[test]
    fn one_address_uses_at_most_half_the_budget() {
        let budget = Arc::new(Budget::new(1000));
        let mut first: Vec<Charge> = (0..100).map(|_| charge(&budget, "192.0.2.1")).collect();
        assert_eq!(first.iter_mut().filter_map(|one| one.hold(10).then_some(())).count(), 50);
        let (mut second, mut third) = (charge(&budget, "192.0.2.2"), charge(&budget, "192.0.2.3"));
        assert!(second.hold(250) && third.hold(250));
        assert!(!second.hold(251) && !charge(&budget, "192.0.2.4").hold(1));
        drop(first);
        // Three quarters are free: the third may grow to half of the whole.
        assert!(!third.hold(251), "half is taken already");
        drop(second);
        assert!(third.hold(500) && !third.hold(501));
    }

    #[test]
    fn ipv6_site_uses_at_most_half_the_budget() {
        let budget = Arc::new(Budget::new(1000));
        let household = |nth: usize| charge(&budget, &format!("2001:db8:7:{nth:x}::1"));
        let mut site: Vec<Charge> = (0..20).map(household).collect();
        assert_eq!(site.iter_mut().filter_map(|one| one.hold(100).then_some(())).count(), 5);
        assert!(charge(&budget, "2001:db8:8::1").hold(250));
    }

    #[test]
    fn released_charge_leaves_no_entry() {
        let budget = Arc::new(Budget::new(1000));
        let mut one = charge(&budget, "192.0.2.1");
        assert!(one.hold(100) && one.hold(40));
        one.hold_anyway(5000);
        assert!(!charge(&budget, "192.0.2.2").hold(1));
        drop(one);
        let held = budget.held();
        assert_eq!((held.in_all, held.by_network.len()), (0, 0));
    }

    #[test]
    fn shared_network_gets_a_larger_share() {
        let budget = Arc::new(Budget::new(1000));
        let shared = SharedNetworks::from_iter([("192.0.2.0/24".parse().unwrap(), 3)]);
        let mut one = budget.charge(&Client::new("192.0.2.1".parse().unwrap(), &shared));
        assert!(one.hold(750) && !one.hold(751));
        let mut unknown = budget.charge(&Client::unknown("127.0.0.1".parse().unwrap()));
        assert!(unknown.hold(250) && !unknown.hold(251));
    }
}
