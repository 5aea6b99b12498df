//! The console's own listener.

use super::side_listener;
use crate::http::console::ConsoleHandler;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::task::AbortHandle;

/// The most connections at a time: some browsers. Others wait.
const CONNECTIONS: usize = 64;

/// How long a browser may take to send a request's head; also how long a connection may stay idle.
const HEAD: Duration = Duration::from_secs(10);

/// The most bytes of a request's head.
const READ_BUFFER: usize = 16 * 1024;

/// Serve the console where one is configured. If its address can't be had, that is logged: the API is served all the
/// same.
pub(super) fn start(runtime: &Runtime, handler: ConsoleHandler) -> Option<AbortHandle> {
    let address = handler.address()?;
    let _inside = runtime.enter();
    let opened = std::net::TcpListener::bind(address).and_then(|listener| {
        listener.set_nonblocking(true)?;
        TcpListener::from_std(listener)
    });
    match opened {
        Ok(listener) => Some(runtime.spawn(serve(listener, Arc::new(handler))).abort_handle()),
        Err(error) => {
            tracing::error!(%address, %error, "the console is not served: its address (console.listen) can't be had");
            None
        }
    }
}

async fn serve(listener: TcpListener, handler: Arc<ConsoleHandler>) {
    if let Ok(address) = listener.local_addr() {
        tracing::info!("the console is at http://{address}");
    }
    let connection = |stream, peer| connection(stream, peer, Arc::clone(&handler));
    side_listener::serve(listener, "console", CONNECTIONS, connection).await;
}

async fn connection(stream: tokio::net::TcpStream, peer: SocketAddr, handler: Arc<ConsoleHandler>) {
    let service = service_fn(move |request| {
        let handler = Arc::clone(&handler);
        async move { Ok::<_, Infallible>(handler.answer(peer, request).await) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(READ_BUFFER)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%peer, %error, "a connection of the console ended with an error");
    }
}
