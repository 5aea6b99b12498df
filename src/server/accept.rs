//! Accepting connections, until the server is told to end.

use super::StartError;
use super::handshake::{Handshakes, handshake, hsts};
use super::listener::Listener;
use super::maintenance;
use super::notify;
use super::reload::Reload;
use super::signals::SignalAction;
use crate::config::Config;
use crate::db;
use crate::engine::Engine;
use crate::http::connection::head::{HeadSniffer, SniffedStream};
use crate::http::connection::io::RefusalRewriter;
use crate::http::connection::limit::{ConnectionPermit, Connections};
use crate::http::connection::turns::{CONNECTION_COST, FairStream, ReadTurns, give_way};
use crate::http::connection::{ConnectionState, Evictable, READ_BUFFER, Tracked};
use crate::http::endpoint::Handler;
use crate::http::request::client;
use crate::http::response::{self, date};
use crate::live::Live;
use crate::metrics::Metrics;
use hyper::Request;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderValue, STRICT_TRANSPORT_SECURITY};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use std::convert::Infallible;
use std::io::Write as _;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

/// How long a peer may take to send a request's head; also how long a connection may stay idle.
const HEAD: Duration = Duration::from_secs(10);

/// How long requests in progress may take during shutdown.
const FAREWELL: Duration = Duration::from_secs(8);

/// How long connections that were accepted last have to send a request before the end begins.
const LAST_HEAD: Duration = Duration::from_millis(20);

/// How long to wait after accepting failed, for example because file descriptors are used up.
const BACKOFF: Duration = Duration::from_millis(100);

/// How often a server that was started on a full disk looks for room.
const ROOM_CHECK: Duration = Duration::from_secs(1);

/// Why accepting connections ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum StopReason {
    /// A signal.
    SignalAction,
    /// There is room on the disk again.
    Room,
}

/// Accept connections until a signal ends the server, or until there is room on a disk that was full; then the
/// listener is handed back.
///
/// It runs on a thread that serves connections: on a thread of its own, a flood of new connections would take
/// the processor from them for milliseconds at a time.
pub(super) async fn serve(
    mut listener: Listener,
    tls: Option<TlsAcceptor>,
    handler: Arc<Handler>,
    sweeps: &'static [&'static str],
    reload: Option<Arc<Mutex<Reload>>>,
) -> Result<(Listener, StopReason), StartError> {
    let reason = accept_until_stopped(&mut listener, tls, handler, sweeps, reload).await?;
    Ok((listener, reason))
}

async fn accept_until_stopped(
    listener: &mut Listener,
    tls: Option<TlsAcceptor>,
    handler: Arc<Handler>,
    sweeps: &'static [&'static str],
    reload: Option<Arc<Mutex<Reload>>>,
) -> Result<StopReason, StartError> {
    let standard =
        listener.socket.take().ok_or_else(|| std::io::Error::other("the address is not open"))?;
    // Only a server on a full disk is opened again by the same listener.
    let kept = match handler.engine.db.is_read_only() {
        true => Some(standard.try_clone()?),
        false => None,
    };
    let socket = TcpListener::from_std(standard)?;
    if !std::mem::replace(&mut listener.is_announced, true) {
        announce(if tls.is_some() { "https" } else { "http" }, socket.local_addr()?)?;
    }
    let watchdog = tokio::spawn(notify::alive());
    notify::ready();
    let sweeper = tokio::spawn(maintenance::expired(Arc::clone(&handler), sweeps));
    let presence = tokio::spawn(maintenance::presence(Arc::clone(&handler)));
    let watch =
        tokio::spawn(date::watch(Arc::clone(&handler.dates), Arc::clone(&handler.engine.services)));
    let disk = tokio::spawn(maintenance::disk(Arc::clone(&handler)));
    let graceful = GracefulShutdown::new();
    let services = &handler.engine.services;
    let metrics = Arc::clone(&services.metrics);
    let connections = Connections::new(&services.config.limits, handler.files_each(), metrics);
    let turns = ReadTurns::new();
    let mut granting = JoinSet::new();
    for _ in 0..Handle::current().metrics().num_workers() {
        let engine = Arc::clone(&handler.engine);
        granting.spawn(Arc::clone(&turns).grant(move || engine.workers.has_idle_work()));
    }
    let (ending, ended) = watch::channel(false);
    let tls = tls.map(|acceptor| Handshakes { acceptor, ended });
    let mut room = pin!(room(&handler.engine));
    let mut drained_at = None;
    let until = loop {
        let accepted = tokio::select! {
            accepted = accept(&socket, &connections, &services.config) => accepted,
            told = listener.signals.next() => match told {
                SignalAction::End if services.config.drain.is_zero() || drained_at.is_some() => {
                    break StopReason::SignalAction;
                }
                SignalAction::End => {
                    let time = services.config.drain;
                    tracing::info!(?time, "draining: requests are still taken, and /readyz says no");
                    handler.engine.health.drain();
                    drained_at = Some(Instant::now() + time);
                    continue;
                }
                SignalAction::Reload => {
                    reload_beside(reload.as_ref());
                    continue;
                }
            },
            () = sleep_until(drained_at) => break StopReason::SignalAction,
            () = &mut room => break StopReason::Room,
        };
        match accepted {
            Ok(Some(accepted)) => {
                let client = accepted.place.network().map(|network| turns.client(network));
                connection(accepted, tls.as_ref(), &handler, &graceful, (&turns, client));
                if client.is_some_and(|client| turns.count(client, CONNECTION_COST)) {
                    give_way(|| handler.engine.workers.has_idle_work()).await;
                }
            }
            Ok(None) => {}
            Err(error) if is_peers(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "can't accept connections; trying again");
                tokio::time::sleep(BACKOFF).await;
            }
        }
    };
    handler.engine.health.end();
    notify::stopping();
    handler.watched.end();
    // Nobody listens where https is not spoken.
    let _ = ending.send(true);
    drop(socket);
    listener.socket = kept.filter(|_| until == StopReason::Room);
    watchdog.abort();
    sweeper.abort();
    presence.abort();
    watch.abort();
    disk.abort();
    tracing::info!("shutting down: finishing requests in progress");
    tokio::time::sleep(LAST_HEAD).await;
    if tokio::time::timeout(FAREWELL, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish in time");
    }
    granting.abort_all();
    Ok(until)
}

