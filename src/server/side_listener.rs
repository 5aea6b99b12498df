//! A listener beside the API's own, for few connections: the console's, and the one that redirects to https.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// How long to wait after accepting failed.
const BACKOFF: Duration = Duration::from_millis(100);

/// Accept connections, at most `most` at a time, and run `connection` for each, until the task is aborted; then the
/// connections are aborted too. `name` is what the log calls the listener.
pub(super) async fn serve<F>(
    listener: TcpListener,
    name: &'static str,
    most: usize,
    connection: impl Fn(TcpStream, SocketAddr) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(most));
    let mut connections = JoinSet::new();
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        while connections.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, peer)) => {
                let served = connection(stream, peer);
                connections.spawn(async move {
                    served.await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::debug!(name, %error, "can't accept a connection");
                tokio::time::sleep(BACKOFF).await;
            }
        }
    }
}
