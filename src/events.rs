//! Subscribers of boards, and the newest state of each watched board: it is rendered once for all subscribers. A slow
//! subscriber may miss states in between, but never the newest.

use bytes::Bytes;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// A state of something that is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Its number.
    pub version: u64,
    /// The first places, as JSON on one line.
    pub top: Bytes,
}

/// The newest state, once there is one.
pub type Newest = Option<Arc<State>>;

/// All that is watched.
#[derive(Debug, Default)]
pub struct Watched(Mutex<Places>);

#[derive(Debug, Default)]
struct Places {
    /// What is watched, by its name.
    topics: HashMap<String, watch::Sender<Newest>>,
    /// Watchers by address.
    addresses: HashMap<IpAddr, u32>,
    watchers: u32,
    has_ended: bool,
}

/// Why somebody may not watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoPlace {
    /// The address has as many watchers as it may have.
    Address,
    /// There are as many watchers as there may be, or the server ends.
    All,
}

/// A watcher's place; given back when it is dropped.
#[derive(Debug)]
pub struct Place {
    watched: Arc<Watched>,
    address: IpAddr,
    /// How many watched before.
    before: u32,
}

/// So many watchers are told of a change at once.
const AT_ONCE: u32 = 32;

/// Over so many steps of [`STEP`] the others are spread: other requests come in between.
const STEPS: u32 = 40;

/// The time between two steps.
const STEP: Duration = Duration::from_millis(5);

impl Place {
    /// How long this watcher is told later of a change than the first ones.
    pub fn delay(&self) -> Duration {
        if self.before < AT_ONCE { Duration::ZERO } else { STEP * (self.before % STEPS) }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut places = self.watched.lock();
        places.watchers = places.watchers.saturating_sub(1);
        let left = places.addresses.get(&self.address).map_or(0, |count| count.saturating_sub(1));
        if left == 0 {
            places.addresses.remove(&self.address);
        } else {
            places.addresses.insert(self.address, left);
        }
    }
}

impl Watched {
    fn lock(&self) -> MutexGuard<'_, Places> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Take a place for a watcher of this address, of which there may be `each`, and `all` in all.
    pub fn enter(self: &Arc<Self>, address: IpAddr, each: u32, all: u32) -> Result<Place, NoPlace> {
        let mut places = self.lock();
        if places.watchers >= all || places.has_ended {
            return Err(NoPlace::All);
        }
        let own = places.addresses.get(&address).copied().unwrap_or(0);
        if own >= each {
            return Err(NoPlace::Address);
        }
        let before = places.watchers;
        places.watchers += 1;
        places.addresses.insert(address, own + 1);
        drop(places);
        Ok(Place { watched: Arc::clone(self), address, before })
    }

    /// Watch a topic; also whether nobody did before: then the caller is to [`tell`](Self::tell) of it.
    pub fn watch(&self, topic: &str) -> (watch::Receiver<Newest>, bool) {
        let mut places = self.lock();
        if let Some(known) = places.topics.get(topic) {
            return (known.subscribe(), false);
        }
        let (sender, receiver) = watch::channel(None);
        places.topics.insert(topic.to_owned(), sender);
        (receiver, true)
    }

    /// The newest state of a topic is this; `None`: it is as it was. `false` if nobody watches it any more: then it is
    /// forgotten, and the next who watches it is the first again.
    pub fn tell(&self, topic: &str, state: Newest) -> bool {
        let mut places = self.lock();
        let Some(sender) = places.topics.get(topic) else { return false };
        if sender.receiver_count() == 0 {
            places.topics.remove(topic);
            return false;
        }
        if state.is_some() {
            sender.send_replace(state);
        }
        true
    }

    /// How many watch.
    pub fn count(&self) -> u32 {
        self.lock().watchers
    }

    /// The server ends: nobody watches any more.
    pub fn end(&self) {
        let mut places = self.lock();
        places.has_ended = true;
        places.topics.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const THERE: IpAddr = IpAddr::V4(Ipv4Addr::BROADCAST);

    #[test]
    fn places_are_bounded_and_given_back() {
        let watched = Arc::new(Watched::default());
        let one = watched.enter(HERE, 2, 3).unwrap();
        let two = watched.enter(HERE, 2, 3).unwrap();
        assert_eq!(watched.enter(HERE, 2, 3).unwrap_err(), NoPlace::Address);
        let three = watched.enter(THERE, 2, 3).unwrap();
        assert_eq!(watched.enter(THERE, 2, 3).unwrap_err(), NoPlace::All);
        drop((one, three));
        assert_eq!(watched.count(), 1);
        drop(watched.enter(HERE, 2, 3).unwrap());
        drop(two);
        assert!(watched.lock().addresses.is_empty());
        watched.end();
        assert_eq!(watched.enter(HERE, 2, 3).unwrap_err(), NoPlace::All);
    }

    #[test]
    fn topic_is_forgotten_once_nobody_watches() {
        let watched = Arc::new(Watched::default());
        let (receiver, is_first) = watched.watch("lamps");
        let (second, is_first_again) = watched.watch("lamps");
        assert_eq!((is_first, is_first_again), (true, false));
        let state = Some(Arc::new(State { version: 1, top: Bytes::from_static(b"{}") }));
        assert!(watched.tell("lamps", state.clone()));
        assert_eq!((&*receiver.borrow(), &*second.borrow()), (&state, &state));
        drop((receiver, second));
        assert!(!watched.tell("lamps", None));
        assert!(watched.watch("lamps").1);
    }
}
