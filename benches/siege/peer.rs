//! A connection from an address of the attacker's choice, and how its requests were answered.

use crate::wire::Protocol;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

/// How long an attacker waits for an answer.
const PATIENCE: Duration = Duration::from_secs(40);

/// How much is written with one system call. Many kernels do not stop a call for a thread that comes first: with more,
/// [`regular`](crate::regular)'s figures would be of how long the attackers' calls take.
const PIECE: usize = 32 * 1024;

/// How often each HTTP status was answered; 0 is a connection that ended without an answer.
#[derive(Default)]
pub struct Answers(RefCell<Counts>);

/// How often, by status.
pub type Counts = BTreeMap<u16, u64>;

impl Answers {
    pub fn add(&self, status: u16) {
        *self.0.borrow_mut().entry(status).or_default() += 1;
    }

    pub fn counts(&self) -> Counts {
        self.0.borrow().clone()
    }

    pub fn add_all(&self, counts: &Counts) {
        for (status, count) in counts {
            *self.0.borrow_mut().entry(*status).or_default() += count;
        }
    }

    pub fn told(&self) -> String {
        let told = self.0.borrow();
        let told = told.iter().map(|(status, count)| match status {
            0 => format!("closed × {count}"),
            status => format!("{status} × {count}"),
        });
        told.collect::<Vec<_>>().join(", ")
    }
}

/// A connection that asks and waits for the answer.
pub struct Peer {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Peer {
    /// Connect from `127.0.0.{from}`.
    pub async fn connect(server: SocketAddr, from: u8) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind((Ipv4Addr::new(127, 0, 0, from), 0).into())?;
        let stream = timeout(PATIENCE, socket.connect(server)).await??;
        stream.set_nodelay(true)?;
        Ok(Peer { stream, read: Vec::new() })
    }

    /// Send bytes and wait for nothing.
    pub async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let sent = async {
            for piece in bytes.chunks(PIECE) {
                self.stream.write_all(piece).await?;
            }
            Ok(())
        };
        timeout(PATIENCE, sent).await?
    }

    /// Send a request and take its whole answer; the HTTP status and the body.
    pub async fn ask(&mut self, request: &[u8]) -> io::Result<(u16, Vec<u8>)> {
        self.send(request).await?;
        self.read.clear();
        loop {
            if let Some(framed) = Protocol::Http.framed(&self.read) {
                let status = self.read.get(9..12).and_then(|text| std::str::from_utf8(text).ok());
                let status = status.and_then(|text| text.parse().ok()).unwrap_or(0);
                if framed.last {
                    let _ = self.stream.shutdown().await;
                }
                return Ok((status, self.read[framed.body..framed.length].to_vec()));
            }
            let length = timeout(PATIENCE, self.stream.read_buf(&mut self.read)).await??;
            if length == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// Reads at most `most` bytes.
    pub async fn read_some(&mut self, most: usize) -> io::Result<usize> {
        let mut piece = vec![0; most];
        timeout(PATIENCE, self.stream.read(&mut piece)).await?
    }
}
