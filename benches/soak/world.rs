//! State shared by the whole load: the server, the answers and the end time.

use crate::client::Client;
use crate::guichet::CODE;
use crate::tally::Tally;
use engine::hex::md5;
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::time::sleep_until;

pub struct World {
    pub address: SocketAddr,
    /// The server's data folder.
    pub data: PathBuf,
    pub end: Instant,
    pub tally: RefCell<Tally>,
    /// The last unique number: for rising scores and new names.
    number: Cell<u64>,
}

impl World {
    pub fn new(address: SocketAddr, data: PathBuf, end: Instant) -> Self {
        World { address, data, end, tally: RefCell::default(), number: Cell::new(0) }
    }

    /// A unique, rising number.
    pub fn number(&self) -> u64 {
        self.number.set(self.number.get() + 1);
        self.number.get()
    }

    pub async fn connect(&self) -> std::io::Result<TcpStream> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// A pacer of `per_second` turns, until the end.
    pub fn pace(&self, per_second: f64) -> Pace {
        let every = Duration::from_secs_f64(1.0 / per_second);
        // Tasks that start together spread out.
        let due = Instant::now() + every.mul_f64(rand::random());
        Pace { due, every, end: self.end }
    }
}

/// Paces a loop to a fixed rate.
pub struct Pace {
    due: Instant,
    every: Duration,
    end: Instant,
}

impl Pace {
    /// Waits for the next turn; `false` at the end. Missed turns are skipped.
    pub async fn turn(&mut self) -> bool {
        sleep_until(self.due.min(self.end).into()).await;
        self.due = (self.due + self.every).max(Instant::now());
        Instant::now() < self.end
    }
}

/// Requests a captcha. Returns the hash that proves it was read.
pub async fn captcha(client: &mut Client) -> String {
    let drawn = client.done("", "img/generate", json!({})).await;
    md5(&format!("{CODE}{}", drawn["rand"].as_str().unwrap_or_default()))
}

/// Logs in. Returns the token, or an empty text on failure.
pub async fn login(client: &mut Client, name: &str, password: &str) -> String {
    let data = json!({"username": name, "password": password});
    text(&client.done("", "user/login", data).await["token"])
}

/// A value's text, without the quotes.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Sessions last ten minutes here. Not all are logged out, so that some expire and are removed.
pub const SESSION: &str = "[session]\nttl = \"10m\"\n";

/// A permanent account and its session, which is renewed before it expires.
pub struct PermanentAccount {
    pub name: String,
    pub token: String,
    pub id: i64,
    since: Instant,
}

pub const PASSWORD: &str = "secret-1";

impl PermanentAccount {
    pub async fn new(client: &mut Client, name: String) -> Self {
        let hash = captcha(client).await;
        let data = json!({"username": name, "password": PASSWORD, "hash": hash});
        let id = client.done("", "user/register", data).await["user_id"].as_i64().unwrap_or(0);
        let token = login(client, &name, PASSWORD).await;
        PermanentAccount { name, token, id, since: Instant::now() }
    }

    /// A valid token.
    pub async fn token(&mut self, client: &mut Client) -> String {
        if self.since.elapsed() > Duration::from_secs(300) {
            self.token = login(client, &self.name, PASSWORD).await;
            self.since = Instant::now();
        }
        self.token.clone()
    }
}
