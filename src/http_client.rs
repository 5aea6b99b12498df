//! Requests to other people's servers: SMS gateways, an S3-compatible store.
//!
//! Whoever asks is on a thread that may block and waits there; the sockets are driven by one thread
//! of a runtime of their own, which works as well for a command as for the server.

use reqwest::{Certificate, Client, ClientBuilder, RequestBuilder, redirect};
use std::fmt;
use std::future::Future;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::{Builder, Handle, Runtime};

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(3);

/// How long an unused connection is kept.
const IDLE: Duration = Duration::from_secs(30);

/// A client and the thread that it runs on. A clone is the same one.
#[derive(Clone)]
pub struct HttpClient {
    client: Client,
    runtime: Handle,
    _driver: Arc<Driver>,
}

/// Requests to other servers can't be made at all. One line for the operator.
#[derive(Debug, thiserror::Error)]
#[error("outgoing requests: {0}")]
pub struct HttpClientError(String);

impl HttpClientError {
    /// What is wrong.
    pub(crate) fn new(error: impl fmt::Display) -> Self {
        HttpClientError(error.to_string())
    }
}

impl HttpClient {
    /// Trusts the certificates of the system and, because a small machine may have none, Mozilla's.
    /// Follows no redirect: a signed request is for one server only. Goes by the proxy that the
    /// environment names (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`), as most programs do.
    pub fn new() -> Result<Self, HttpClientError> {
        Self::by(|client| client)
    }

    /// The same, but by no proxy: for what is on this machine.
    pub fn direct() -> Result<Self, HttpClientError> {
        Self::by(ClientBuilder::no_proxy)
    }

    /// The same, by no proxy and with any certificate: a server on this machine has one for its domain, and not for the
    /// address by which it is asked here.
    pub fn to_this_machine() -> Result<Self, HttpClientError> {
        Self::by(|client| client.no_proxy().tls_danger_accept_invalid_certs(true))
    }

    fn by(also: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Result<Self, HttpClientError> {
        let client = client(also)?;
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("outgoing")
            .enable_all()
            .build()
            .map_err(HttpClientError::new)?;
        let handle = runtime.handle().clone();
        Ok(HttpClient { client, runtime: handle, _driver: Arc::new(Driver(Some(runtime))) })
    }

    /// The client.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Wait for an answer. Not for async code: it blocks the thread.
    pub fn wait<T>(&self, answer: impl Future<Output = T>) -> T {
        self.runtime.block_on(answer)
    }

    /// Send a request and wait for the body of its answer, cut at `most` bytes. The error does not name the URL, which may
    /// hold a secret.
    pub fn short_answer(&self, request: RequestBuilder, most: usize) -> reqwest::Result<Vec<u8>> {
        let asked = async {
            let mut answer = request.send().await?;
            let mut body = Vec::new();
            while let Some(piece) = answer.chunk().await? {
                if body.len() + piece.len() > most {
                    break;
                }
                body.extend_from_slice(&piece);
            }
            Ok(body)
        };
        self.wait(asked).map_err(reqwest::Error::without_url)
    }

    /// Do it in the background, as long as there is a clone of this: so `task` must not hold one.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(task);
    }
}

/// A client that also trusts the certificates of a PEM file; `None`: none more.
pub(crate) fn trusting(ca_file: Option<&Path>) -> Result<Client, HttpClientError> {
    let Some(file) = ca_file else { return client(|client| client) };
    let wrong = |error: &dyn fmt::Display| HttpClientError(format!("{}: {error}", file.display()));
    let pem = std::fs::read(file).map_err(|error| wrong(&error))?;
    let more = Certificate::from_pem_bundle(&pem).map_err(|error| wrong(&error))?;
    client(|client| client.tls_certs_merge(more))
}

fn client(also: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Result<Client, HttpClientError> {
    // Only the first call in a process counts; an error says that there was one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let roots: Vec<Certificate> = webpki_root_certs::TLS_SERVER_ROOT_CERTS
        .iter()
        .map(|root| Certificate::from_der(root))
        .collect::<Result<_, _>>()
        .map_err(HttpClientError::new)?;
    also(Client::builder())
        .user_agent(concat!("guichet/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT)
        .pool_idle_timeout(IDLE)
        .redirect(redirect::Policy::none())
        .tls_certs_merge(roots)
        .build()
        .map_err(HttpClientError::new)
}

/// A runtime that is left behind when it is dropped, not waited for: a look-up of a name can't be
/// called off, and takes the system's own time.
struct Driver(Option<Runtime>);

impl Drop for Driver {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// One [`HttpClient`] for all, made when the first asks for it: it costs a thread and some 2 MB,
/// which a server that asks nobody need not have. A clone is the same one.
#[derive(Clone, Default)]
pub struct LazyHttpClient(Arc<Mutex<Option<HttpClient>>>);

impl LazyHttpClient {
    /// The client, the same for everyone.
    pub fn get(&self) -> Result<HttpClient, HttpClientError> {
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*made {
            Some(outgoing) => Ok(outgoing.clone()),
            None => Ok(made.insert(HttpClient::new()?).clone()),
        }
    }
}
