//! The engine without a socket: operations that fail in every possible way.

use crate::common::Folder;
use engine::caller::{Anyone, Credentials};
use engine::client::Client;
use engine::config::Config;
use engine::db::{Db, Schema, Tx, View};
use engine::describe::Descriptions;
use engine::engine::Engine;
use engine::envelope::{BodyOutcome, CallContext, CallSummary, answer};
use engine::fault::{Fault, FaultKind};
use engine::op::{Name, Op, Read, Registry, Scan, Work, WorkContext, Write};
use engine::request::RequestId;
use engine::services::Services;
use engine::{args, data};
use serde::ser::{Error as _, Serialize, SerializeSeq as _, Serializer};
use std::sync::Arc;

const SCHEMA: Schema =
    Schema { steps: &["CREATE TABLE note (text TEXT NOT NULL);"], ..Schema::EMPTY };

/// Declares an operation of type `test` with a text field.
macro_rules! operation {
    ($name:ident, $subtype:literal, $lane:ty, $reply:ty, |$text:ident, $at:ident: $at_type:ty| $run:expr) => {
        data! {
            struct $name {
                text: String,
            }
        }

        impl Op for $name {
            const NAME: Name = ("test", $subtype);
            const FAULTS: &'static [FaultKind] = &[FaultKind::NotOwner];
            const EXAMPLE: &'static str = "{}";
            type Caller = Anyone;
            type Lane = $lane;
            type Reply = $reply;

            fn run(self, $at: $at_type, _: Anyone) -> Result<$reply, Fault> {
                let $text = self.text;
                $run
            }
        }
    };
}

operation!(PanicInRead, "panic-read", Read, (), |text, _at: &View| panic!("{text}"));
operation!(PanicInWork, "panic-work", Work<Scan>, (), |text, _at: &WorkContext| panic!("{text}"));
operation!(PanicInWrite, "panic-write", Write, (), |text, tx: &mut Tx| {
    note(tx, &text)?;
    panic!("{text}")
});
operation!(BadSql, "bad-sql", Write, (), |text, tx: &mut Tx| {
    note(tx, &text)?;
    tx.execute("INSERT INTO nowhere VALUES (1)", args![]).map(|_| ())
});
operation!(Refuse, "refuse", Write, (), |text, tx: &mut Tx| {
    note(tx, &text)?;
    Err(Fault::NotOwner)
});
operation!(Keep, "keep", Write, (), |text, tx: &mut Tx| {
    note(tx, &format!("{text}, kept"))?;
    tx.keep_on_fault()?;
    note(tx, &text)?;
    Err(Fault::NotOwner)
});
operation!(Unwritten, "unwritten", Read, Unwritable, |_text, _view: &View| Ok(Unwritable));
operation!(Note, "note", Write, (), |text, tx: &mut Tx| note(tx, &text));
operation!(Notes, "notes", Read, Vec<String>, |_text, view: &View| {
    view.all("SELECT text FROM note ORDER BY rowid", args![], |row| row.get(0))
});

/// A reply whose serialization fails.
#[derive(schemars::JsonSchema)]
struct Unwritable;

impl Serialize for Unwritable {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut list = to.serialize_seq(None)?;
        list.serialize_element("half of it")?;
        Err(S::Error::custom("on purpose"))
    }
}

fn note(tx: &mut Tx, text: &str) -> Result<(), Fault> {
    tx.execute("INSERT INTO note (text) VALUES ($1)", args![text]).map(|_| ())
}

struct Test {
    registry: Registry,
    engine: Arc<Engine>,
    _folder: Folder,
}

impl Test {
    fn new() -> Self {
        let folder = Folder::new();
        let config = Config { data_dir: folder.path().join("data"), ..Config::default() };
        let services = Arc::new(Services::open(config, String::new()).unwrap());
        let db = Db::open(Arc::clone(&services), SCHEMA, None).unwrap();
        let mut registry = Registry::default();
        registry.op::<PanicInRead>().unwrap().op::<PanicInWork>().unwrap();
        registry.op::<PanicInWrite>().unwrap().op::<BadSql>().unwrap();
        registry.op::<Refuse>().unwrap().op::<Keep>().unwrap();
        registry.op::<Note>().unwrap().op::<Notes>().unwrap();
        registry.op::<Unwritten>().unwrap();
        Test { registry, engine: Arc::new(Engine::new(db, services)), _folder: folder }
    }

