//! The permits for one class of work, and the queue for them, which is fair by client address.
//!
//! A permit that is given back goes to the next address in turn, and there to the request that waits
//! longest. So a client waits for one request of each other address, however many those have queued.

use crate::client::Client;
use crate::fault::{Exceeded, Fault};
use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// The most requests that wait for one class of work, of all addresses together. The last of 256 waits
/// some 7 s for its password to be hashed, which is as long as people wait.
pub(crate) const MAX_QUEUED: usize = 256;

/// The most of these that wait for one address.
pub(crate) const MAX_QUEUED_PER_ADDRESS: u64 = 64;

/// The name of that limit, which a client reads whose request is refused.
const LIMIT: &str = "queue.per_address";

/// In how many seconds it is worth trying again: 64 passwords are hashed in less.
const RETRY_AFTER: u64 = 5;

/// For how long after requests of two clients met each of them gets only its share beside others.
const SHARED: Duration = Duration::from_secs(1);

/// A client as the queue counts it; `None` for all clients that have no limit per address.
type Key = Option<IpAddr>;

/// What a client may take of a class of work.
#[derive(Clone, Copy)]
pub(crate) struct ClientShare {
    key: Key,
    /// How many of its requests may wait.
    queued: usize,
    running: Running,
}

/// How many requests of a client may run at once.
#[derive(Clone, Copy, Default)]
struct Running {
    /// While no other client has any.
    alone: usize,
    /// While another has.
    beside_others: usize,
}

impl ClientShare {
    /// That of `client` where one address may run so many of `permits` at once, alone and beside
    /// others.
    pub(crate) fn of(
        client: &Client,
        (alone, beside_others): (usize, usize),
        permits: usize,
    ) -> Self {
        let scaled = |limit: u64| {
            let scaled = client.scaled(limit).and_then(|limit| usize::try_from(limit).ok());
            scaled.unwrap_or(usize::MAX)
        };
        ClientShare {
            key: client.is_limited().then(|| client.network()),
            queued: scaled(MAX_QUEUED_PER_ADDRESS).min(MAX_QUEUED),
            running: Running {
                alone: scaled(alone as u64).min(permits),
                beside_others: scaled(beside_others as u64).min(permits),
            },
        }
    }
}

/// The permits and the queue of one class of work.
pub(crate) struct Queue(Mutex<QueueState>);

struct QueueState {
    free: usize,
    /// How many wait.
    queued: usize,
    clients: HashMap<Key, ClientQueue>,
    /// The clients that have requests waiting, in the order of their turns.
    turns: VecDeque<Key>,
    /// The number of the next request that waits.
    next: u64,
    /// Whose request came last, and until when requests of different clients count as meeting.
    latest: Key,
    shared_until: Option<Instant>,
}

/// The requests of one client.
#[derive(Default)]
struct ClientQueue {
    running: usize,
    most: Running,
    waiting: VecDeque<Waiting>,
}

struct Waiting {
    number: u64,
    grant: oneshot::Sender<Permit>,
}

/// A permit to do work; given back when it is dropped.
pub(crate) struct Permit {
    /// `None` once it is given back.
    queue: Option<Arc<Queue>>,
    key: Key,
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(queue) = self.queue.take() {
            queue.give_back(self.key);
        }
    }
}

/// A request in the queue; it leaves when this is dropped.
pub(crate) struct QueueTicket {
    queue: Arc<Queue>,
    key: Key,
    number: u64,
    granted: oneshot::Receiver<Permit>,
}

impl QueueTicket {
    /// Wait for the permit. [`Fault::Busy`] if another client's request needed the place in the queue
    /// more.
    pub(crate) async fn permit(&mut self) -> Result<Permit, Fault> {
        (&mut self.granted).await.map_err(|_| Fault::Busy)
    }
}

impl Drop for QueueTicket {
    fn drop(&mut self) {
        self.queue.leave(self.key, self.number);
    }
}

/// What a request gets at once.
pub(crate) enum Admitted {
    /// It may begin.
    Permit(Permit),
    /// It waits.
    Queued(QueueTicket),
}

impl Queue {
    pub(crate) fn new(permits: usize) -> Arc<Self> {
        Arc::new(Queue(Mutex::new(QueueState {
            free: permits,
            queued: 0,
            clients: HashMap::new(),
            turns: VecDeque::new(),
            next: 0,
            latest: None,
            shared_until: None,
        })))
    }

