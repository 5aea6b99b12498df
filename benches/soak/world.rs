//! What all of the load shares: where the server is, what was answered, and how long it goes on.

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
    /// The last number given out: for scores that rise and names that are new.
    number: Cell<u64>,
}

impl World {
    pub fn new(address: SocketAddr, data: PathBuf, end: Instant) -> Self {
        World { address, data, end, tally: RefCell::default(), number: Cell::new(0) }
    }

    /// A number that is higher than those before.
    pub fn number(&self) -> u64 {
        self.number.set(self.number.get() + 1);
        self.number.get()
    }

    pub async fn connect(&self) -> std::io::Result<TcpStream> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// So many turns a second, until the end.
    pub fn pace(&self, per_second: f64) -> Pace {
        let every = Duration::from_secs_f64(1.0 / per_second);
        // Those that begin together don't stay together.
        let due = Instant::now() + every.mul_f64(rand::random());
        Pace { due, every, end: self.end }
    }
}

/// When it is time for the next turn.
pub struct Pace {
    due: Instant,
    every: Duration,
    end: Instant,
}

impl Pace {
    /// Wait for it; `false` at the end. Turns that were missed are not made up for.
    pub async fn turn(&mut self) -> bool {
        sleep_until(self.due.min(self.end).into()).await;
        self.due = (self.due + self.every).max(Instant::now());
        Instant::now() < self.end
    }
}

/// Have a captcha drawn, and read it: the hash that proves it.
pub async fn captcha(client: &mut Client) -> String {
    let drawn = client.done("", "img/generate", json!({})).await;
    md5(&format!("{CODE}{}", drawn["rand"].as_str().unwrap_or_default()))
}

/// Log in: the token, empty where there is none.
pub async fn login(client: &mut Client, name: &str, password: &str) -> String {
    let data = json!({"username": name, "password": password});
    text(&client.done("", "user/login", data).await["token"])
}

/// A value's text, without the quotes.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Sessions last ten minutes here; so that they end, and are swept, they are not all logged out.
pub const SESSION: &str = "[session]\nttl = \"10m\"\n";

/// An account that stays, and its session, which is opened again while it is still good.
pub struct Home {
    pub name: String,
    pub token: String,
    pub id: i64,
    since: Instant,
}

pub const PASSWORD: &str = "secret-1";

impl Home {
    pub async fn new(client: &mut Client, name: String) -> Self {
        let hash = captcha(client).await;
        let data = json!({"username": name, "password": PASSWORD, "hash": hash});
        let id = client.done("", "user/register", data).await["user_id"].as_i64().unwrap_or(0);
        let token = login(client, &name, PASSWORD).await;
        Home { name, token, id, since: Instant::now() }
    }

    /// A token that is good.
    pub async fn token(&mut self, client: &mut Client) -> String {
        if self.since.elapsed() > Duration::from_secs(300) {
            self.token = login(client, &self.name, PASSWORD).await;
            self.since = Instant::now();
        }
        self.token.clone()
    }
}
