//! The handshake with which a connection by https begins.

use crate::certificates::ACME_TLS;
use crate::config::Config;
use crate::http::connection::turns::{FairStream, ReadTurns};
use crate::http::connection::{ConnectionState, Evictable};
use hyper::header::HeaderValue;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How long a handshake may take.
const TIME: Duration = Duration::from_secs(10);

/// The answer to a plain HTTP request on the https port.
const NOT_HTTPS: &[u8] =
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 40\r\n\
    Connection: close\r\n\r\nthis port speaks https; write https://\r\n";

/// What handshakes need.
#[derive(Clone)]
pub(super) struct Handshakes {
    pub acceptor: TlsAcceptor,
    /// Whether the server is ending: then no handshake is waited for.
    pub ended: watch::Receiver<bool>,
}

/// The stream behind a handshake; `None` if there was none in time.
pub(super) async fn handshake(
    tls: &Handshakes,
    mut stream: TcpStream,
    state: &Arc<ConnectionState>,
    (turns, client): (&Arc<ReadTurns>, Option<u64>),
) -> Option<TlsStream<FairStream>> {
    let mut done = None;
    let accepting = Evictable::new(
        async {
            let mut first = [0];
            // A plain HTTP request begins with a letter; a TLS handshake does not.
            if stream.peek(&mut first).await? == 1 && first[0].is_ascii_alphabetic() {
                return stream.write_all(NOT_HTTPS).await;
            }
            let accepted = tls.acceptor.accept(FairStream::new(stream, turns, client)).await?;
            // An ACME server has seen what it wanted.
            let is_proof = accepted.get_ref().1.alpn_protocol() == Some(ACME_TLS);
            done = (!is_proof).then_some(accepted);
            Ok::<_, std::io::Error>(())
        },
        Arc::clone(state),
    );
    let mut ended = tls.ended.clone();
    let problem = tokio::select! {
        accepted = accepting => accepted.err().map(|error| error.to_string()),
        () = tokio::time::sleep(TIME) => Some("it took too long".to_owned()),
        _ = ended.wait_for(|is_ended| *is_ended) => Some("the server ends".to_owned()),
    };
    if let Some(problem) = problem {
        tracing::debug!(problem, "a handshake failed");
    }
    done
}

/// The header that tells browsers to use https alone.
pub(super) fn hsts(config: &Config) -> Option<HeaderValue> {
    let seconds = config.tls.hsts.as_secs();
    if seconds == 0 {
        return None;
    }
    HeaderValue::try_from(format!("max-age={seconds}")).ok()
}
