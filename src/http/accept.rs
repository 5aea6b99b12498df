//! Accepting connections, and ending well.
//!
//! On SIGTERM or SIGINT ([`crate::signals`]) the server stops accepting, lets every request that has begun finish, for
//! at most [`FAREWELL`], closes idle connections at once, and then closes the database, which
//! commits what is queued and leaves an empty log.

use super::client;
use super::connection::{Evictable, State, Tracked};
use super::connections::{Connections, Place};
use super::date;
use super::handle::Handler;
use super::heads::{Heads, Watched};
use super::io::{Dressed, UNSENT};
use super::pages::Pages;
use super::respond;
use super::route::{RouteError, Router};
use super::sweep;
use crate::backup::Schedule;
use crate::config::{Config, StoreKind};
use crate::db::{self, Db, OpenError, Schema};
use crate::engine::Engine;
use crate::program::{FollowUp, Program, Upkeep};
use crate::reload::{Load, Reload};
use crate::services::{Services, ServicesError};
use crate::signals::{Signals, Told};
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use std::convert::Infallible;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};

/// How long a peer may take to send a request's head; also how long a connection may stay idle.
const HEAD: Duration = Duration::from_secs(10);

/// The most bytes of a head that are read: a little more than a request may have, since this counts
/// what is no part of it, such as blanks. Also how much of a body is read at once.
pub(super) const READ_BUFFER: usize = 20 * 1024;

/// How long requests that have begun may take once the server is told to end.
const FAREWELL: Duration = Duration::from_secs(8);

/// How long work on other threads may go on after that.
const MOMENT: Duration = Duration::from_secs(1);

/// How long to wait before accepting again where the system refuses, as it does when file
/// descriptors are used up.
const BACKOFF: Duration = Duration::from_millis(100);

/// How often a server that was started on a full disk looks for room.
const ROOM_CHECK: Duration = Duration::from_secs(1);

