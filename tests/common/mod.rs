//! Helpers of all black-box tests: the real binary on a free port and an empty folder, and a client
//! that shows raw answers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]
#![allow(dead_code, reason = "each test binary uses a part of it")]

pub mod archive;
pub mod cli;
pub mod client;
pub mod connection;
pub mod console;
mod folder;
pub mod gateway;
pub mod held;
pub mod naughty;
pub mod notice;
pub mod postgres;
pub mod received;
pub mod scrape;
pub mod surface;
pub mod web;
pub mod world;

pub use folder::Folder;

use engine::hex::md5;
use serde_json::{Value, json};
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

/// The text of every captcha in a test, unless configured otherwise.
pub const CODE: &str = "abcde";

/// The program under test: `GUICHET_BIN` if set, to test another build.
pub fn binary() -> OsString {
    std::env::var_os("GUICHET_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_guichet").into())
}

/// A running server.
pub struct Server {
    child: Child,
    address: String,
    folder: Folder,
    config: String,
}

impl Server {
    /// Starts with defaults and [`CODE`] in every captcha. `config` is further TOML; a section in
    /// it replaces the test's own section.
    pub fn start(config: &str) -> Self {
        Server::start_in(Folder::new(), config)
    }

    /// Starts on a folder that may contain data.
    pub fn start_in(folder: Folder, config: &str) -> Self {
        Server::start_by(folder, config, |command| command)
    }

    /// Starts the server as the last arguments of another program, `tool`. That program must become
    /// the server, or not be its parent.
    pub fn start_under(tool: &[&str], folder: Folder, config: &str) -> Self {
        Server::start_by(folder, config, |command| under(tool, command))
    }

    /// Starts with a command made from the usual one.
    pub fn start_by(folder: Folder, config: &str, make: impl FnOnce(Command) -> Command) -> Self {
        let mut text =
            format!("listen = \"127.0.0.1:0\"\ndata_dir = {:?}\n", folder.path().join("data"));
        if !config.contains("public_url") {
            text.push_str("public_url = \"http://api.example.com\"\n");
        }
        // Bare keys must come before any section.
        text.push_str(config);
        if !config.contains("[captcha]") {
            text.push_str(&format!("\n[captcha]\ntest_code = \"{CODE}\"\n"));
        }
        if !config.contains("[console]") {
            // Of many servers at once, one could have the console's default address.
            text.push_str("\n[console]\nlisten = \"\"\n");
        }
        fs::write(folder.path().join("guichet.toml"), &text).unwrap();
        if !config.contains("[database]") {
            postgres::give_schema(folder.path());
        }
        let log =
            fs::File::options().create(true).append(true).open(folder.path().join("log")).unwrap();
        let mut child = make(command(folder.path()))
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let told = line.trim_end().strip_prefix("listening on ");
        let address = told.and_then(|url| url.split_once("://")).map(|(_, address)| address);
        let Some(address) = address else {
            let log = fs::read_to_string(folder.path().join("log")).unwrap_or_default();
            panic!("the first line is {line:?}; the log: {log}");
        };
        Server { child, address: address.to_owned(), folder, config: config.to_owned() }
    }

