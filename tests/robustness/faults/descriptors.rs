//! No file descriptors left: the server waits without a busy loop, and serves again once there are
//! some.

use super::facts::PICTURES;
use crate::common::client::{Client, head};
use crate::common::notice::sample;
use crate::common::{Server, envelope, fault, has, ok, run};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::fs;
use std::net::TcpStream;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Maximum number of file descriptors of the server.
const MOST: usize = 64;

fn used(server: &Server) -> usize {
    fs::read_dir(format!("/proc/{}/fd", server.pid())).unwrap().count()
}

/// The processor time that the server has used, in ticks of 10 ms.
fn ticks(server: &Server) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", server.pid())).unwrap();
    // The name in parentheses may hold anything; the times are the 12th and 13th after it.
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[test]
fn exhausted_file_descriptors_cause_no_busy_loop() {
    if !has("prlimit") {
        return;
    }
    // Lowered at run time: the server has planned with more.
    let server = Server::start("");
    let (pid, limit) = (server.pid().to_string(), format!("--nofile={MOST}"));
    run(Command::new("prlimit").args(["--pid", &pid, &limit]));
    let (_, token) = server.account("nora");
    let path = format!("/api?token={token}");
    let request = |name: &str, data: Value| {
        let body = envelope(name, data);
        head(&path, body.len(), "") + &body
    };
    let query = request("property/query", json!({"type": 1}));
    let mut first: Vec<Client> = (0..16).map(|_| Client::connect(&server)).collect();
    for client in &mut first {
        assert!(client.send(query.as_bytes()));
        assert_eq!(client.receive(), Some((200, ok(json!([])))));
    }
    let rest: Vec<TcpStream> =
        (0..2 * MOST).map(|_| TcpStream::connect(server.address()).unwrap()).collect();
    let begun = Instant::now();
    while used(&server) < MOST {
        assert!(begun.elapsed() < Duration::from_secs(10), "{} are used", used(&server));
        sleep(Duration::from_millis(5));
    }
    // Only the CPU time within this window counts.
    let (begun, before) = (Instant::now(), ticks(&server));
    sleep(Duration::from_secs(2));
    let (lasted, spent) = (begun.elapsed(), ticks(&server) - before);
    let share = u128::from(spent) * 10 * 100 / lasted.as_millis();
    assert!(share <= 5, "{share} % of a processor while it only waits");
    // Existing connections are answered concurrently, with the files that are open already.
    for client in &mut first {
        assert!(client.send(query.as_bytes()));
    }
    for client in &mut first {
        assert_eq!(client.receive(), Some((200, ok(json!([])))));
    }
    let score = request("score/post", json!({"openid": "p", "score": 5}));
    assert!(first[0].send(score.as_bytes()));
    let (_, answer) = first[0].receive().unwrap();
    assert!(answer.starts_with(r#"{"id":7,"status":0,"#), "{answer}");
    // Requests that need a new file are refused.
    let (kind, bytes) = PICTURES[0];
    let picture = json!({"name": "", "id": "5", "base64": STANDARD.encode(bytes), "type": kind});
    let upload = request("portrait/upload", picture.clone());
    assert!(first[0].send(upload.as_bytes()));
    assert_eq!(first[0].receive(), Some((200, fault(1000, "头像文件创建失败"))));
    drop((first, rest));
    let closed = Instant::now();
    assert_eq!(server.done(&token, "property/add", sample()), json!({"uid": 1}));
    let found = server.done(&token, "property/query", json!({"type": 1}));
    assert_eq!(found.as_array().map(Vec::len), Some(1));
    server.done("", "portrait/upload", picture);
    let again = closed.elapsed();
    assert!(again < Duration::from_secs(2), "serving again took {again:?}");
}
