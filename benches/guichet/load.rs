//! The load generator: a number of connections, each with one request in progress, for a given
//! time.

use crate::process::cpu;
use crate::wire::Protocol;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Warm-up time, not counted: connections are opened and caches filled.
const WARM_UP: Duration = Duration::from_millis(200);

/// Writes the next request.
pub type Request = Arc<dyn Fn(&mut Random, &mut Vec<u8>) + Send + Sync>;

/// A load: connections and the requests they send.
#[derive(Clone)]
pub struct Load {
    pub protocol: Protocol,
    pub connections: usize,
    /// Each connection sends one request per interval, instead of the next one at once.
    pub pace: Option<Duration>,
    /// The required beginning of every answer.
    pub expect: &'static [u8],
    pub request: Request,
}

impl Load {
    /// Requests over HTTP whose answers begin with `expect`.
    pub fn http(
        connections: usize,
        expect: &'static [u8],
        request: impl Fn(&mut Random, &mut Vec<u8>) + Send + Sync + 'static,
    ) -> Self {
        let request = Arc::new(request);
        Load { protocol: Protocol::Http, connections, pace: None, expect, request }
    }

    /// Commands to Redis whose answers begin with `expect`.
    pub fn redis(
        connections: usize,
        expect: &'static [u8],
        request: impl Fn(&mut Random, &mut Vec<u8>) + Send + Sync + 'static,
    ) -> Self {
        let request = Arc::new(request);
        Load { protocol: Protocol::Redis, connections, pace: None, expect, request }
    }

    /// The same load, limited to one request per connection in every `pace`.
    pub fn paced(mut self, pace: Duration) -> Self {
        self.pace = Some(pace);
        self
    }

    /// Send the load to the server `pid` at `address` for `time`.
    pub fn run(&self, address: SocketAddr, pid: u32, time: Duration) -> Sample {
        let threads = self.connections.min(2);
        let (before, start) = (cpu(pid), Instant::now());
        let (first, end) = (start + WARM_UP, start + WARM_UP + time);
        let share = |thread| (thread..self.connections).step_by(threads);
        let tallies: Vec<Tally> = thread::scope(|scope| {
            let running: Vec<_> = (0..threads)
                .map(|thread| scope.spawn(move || self.thread(address, share(thread), first, end)))
                .collect();
            running.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let used = cpu(pid).saturating_sub(before);
        Sample::new(tallies, used, time)
    }

    fn thread(
        &self,
        address: SocketAddr,
        seeds: impl Iterator<Item = usize>,
        first: Instant,
        end: Instant,
    ) -> Tally {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let local = tokio::task::LocalSet::new();
        local.block_on(&runtime, async {
            let running: Vec<_> = seeds
                .map(|seed| {
                    let load = self.clone();
                    tokio::task::spawn_local(
                        async move { load.one(address, seed, first, end).await },
                    )
                })
                .collect();
            let mut tally = Tally::default();
            for connection in running {
                let one = connection.await.unwrap();
                tally.all += one.all;
                tally.refused += one.refused;
                tally.latencies.extend(one.latencies);
            }
            tally
        })
    }

    async fn one(&self, address: SocketAddr, seed: usize, first: Instant, end: Instant) -> Tally {
        let mut tally = Tally::default();
        let mut random = Random(seed as u64 + 1);
        let mut stream = connect(address).await;
        let (mut out, mut answer) = (Vec::new(), Vec::with_capacity(64 * 1024));
        // Paced connections don't all begin at the same moment.
        let offset = self.pace.map_or(Duration::ZERO, |pace| pace.mul_f64(random.unit()));
        let mut due = Instant::now() + offset;
        loop {
            if let Some(pace) = self.pace {
                tokio::time::sleep_until(due.into()).await;
                due += pace;
            }
            let sent = Instant::now();
            if sent >= end {
                return tally;
            }
            out.clear();
            (self.request)(&mut random, &mut out);
            let outcome = exchange(&mut stream, self.protocol, &out, &mut answer).await;
            tally.all += 1;
            let (good, last) = match outcome {
                Some((body, last)) => (answer[body..].starts_with(self.expect), last),
                None => (false, true),
            };
            if !good {
                tally.refuse(&answer);
            } else if sent >= first {
                tally.latencies.push(u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX));
            }
            if last {
                stream = connect(address).await;
            }
        }
    }
}

/// Sends one request and reads its answer. Returns where the body begins, and whether the server
/// closes the connection.
async fn exchange(
    stream: &mut TcpStream,
    protocol: Protocol,
    request: &[u8],
    answer: &mut Vec<u8>,
) -> Option<(usize, bool)> {
    answer.clear();
    stream.write_all(request).await.ok()?;
    loop {
        if stream.read_buf(answer).await.ok()? == 0 {
            return None;
        }
        if let Some(framed) = protocol.framed(answer) {
            return Some((framed.body, framed.last));
        }
    }
}

async fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).await.expect("the server accepts connections");
    stream.set_nodelay(true).unwrap();
    stream
}

#[derive(Default)]
struct Tally {
    all: usize,
    refused: usize,
    latencies: Vec<u32>,
}

impl Tally {
    fn refuse(&mut self, answer: &[u8]) {
        // Reported once a run: otherwise a failing load would look like a fast one.
        static TOLD: AtomicBool = AtomicBool::new(false);
        if !TOLD.swap(true, Ordering::Relaxed) {
            let shown = &answer[..answer.len().min(400)];
            eprintln!("    not the answer that was expected: {}", String::from_utf8_lossy(shown));
        }
        self.refused += 1;
    }
}

/// The result of one run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sample {
    /// Requests a second.
    pub rate: f64,
    /// Milliseconds.
    pub p50: f64,
    /// Milliseconds.
    pub p99: f64,
    /// Server CPU time per request, in microseconds.
    pub cpu: f64,
    /// Requests with a wrong answer.
    pub refused: usize,
}

impl Sample {
    fn new(tallies: Vec<Tally>, used: Duration, time: Duration) -> Self {
        let all: usize = tallies.iter().map(|tally| tally.all).sum();
        let refused = tallies.iter().map(|tally| tally.refused).sum();
        let mut latencies: Vec<u32> =
            tallies.into_iter().flat_map(|tally| tally.latencies).collect();
        latencies.sort_unstable();
        let at = |share: f64| {
            let index = (latencies.len() as f64 * share) as usize;
            latencies.get(index).or(latencies.last()).map_or(f64::NAN, |us| f64::from(*us) / 1e3)
        };
        Sample {
            rate: latencies.len() as f64 / time.as_secs_f64(),
            p50: at(0.5),
            p99: at(0.99),
            cpu: used.as_secs_f64() * 1e6 / all.max(1) as f64,
            refused,
        }
    }
}

/// Xorshift (Marsaglia, 2003): each connection has its own, the same in every run.
pub struct Random(u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        (self.next() >> 16) % end
    }

    fn unit(&mut self) -> f64 {
        self.below(1 << 20) as f64 / f64::from(1 << 20)
    }
}
