//! Operations that panic, each at a different place.

use engine::caller::Anyone;
use engine::config::Config;
use engine::data;
use engine::data::{Field, FieldError, Value};
use engine::db::{Schema, Tx, View};
use engine::fault::{Fault, FaultKind};
use engine::op::{
    Gateway, Hash, Name, Op, Pictures, Read, Registry, Scan, Store, Work, WorkContext, Write,
};
use engine::program::Program;
use engine::server::Server;
use serde::{Serialize, Serializer};
use std::path::Path;

const SCHEMA: Schema =
    Schema { steps: &["CREATE TABLE note (text TEXT NOT NULL);"], ..Schema::EMPTY };

/// Declares an operation of type `test` without fields.
macro_rules! operation {
    ($name:ident, $subtype:literal, $lane:ty, $reply:ty, |$at:ident: $at_type:ty| $run:expr) => {
        data! {
            struct $name;
        }

        impl Op for $name {
            const NAME: Name = ("test", $subtype);
            const FAULTS: &'static [FaultKind] = &[];
            const EXAMPLE: &'static str = "{}";
            type Caller = Anyone;
            type Lane = $lane;
            type Reply = $reply;

            fn run(self, $at: $at_type, _: Anyone) -> Result<$reply, Fault> {
                $run
            }
        }
    };
}

pub const ON_PURPOSE: &str = "on purpose";

operation!(InRead, "read", Read, (), |_view: &View| panic!("{ON_PURPOSE}"));
operation!(InScan, "scan", Work<Scan>, (), |_desk: &WorkContext| panic!("{ON_PURPOSE}"));
operation!(InHash, "hash", Work<Hash>, (), |_desk: &WorkContext| panic!("{ON_PURPOSE}"));
operation!(InPictures, "pictures", Work<Pictures>, (), |_desk: &WorkContext| panic!(
    "{ON_PURPOSE}"
));
operation!(InPart, "part", Work<Store>, (), |context: &WorkContext| {
    context.within::<Pictures, _>(|| panic!("{ON_PURPOSE}"))
});
operation!(InGateway, "gateway", Work<Gateway>, (), |context: &WorkContext| {
    context.write(|tx| note(tx).map(|()| panic!("{ON_PURPOSE}")))
});
operation!(InWrite, "write", Write, (), |tx: &mut Tx| note(tx).map(|()| panic!("{ON_PURPOSE}")));
operation!(InAnswer, "answer", Read, Unwritable, |_view: &View| Ok(Unwritable));
operation!(InWritesAnswer, "writes-answer", Write, Unwritable, |_tx: &mut Tx| Ok(Unwritable));
operation!(InEffect, "effect", Write, (), |tx: &mut Tx| {
    tx.after_commit(|| panic!("{ON_PURPOSE}"));
    Ok(())
});
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
    const FAULTS: &'static [FaultKind] = &[];
    const EXAMPLE: &'static str = "{}";
    type Caller = Anyone;
    type Lane = Read;
    type Reply = ();

    fn run(self, _: &View, _: Anyone) -> Result<(), Fault> {
        let Unreadable = self.field;
        Ok(())
    }
}

/// A field whose parser panics.
#[derive(Clone)]
struct Unreadable;

impl Field for Unreadable {
    fn read(value: Value<'_>) -> Result<Self, FieldError> {
        panic!("{ON_PURPOSE}: {value:?}")
    }

    fn schema() -> schemars::Schema {
        schemars::Schema::default()
    }
}

/// A reply whose serialization fails.
#[derive(schemars::JsonSchema)]
struct Unwritable;

impl Serialize for Unwritable {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic!("{ON_PURPOSE}")
    }
}

fn note(tx: &mut Tx) -> Result<(), Fault> {
    tx.execute("INSERT INTO note (text) VALUES ('x')", engine::args![]).map(|_| ())
}

/// A server with all of them.
pub fn server(data: &Path) -> Server {
    let mut registry = Registry::default();
    registry.op::<InRead>().unwrap().op::<InScan>().unwrap().op::<InHash>().unwrap();
    registry.op::<InPictures>().unwrap().op::<InGateway>().unwrap().op::<InWrite>().unwrap();
    registry.op::<InAnswer>().unwrap().op::<InWritesAnswer>().unwrap();
    registry
        .op::<InPart>()
        .unwrap()
        .op::<InField>()
        .unwrap()
        .op::<InEffect>()
        .unwrap()
        .op::<Notes>()
        .unwrap();
    let config = Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        data_dir: data.to_owned(),
        ..Config::default()
    };
    let program = Program { registry, schema: SCHEMA, ..Program::default() };
    Server::open(config, program).unwrap()
}
