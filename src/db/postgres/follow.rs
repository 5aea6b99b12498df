//! Following what other servers write, so that the leaderboards in memory are the same on all of them.
//!
//! A connection that commits changes of leaderboards writes them down in the same transaction, as the next row of
//! a stream of its own: `(stream, 1)`, `(stream, 2)` and so on. It commits one thing after another, so where a row is
//! seen, all rows before it in the stream are. A follower remembers how far it has come in each stream and asks
//! for what comes after. The order among streams does not matter: [`Change`] can be made in any order. A log with
//! one number for all would lose rows, because transactions do not commit in the order of their numbers.

use super::Session;
use super::pool::Sessions;
use super::schema;
use super::session::Transaction;
use crate::args;
use crate::boards::{Change, SharedBoards};
use crate::db::LoadBoards;
use crate::db::view::View;
use crate::fault::Fault;
use crate::services::Services;
use r2d2::ManageConnection as _;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How often the streams are looked at.
const POLL: Duration = Duration::from_millis(20);

/// How long to wait after a failure.
const AGAIN: Duration = Duration::from_millis(200);

/// How often a server says that it is there. One that has not for ten seconds is not counted.
const SIGN_OF_LIFE: Duration = Duration::from_secs(2);

/// How often rows that all have read are removed, and for how long rows are kept, in seconds. A server that was
/// away for longer builds its boards anew.
const SWEEP: Duration = Duration::from_secs(60);
const KEPT: i64 = 600;

/// How long the last row of a stream that nobody uses is kept, in seconds.
const UNUSED: i64 = 3_600;

/// Where the follower is in each stream, and the newest stream that it knows.
#[derive(Debug, Default)]
struct Cursors {
    seen: HashMap<i64, i64>,
    newest: i64,
}

/// The thread that follows.
pub(crate) struct Follower {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// What the thread and others use.
struct Shared {
    is_ending: Mutex<bool>,
    ended: Condvar,
    /// How long ago the boards were up to date, in milliseconds since `begun`.
    current_at: AtomicU64,
    is_loaded: AtomicBool,
    is_clock_off: AtomicBool,
    /// How many servers use the database.
    nodes: AtomicU32,
    begun: Instant,
}

impl Follower {
    /// Build the boards by `load`, and follow from there on.
    pub(crate) fn start(
        sessions: Sessions,
        pool: &r2d2::Pool<Sessions>,
        services: &Arc<Services>,
        load: LoadBoards,
    ) -> Result<Self, Fault> {
        let shared = Arc::new(Shared {
            is_ending: Mutex::new(false),
            ended: Condvar::new(),
            current_at: AtomicU64::new(0),
            is_loaded: AtomicBool::new(true),
            is_clock_off: AtomicBool::new(false),
            nodes: AtomicU32::new(1),
            begun: Instant::now(),
        });
        let cursors = build(pool, services, load)?;
        shared.is_current();
        let mut work = Work {
            sessions,
            pool: pool.clone(),
            services: Arc::clone(services),
            load,
            cursors,
            session: None,
            swept: Instant::now(),
            counted: None,
        };
        let told = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("follow".into())
            .spawn(move || while told.pause(work.step(&told)) {});
        let thread = Some(thread.map_err(Fault::unknown)?);
        Ok(Follower { shared, thread })
    }

    /// For how long the boards have not been known to be up to date.
    pub(crate) fn lag(&self) -> Duration {
        let at = Duration::from_millis(self.shared.current_at.load(Ordering::Relaxed));
        self.shared.begun.elapsed().saturating_sub(at)
    }
}

impl Follower {
    /// How many servers use the database, this one among them.
    pub(crate) fn nodes(&self) -> u32 {
        self.shared.nodes.load(Ordering::Relaxed)
    }

    /// Is this machine's clock too far from the database's?
    pub(crate) fn is_clock_off(&self) -> bool {
        self.shared.is_clock_off.load(Ordering::Relaxed)
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        *self.shared.is_ending.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.shared.ended.notify_all();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that follows other servers panicked");
        }
    }
}

