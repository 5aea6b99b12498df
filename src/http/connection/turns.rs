//! Which client's connection is read next, when several clients together ask for more than is served at once.
//!
//! A worker serves connections in the order in which something arrives on them. So whoever sends on hundreds
//! of connections would make every other client wait for hundreds of requests. While at least two clients
//! are active, a client that reads much waits for its turn before each read: one connection at a time is let
//! through, clients in rotation, and between two of them the worker looks for what else has arrived. A client
//! that reads little never waits.
//!
//! A client is the address at the other end of the connection (IPv6: its /64). Trusted proxies, which stand
//! for many clients, never wait.

mod stream;

pub(crate) use stream::FairStream;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// How long a client counts as active after its last read, in milliseconds.
const ACTIVE_MS: u64 = 1_000;

/// The time over which reads are counted, in milliseconds.
const PERIOD_MS: u64 = 100;

/// The cost of reads in a [period](PERIOD_MS) from which on a client waits for its turns. A page that opens with thirty
/// requests at once stays below.
const FREE_COST: u64 = 40;

/// The bytes that cost as much as one more read.
const BYTES_PER_COST: usize = 4 * 1024;

/// What a new connection costs, in reads.
pub(crate) const CONNECTION_COST: u64 = 4;

/// How long a serving thread sleeps after each turn while work of idle priority waits. Otherwise whoever sends
/// without end would keep that work from ever being done. The kernel adds some 50 µs.
///
/// It sleeps and does not call `sched_yield`: a thread that yields to one of idle priority comes back at the next tick
/// of the clock, up to 4 ms later; one that sleeps comes back when its time is over.
const LEFT_TO_IDLE_WORK: Duration = Duration::from_micros(50);

/// How many counters there are; 32 KiB in total. Clients that share one wait like the busier of them.
const COUNTERS: usize = 4096;

/// Whose turn it is to read.
pub(crate) struct ReadTurns {
    began: Instant,
    keys: RandomState,
    /// The cost of each client's reads in the current and the previous period.
    counters: Box<[AtomicU64]>,
    /// The client that read last.
    last_client: AtomicU64,
    /// When the client that reads was last another one, in milliseconds since `began`.
    last_change: AtomicU64,
    /// Have several clients been active lately?
    is_contended: AtomicBool,
    waiting: Mutex<Waiting>,
    added: Notify,
}

/// The connections that wait, by client.
#[derive(Default)]
struct Waiting {
    /// The clients in `connections`; the first one's turn is next.
    rotation: VecDeque<u64>,
    /// The waiting connections of each client, none without any; in the order in which they came.
    connections: HashMap<u64, BTreeMap<u64, Arc<Ticket>>>,
    /// The number of the next ticket.
    next_number: u64,
}

/// One connection's wait for a turn.
struct Ticket {
    number: u64,
    /// Wakes the connection; `None` once its turn has come.
    waker: Mutex<Option<Waker>>,
}