/// Wait until then; without a time, for ever.
async fn sleep_until(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}

/// Wait until a database that was opened on a full disk can be opened for writing. Otherwise waits
/// for ever.
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
        notify::reloading();
        reload.lock().unwrap_or_else(PoisonError::into_inner).again();
        notify::ready();
    });
}

/// Print the address for scripts and people.
fn announce(scheme: &str, address: SocketAddr) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "listening on {scheme}://{address}")?;
    out.flush()
}

/// Is it an error of this one connection? Then the next one may work.
fn is_peers(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// A connection that has a place.
struct Accepted {
    stream: TcpStream,
    /// Who is at the other end.
    peer: SocketAddr,
    state: Arc<ConnectionState>,
    place: ConnectionPermit,
}

/// The next connection, once there is a place for it; `None` if its address may not have one more.
async fn accept(
    listener: &TcpListener,
    connections: &Arc<Connections>,
    config: &Live<Config>,
) -> std::io::Result<Option<Accepted>> {
    let (stream, peer) = listener.accept().await?;
    let state = Arc::new(ConnectionState::default());
    let place = connections.admit(&config.limits, peer.ip(), &state).await;
    Ok(place.map(|place| Accepted { stream, peer, state, place }))
}

/// Serve a connection, by https where there is an acceptor.
fn connection(
    Accepted { stream, peer, state, place }: Accepted,
    tls: Option<&Handshakes>,
    handler: &Arc<Handler>,
    graceful: &GracefulShutdown,
    (turns, client): (&Arc<ReadTurns>, Option<u64>),
) {
    // An answer is one small write: waiting to fill a packet only delays it.
    let _ = stream.set_nodelay(true);
    let Some(tls) = tls else {
        let stream = FairStream::new(stream, turns, client);
        let served = http(stream, None, (peer, &state), handler, graceful.watcher());
        tokio::spawn(counted(served, peer, Arc::clone(&handler.engine.services.metrics), place));
        return;
    };
    let (tls, handler, watcher) = (tls.clone(), Arc::clone(handler), graceful.watcher());
    let turns = Arc::clone(turns);
    tokio::spawn(async move {
        let Some(stream) = handshake(&tls, stream, &state, (&turns, client)).await else { return };
        let hsts = hsts(&handler.engine.services.config);
        let metrics = Arc::clone(&handler.engine.services.metrics);
        let served = http(stream, hsts, (peer, &state), &handler, watcher);
        drop(handler);
        counted(served, peer, metrics, place).await;
    });
}

/// Wait until a connection has ended, and count it meanwhile.
async fn counted(
    served: impl Future<Output = hyper::Result<()>>,
    peer: SocketAddr,
    metrics: Arc<Metrics>,
    place: ConnectionPermit,
) {
    metrics.http.open.up(1);
    if let Err(error) = served.await {
        tracing::debug!(%peer, %error, "a connection ended with an error");
    }
    metrics.http.open.down(1);
    drop(place);
}

/// Serve requests on a stream; `hsts` is a header of every answer.
fn http<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    hsts: Option<HeaderValue>,
    (peer, state): (SocketAddr, &Arc<ConnectionState>),
    handler: &Arc<Handler>,
    watcher: Watcher,
) -> impl Future<Output = hyper::Result<()>> + Send + use<S> {
    let head_sniffer = HeadSniffer::default();
    let stream = TokioIo::new(SniffedStream::new(stream, head_sniffer.clone(), Arc::clone(state)));
    let metrics = Arc::clone(&handler.engine.services.metrics);
    // A count of its own for each connection: one for all would go from core to core with every
    // request.
    let shared = Arc::new((Arc::clone(handler), head_sniffer, Arc::clone(state), hsts));
    let service = service_fn(move |request: Request<Incoming>| {
        let shared = Arc::clone(&shared);
        // hyper keeps the room for this as long as the connection: on the heap it goes with the request, and thousands that
        // wait or watch do without its 4 KB.
        Box::pin(async move {
            let (handler, head_sniffer, state, hsts) = &*shared;
            if !state.has_served() {
                let trusted = &handler.engine.services.config.limits.trusted_proxies;
                if client::is_unknown_proxy(peer.ip().to_canonical(), request.headers(), trusted) {
                    state.exempt();
                }
            }
            let active_request = state.request();
            let mut answer = handler.answer(peer, head_sniffer, request).await;
            if handler.engine.health.is_draining() {
                answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            if let Some(hsts) = hsts {
                answer.headers_mut().insert(STRICT_TRANSPORT_SECURITY, hsts.clone());
            }
            Ok::<_, Infallible>(answer.map(|body| Tracked { body, active_request }))
        })
    });
    let content_type = response::envelope_type(&handler.engine.services.config);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(READ_BUFFER)
        .serve_connection(RefusalRewriter::new(stream, content_type, metrics), service);
    Evictable::new(watcher.watch(connection), Arc::clone(state))
}
