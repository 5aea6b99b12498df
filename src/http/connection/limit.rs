//! How many connections may be open at once, and which idle ones are closed when there are too many.
//!
//! Each connection is an open file and some memory, so there are places for as many as both allow.
//! Some files are kept back: an upload, a page and a reader of the database are files too; where there
//! are pages, each connection has room for one.
//!
//! While fewer than half of the places are taken, an address may open as many as it likes. Above that,
//! each new connection makes the address with the most of them lose one that is idle: one that is
//! between two requests or has not sent the whole head of its first. So whoever opens connections and
//! leaves them waiting closes his own, and a newcomer gets a place at once. An address that holds half
//! of all places gets no more. Trusted proxies stand for many clients and are exempt.

use crate::client::Client;
use crate::config::Limits;
use crate::http::connection::ConnectionState;
use crate::metrics::{Metrics, open_files};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

/// Open files that are reserved for uses other than connections.
const RESERVED_FILES: usize = 128;

/// The most bytes that a connection holds by itself: the buffer that its head is read into
/// ([`READ_BUFFER`](crate::http::connection::READ_BUFFER)), hyper's buffer for the head of an answer (8 KiB) and
/// its task. Bodies and answers are counted elsewhere.
const BYTES_EACH: usize = 40 * 1024;

/// How many connections an address may keep, however few others have: as many as a browser or a
/// client's pool opens to one server.
const ALWAYS_ALLOWED: usize = 8;

/// How many connections of an address are looked at to find one that is idle.
const MAX_SCANNED: usize = 64;

/// How long to wait for a place before looking again for a connection to close: one that was asked to
/// close may have got a request meanwhile.
const RETRY: Duration = Duration::from_millis(50);

/// How often the log may say that places are short.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// All connections of a server.
pub(crate) struct Connections {
    most: usize,
    metrics: Arc<Metrics>,
    table: Mutex<Table>,
    /// Notified when a place becomes free.
    freed: Notify,
}

#[derive(Default)]
struct Table {
    open: usize,
    /// The number of the next connection.
    next: u64,
    clients: HashMap<IpAddr, ClientConnections>,
    /// Clients by the number of their connections, weighted; the one with the most is last.
    by_weight: BTreeSet<(usize, IpAddr)>,
    logged: Option<Instant>,
}

/// The connections of one client.
struct ClientConnections {
    /// How many people share the address: a connection weighs that much less.
    factor: usize,
    /// By number, so in the order of age.
    connections: BTreeMap<u64, Arc<ConnectionState>>,
    /// The connection at which the next search for an idle one begins.
    cursor: u64,
}

impl ClientConnections {
    fn weight(&self) -> usize {
        self.connections.len().div_ceil(self.factor)
    }
}

/// A connection's place; it is free again when this is dropped.
pub(crate) struct ConnectionPermit {
    connections: Arc<Connections>,
    /// The client and the connection's number; `None` for a trusted proxy.
    held: Option<(IpAddr, u64)>,
}

impl ConnectionPermit {
    /// The client that the connection counts for; `None` for a trusted proxy.
    pub(crate) fn network(&self) -> Option<IpAddr> {
        self.held.map(|(network, _)| network)
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let mut table = self.connections.lock();
        table.open -= 1;
        if let Some((client, number)) = self.held {
            table.change(client, |held| {
                held.connections.remove(&number);
            });
        }
        drop(table);
        self.connections.freed.notify_one();
    }
}

/// Whether a new connection gets a place.
enum Admission {
    Admitted(Option<(IpAddr, u64)>),
    /// Refused: its address has as many connections as it may.
    Refused,
    /// It has to wait: all places are taken.
    Full,
}

impl Connections {
    /// Places for as many as the limits on files and memory allow, of `files_each` files each.
    pub(crate) fn new(limits: &Limits, files_each: usize, metrics: Arc<Metrics>) -> Arc<Self> {
        let most = most(open_files(), files_each, limits.connection_memory);
        let (table, freed) = (Mutex::default(), Notify::new());
        Arc::new(Connections { most, metrics, table, freed })
    }

    /// A place for a connection of `peer`, once there is one; `None` if its address may not have it.
    pub(crate) async fn admit(
        self: &Arc<Self>,
        limits: &Limits,
        peer: IpAddr,
        state: &Arc<ConnectionState>,
    ) -> Option<ConnectionPermit> {
        loop {
            match self.try_admit(limits, peer, state) {
                Admission::Admitted(held) => {
                    return Some(ConnectionPermit { connections: Arc::clone(self), held });
                }
                Admission::Refused => {
                    self.metrics.http.refused_by_limit.add();
                    return None;
                }
                Admission::Full => {
                    let _ = timeout(RETRY, self.freed.notified()).await;
                }
            }
        }
    }