/// Why a server could not start. Each is one line for the operator.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// What operations use can't be opened.
    #[error(transparent)]
    Services(#[from] ServicesError),
    /// The database can't be opened.
    #[error(transparent)]
    Database(#[from] OpenError),
    /// The address can't be listened on.
    #[error("listen: {0}: {1}")]
    Listen(SocketAddr, std::io::Error),
    /// Two rows answer the same path and method, or a path is not one.
    #[error(transparent)]
    Route(#[from] RouteError),
    /// The folder of pages can't be served.
    #[error("web.dir: {0}: {1}")]
    Pages(PathBuf, std::io::Error),
    /// The system refused something that every server needs.
    #[error("{0}")]
    System(#[from] std::io::Error),
}

/// What a server keeps when it opens its database again: whoever connects meanwhile waits.
pub struct Door {
    /// `None` while a server accepts from it: a second handle would keep the address open after the end.
    listener: Option<std::net::TcpListener>,
    address: SocketAddr,
    signals: Signals,
    /// The address was announced.
    is_announced: bool,
}

impl Door {
    /// Mind signals and take the address.
    fn open(config: &Config, signals: Signals) -> Result<Self, StartError> {
        let bind = || {
            let listener = std::net::TcpListener::bind(config.listen)?;
            listener.set_nonblocking(true)?;
            // Accepted connections have it from the listener. Elsewhere the system holds more.
            #[cfg(target_os = "linux")]
            socket2::SockRef::from(&listener).set_tcp_notsent_lowat(UNSENT)?;
            Ok((listener.local_addr()?, listener))
        };
        let (address, listener) =
            bind().map_err(|error| StartError::Listen(config.listen, error))?;
        Ok(Door { listener: Some(listener), address, signals, is_announced: false })
    }
}

/// Why a server does not serve any more.
pub enum Ended {
    /// It was told to end.
    Stopped,
    /// It served on a full disk, and there is room again: it is to be opened by this door.
    Writable(Door),
}

/// A server that is bound to its address and has opened its database.
pub struct Server {
    door: Door,
    handler: Arc<Handler>,
    sweeps: &'static [&'static str],
    schema: Schema,
    reload: Option<Reload>,
    follow_up: Option<FollowUp>,
    upkeep: Option<Upkeep>,
}

impl Server {
    /// Take the database, the address and the paths; nothing is served yet. Where the disk is full, the
    /// database is opened for reading alone.
    pub fn open(config: Config, program: Program) -> Result<Self, StartError> {
        // A signal that comes while the database is opened counts, too.
        let signals = Signals::start()?;
        // The database first: of two servers with one configuration, the second should be told
        // that it is held, not that the address is in use.
        let lock = db::hold(&config)?;
        let door = Door::open(&config, signals)?;
        Server::open_with(door, lock, config, program)
    }

    /// The same by a door that is open already.
    pub fn open_by(door: Door, config: Config, program: Program) -> Result<Self, StartError> {
        let lock = db::hold(&config)?;
        Server::open_with(door, lock, config, program)
    }

    fn open_with(
        door: Door,
        lock: db::Lock,
        config: Config,
        program: Program,
    ) -> Result<Self, StartError> {
        let address = door.address;
        let Program { registry, schema, sweeps, documents, endpoints, follow_up, upkeep, home } =
            program;
        let router = Router::new(&registry, endpoints, documents)?;
        let services = Arc::new(Services::open(config, format!("http://{address}"))?);
        let pages = services.config.web.dir.as_ref().map(|folder| {
            Pages::open(folder, &services.config)
                .map_err(|error| StartError::Pages(folder.clone(), error))
        });
        let pages = pages.transpose()?;
        close_folders(&services.config)?;
        let db = open_database(&services, schema, lock)?;
        let engine = Arc::new(Engine::new(db, services));
        let handler = Arc::new(Handler::new(engine, registry, router, pages, home));
        Ok(Server { door, handler, sweeps, schema, reload: None, follow_up, upkeep })
    }

    /// Read the configuration by `load` again on SIGHUP. Without this, SIGHUP is told of and ignored.
    pub fn reload_by(mut self, load: Load) -> Self {
        self.reload = Some(Reload::new(self.engine().services.config.clone(), load));
        self
    }

    /// The address that is listened on.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        Ok(self.door.address)
    }

    /// The engine behind it.
    pub fn engine(&self) -> &Arc<Engine> {
        &self.handler.engine
    }

    /// Print the address as the first line on stdout, then serve until SIGTERM or SIGINT, or where the
    /// disk was full until there is room.
    pub fn run(self) -> Result<Ended, StartError> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        self.engine().db.answer_on(runtime.handle().clone());
        let crews = self.engine().places.crews()?;
        let Server { mut door, handler, sweeps, schema, reload, follow_up, upkeep } = self;
        let reload = reload.map(|reload| Arc::new(Mutex::new(reload)));
        let is_read_only = handler.engine.db.is_read_only();
        let sweeps = if is_read_only { &[] } else { sweeps };
        let backups = match is_read_only {
            true => None,
            false => Schedule::start(&handler.engine.services, schema)?,
        };
        if !schema.pictures.is_empty() && !is_read_only {
            runtime.spawn(sweep::pictures(Arc::downgrade(&handler.engine), schema));
        }
        if let Some(work) = follow_up
            && !is_read_only
        {
            runtime.spawn(sweep::follow_up(Arc::downgrade(&handler.engine), work));
        }
        if let Some(upkeep) = upkeep
            && !is_read_only
        {
            runtime.spawn(sweep::upkeep(Arc::downgrade(&handler.engine), upkeep));
        }
        let served = runtime.block_on(serve(&mut door, Arc::clone(&handler), sweeps, reload));
        // Work whose client did not wait for it holds the engine; it gets a moment more.
        runtime.shutdown_timeout(MOMENT);
        crews.end(MOMENT);
        // One that is being made would keep the log from being emptied.
        if let Some(backups) = backups {
            backups.close();
        }
        match Arc::try_unwrap(handler).map(|handler| Arc::try_unwrap(handler.engine)) {
            Ok(Ok(engine)) => engine.db.close(),
            _ => tracing::warn!("work was still under way; the log is moved at the next start"),
        }
        if served? == Until::Room {
            tracing::info!("there is room on the disk again: the database is opened for writing");
            return Ok(Ended::Writable(door));
        }
        tracing::info!("ended");
        Ok(Ended::Stopped)
    }
}

/// Open the database, for reading alone if there is no room to write.
fn open_database(
    services: &Arc<Services>,
    schema: Schema,
    lock: db::Lock,
) -> Result<Db, OpenError> {
    let config = &services.config;
    let error = match Db::open(Arc::clone(services), schema, Some(lock)) {
        Err(error) if !db::has_room(config) && db::path(config).exists() => error,
        opened => return opened,
    };
    let db = Db::open_on_full_disk(Arc::clone(services), schema, db::hold(config)?)?;
    tracing::error!(
        %error,
        "the disk is full: what is there is served, and writes are refused until there is room"
    );
    Ok(db)
}

/// What ended the serving.
#[derive(Debug, PartialEq, Eq)]
enum Until {
    Told,
    Room,
}

/// Close to others what the server keeps, where it was open. A `data_dir` whose pictures another server
/// shows must stay open to that.
fn close_folders(config: &Config) -> Result<(), StartError> {
    let shows_files = config.store.kind == StoreKind::Disk && config.store.public_url.is_some();
    if !shows_files {
        crate::folder::close_to_others(&config.data_dir)?;
    }
    if let Some(folder) = &config.backup.dir {
        crate::backup::close(folder)?;
    }
    Ok(())
}

