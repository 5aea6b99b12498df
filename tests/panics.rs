//! A panic anywhere is an answer, and costs nothing that lasts: no connection, no thread, no memory.
//!
//! `GUICHET_PANICS=10000 cargo test --test panics` makes so many of each kind; 300 by default.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use common::Folder;
use engine::caller::Anyone;
use engine::config::Config;
use engine::data;
use engine::data::{Data, Field, Fields, Flaw, Value};
use engine::db::{Schema, Tx, View};
use engine::fault::Fault;
use engine::http::Server;
use engine::op::{Desk, Gateway, Hash, Name, Op, Pictures, Read, Registry, Scan, Work, Write};
use engine::program::Program;
use serde::{Serialize, Serializer};
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

const SCHEMA: Schema =
    Schema { steps: &["CREATE TABLE note (text TEXT NOT NULL);"], deferred: &[] };

/// Declare an operation of `test` that takes nothing.
macro_rules! operation {
    ($name:ident, $subtype:literal, $lane:ty, $reply:ty, |$at:ident: $at_type:ty| $run:expr) => {
        struct $name;

        impl Data for $name {
            const FIELDS: &'static [&'static [&'static str]] = &[];

            fn read(_: &mut Fields<'_>) -> Result<Self, Fault> {
                Ok($name)
            }
        }

        impl Op for $name {
            const NAME: Name = ("test", $subtype);
            type Caller = Anyone;
            type Lane = $lane;
            type Reply = $reply;

            fn run(self, $at: $at_type, _: Anyone) -> Result<$reply, Fault> {
                $run
            }
        }
    };
}

const ON_PURPOSE: &str = "on purpose";

operation!(InRead, "read", Read, (), |_view: &View| panic!("{ON_PURPOSE}"));
operation!(InScan, "scan", Work<Scan>, (), |_desk: &Desk| panic!("{ON_PURPOSE}"));
operation!(InHash, "hash", Work<Hash>, (), |_desk: &Desk| panic!("{ON_PURPOSE}"));
operation!(InPictures, "pictures", Work<Pictures>, (), |_desk: &Desk| panic!("{ON_PURPOSE}"));
operation!(InGateway, "gateway", Work<Gateway>, (), |desk: &Desk| {
    desk.write(|tx| note(tx).map(|()| panic!("{ON_PURPOSE}")))
});
operation!(InWrite, "write", Write, (), |tx: &mut Tx| note(tx).map(|()| panic!("{ON_PURPOSE}")));
operation!(InAnswer, "answer", Read, Unwritable, |_view: &View| Ok(Unwritable));
operation!(InWritesAnswer, "writes-answer", Write, Unwritable, |_tx: &mut Tx| Ok(Unwritable));
operation!(Notes, "notes", Read, i64, |view: &View| {
    Ok(view.one("SELECT count(*) FROM note", engine::args![], |row| row.get(0))?.unwrap_or(-1))
});

data! {
    struct InField {
        field: Unreadable,
    }
}

impl Op for InField {
    const NAME: Name = ("test", "field");
    type Caller = Anyone;
    type Lane = Read;
    type Reply = ();

    fn run(self, _: &View, _: Anyone) -> Result<(), Fault> {
        let Unreadable = self.field;
        Ok(())
    }
}

/// A field whose reader has a defect.
struct Unreadable;

impl Field for Unreadable {
    fn read(_: Value<'_>) -> Result<Self, Flaw> {
        panic!("{ON_PURPOSE}")
    }
}

/// A reply that can't be written.
struct Unwritable;

impl Serialize for Unwritable {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic!("{ON_PURPOSE}")
    }
}

fn note(tx: &mut Tx) -> Result<(), Fault> {
    tx.execute("INSERT INTO note (text) VALUES ('x')", engine::args![]).map(|_| ())
}

/// Serve all of them in this process, until it ends.
fn serve(folder: &Folder) -> SocketAddr {
    let mut registry = Registry::default();
    registry.op::<InRead>().unwrap().op::<InScan>().unwrap().op::<InHash>().unwrap();
    registry.op::<InPictures>().unwrap().op::<InGateway>().unwrap().op::<InWrite>().unwrap();
    registry.op::<InAnswer>().unwrap().op::<InWritesAnswer>().unwrap();
    registry.op::<InField>().unwrap().op::<Notes>().unwrap();
    let config = Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        data_dir: folder.path().join("data"),
        ..Config::default()
    };
    let program = Program { registry, schema: SCHEMA, ..Program::default() };
    let server = Server::open(config, program).unwrap();
    let address = server.address().unwrap();
    std::thread::spawn(move || server.run().unwrap());
    address
}

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
            r#"{{"id":7,"status":0,"type":"test","subtype":"{subtype}","data":{{"field":1}}}}"#
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
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4
}

fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}

#[test]
fn panics_anywhere_are_answers_in_the_same_memory() {
    let rounds: usize =
        std::env::var("GUICHET_PANICS").map_or(300, |rounds| rounds.parse().unwrap());
    // Those on purpose would fill the screen.
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if panic.payload_as_str() != Some(ON_PURPOSE) {
            usual(panic);
        }
    }));
    let folder = Folder::new();
    let address = serve(&folder);
    let mut client = Client::connect(address);
    let lanes = ["read", "scan", "hash", "pictures", "gateway", "write"];
    let elsewhere = ["field", "answer", "writes-answer"];
    let round = |client: &mut Client| {
        for subtype in lanes.iter().chain(&elsewhere) {
            let (status, answer) = client.call(subtype);
            assert!(matches!(status, 200 | 500), "{subtype}: {status}");
            assert_eq!(answer["status"], -404, "{subtype}: {answer}");
            assert_eq!(answer["message"], "Unknown Error", "{subtype}: {answer}");
            assert_eq!(status == 200, answer["id"] == 7, "{subtype}: {answer}");
            assert!(!lanes.contains(subtype) || status == 200, "{subtype}: {answer}");
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
    // A thread that has not quite ended its work is not waited for, but another taken: some more
    // are no leak, one for each panic would be.
    assert!(threads_after <= threads_before + 20, "{threads_before}, then {threads_after} threads");
    assert_eq!(client.call("notes").1["data"], 0, "what they wrote is taken back");
}
