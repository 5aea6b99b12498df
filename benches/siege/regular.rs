//! The regular client: from its own address it sends cheap reads and durable writes in sequence.

use crate::peer::Peer;
use crate::wire;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// The regular client's address, `127.0.0.{ADDRESS}`.
const ADDRESS: u8 = 200;

/// How long it waits between two requests.
const PAUSE: Duration = Duration::from_millis(5);

/// Latencies of its requests.
pub struct Figures {
    /// In milliseconds, sorted.
    times: Vec<f64>,
    /// Requests that were not answered with success.
    pub failed: usize,
}

impl Figures {
    pub fn p99(&self) -> f64 {
        self.at(0.99)
    }

    pub fn answered(&self) -> usize {
        self.times.len()
    }

    pub fn summary(&self) -> String {
        let failed = match self.failed {
            0 => String::new(),
            failed => format!(" ({failed} of {} failed)", failed + self.times.len()),
        };
        format!("{:.2} | {:.2}{failed}", self.at(0.5), self.p99())
    }

    fn at(&self, share: f64) -> f64 {
        let index = ((self.times.len() as f64) * share) as usize;
        self.times.get(index.min(self.times.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
    }
}

/// Alternately reads and posts a score, until `end`.
pub async fn run(server: SocketAddr, end: Instant) -> Figures {
    let (mut read, mut write) = (Vec::new(), Vec::new());
    wire::envelope(&mut read, ("score", "get"), r#"{"openid":"regular"}"#);
    let (mut times, mut failed, mut score) = (Vec::new(), 0, 0_u64);
    let mut peer = None;
    while Instant::now() < end {
        score += 1;
        let data = format!(r#"{{"openid":"regular","score":{score}}}"#);
        wire::envelope(&mut write, ("score", "post"), &data);
        for request in [&write, &read] {
            let begun = Instant::now();
            if peer.is_none() {
                peer = Peer::connect(server, ADDRESS).await.ok();
            }
            let answer = match &mut peer {
                Some(peer) => peer.ask(request).await,
                None => Err(std::io::ErrorKind::NotConnected.into()),
            };
            match answer {
                Ok((200, body)) if body.starts_with(wire::DONE) => {
                    times.push(begun.elapsed().as_secs_f64() * 1e3);
                }
                _ => {
                    failed += 1;
                    peer = None;
                }
            }
            sleep(PAUSE).await;
        }
    }
    times.sort_by(f64::total_cmp);
    Figures { times, failed }
}
