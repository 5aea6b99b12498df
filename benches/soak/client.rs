//! A client: one connection, reopened when the server closes it, and the check of each answer.

use crate::tally::Verdict;
use crate::wire::Protocol;
use crate::world::World;
use serde_json::{Value, json};
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longer than any answer takes: passwords and pictures are processed at idle priority, and the
/// machine may be busy.
const TIMEOUT: Duration = Duration::from_secs(180);

/// A connection idle for this long is not reused: the server closes it after ten seconds.
const IDLE: Duration = Duration::from_secs(5);

/// The expected answer.
#[derive(Debug, Clone, Copy)]
pub enum Expect {
    /// 200, and this code in the envelope or in the document's own field.
    Code(i64),
    /// The same, but a refusal.
    Fault(i64),
    /// An error with this HTTP status.
    Refused(u16),
    /// 200 and a picture.
    Picture,
    /// This HTTP status with any body.
    Page(u16),
}

/// Success in an envelope.
pub const DONE: Expect = Expect::Code(0);

/// One request.
pub struct Request {
    head: String,
    body: Vec<u8>,
}

impl Request {
    pub fn new(method: &str, target: &str, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let mut head = format!("{method} {target} HTTP/1.1\r\nHost: soak\r\n");
        if method != "GET" {
            head += &format!("Content-Length: {}\r\n", body.len());
        }
        Request { head, body }
    }

    pub fn get(target: &str) -> Self {
        Request::new("GET", target, "")
    }

    pub fn post(target: &str, body: impl Into<Vec<u8>>) -> Self {
        Request::new("POST", target, body)
    }

    /// An operation by envelope.
    pub fn envelope(name: &str, data: Value) -> Self {
        Request::post("/api", envelope(name, data).to_string())
    }

    /// The same with another header.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.head += &format!("{name}: {value}\r\n");
        self
    }

    /// Adds a token; an empty one means no login.
    pub fn by(self, token: &str) -> Self {
        if token.is_empty() { self } else { self.with("Authorization", token) }
    }

    /// Its bytes.
    pub fn bytes(&self) -> Vec<u8> {
        [self.head.as_bytes(), b"\r\n", &self.body].concat()
    }
}

/// An envelope for `type/subtype`.
pub fn envelope(name: &str, data: Value) -> Value {
    let (kind, subtype) = name.split_once('/').unwrap();
    json!({"id": 7, "status": 0, "type": kind, "subtype": subtype, "data": data})
}

struct Answer {
    status: u16,
    body: Vec<u8>,
    last: bool,
}

pub struct Client {
    world: Rc<World>,
    stream: Option<(TcpStream, Instant)>,
}

impl Client {
    pub fn new(world: &Rc<World>) -> Self {
        Client { world: Rc::clone(world), stream: None }
    }

    /// Call an operation that must succeed; its `data`, or null.
    pub async fn done(&mut self, token: &str, name: &'static str, data: Value) -> Value {
        let request = Request::envelope(name, data).by(token);
        self.ask(name, &request, DONE).await["data"].take()
    }

    /// Call an operation that must be refused with this code.
    pub async fn fault(&mut self, token: &str, name: &'static str, data: Value, code: i64) {
        let request = Request::envelope(name, data).by(token);
        self.ask(name, &request, Expect::Fault(code)).await;
    }

    /// Sends a request and checks its answer. Returns the JSON if it is the expected answer.
    pub async fn ask(&mut self, kind: &'static str, request: &Request, expect: Expect) -> Value {
        let sent = Instant::now();
        let answer = timeout(TIMEOUT, self.exchange(&request.bytes())).await;
        let took = sent.elapsed();
        let answer = match answer {
            Ok(Ok(answer)) => answer,
            failed => {
                self.stream = None;
                let why = failed.map_or("no answer in time".to_owned(), |failed| {
                    failed.err().map_or_else(String::new, |error| error.to_string())
                });
                self.count(kind, Verdict::Unexpected, took, request, &why);
                return Value::Null;
            }
        };
        if answer.last {
            self.stream = None;
        }
        let said = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
        let verdict = judge(&answer, &said, expect);
        let shown = || format!("{} {}", answer.status, String::from_utf8_lossy(&answer.body));
        let text = if verdict == Verdict::Unexpected { shown() } else { String::new() };
        self.count(kind, verdict, took, request, &text);
        if verdict == Verdict::Unexpected { Value::Null } else { said }
    }

    fn count(
        &self,
        kind: &'static str,
        verdict: Verdict,
        took: Duration,
        request: &Request,
        answer: &str,
    ) {
        let mut tally = self.world.tally.borrow_mut();
        tally.add(kind, verdict, took);
        if verdict == Verdict::Unexpected {
            let body = String::from_utf8_lossy(&request.body);
            let line = request.head.lines().next().unwrap_or_default();
            tally
                .example(|| format!("{kind}: {line} {body:.200}\n  after {took:?}: {answer:.400}"));
        }
    }

    async fn exchange(&mut self, request: &[u8]) -> std::io::Result<Answer> {
        let fresh = self.stream.take().filter(|(_, used)| used.elapsed() < IDLE);
        let mut stream = match fresh {
            Some((stream, _)) => stream,
            None => self.world.connect().await?,
        };
        // After an early refusal the server closes before reading everything; its answer is still
        // there.
        let written = stream.write_all(request).await;
        let mut read = Vec::new();
        let framed = loop {
            if stream.read_buf(&mut read).await? == 0 {
                return Err(written.err().unwrap_or(std::io::ErrorKind::UnexpectedEof.into()));
            }
            if let Some(framed) = Protocol::Http.framed(&read) {
                break framed;
            }
        };
        let status = std::str::from_utf8(&read[9..12]).ok().and_then(|text| text.parse().ok());
        self.stream = Some((stream, Instant::now()));
        let body = read[framed.body..framed.length].to_vec();
        Ok(Answer { status: status.unwrap_or(0), body, last: framed.last })
    }
}

fn judge(answer: &Answer, said: &Value, expect: Expect) -> Verdict {
    let (good, verdict) = match expect {
        Expect::Code(code) => (answer.status == 200 && code_of(said) == Some(code), Verdict::Done),
        Expect::Fault(code) => {
            (answer.status == 200 && code_of(said) == Some(code), Verdict::Refused)
        }
        Expect::Refused(status) => (answer.status == status, Verdict::Refused),
        Expect::Picture => (answer.status == 200 && is_picture(&answer.body), Verdict::Done),
        Expect::Page(status) => (answer.status == status, Verdict::Done),
    };
    if good { verdict } else { Verdict::Unexpected }
}

/// The code of an answer of any document; for a batch the first that is not 0.
fn code_of(said: &Value) -> Option<i64> {
    match said {
        Value::Array(batch) => {
            batch.iter().map(code_of).find(|code| *code != Some(0)).unwrap_or(Some(0))
        }
        _ if said["errno"].is_string() => said["errno"].as_str()?.parse().ok(),
        _ if said["jsonrpc"] == "2.0" && said["error"].is_null() => Some(0),
        _ if said["jsonrpc"] == "2.0" => said["error"]["code"].as_i64(),
        _ => said["code"].as_i64().or(said["status"].as_i64()),
    }
}

fn is_picture(bytes: &[u8]) -> bool {
    [&b"\x89PNG"[..], b"GIF8", b"\xFF\xD8", b"RIFF"].iter().any(|magic| bytes.starts_with(magic))
}
