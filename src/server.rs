//! The server: opens what the configuration names, serves until it is told to end, and shuts down.
//!
//! On SIGTERM or SIGINT (`signals`) it stops accepting connections, lets every request that has begun
//! finish (`accept`), closes idle connections at once, and then closes the database, which commits what
//! is queued and leaves an empty log.

mod accept;
mod console;
mod handshake;
mod listener;
mod maintenance;
mod notify;
mod redirect;
mod reload;
mod side_listener;
mod signals;

pub use listener::Listener;

use crate::backup::{self, Schedule};
use crate::config::{Config, StoreKind};
use crate::db::{self, Db, OpenError, Schema};
use crate::document::Problem;
use crate::engine::Engine;
use crate::http;
use crate::http::console::ConsoleHandler;
use crate::http::endpoint::Handler;
use crate::http::endpoint::routing::Routing;
use crate::http::static_files::StaticFiles;
use crate::program::{FollowUp, Program, Upkeep};
use crate::services::{Services, ServicesError};
use crate::tls::{self, TlsError};
use accept::{StopReason, serve};
use reload::{Load, Reload};
use signals::Signals;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_rustls::TlsAcceptor;

/// How long background work may go on after all connections are closed.
const MOMENT: Duration = Duration::from_secs(1);

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
    /// https.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The second address can't be listened on.
    #[error("tls.redirect: {0}: {1}")]
    Redirect(SocketAddr, std::io::Error),
    /// Documents are not as they should be.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Documents(Vec<Problem>),
    /// The folder of pages can't be served.
    #[error("web.dir: {0}: {1}")]
    StaticFiles(PathBuf, std::io::Error),
    /// The system refused something that every server needs.
    #[error("{0}")]
    System(#[from] std::io::Error),
}

/// Why a server stopped serving.
pub enum ServerExit {
    /// It was told to end.
    Stopped,
    /// It served on a full disk, and there is room again: it is to be opened by this listener.
    Writable(Listener),
}

/// A server that is bound to its address and has opened its database.
pub struct Server {
    listener: Listener,
    /// The TLS acceptor; `None` if https is off.
    tls: Option<TlsAcceptor>,
    /// The listener that redirects plain HTTP to https.
    redirect: Option<std::net::TcpListener>,
    handler: Arc<Handler>,
    console: ConsoleHandler,
    sweeps: &'static [&'static str],
    schema: Schema,
    reload: Option<Reload>,
    follow_up: Option<FollowUp>,
    upkeep: Option<Upkeep>,
}

impl Server {
    /// Open the database, bind the address and build the routes; nothing is served yet. If the disk
    /// is full, the database is opened read-only.
    pub fn open(config: Config, program: Program) -> Result<Self, StartError> {
        // A signal that comes while the database is opened counts, too.
        let signals = Signals::start()?;
        // The database first: of two servers with one configuration, the second should be told
        // that it is held, not that the address is in use.
        let lock = backup::hold(&config)?;
        let listener = Listener::open(&config, signals)?;
        Server::open_with(listener, lock, config, program)
    }

    /// The same with a listener that is already open.
    pub fn open_by(
        listener: Listener,
        config: Config,
        program: Program,
    ) -> Result<Self, StartError> {
        let lock = backup::hold(&config)?;
        Server::open_with(listener, lock, config, program)
    }

    fn open_with(
        listener: Listener,
        lock: db::Lock,
        config: Config,
        mut program: Program,
    ) -> Result<Self, StartError> {
        let address = listener.address;
        let Program { schema, sweeps, follow_up, upkeep, .. } = program;
        let files = http::own_files(config.documents.dir.as_deref());
        let routing = files.and_then(|files| Routing::new(&program, files));
        let routing = routing.map_err(StartError::Documents)?;
        let certificates = tls::open(&config)?;
        let own_url = match config.tls.domain.first() {
            Some(domain) => format!("https://{domain}"),
            None if config.tls.is_on() => format!("https://{address}"),
            None => format!("http://{address}"),
        };
        let services = Arc::new(Services::open(config, own_url)?);
        services.certificates.replace(certificates);
        let is_tls = services.config.tls.is_on();
        let tls = is_tls.then(|| tls::acceptor(&services)).transpose()?;
        let redirect = services.config.tls.redirect.map(|address| {
            redirect::open(address).map_err(|error| StartError::Redirect(address, error))
        });
        let redirect = redirect.transpose()?;
        let pages = services.config.web.dir.as_ref().map(|folder| {
            StaticFiles::open(folder, &services.config)
                .map_err(|error| StartError::StaticFiles(folder.clone(), error))
        });
        let pages = pages.transpose()?;
        close_folders(&services.config)?;
        let db = open_database(&services, schema, lock)?;
        let engine = Arc::new(Engine::new(db, services));
        let console_pages = std::mem::take(&mut program.console);
        let console = ConsoleHandler::new(Arc::clone(&engine), console_pages, program.info);
        let handler = Arc::new(Handler::new(engine, pages, program, routing));
        let reload = None;
        Ok(Server {
            listener,
            tls,
            redirect,
            handler,
            console,
            sweeps,
            schema,
            reload,
            follow_up,
            upkeep,
        })
    }

