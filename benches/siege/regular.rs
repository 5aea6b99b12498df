//! The regular client: an address of its own, cheap reads and durable writes, one after another.

use crate::peer::Peer;
use crate::wire;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};
use thread_priority::{
    RealtimeThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy,
    set_thread_priority_and_policy, thread_native_id,
};
use tokio::sync::oneshot;
use tokio::time::sleep;

/// The regular client's address, `127.0.0.{ADDRESS}`.
const ADDRESS: u8 = 200;

/// How long it waits between two requests.
const PAUSE: Duration = Duration::from_millis(5);

/// What its requests took.
pub struct Figures {
    /// Of all requests, in milliseconds, sorted.
    times: Vec<f64>,
    /// Of the reads among them, which wait for no disk.
    reads: Vec<f64>,
    /// Requests that were not answered with success.
    pub failed: usize,
}

impl Figures {
    pub fn p99(&self) -> f64 {
        at(&self.times, 0.99)
    }

    /// The 99th percentile of reads alone.
    pub fn p99_of_reads(&self) -> f64 {
        at(&self.reads, 0.99)
    }

    pub fn answered(&self) -> usize {
        self.times.len()
    }

    pub fn told(&self) -> String {
        let failed = match self.failed {
            0 => String::new(),
            failed => format!(" ({failed} of {} failed)", failed + self.times.len()),
        };
        format!("{:.2}{failed}", self.p99())
    }
}

fn at(sorted: &[f64], share: f64) -> f64 {
    let index = ((sorted.len() as f64) * share) as usize;
    sorted.get(index.min(sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

/// Read a score and post a score by turns, until `end`, on a thread that comes before all others: what is
/// measured is how long the server takes, and not how busy the attackers keep their processor.
pub async fn run(server: SocketAddr, end: Instant) -> Figures {
    let (done, figures) = oneshot::channel();
    thread::spawn(move || {
        let first = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo);
        // Without the right to it, the figures are of the attackers, too.
        let _ = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, first);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _ = done.send(runtime.block_on(ask(server, end)));
    });
    figures.await.unwrap()
}

async fn ask(server: SocketAddr, end: Instant) -> Figures {
    let (mut read, mut write) = (Vec::new(), Vec::new());
    wire::envelope(&mut read, ("score", "get"), r#"{"openid":"regular"}"#);
    let (mut times, mut reads) = (Vec::new(), Vec::new());
    let (mut failed, mut score) = (0, 0_u64);
    let mut peer = None;
    while Instant::now() < end {
        score += 1;
        let data = format!(r#"{{"openid":"regular","score":{score}}}"#);
        wire::envelope(&mut write, ("score", "post"), &data);
        for (request, is_read) in [(&write, false), (&read, true)] {
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
                    let time = begun.elapsed().as_secs_f64() * 1e3;
                    times.push(time);
                    if is_read {
                        reads.push(time);
                    }
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
    reads.sort_by(f64::total_cmp);
    Figures { times, reads, failed }
}