    /// The address it listens on.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The id of its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The folder of its configuration (`guichet.toml`), `data` and `log`.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its log so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder().join("log")).unwrap()
    }

    /// `kill -9`, then a new start on the same data.
    pub fn kill_and_restart(mut self) -> Self {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.start_again()
    }

    /// SIGTERM, with exit status 0; then a new start on the same data.
    pub fn restart(mut self) -> Self {
        assert_eq!(self.terminate(), 0, "SIGTERM ends well");
        self.start_again()
    }

    fn start_again(self) -> Self {
        let config = self.config.clone();
        Server::start_in(self.into_folder(), &config)
    }

    /// Stops it if it still runs, and returns its folder.
    pub fn into_folder(mut self) -> Folder {
        std::mem::replace(&mut self.folder, Folder::new())
    }

    /// Sends SIGTERM and waits. Returns the exit status.
    pub fn terminate(&mut self) -> i32 {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").arg(pid).status().unwrap().success());
        self.child.wait().unwrap().code().expect("an exit status, not a signal")
    }

    /// Sends one request on a new connection.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: api.example.com\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() || matches!(method, "POST" | "PUT") {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        head.push_str("Connection: close\r\n\r\n");
        self.raw(&[head.as_bytes(), body].concat())
    }

    /// Sends raw bytes and reads until the server closes.
    pub fn raw(&self, bytes: &[u8]) -> Reply {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        // A server that refuses early may close before reading everything.
        let _ = stream.write_all(bytes);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        Reply::parse(&answer)
    }

    pub fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], b"")
    }

    /// Posts a body to an envelope endpoint. Returns the body of the answer; its HTTP status must
    /// be 200.
    pub fn post(&self, path: &str, body: &str) -> String {
        let reply = self.send("POST", path, &[], body.as_bytes());
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.text()
    }

    /// Posts a body; `None` if the server is gone or does not answer with 200.
    pub fn try_post(&self, path: &str, body: &str) -> Option<String> {
        let mut stream = TcpStream::connect(&self.address).ok()?;
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(&[head.as_bytes(), body.as_bytes()].concat()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        head.starts_with("HTTP/1.1 200").then(|| body.to_owned())
    }

    /// Calls an operation by envelope with `id` 7. Returns the whole answer as text.
    pub fn call(&self, name: &str, data: Value) -> String {
        self.post("/api", &envelope(name, data))
    }

    /// Calls an operation with a token.
    pub fn call_as(&self, token: &str, name: &str, data: Value) -> String {
        self.post(&format!("/api?token={token}"), &envelope(name, data))
    }

    /// Calls an operation that must succeed. Returns its `data`.
    pub fn done(&self, token: &str, name: &str, data: Value) -> Value {
        let answer = self.call_as(token, name, data);
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer["status"], 0, "{name}: {answer}");
        answer["data"].clone()
    }

    /// Requests a captcha. Returns the hash that proves it was read.
    pub fn captcha(&self) -> String {
        let data = self.done("", "img/generate", json!({}));
        md5(&format!("{CODE}{}", data["rand"].as_str().unwrap()))
    }

    /// Registers an account with the password `secret-1` and logs in. Returns its id and token.
    pub fn account(&self, username: &str) -> (i64, String) {
        let hash = self.captcha();
        let data = json!({"username": username, "password": "secret-1", "hash": hash});
        let id = self.done("", "user/register", data)["user_id"].as_i64().unwrap();
        (id, self.login(username))
    }

    /// Logs in with the password `secret-1`. Returns a token.
    pub fn login(&self, username: &str) -> String {
        let data = json!({"username": username, "password": "secret-1"});
        self.done("", "user/login", data)["token"].as_str().unwrap().to_owned()
    }

    /// The messages in the outbox: `{phone, code, text, at}` each.
    pub fn outbox(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.folder().join("data/outbox.jsonl")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The binary, with the configuration in `folder`.
pub fn command(folder: &Path) -> Command {
    let mut command = Command::new(binary());
    command.arg("-c").arg(folder.join("guichet.toml")).current_dir(folder);
    if let Some(url) = postgres::url_of(folder) {
        command.env("GUICHET__DATABASE__URL", url).env("GUICHET__STORE__SHARED", "true");
    }
    command
}

/// The command as the last arguments of another program, if there is one.
fn under(tool: &[&str], command: Command) -> Command {
    let Some((program, args)) = tool.split_first() else { return command };
    let mut outer = Command::new(program);
    outer.args(args).arg(command.get_program()).args(command.get_args());
    outer.current_dir(command.get_current_dir().unwrap());
    outer
}

/// Runs a command with `input` on its standard input.
pub fn with_input(command: &mut Command, input: &str) -> Output {
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = pipes.spawn().unwrap();
    // A command that fails early does not read its input; that error is ignored.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// An envelope with `id` 7 for the operation `type/subtype`.
pub fn envelope(name: &str, data: Value) -> String {
    let (kind, subtype) = name.split_once('/').unwrap();
    json!({"id": 7, "status": 0, "type": kind, "subtype": subtype, "data": data}).to_string()
}

/// The successful answer to an envelope with `id` 7.
pub fn ok(data: Value) -> String {
    format!("{{\"id\":7,\"status\":0,\"message\":\"successful\",\"data\":{data}}}")
}

/// The answer to an envelope with `id` 7 that failed, with the usual `detail` of this fault.
pub fn fault(status: i64, message: &str) -> String {
    let detail = match (status, message) {
        (-4, _) | (-1, "验证码hash值不匹配") => {
            "the captcha's proof is wrong, or the captcha was used or has expired"
        }
        (-100, _) => "a token is needed: log in first",
        (-101, _) => "the token is unknown, expired, logged out or older than the password",
        (-102, "Get userid failed for the token") => "the token's account was removed",
        (-200, _) | (100, "No right to update") => {
            "it does not exist, or it belongs to another account"
        }
        (1000, "头像文件创建失败") => "the picture could not be stored",
        (1000, _) => "the captcha could not be drawn",
        (1016, _) => "not a mobile number of mainland China: 11 digits that begin 13 to 19",
        (1023, _) => "too many messages (sms.per_30_seconds)",
        (1024, _) => "too many messages (sms.per_hour)",
        (1025, _) => "too many messages (sms.per_day)",
        (1001..1100, _) => "the message could not be sent",
        _ => return bare(status, message),
    };
    fault_with(status, message, detail)
}

/// The answer to an envelope of `id` 7 whose message the gateway refused or failed to send.
pub fn not_sent(status: i64, message: &str) -> String {
    fault_with(status, message, "the message could not be sent")
}

/// The answer to an envelope of `id` 7 whose write the database could not keep.
pub fn database_failed() -> String {
    fault_with(-200, "Failure to operate database", "the database failed; nothing was stored")
}

/// The answer to an envelope of `id` 7 whose code by SMS is not accepted.
pub fn wrong_code() -> String {
    fault_with(-4, "Error Hash", "the code is wrong, or was used or has expired")
}

/// The answer to an envelope of `id` 7 whose user name or password is wrong.
pub fn wrong_password() -> String {
    let detail = "user name or password is wrong; where there were too many tries, the proof of a \
                  captcha, sent as hash, pays for one more";
    fault_with(-2, "Error JSON value", detail)
}

/// The answer to an envelope of `id` 7 after too many failed logins.
pub fn too_many_logins() -> String {
    let detail = "too many attempts (limits.login_attempts); try again in 900 s";
    fault_with(-2, "Error JSON value", detail)
}

fn bare(status: i64, message: &str) -> String {
    format!("{{\"id\":7,\"status\":{status},\"message\":\"{message}\",\"data\":{{}}}}")
}

/// The answer to an envelope with `id` 7 that failed, with its `detail`.
pub fn fault_with(status: i64, message: &str, detail: &str) -> String {
    let detail = Value::from(detail);
    let answer = bare(status, message);
    format!("{},\"detail\":{detail}}}", answer.strip_suffix('}').unwrap())
}

/// A raw answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").expect("a head of an answer");
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines
            .map(|line| line.split_once(": ").unwrap_or((line, "")))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        Reply { status, headers, body: bytes[end + 4..].to_vec() }
    }

    /// The first header of this lower-case name; `""` if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// Is this program installed? If not, prints that the test is skipped.
pub fn has(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
    if !found {
        eprintln!("skipped: there is no {program}");
    }
    found
}

/// Runs a program that must succeed. Returns its stdout.
pub fn run(program: &mut Command) -> String {
    let ended = program.stdin(Stdio::null()).output().unwrap();
    let told = String::from_utf8_lossy(&ended.stdout).into_owned();
    let complained = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{program:?}: {}\n{told}\n{complained}", ended.status);
    told
}