impl Shared {
    /// The boards are up to date.
    fn is_current(&self) {
        let now = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.current_at.store(now, Ordering::Relaxed);
    }

    /// Wait; `false` if it is to end.
    fn pause(&self, time: Duration) -> bool {
        let is_ending = self.is_ending.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.ended.wait_timeout_while(is_ending, time, |is_ending| !*is_ending);
        !*waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

struct Work {
    sessions: Sessions,
    pool: r2d2::Pool<Sessions>,
    services: Arc<Services>,
    load: LoadBoards,
    cursors: Cursors,
    session: Option<Session>,
    swept: Instant,
    /// When the servers were counted.
    counted: Option<Instant>,
}

impl Work {
    /// Look at the streams once; how long to wait before the next look.
    fn step(&mut self, shared: &Shared) -> Duration {
        if !shared.is_loaded.load(Ordering::Relaxed) {
            match build(&self.pool, &self.services, self.load) {
                Ok(cursors) => {
                    self.cursors = cursors;
                    shared.is_loaded.store(true, Ordering::Relaxed);
                }
                Err(fault) => {
                    tracing::warn!(cause = ?fault.cause(), "the boards could not be built anew");
                    return AGAIN;
                }
            }
        }
        match self.look(shared) {
            Ok(Seen::All) => {
                shared.is_current();
                POLL
            }
            Ok(Seen::Gap) => {
                tracing::warn!("this server was away for long: the boards are built anew");
                shared.is_loaded.store(false, Ordering::Relaxed);
                Duration::ZERO
            }
            Err(fault) => {
                tracing::warn!(cause = ?fault.cause(), "other servers' changes could not be read");
                self.session = None;
                AGAIN
            }
        }
    }

    fn look(&mut self, shared: &Shared) -> Result<Seen, Fault> {
        if self.session.is_none() {
            self.session = Some(self.sessions.connect().map_err(Fault::database)?);
        }
        let Some(session) = &self.session else { return Ok(Seen::All) };
        let seen = follow(session, &mut self.cursors, &self.services.boards)?;
        if self.counted.is_none_or(|at| at.elapsed() >= SIGN_OF_LIFE) {
            self.counted = Some(Instant::now());
            shared.nodes.store(count_nodes(session)?, Ordering::Relaxed);
        }
        if self.swept.elapsed() >= SWEEP {
            self.swept = Instant::now();
            let seconds = schema::clock_difference(session)?;
            let is_off = seconds > schema::CLOCKS_APART;
            if is_off {
                tracing::error!(
                    seconds,
                    "this machine's clock and the database's are apart: it is not ready until they are not"
                );
            }
            shared.is_clock_off.store(is_off, Ordering::Relaxed);
            sweep(session)?;
            self.cursors.forget(session)?;
        }
        Ok(seen)
    }
}

/// What a look has found.
enum Seen {
    /// Everything that was committed by then.
    All,
    /// Rows are missing.
    Gap,
}

/// Build the boards and note how far each stream is, in one view.
fn build(
    pool: &r2d2::Pool<Sessions>,
    services: &Services,
    load: LoadBoards,
) -> Result<Cursors, Fault> {
    let view = View::over_sessions(pool, services, None);
    let mut cursors = Cursors::default();
    let sql = "SELECT stream.id, coalesce((SELECT max(n) FROM change WHERE stream = stream.id), 0)
                 FROM stream";
    view.all(sql, args![], |row| {
        let (id, n): (i64, i64) = (row.get(0)?, row.get(1)?);
        cursors.newest = cursors.newest.max(id);
        cursors.seen.insert(id, n);
        Ok(())
    })?;
    load(&view)?;
    Ok(cursors)
}

/// Make the changes that were committed since the last look.
fn follow(session: &Session, cursors: &mut Cursors, boards: &SharedBoards) -> Result<Seen, Fault> {
    let mut found = Vec::new();
    session.query("SELECT id FROM stream WHERE id > $1", args![cursors.newest], |row| {
        found.push(row.get::<i64>(0)?);
        Ok(true)
    })?;
    for id in found {
        cursors.newest = cursors.newest.max(id);
        cursors.seen.insert(id, 0);
    }
    if cursors.seen.is_empty() {
        return Ok(Seen::All);
    }
    let mut at = String::with_capacity(cursors.seen.len() * 16);
    for (id, n) in &cursors.seen {
        let _ = write!(at, "{id}:{n} ");
    }
    let sql = "SELECT change.stream, change.n, change.lines
                 FROM string_to_table(rtrim($1), ' ') AS cursor
                 JOIN change ON change.stream = split_part(cursor, ':', 1)::bigint
                            AND change.n > split_part(cursor, ':', 2)::bigint
                ORDER BY change.stream, change.n";
    let (mut changes, mut is_whole) = (Vec::new(), true);
    session.query(sql, args![&at], |row| {
        let (id, n, lines): (i64, i64, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let seen = cursors.seen.entry(id).or_default();
        is_whole &= n == *seen + 1;
        *seen = n;
        let told: Vec<Change> = serde_json::from_str(&lines).map_err(Fault::database)?;
        changes.extend(told);
        Ok(is_whole)
    })?;
    if !is_whole {
        return Ok(Seen::Gap);
    }
    if !changes.is_empty() {
        let mut boards_now = boards.write();
        for change in &changes {
            if let Some(stamp) = change.stamp() {
                boards.seen(stamp);
            }
            boards_now.apply(change);
        }
    }
    Ok(Seen::All)
}

/// Say that this server is there, and count those that have said so of late.
fn count_nodes(session: &Session) -> Result<u32, Fault> {
    session.start();
    session.execute(super::SIGN_OF_LIFE, args![session.node()])?;
    let sql = "SELECT count(*) FROM node
                WHERE seen_at > extract(epoch FROM clock_timestamp())::bigint - 10";
    let mut nodes = 1_i64;
    session.query(sql, args![], |row| {
        nodes = row.get(0)?;
        Ok(false)
    })?;
    Ok(u32::try_from(nodes).unwrap_or(1).max(1))
}

/// Remove rows that all servers have read long ago, and streams that nobody uses.
fn sweep(session: &Session) -> Result<(), Fault> {
    session.begin(Transaction::Steps, None)?;
    let now = "extract(epoch FROM clock_timestamp())::bigint";
    let done = session
        .execute(
            &format!(
                "DELETE FROM change WHERE at < {now} - $1 AND n < (
                   SELECT max(n) FROM change AS newer WHERE newer.stream = change.stream)"
            ),
            args![KEPT],
        )
        .and_then(|_| {
            session.execute(
                &format!(
                    "DELETE FROM stream WHERE EXISTS (
                       SELECT 1 FROM change WHERE stream = stream.id AND at < {now} - $1)
                      AND NOT EXISTS (
                       SELECT 1 FROM change WHERE stream = stream.id AND at >= {now} - $1)"
                ),
                args![UNUSED],
            )
        })
        .and_then(|_| {
            let sql = "DELETE FROM node
                        WHERE seen_at < extract(epoch FROM clock_timestamp())::bigint - $1";
            session.execute(sql, args![UNUSED])
        })
        .and_then(|_| {
            session.execute(
                "DELETE FROM change WHERE at < extract(epoch FROM clock_timestamp())::bigint - $1
                    AND NOT EXISTS (SELECT 1 FROM stream WHERE stream.id = change.stream)",
                args![UNUSED],
            )
        });
    match done {
        Ok(_) => session.commit(),
        Err(fault) => {
            session.roll_back();
            Err(fault)
        }
    }
}

impl Cursors {
    /// Forget streams that are gone.
    fn forget(&mut self, session: &Session) -> Result<(), Fault> {
        let mut left = std::collections::HashSet::new();
        session.query("SELECT id FROM stream", &[], |row| {
            left.insert(row.get::<i64>(0)?);
            Ok(true)
        })?;
        self.seen.retain(|id, _| left.contains(id));
        Ok(())
    }
}
