//! The plain HTTP listener of `tls.redirect`, usually on port 80: it redirects requests to https, and answers HTTP-01
//! challenges (RFC 8555, 8.3).

use super::side_listener;
use crate::http::redirect::answer;
use crate::services::Services;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Weak;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};

/// The most connections at a time; others wait. Each has one request, and ends.
const CONNECTIONS: usize = 256;

/// How long a connection may last.
const TIME: Duration = Duration::from_secs(10);

/// The most bytes of a request's head.
const READ_BUFFER: usize = 8 * 1024;

/// Take the address.
pub(super) fn open(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Answer until the task is aborted.
pub(super) async fn serve(listener: std::net::TcpListener, services: Weak<Services>) {
    let listener = match TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => return tracing::error!(%error, "tls.redirect is not served"),
    };
    if let Ok(address) = listener.local_addr() {
        tracing::info!("requests to http://{address} are redirected to https");
    }
    let connection = |stream, _| {
        let served = tokio::time::timeout(TIME, connection(stream, Weak::clone(&services)));
        async { drop(served.await) }
    };
    side_listener::serve(listener, "tls.redirect", CONNECTIONS, connection).await;
}

async fn connection(stream: TcpStream, services: Weak<Services>) {
    let service = service_fn(move |request| {
        let answer = services.upgrade().map(|services| answer(&services, &request));
        async move { Ok::<_, Infallible>(answer.unwrap_or_default()) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(TIME)
        .keep_alive(false)
        .max_buf_size(READ_BUFFER)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection of tls.redirect ended with an error");
    }
}
