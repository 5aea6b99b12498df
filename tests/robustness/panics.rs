//! A panic anywhere is answered, and leaks no connection, thread or memory. The log shows its place
//! but not its message.
//!
//! `GUICHET_PANICS=10000 cargo test --test robustness panics::` makes that many panics of each
//! kind; 300 by default.

mod operations;

use crate::common::Folder;
use engine::config::{Log, LogFormat, LogLevel};
use operations::{ON_PURPOSE, server};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// The value sent in the field of each call.
const SENT: &str = "cAnArY";

/// Operations that panic while they run ...
const LANES: [&str; 7] = ["read", "scan", "hash", "pictures", "part", "gateway", "write"];

/// ... and before or after that.
const ELSEWHERE: [&str; 3] = ["field", "answer", "writes-answer"];

/// One connection, which outlives every panic.
struct Client(BufReader<TcpStream>);

impl Client {
    fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream.set_nodelay(true).unwrap();
        Client(BufReader::new(stream))
    }

    /// Call an operation: the HTTP status and the envelope.
    fn call(&mut self, subtype: &str) -> (u16, serde_json::Value) {
        let body = format!(
            r#"{{"id":7,"status":0,"type":"test","subtype":"{subtype}","data":{{"field":"{SENT}"}}}}"#
        );
        let length = body.len();
        let request =
            format!("POST /api HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{body}");
        self.0.get_mut().write_all(request.as_bytes()).unwrap();
        let (mut status, mut length, mut line) = (0, 0, String::new());
        while self.0.read_line(&mut line).unwrap() > 2 {
            if let Some(rest) = line.strip_prefix("HTTP/1.1 ") {
                status = rest[..3].parse().unwrap();
            }
            if let Some(rest) = line.strip_prefix("content-length: ") {
                length = rest.trim().parse().unwrap();
            }
            line.clear();
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    }
}

/// This process's memory, in KiB.
fn memory() -> usize {
    let pages = fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4
}

fn threads() -> usize {
    fs::read_dir("/proc/self/task").unwrap().count()
}

/// Runs a test of this file in a separate process, because memory and the log belong to a process.
fn in_own_process(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", &format!("panics::{test}"), "--nocapture"]);
    command
}

/// Set in the process whose memory is measured.
const MEASURED: &str = "GUICHET_PANICS_MEASURED";

#[test]
fn panics_are_answered_and_leak_no_memory() {
    if std::env::var_os(MEASURED).is_none() {
        let measured = &mut in_own_process("panics_are_answered_and_leak_no_memory");
        let output = measured.env(MEASURED, "1").output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && told.contains("panics of each kind"), "{told}");
        return;
    }
    let rounds: usize =
        std::env::var("GUICHET_PANICS").map_or(300, |rounds| rounds.parse().unwrap());
    // Deliberate panics would fill the output.
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !panic.payload_as_str().is_some_and(|said| said.starts_with(ON_PURPOSE)) {
            usual(panic);
        }
    }));
    let folder = Folder::new();
    let server = server(&folder.path().join("data"));
    let address = server.address().unwrap();
    std::thread::spawn(move || server.run().unwrap());
    let mut client = Client::connect(address);
    let round = |client: &mut Client| {
        for subtype in LANES.iter().chain(&ELSEWHERE) {
            let (status, answer) = client.call(subtype);
            assert!(matches!(status, 200 | 500), "{subtype}: {status}");
            assert_eq!(answer["status"], -404, "{subtype}: {answer}");
            assert_eq!(answer["message"], "Unknown Error", "{subtype}: {answer}");
            assert_eq!(status == 200, answer["id"] == 7, "{subtype}: {answer}");
            assert!(!LANES.contains(subtype) || status == 200, "{subtype}: {answer}");
        }
    };
    for _ in 0..100 {
        round(&mut client);
    }
    let (before, threads_before) = (memory(), threads());
    for _ in 0..rounds {
        round(&mut client);
    }
    let (after, threads_after) = (memory(), threads());
    eprintln!("{rounds} panics of each kind: {before} KiB before, {after} KiB after");
    assert!(after < before + 4 * 1024, "{before} KiB before, {after} KiB after");
    // The pool does not wait for a thread that is about to finish, but starts another: a few more
    // are no leak, one for each panic would be.
    assert!(threads_after <= threads_before + 20, "{threads_before}, then {threads_after} threads");
    assert_eq!(client.call("notes").1["data"], 0, "what they wrote is taken back");
}

/// Names the data folder, in the process that serves, and the format of the log.
const SERVE: [&str; 2] = ["GUICHET_PANICS_FOLDER", "GUICHET_PANICS_FORMAT"];

#[test]
fn log_shows_where_a_panic_was_but_not_its_text() {
    if let [Ok(folder), Ok(format)] = SERVE.map(std::env::var) {
        let format = if format == "json" { LogFormat::Json } else { LogFormat::Text };
        engine::log::start(&Log { level: LogLevel::Trace, format, requests: true });
        server(Path::new(&folder)).run().unwrap();
        return;
    }
    for format in ["text", "json"] {
        let folder = Folder::new();
        let log = folder.path().join("log");
        let mut child = in_own_process("log_shows_where_a_panic_was_but_not_its_text")
            .env(SERVE[0], folder.path().join("data"))
            .env(SERVE[1], format)
            .stdout(Stdio::piped())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let address = lines.filter_map(|line| Some(line.split_once("http://")?.1.parse().unwrap()));
        let mut client = Client::connect(address.take(1).next().unwrap());
        for subtype in LANES.iter().chain(&ELSEWHERE) {
            assert_eq!(client.call(subtype).1["status"], -404, "{subtype}");
        }
        assert_eq!(client.call("effect").1["status"], 0, "it was committed");
        child.kill().unwrap();
        child.wait().unwrap();
        let log = fs::read_to_string(log).unwrap();
        let panics = log.lines().filter(|line| line.contains("a panic") && line.contains("place"));
        let placed = panics.filter(|line| line.contains("tests/robustness/panics/operations.rs:"));
        assert_eq!(placed.count(), LANES.len() + ELSEWHERE.len() + 1, "{log}");
        for told in [ON_PURPOSE, SENT] {
            assert!(!log.contains(told), "{log}");
        }
    }
}