    /// Take a permit, or a place in the queue. [`Fault::TooManyAttempts`] if the client has as many
    /// there as it may; [`Fault::Busy`] if the queue is full of requests of clients that have no more
    /// than this one.
    pub(crate) fn enter(self: &Arc<Self>, share: ClientShare) -> Result<Admitted, Fault> {
        let mut state = self.lock();
        if state.latest != share.key {
            state.latest = share.key;
            state.shared_until = Some(Instant::now() + SHARED);
        }
        let (free, is_shared) = (state.free, state.is_shared());
        let line = state.clients.entry(share.key).or_default();
        line.most = share.running;
        if free > 0 && line.running < line.most.now(is_shared) {
            line.running += 1;
            state.free -= 1;
            return Ok(Admitted::Permit(Permit { queue: Some(Arc::clone(self)), key: share.key }));
        }
        let has = line.waiting.len();
        let refused = if has >= share.queued && share.queued < MAX_QUEUED {
            Some(Fault::TooManyAttempts(Exceeded {
                limit: LIMIT,
                retry_after: RETRY_AFTER,
                instead: None,
            }))
        } else if state.queued >= MAX_QUEUED && !state.drop_latest_of_longest(has + 1) {
            Some(Fault::Busy)
        } else {
            None
        };
        if let Some(fault) = refused {
            state.forget_idle(share.key);
            return Err(fault);
        }
        let (grant, granted) = oneshot::channel();
        let number = state.next;
        state.next += 1;
        state.queued += 1;
        if has == 0 {
            state.turns.push_back(share.key);
        }
        if let Some(line) = state.clients.get_mut(&share.key) {
            line.waiting.push_back(Waiting { number, grant });
        }
        Ok(Admitted::Queued(QueueTicket {
            queue: Arc::clone(self),
            key: share.key,
            number,
            granted,
        }))
    }

    /// How many permits are free.
    #[cfg(test)]
    pub(crate) fn free(&self) -> usize {
        self.lock().free
    }

    fn give_back(self: &Arc<Self>, key: Key) {
        let mut state = self.lock();
        state.free += 1;
        if let Some(line) = state.clients.get_mut(&key) {
            line.running -= 1;
        }
        state.forget_idle(key);
        state.grant(self);
    }

    fn leave(self: &Arc<Self>, key: Key, number: u64) {
        let mut state = self.lock();
        let Some(line) = state.clients.get_mut(&key) else { return };
        let Ok(index) = line.waiting.binary_search_by_key(&number, |waiting| waiting.number) else {
            return;
        };
        line.waiting.remove(index);
        state.queued -= 1;
        state.forget_idle(key);
    }

    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running {
    fn now(self, is_shared: bool) -> usize {
        if is_shared { self.beside_others } else { self.alone }
    }
}

impl QueueState {
    /// Have requests of more than one client come lately?
    fn is_shared(&self) -> bool {
        self.shared_until.is_some_and(|until| Instant::now() < until)
    }

    /// Give free permits to those who wait, an address after the other.
    fn grant(&mut self, queue: &Arc<Queue>) {
        // As many clients in a row may have as much running as they may.
        let (mut passed, is_shared) = (0, self.is_shared());
        while self.free > 0 && passed < self.turns.len() {
            let Some(key) = self.turns.pop_front() else { return };
            let Some(line) = self.clients.get_mut(&key) else { continue };
            if line.running >= line.most.now(is_shared) {
                self.turns.push_back(key);
                passed += 1;
                continue;
            }
            let Some(Waiting { grant, .. }) = line.waiting.pop_front() else { continue };
            self.queued -= 1;
            let permit = Permit { queue: Some(Arc::clone(queue)), key };
            match grant.send(permit) {
                Ok(()) => {
                    line.running += 1;
                    self.free -= 1;
                }
                // It is leaving. Its permit must not be given back while the queue is locked.
                Err(mut permit) => permit.queue = None,
            }
            passed = 0;
            if line.waiting.is_empty() {
                self.forget_idle(key);
            } else {
                self.turns.push_back(key);
            }
        }
    }

    /// Remove the latest request of the client with the longest line, if it is longer than `length`.
    fn drop_latest_of_longest(&mut self, length: usize) -> bool {
        let longest = self.clients.iter_mut().max_by_key(|(_, line)| line.waiting.len());
        let Some((_, line)) = longest else { return false };
        if line.waiting.len() <= length {
            return false;
        }
        // Its ticket finds that nobody will grant it anything.
        line.waiting.pop_back();
        self.queued -= 1;
        true
    }

    /// Forget a client that has nothing running and nothing waiting.
    fn forget_idle(&mut self, key: Key) {
        let Some(line) = self.clients.get(&key) else { return };
        if line.waiting.is_empty() {
            if line.running == 0 {
                self.clients.remove(&key);
            }
            self.turns.retain(|other| *other != key);
        }
    }
}