impl ReadTurns {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(ReadTurns {
            began: Instant::now(),
            keys: RandomState::new(),
            counters: (0..COUNTERS).map(|_| AtomicU64::new(0)).collect(),
            last_client: AtomicU64::new(0),
            last_change: AtomicU64::new(0),
            is_contended: AtomicBool::new(false),
            waiting: Mutex::default(),
            added: Notify::new(),
        })
    }

    /// The number under which a client's reads are counted. Whoever does not know the key of the hash can't
    /// choose an address that shares a counter with somebody.
    pub(crate) fn client(&self, network: IpAddr) -> u64 {
        self.keys.hash_one(network)
    }

    /// Let waiting connections through one after another, for ever: a task for each worker thread. Between two
    /// connections the thread polls the sockets, so that clients that need not wait are served first.
    ///
    /// `has_idle_work` says whether work of idle priority waits.
    pub(crate) async fn grant(self: Arc<Self>, has_idle_work: impl Fn() -> bool) {
        loop {
            let next = self.lock().next();
            let Some(ticket) = next else {
                self.added.notified().await;
                continue;
            };
            let waker = lock(&ticket.waker).take();
            if let Some(waker) = waker {
                waker.wake();
            }
            give_way(&has_idle_work).await;
        }
    }

    /// Count a cost for a client; is it one that has to wait for its turn?
    pub(crate) fn count(&self, client: u64, cost: u64) -> bool {
        let is_another = self.last_client.load(Ordering::Relaxed) != client;
        if !is_another && !self.is_contended.load(Ordering::Relaxed) {
            return false;
        }
        let milliseconds = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        if is_another {
            self.last_client.store(client, Ordering::Relaxed);
            self.last_change.store(milliseconds, Ordering::Relaxed);
            self.is_contended.store(true, Ordering::Relaxed);
        } else if milliseconds.saturating_sub(self.last_change.load(Ordering::Relaxed)) > ACTIVE_MS
        {
            self.is_contended.store(false, Ordering::Relaxed);
            return false;
        }
        self.spend(client, cost, milliseconds / PERIOD_MS) > FREE_COST
    }

    /// Add to a client's counter; what it has spent in this period or the one before, whichever is more.
    fn spend(&self, client: u64, cost: u64, period: u64) -> u64 {
        let index = usize::try_from(client % COUNTERS as u64).unwrap_or(0);
        let Some(counter) = self.counters.get(index) else { return 0 };
        let mut old = Counter::from(counter.load(Ordering::Relaxed));
        old.move_to(period);
        old.current = old.current.saturating_add(cost).min(Counter::MOST);
        // A count that is lost when two threads count at once is made up for by the next read.
        counter.store(old.into(), Ordering::Relaxed);
        old.current.max(old.previous)
    }

    /// Wait for a turn; `waker` is woken when it has come.
    fn wait(&self, client: u64, waker: Waker) -> Arc<Ticket> {
        let ticket = self.lock().add(client, waker);
        self.added.notify_one();
        ticket
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        lock(&self.waiting)
    }
}

/// Let other threads work, and then other connections be served.
pub(crate) async fn give_way(has_idle_work: impl Fn() -> bool) {
    if has_idle_work() {
        std::thread::sleep(LEFT_TO_IDLE_WORK);
    } else {
        // On one processor, the thread that writes to the disk comes to work between two turns.
        std::thread::yield_now();
    }
    tokio::task::yield_now().await;
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The cost of a client's reads in two periods. It is kept in one atomic integer of 64 bits.
#[derive(Clone, Copy)]
struct Counter {
    period: u64,
    current: u64,
    previous: u64,
}

impl Counter {
    const MOST: u64 = 0xffff;

    /// Forget what is older than the period before `period`.
    fn move_to(&mut self, period: u64) {
        let period = period & 0xffff_ffff;
        if self.period != period {
            let is_next = (self.period + 1) & 0xffff_ffff == period;
            self.previous = if is_next { self.current } else { 0 };
            self.current = 0;
            self.period = period;
        }
    }
}

impl From<u64> for Counter {
    fn from(packed: u64) -> Self {
        Counter {
            period: packed >> 32,
            current: (packed >> 16) & Counter::MOST,
            previous: packed & Counter::MOST,
        }
    }
}

impl From<Counter> for u64 {
    fn from(counter: Counter) -> u64 {
        counter.period << 32 | counter.current << 16 | counter.previous
    }
}

impl Waiting {
    fn add(&mut self, client: u64, waker: Waker) -> Arc<Ticket> {
        let number = self.next_number;
        self.next_number += 1;
        let ticket = Arc::new(Ticket { number, waker: Mutex::new(Some(waker)) });
        let connections = self.connections.entry(client).or_default();
        if connections.is_empty() {
            self.rotation.push_back(client);
        }
        connections.insert(number, Arc::clone(&ticket));
        ticket
    }

    /// Take the connection whose turn it is.
    fn next(&mut self) -> Option<Arc<Ticket>> {
        let client = self.rotation.pop_front()?;
        let connections = self.connections.get_mut(&client)?;
        let (_, ticket) = connections.pop_first()?;
        if connections.is_empty() {
            self.connections.remove(&client);
        } else {
            self.rotation.push_back(client);
        }
        Some(ticket)
    }

    /// A connection that waited has ended.
    fn leave(&mut self, client: u64, number: u64) {
        if let Some(connections) = self.connections.get_mut(&client) {
            connections.remove(&number);
            if connections.is_empty() {
                self.connections.remove(&client);
                self.rotation.retain(|waiting| *waiting != client);
            }
        }
    }
}

#[cfg(test)]
mod tests;