    fn try_admit(&self, limits: &Limits, peer: IpAddr, state: &Arc<ConnectionState>) -> Admission {
        let peer = peer.to_canonical();
        let is_exempt = limits.trusted_proxies.contains(&peer);
        let client = Client::new(peer, &limits.shared_networks);
        let (network, factor) = (client.network(), client.scaled(1).unwrap_or(1));
        let factor = usize::try_from(factor).unwrap_or(usize::MAX).max(1);
        let mut table = self.lock();
        let has = table.clients.get(&network).map_or(0, |held| held.connections.len());
        let weight = if is_exempt { 0 } else { (has + 1).div_ceil(factor) };
        if table.open >= self.most / 2 {
            if weight > (self.most / 2).max(1) {
                if !self.evicted(table.evict_idle_of(network)) {
                    table
                        .log(self.most, "connections of the address with half of them are refused");
                    return Admission::Refused;
                }
            } else if let Some(&(heaviest, client)) = table.by_weight.last()
                && heaviest > ALWAYS_ALLOWED
            {
                self.evicted(table.evict_idle_of(client));
            }
        }
        if table.open >= self.most {
            table.log(self.most, "as many connections as may be open; others wait");
            self.evicted(table.evict_idle_above(weight, network));
            return Admission::Full;
        }
        table.open += 1;
        if is_exempt {
            return Admission::Admitted(None);
        }
        let number = table.next;
        table.next += 1;
        let new = || ClientConnections { factor, connections: BTreeMap::new(), cursor: 0 };
        table.clients.entry(network).or_insert_with(new);
        table.change(network, |held| {
            held.connections.insert(number, Arc::clone(state));
        });
        Admission::Admitted(Some((network, number)))
    }

    /// Count an idle connection that was asked to close, if one `was_found`.
    fn evicted(&self, was_found: bool) -> bool {
        if was_found {
            self.metrics.http.evicted.add();
        }
        was_found
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// Change what a client holds, and keep the order of weights.
    fn change(&mut self, client: IpAddr, change: impl FnOnce(&mut ClientConnections)) {
        let Some(held) = self.clients.get_mut(&client) else { return };
        self.by_weight.remove(&(held.weight(), client));
        change(held);
        if held.connections.is_empty() {
            self.clients.remove(&client);
        } else {
            self.by_weight.insert((held.weight(), client));
        }
    }

    /// Ask an idle connection of a client to close: rather one that never sent a request, and the
    /// oldest. Was there one?
    fn evict_idle_of(&mut self, client: IpAddr) -> bool {
        let Some(held) = self.clients.get_mut(&client) else { return false };
        let from_cursor = held.connections.range(held.cursor..);
        let around = from_cursor.chain(held.connections.range(..held.cursor)).take(MAX_SCANNED);
        let (mut found, mut last) = (None, 0);
        for (number, state) in around {
            last = *number;
            if state.may_be_evicted() {
                found = found.or(Some(state));
                if !state.has_served() {
                    found = Some(state);
                    break;
                }
            }
        }
        if let Some(state) = found {
            state.evict();
        }
        let is_found = found.is_some();
        held.cursor = last + 1;
        is_found
    }

    /// Ask an idle connection of the heaviest client that has one to close, for a newcomer of
    /// `client`, which weighs `weight`: nobody loses a connection to a client that has more. Was
    /// there one?
    fn evict_idle_above(&mut self, weight: usize, client: IpAddr) -> bool {
        let heavier = self.by_weight.iter().rev();
        let heavier = heavier.take_while(|(other, network)| *other > weight || *network == client);
        let heavier: Vec<IpAddr> = heavier.map(|(_, network)| *network).take(MAX_SCANNED).collect();
        heavier.into_iter().any(|network| self.evict_idle_of(network))
    }

    fn log(&mut self, most: usize, what: &'static str) {
        if self.logged.is_none_or(|logged| logged.elapsed() >= LOG_INTERVAL) {
            self.logged = Some(Instant::now());
            tracing::warn!(most, clients = self.clients.len(), "{what}");
        }
    }
}

/// The most connections of `files_each` files, where there may be `files` and `memory` bytes of
/// buffers. Where the system does not tell the number of files, memory alone decides.
fn most(files: Option<usize>, files_each: usize, memory: usize) -> usize {
    let by_files =
        files.map_or(usize::MAX, |files| (files - RESERVED_FILES.min(files / 2)) / files_each);
    by_files.min(memory / BYTES_EACH).max(1)
}

#[cfg(test)]
mod tests;
