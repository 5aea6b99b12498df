//! Litestream with the server (docs/backup.md): its replica has all acknowledged writes, and a
//! server starts from it.

use crate::common::archive::{backup, wait_until};
use crate::common::client::{Client, head};
use crate::common::{Folder, Server, envelope, has};
use rusqlite::Connection;
use serde_json::json;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

/// A running Litestream, ended with the test.
struct Litestream(Child);

impl Litestream {
    fn start(config: &Path, log: &Path) -> Self {
        let log = fs::File::create(log).unwrap();
        let mut command = Command::new("litestream");
        command.args(["replicate", "-config"]).arg(config);
        let child =
            command.stdout(log.try_clone().unwrap()).stderr(log).stdin(Stdio::null()).spawn();
        Litestream(child.unwrap())
    }

    /// Ends it like a service manager; it uploads the remaining data first.
    fn end(mut self) {
        let pid = self.0.id().to_string();
        assert!(Command::new("kill").arg(pid).status().unwrap().success());
        self.0.wait().unwrap();
    }
}

impl Drop for Litestream {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Posts `count` scores with unique names from `first` on, over 8 connections.
fn post(server: &Server, first: usize, count: usize) {
    thread::scope(|scope| {
        for writer in 0..8 {
            scope.spawn(move || {
                let mut client = Client::connect(server);
                for n in first..first + count {
                    let data = json!({"openid": format!("{writer}-{n}"), "score": n});
                    let body = envelope("score/post", data);
                    assert!(client.send((head("/api", body.len(), "") + &body).as_bytes()));
                    let (_, answer) = client.receive().unwrap();
                    assert!(answer.contains("\"status\":0"), "{answer}");
                }
            });
        }
    });
}

#[test]
fn litestream_replica_has_all_acknowledged_writes() {
    if !has("litestream") {
        return;
    }
    let server = Server::start("");
    let folder = server.folder().to_owned();
    let (config, log) = (folder.join("litestream.yml"), folder.join("litestream.log"));
    let database = folder.join("data/guichet.db");
    let replica = folder.join("replica");
    let text = format!(
        "dbs:\n  - path: {}\n    replicas:\n      - path: {}\n        snapshot-interval: 24h\n        retention: 72h\n",
        database.display(),
        replica.display()
    );
    fs::write(&config, text).unwrap();
    let litestream = Litestream::start(&config, &log);
    let told = || fs::read_to_string(&log).unwrap();
    wait_until("the first snapshot is sent", || told().contains("snapshot written"));
    post(&server, 0, 1_000);
    let server = server.restart();
    backup(server.folder(), &folder.join("a.tar"));
    post(&server, 1_000, 1_000);
    let mut server = server.kill_and_restart();
    post(&server, 2_000, 1_000);
    assert_eq!(server.terminate(), 0);
    litestream.end();

    let fresh = Folder::new();
    fs::create_dir(fresh.path().join("data")).unwrap();
    let mut restore = Command::new("litestream");
    restore.args(["restore", "-config"]).arg(&config).arg("-o");
    restore.arg(fresh.path().join("data/guichet.db")).arg(&database);
    crate::common::run(&mut restore);
    let server = Server::start_in(fresh, "");
    let restored = Connection::open(server.folder().join("data/guichet.db")).unwrap();
    let integrity: String =
        restored.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(integrity, "ok");
    let scores: i64 =
        restored.query_row("SELECT count(*) FROM score", [], |row| row.get(0)).unwrap();
    assert_eq!(scores, 8 * 3_000);
    assert_eq!(server.done("", "score/get", json!({"openid": "7-2999"}))["score"], 2_999);
}