async fn serve(
    door: &mut Door,
    handler: Arc<Handler>,
    sweeps: &'static [&'static str],
    reload: Option<Arc<Mutex<Reload>>>,
) -> Result<Until, StartError> {
    let standard =
        door.listener.take().ok_or_else(|| std::io::Error::other("the address is not open"))?;
    // Only a server on a full disk is opened again by the same door.
    let kept = match handler.engine.db.is_read_only() {
        true => Some(standard.try_clone()?),
        false => None,
    };
    let listener = TcpListener::from_std(standard)?;
    if !std::mem::replace(&mut door.is_announced, true) {
        announce(listener.local_addr()?)?;
    }
    let sweeper = tokio::spawn(sweep::expired(Arc::clone(&handler), sweeps));
    let presence = tokio::spawn(sweep::presence(Arc::clone(&handler)));
    let watch = tokio::spawn(date::watch(Arc::clone(&handler)));
    let disk = tokio::spawn(sweep::disk(Arc::clone(&handler)));
    let graceful = GracefulShutdown::new();
    let limits = &handler.engine.services.config.limits;
    let connections = Connections::new(limits, handler.files_each());
    let mut room = pin!(room(&handler.engine));
    let until = loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &connections) => accepted,
            told = door.signals.next() => match told {
                Told::End => break Until::Told,
                Told::Reload => {
                    reload_beside(reload.as_ref());
                    continue;
                }
            },
            () = &mut room => break Until::Room,
        };
        match accepted {
            Ok(Some(accepted)) => connection(accepted, &handler, &graceful),
            Ok(None) => {}
            Err(error) if is_peers(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "can't accept connections; trying again");
                tokio::time::sleep(BACKOFF).await;
            }
        }
    };
    handler.engine.health.end();
    drop(listener);
    door.listener = kept.filter(|_| until == Until::Room);
    sweeper.abort();
    presence.abort();
    watch.abort();
    disk.abort();
    tracing::info!("ending: finishing what has begun");
    if tokio::time::timeout(FAREWELL, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish in time");
    }
    Ok(until)
}

/// Wait until a database that was opened on a full disk can be opened for writing; otherwise for ever.
async fn room(engine: &Engine) {
    if !engine.db.is_read_only() {
        return std::future::pending().await;
    }
    let mut ticks = tokio::time::interval(ROOM_CHECK);
    loop {
        ticks.tick().await;
        if db::has_room(&engine.services.config) {
            return;
        }
    }
}

/// Read the configuration again, on a thread that may wait for a disk or for a name to be looked up.
fn reload_beside(reload: Option<&Arc<Mutex<Reload>>>) {
    let Some(reload) = reload.map(Arc::clone) else {
        return tracing::info!("SIGHUP was ignored: there is no configuration to read again");
    };
    tokio::task::spawn_blocking(move || {
        reload.lock().unwrap_or_else(PoisonError::into_inner).again();
    });
}

/// Tell scripts and people where the server is.
fn announce(address: SocketAddr) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "listening on http://{address}")?;
    out.flush()
}

/// An error of the one connection that was about to be accepted: the next may be fine.
fn is_peers(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// A connection: its stream, who is at the other end, what is known of it, and its place.
type Accepted = (TcpStream, SocketAddr, Arc<State>, Place);

/// The next connection, once there is a place for it; `None` if its address may not have one more.
async fn accept(
    listener: &TcpListener,
    connections: &Arc<Connections>,
) -> std::io::Result<Option<Accepted>> {
    let (stream, peer) = listener.accept().await?;
    let state = Arc::new(State::default());
    let place = connections.admit(peer.ip(), &state).await;
    Ok(place.map(|place| (stream, peer, state, place)))
}

fn connection(accepted: Accepted, handler: &Arc<Handler>, graceful: &GracefulShutdown) {
    let (stream, peer, state, place) = accepted;
    // An answer is one small write: waiting to fill a packet only delays it.
    let _ = stream.set_nodelay(true);
    let heads = Heads::default();
    let stream = TokioIo::new(Watched::new(stream, heads.clone(), Arc::clone(&state)));
    let metrics = Arc::clone(&handler.engine.services.metrics);
    // A count of its own for each connection: one for all would go from core to core with every
    // request.
    let shared = Arc::new((Arc::clone(handler), heads, Arc::clone(&state)));
    let service = service_fn(move |request: Request<Incoming>| {
        let shared = Arc::clone(&shared);
        async move {
            let (handler, heads, state) = &*shared;
            if !state.has_served() {
                let trusted = &handler.engine.services.config.limits.trusted_proxies;
                if client::is_unknown_proxy(peer.ip().to_canonical(), request.headers(), trusted) {
                    state.exempt();
                }
            }
            let under_way = state.request();
            let answer = handler.answer(peer, heads, request).await;
            Ok::<_, Infallible>(answer.map(|body| Tracked { body, under_way }))
        }
    });
    let content_type = respond::envelope_type(&handler.engine.services.config);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(READ_BUFFER)
        .serve_connection(Dressed::new(stream, content_type, Arc::clone(&metrics)), service);
    let connection = Evictable::new(graceful.watch(connection), state);
    metrics.http.open.up();
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%peer, %error, "a connection ended badly");
        }
        metrics.http.open.down(1);
        drop(place);
    });
}
