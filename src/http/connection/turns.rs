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

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
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

/// How long connections that wait for a turn are let through before there is a pause for work of idle priority,
/// and how long it is: half of a processor is left to that work.
const BETWEEN_PAUSES: Duration = Duration::from_millis(2);
const PAUSE: Duration = Duration::from_millis(2);

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
    waiting: Mutex<Waiting>,
    added: Notify,
    /// There is a pause for work of idle priority.
    is_paused: AtomicBool,
    resumed: Notify,
}

/// The connections that wait, by client.
#[derive(Default)]
struct Waiting {
    /// Clients with waiting connections; the first one's turn is next.
    rotation: VecDeque<u64>,
    /// In the order in which they came.
    connections: HashMap<u64, BTreeMap<u64, Arc<Ticket>>>,
    /// The number of the next ticket.
    next_number: u64,
}

/// One connection's wait for a turn.
struct Ticket {
    number: u64,
    is_granted: AtomicBool,
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
            waiting: Mutex::default(),
            added: Notify::new(),
            is_paused: AtomicBool::new(false),
            resumed: Notify::new(),
        })
    }

    /// The number under which a client's reads are counted. Whoever does not know the key of the hash can't
    /// choose an address that shares a counter with somebody.
    pub(crate) fn client(&self, network: IpAddr) -> u64 {
        self.keys.hash_one(network)
    }

    /// Let waiting connections through one after another, for ever. Between two of them the worker polls the
    /// sockets, so that whoever need not wait is served first.
    ///
    /// While `has_idle_work` says that work of idle priority waits, there is a [pause](PAUSE) now and then:
    /// otherwise whoever sends without end would keep that work from ever being done.
    pub(crate) async fn grant(self: Arc<Self>, has_idle_work: impl Fn() -> bool) {
        let mut paused = Instant::now();
        loop {
            let next = self.lock().next();
            let Some(ticket) = next else {
                self.added.notified().await;
                paused = Instant::now();
                continue;
            };
            ticket.is_granted.store(true, Ordering::Release);
            let waker = lock(&ticket.waker).take();
            if let Some(waker) = waker {
                waker.wake();
            }
            if paused.elapsed() >= BETWEEN_PAUSES && has_idle_work() {
                self.is_paused.store(true, Ordering::Release);
                tokio::time::sleep(PAUSE).await;
                self.is_paused.store(false, Ordering::Release);
                self.resumed.notify_waiters();
                paused = Instant::now();
            } else {
                std::thread::yield_now();
                tokio::task::yield_now().await;
            }
        }
    }

    /// Let other connections be served before the next one is accepted, and wait for the end of a pause.
    pub(crate) async fn give_way(&self) {
        let resumed = self.resumed.notified();
        if self.is_paused.load(Ordering::Acquire) {
            resumed.await;
        } else {
            tokio::task::yield_now().await;
        }
    }

    /// Count a cost for a client; is it one that has to wait for its turn?
    pub(crate) fn count(&self, client: u64, cost: u64) -> bool {
        let milliseconds = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        if self.last_client.load(Ordering::Relaxed) != client {
            self.last_client.store(client, Ordering::Relaxed);
            self.last_change.store(milliseconds, Ordering::Relaxed);
        }
        let period = milliseconds / PERIOD_MS;
        let spent = self.spend(client, cost, period);
        let is_contended = || {
            let change = self.last_change.load(Ordering::Relaxed);
            change > 0 && milliseconds.saturating_sub(change) < ACTIVE_MS
        };
        spent > FREE_COST && is_contended()
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a client has spent, in 64 bits.
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
        let (is_granted, waker) = (AtomicBool::new(false), Mutex::new(Some(waker)));
        let ticket = Arc::new(Ticket { number, is_granted, waker });
        let connections = self.connections.entry(client).or_default();
        if connections.is_empty() {
            self.rotation.push_back(client);
        }
        connections.insert(number, Arc::clone(&ticket));
        ticket
    }

    /// Take the connection whose turn it is.
    fn next(&mut self) -> Option<Arc<Ticket>> {
        loop {
            let client = self.rotation.pop_front()?;
            let Some(connections) = self.connections.get_mut(&client) else { continue };
            let next = connections.pop_first();
            if connections.is_empty() {
                self.connections.remove(&client);
            } else {
                self.rotation.push_back(client);
            }
            if let Some((_, ticket)) = next {
                return Some(ticket);
            }
        }
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

/// A TCP stream that is read when it is its client's turn.
pub(crate) struct FairStream {
    stream: TcpStream,
    turns: Arc<ReadTurns>,
    /// `None`: it never waits.
    client: Option<u64>,
    /// Its wait for a turn.
    ticket: Option<Arc<Ticket>>,
    /// What the last read cost beyond the read itself.
    debt: u64,
}

impl FairStream {
    /// A stream of this client; `None` stands for one that never waits.
    pub(crate) fn new(stream: TcpStream, turns: &Arc<ReadTurns>, client: Option<u64>) -> Self {
        FairStream { stream, turns: Arc::clone(turns), client, ticket: None, debt: 0 }
    }

    /// Ready when the connection may be read.
    fn poll_turn(&mut self, cx: &Context<'_>) -> Poll<()> {
        let Some(client) = self.client else { return Poll::Ready(()) };
        let ticket = match &self.ticket {
            Some(ticket) => ticket,
            None if !self.turns.count(client, 1 + std::mem::take(&mut self.debt)) => {
                return Poll::Ready(());
            }
            None => {
                self.ticket = Some(self.turns.wait(client, cx.waker().clone()));
                return Poll::Pending;
            }
        };
        let mut waker = lock(&ticket.waker);
        if ticket.is_granted.load(Ordering::Acquire) {
            drop(waker);
            self.ticket = None;
            return Poll::Ready(());
        }
        if !waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            *waker = Some(cx.waker().clone());
        }
        Poll::Pending
    }
}

impl Drop for FairStream {
    fn drop(&mut self) {
        if let (Some(client), Some(ticket)) = (self.client, &self.ticket) {
            self.turns.lock().leave(client, ticket.number);
        }
    }
}

impl AsyncRead for FairStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // Only a connection that has something to read may wait for a turn.
        ready!(self.stream.poll_read_ready(cx))?;
        ready!(self.poll_turn(cx));
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        self.debt = ((buf.filled().len() - before) / BYTES_PER_COST) as u64;
        read
    }
}

impl AsyncWrite for FairStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