    /// Reload the configuration with `load` on SIGHUP. Without this, SIGHUP is logged and ignored.
    pub fn reload_by(mut self, load: Load) -> Self {
        let services = Arc::clone(&self.engine().services);
        self.reload = Some(Reload::new(services, Arc::downgrade(&self.handler), load));
        self
    }

    /// The address that is listened on.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        Ok(self.listener.address)
    }

    /// The engine behind it.
    pub fn engine(&self) -> &Arc<Engine> {
        &self.handler.engine
    }

    /// Print the address as the first line on stdout, then serve until SIGTERM or SIGINT, or where the
    /// disk was full until there is room.
    pub fn run(self) -> Result<ServerExit, StartError> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        self.engine().db.reply_on(runtime.handle().clone());
        let pools = self.engine().workers.pools(runtime.handle())?;
        let Server { listener, tls, redirect, handler, console, .. } = self;
        let Server { sweeps, schema, reload, follow_up, upkeep, .. } = self;
        let reload = reload.map(|reload| Arc::new(Mutex::new(reload)));
        let is_read_only = handler.engine.db.is_read_only();
        let sweeps = if is_read_only { &[] } else { sweeps };
        let backups = match is_read_only {
            true => None,
            false => Schedule::start(&handler.engine.services, schema)?,
        };
        if !schema.pictures.is_empty() && !is_read_only {
            runtime.spawn(maintenance::pictures(Arc::downgrade(&handler.engine), schema));
        }
        if let Some(work) = follow_up
            && !is_read_only
        {
            runtime.spawn(maintenance::follow_up(Arc::downgrade(&handler.engine), work));
        }
        if let Some(upkeep) = upkeep
            && !is_read_only
        {
            runtime.spawn(maintenance::upkeep(Arc::downgrade(&handler.engine), upkeep));
        }
        runtime.spawn(maintenance::history(Arc::downgrade(&handler.engine)));
        let console = console::start(&runtime, console);
        tls::keep(runtime.handle(), &handler.engine.services);
        let redirect = redirect.map(|listener| {
            let services = Arc::downgrade(&handler.engine.services);
            runtime.spawn(redirect::serve(listener, services)).abort_handle()
        });
        let serving = runtime.spawn(serve(listener, tls, Arc::clone(&handler), sweeps, reload));
        let served = runtime.block_on(serving).map_err(std::io::Error::other);
        for listener in [console, redirect].into_iter().flatten() {
            listener.abort();
        }
        // Work whose client did not wait for it holds the engine; it gets a moment more.
        runtime.shutdown_timeout(MOMENT);
        pools.end(MOMENT);
        // One that is being made would keep the log from being emptied.
        if let Some(backups) = backups {
            backups.close();
        }
        match Arc::try_unwrap(handler).map(|handler| Arc::try_unwrap(handler.engine)) {
            Ok(Ok(engine)) => engine.db.close(),
            _ => tracing::warn!(
                "work was still running; the write-ahead log is moved at the next start"
            ),
        }
        let (listener, reason) = served??;
        if reason == StopReason::Room {
            tracing::info!("the disk has free space again: reopening the database for writing");
            return Ok(ServerExit::Writable(listener));
        }
        tracing::info!("the server has ended");
        Ok(ServerExit::Stopped)
    }
}

/// Open the database; read-only if there is no space to write.
fn open_database(
    services: &Arc<Services>,
    schema: Schema,
    lock: db::Lock,
) -> Result<Db, OpenError> {
    let config = &services.config;
    let error = match Db::open(Arc::clone(services), schema, Some(lock)) {
        Err(error) if !db::has_room(config) && config.database_file().exists() => error,
        opened => return opened,
    };
    let db = Db::open_on_full_disk(Arc::clone(services), schema, backup::hold(config)?)?;
    tracing::error!(
        %error,
        "the disk is full: existing data is served, and writes are refused until there is space"
    );
    Ok(db)
}

/// Make the server's folders unreadable for other users. A `data_dir` whose pictures another web
/// server serves stays readable.
fn close_folders(config: &Config) -> Result<(), StartError> {
    let shows_files = config.store.kind == StoreKind::Disk && config.store.public_url.is_some();
    if !shows_files {
        crate::folder::close_to_others(&config.data_dir)?;
    }
    if let Some(folder) = &config.backup.dir {
        backup::close(folder)?;
    }
    Ok(())
}
