//! Failures of operations are counted. Needs its own process, because the log's panic hook hides
//! panics of tests.

use crate::common::Folder;
use crate::common::scrape::{ACCEPT, Scrape};
use engine::caller::Anyone;
use engine::config::{Config, Log};
use engine::data;
use engine::db::View;
use engine::fault::{Fault, FaultKind};
use engine::op::{Name, Op, Read};
use engine::program::Program;
use engine::server::Server;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

data! {
    struct Fail { how: String, }
}

impl Op for Fail {
    const NAME: Name = ("test", "fail");
    const FAULTS: &'static [FaultKind] = &[FaultKind::NotOwner];
    const EXAMPLE: &'static str = "{}";
    type Caller = Anyone;
    type Lane = Read;
    type Reply = ();

    fn run(self, _: &View, _: Anyone) -> Result<(), Fault> {
        match &*self.how {
            "panic" => panic!("on purpose"),
            "database" => Err(Fault::database("on purpose")),
            "refuse" => Err(Fault::NotOwner),
            _ => Ok(()),
        }
    }
}

#[test]
fn server_failures_are_counted_apart_from_faults() {
    let folder = Folder::new();
    let config = Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        data_dir: folder.path().join("data"),
        ..Config::default()
    };
    let mut program = Program::default();
    program.registry.op::<Fail>().unwrap();
    // Panics are counted by the log's panic hook.
    engine::log::start(&Log::default());
    let server = Server::open(config, program).unwrap();
    let address = server.address().unwrap();
    std::thread::spawn(move || server.run().unwrap());
    let send = |head: &str, body: &str| {
        let mut stream = TcpStream::connect(address).unwrap();
        let length = body.len();
        let more = format!(
            "Host: a\r\nAccept: {ACCEPT}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
        );
        stream.write_all(format!("{head} HTTP/1.1\r\n{more}{body}").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    };
    for how in ["panic", "database", "refuse", "", "", ""] {
        let body = format!(
            r#"{{"id":1,"status":0,"type":"test","subtype":"fail","data":{{"how":"{how}"}}}}"#
        );
        send("POST /api", &body);
    }
    let told = Scrape::parse(&send("GET /metrics", ""));
    let status = |status: &str| {
        told.get(&format!("guichet_requests_total{{operation=\"test/fail\",status=\"{status}\"}}"))
    };
    assert_eq!(["0", "-2", "-200", "-404"].map(status), [3.0, 1.0, 1.0, 1.0]);
    assert_eq!(told.get(r#"guichet_failures_total{operation="test/fail"}"#), 2.0);
    assert_eq!(told.get(r#"guichet_request_seconds_count{operation="test/fail"}"#), 6.0);
    assert_eq!(told.get("guichet_panics_total"), 1.0);
}