    fn send(&self, body: &str) -> String {
        let credentials = Credentials {
            token: None,
            client: Client::unknown([127, 0, 0, 1].into()),
            signature: None,
        };
        let (engine, registry) = (&self.engine, &self.registry);
        let call = CallContext {
            engine,
            registry,
            descriptions: &Descriptions::default(),
            credentials,
            id: RequestId::next(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        match runtime.block_on(answer(&call, body.as_bytes(), &mut CallSummary::default())) {
            BodyOutcome::Answer(answer) => String::from_utf8(answer.text).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    fn call(&self, subtype: &str, text: &str) -> String {
        self.send(&envelope(subtype, text))
    }

    fn notes(&self) -> String {
        self.call("notes", "")
    }
}

fn envelope(subtype: &str, text: &str) -> String {
    format!(
        r#"{{"id":1,"status":0,"type":"test","subtype":"{subtype}","data":{{"text":"{text}"}}}}"#
    )
}

fn notes(texts: &str) -> String {
    format!(r#"{{"id":1,"status":0,"message":"successful","data":{texts}}}"#)
}

const UNKNOWN: &str =
    r#"{"id":1,"status":-404,"message":"Unknown Error","data":{},"detail":"the server failed"}"#;

#[test]
fn panic_in_any_lane_is_answered_and_survived() {
    let test = Test::new();
    for round in 0..100 {
        for subtype in ["panic-read", "panic-work", "panic-write"] {
            assert_eq!(test.call(subtype, "secret"), UNKNOWN, "{subtype}, round {round}");
        }
    }
    assert_eq!(test.notes(), notes("[]"), "what it wrote is taken back");
}

#[test]
fn unserializable_answer_becomes_a_fault() {
    let test = Test::new();
    assert_eq!(test.call("unwritten", ""), UNKNOWN);
    let batch = format!("[{},{}]", envelope("unwritten", ""), envelope("notes", ""));
    assert_eq!(test.send(&batch), format!("[{UNKNOWN},{}]", notes("[]")));
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"test.unwritten","params":{"text":""}}"#;
    let failed = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-404,"message":"Unknown Error","data":"the server failed"}}"#;
    assert_eq!(test.send(call), failed);
}

#[test]
fn failing_database_leaves_no_partial_write() {
    let test = Test::new();
    let failed = r#"{"id":1,"status":-200,"message":"Failure to operate database","data":{},"detail":"the database failed; nothing was stored"}"#;
    assert_eq!(test.call("bad-sql", "a"), failed);
    assert_eq!(test.notes(), notes("[]"));
}

#[test]
fn fault_rolls_back_all_but_kept_writes() {
    let test = Test::new();
    let refused = r#"{"id":1,"status":-2,"message":"Error JSON value","data":{},"detail":"it does not exist, or it belongs to another account"}"#;
    assert_eq!(test.call("refuse", "a"), refused);
    assert_eq!(test.call("keep", "b"), refused);
    assert_eq!(test.notes(), notes(r#"["b, kept"]"#));
}

#[test]
fn each_batch_item_has_its_own_transaction() {
    let test = Test::new();
    let items: Vec<String> = ["note", "panic-write", "refuse", "bad-sql", "note"]
        .iter()
        .enumerate()
        .map(|(nth, subtype)| envelope(subtype, &nth.to_string()))
        .collect();
    test.send(&format!("[{}]", items.join(",")));
    assert_eq!(test.notes(), notes(r#"["0","4"]"#));
}

#[test]
fn failing_job_does_not_affect_its_commit_group() {
    let test = Test::new();
    let receivers: Vec<_> = (0..200)
        .map(|nth: i64| {
            let work = move |tx: &mut Tx| {
                note(tx, &nth.to_string())?;
                match nth % 4 {
                    0 => panic!("{nth}"),
                    1 => Err(Fault::NotOwner),
                    _ => Ok(nth),
                }
            };
            test.engine.db.submit(work).unwrap()
        })
        .collect();
    let answers: Vec<_> =
        receivers.into_iter().map(|receiver| receiver.blocking_recv().unwrap()).collect();
    let done: Vec<String> = answers.iter().flatten().map(|nth| format!("\"{nth}\"")).collect();
    assert_eq!(done.len(), 100);
    assert_eq!(test.notes(), notes(&format!("[{}]", done.join(","))));
}

#[test]
fn full_write_queue_refuses_and_loses_nothing() {
    let test = Test::new();
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let wait = Arc::new(std::sync::Mutex::new(wait));
    let first = test.engine.db.submit(move |_| wait.lock().unwrap().recv().map_err(Fault::unknown));
    let mut taken = vec![first.unwrap()];
    let busy = loop {
        match test.engine.db.submit(|tx| note(tx, "x")) {
            Ok(receiver) => taken.push(receiver),
            Err(fault) => break fault,
        }
        assert!(taken.len() < 100_000, "the queue is bounded");
    };
    assert!(matches!(busy, Fault::Busy), "{busy:?}");
    go.send(()).unwrap();
    let rows = taken.len() - 1;
    assert!(taken.into_iter().all(|receiver| receiver.blocking_recv().unwrap().is_ok()));
    let kept = test.engine.db.view().one("SELECT count(*) FROM note", args![], |row| row.get(0));
    assert_eq!(kept.unwrap(), Some(i64::try_from(rows).unwrap()));
}

#[test]
fn registering_a_name_twice_fails() {
    let mut registry = Registry::default();
    let twice = registry.op::<Note>().unwrap().op::<Note>().err().unwrap();
    assert_eq!(twice.to_string(), "test/note: registered twice");
}
