//! Several servers on one PostgreSQL: every limit and every board is as on one.

mod balancer;
mod boards;
mod limits;
mod losses;
mod moving;
mod seasons;
mod start;
mod steps;

use crate::common::archive::wait_until;
use crate::common::connection::Connection;
use crate::common::notice::{sample, with};
use crate::common::postgres::{Nodes, Pair};
use crate::common::{CODE, Folder, Server, envelope};
use engine::hex::md5;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::thread::{scope, sleep, spawn};
use std::time::{Duration, Instant};

/// No limit on attempts hides what is tried.
const FREE: &str = "[limits]\nrequests_per_minute = 0\n";

fn call(server: &Server, token: &str, name: &str, data: Value) -> Value {
    let path = if token.is_empty() { "/api".to_owned() } else { format!("/api?token={token}") };
    serde_json::from_str(&server.post(&path, &envelope(name, data))).unwrap()
}

/// Calls all at once, each on the next of the servers; the answers' statuses and data.
fn at_once(nodes: &Nodes, calls: &[(String, &str, Value)]) -> Vec<Value> {
    scope(|scope| {
        let calls: Vec<_> = calls
            .iter()
            .zip(nodes.servers.iter().cycle())
            .map(|((token, name, data), server)| {
                scope.spawn(move || call(server, token, name, data.clone()))
            })
            .collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    })
}

fn done(answers: &[Value]) -> usize {
    answers.iter().filter(|answer| answer["status"] == 0).count()
}

fn captcha(server: &Server) -> String {
    let rand = call(server, "", "img/generate", json!({}))["data"]["rand"].clone();
    md5(&format!("{CODE}{}", rand.as_str().unwrap()))
}

fn top(server: &Server, app: &str) -> Value {
    call(server, "", "score/top", json!({"app": app, "limit": 1000}))["data"].clone()
}

/// Waits until all servers show the same board; that board.
fn same_board(nodes: &Nodes, app: &str) -> Value {
    let begun = Instant::now();
    loop {
        let boards: Vec<Value> = nodes.servers.iter().map(|server| top(server, app)).collect();
        if boards.windows(2).all(|pair| pair[0] == pair[1]) {
            return boards[0].clone();
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "{boards:#?}");
        sleep(Duration::from_millis(5));
    }
}

/// A folder with a configuration; its database is at `url`.
fn place(url: &str) -> Folder {
    let folder = Folder::new();
    let config = format!(
        "listen = \"127.0.0.1:0\"\ndata_dir = \"data\"\n[database]\nurl = {url:?}\n[store]\nshared = true\n"
    );
    fs::write(folder.path().join("guichet.toml"), config).unwrap();
    folder
}
