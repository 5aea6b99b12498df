//! The measured requests and their operations.

use crate::hello::Greet;
use engine::boards::{Change, PostCommit};
use engine::caller::Anyone;
use engine::data::{IntBetween, IntOrText, Text};
use engine::db::{DeferredWrite, Schema, Tx, View};
use engine::fault::{Fault, FaultKind};
use engine::op::{Name, Op, Read, Registry, Write};
use engine::{args, data};
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::Arc;

/// A request and the beginning of its answer.
pub struct Case {
    /// Its name in the table.
    pub name: &'static str,
    pub body: &'static str,
    pub answer: &'static str,
}

/// All cases: a refusal, reads and writes.
pub const CASES: [Case; 6] = [
    Case {
        name: "refused: a key of the envelope is missing",
        body: r#"{"id":7,"status":0,"type":"hello","data":{"name":"Ada"}}"#,
        answer: r#"{"id":7,"status":-1,"message":"Error JSON key","data":{}"#,
    },
    Case {
        name: "fault: a field is out of range",
        body: r#"{"id":7,"status":0,"type":"score","subtype":"put","data":{"openid":"o6_bmjrPTlm6_2sgVt7hMZOPfL2M","score":-1}}"#,
        answer: r#"{"id":7,"status":-2,"message":"Error JSON value","data":{},"detail":"score: "#,
    },
    Case {
        name: "hello: a trivial read",
        body: r#"{"id":7,"status":0,"type":"hello","subtype":"greet","data":{"name":"Ada"}}"#,
        answer: r#"{"id":7,"status":0,"message":"successful","data":"Hello, Ada!"}"#,
    },
    Case {
        name: "fields: eight in, eight out",
        body: r#"{"id":7,"status":0,"type":"notice","subtype":"echo","data":{"kind":1,"lab":"钥匙","title":"捡到一串钥匙","content":"在图书馆三楼捡到一串钥匙,上面挂着一个小熊挂件\n请失主尽快来认领","price":0,"user":"100001","phone":"13800000001","seen":true}}"#,
        answer: r#"{"id":7,"status":0,"message":"successful","data":{"kind":1,"lab":"钥匙","#,
    },
    Case {
        name: "row: a point read",
        body: r#"{"id":7,"status":0,"type":"score","subtype":"get","data":{"openid":"o6_bmjrPTlm6_2sgVt7hMZOPfL2M"}}"#,
        answer: r#"{"id":7,"status":0,"message":"successful","data":{"score":4200}}"#,
    },
    Case {
        name: "score: a durable write and its board",
        body: r#"{"id":7,"status":0,"type":"score","subtype":"put","data":{"openid":"o6_bmjrPTlm6_2sgVt7hMZOPfL2M","score":4200}}"#,
        answer: r#"{"id":7,"status":0,"message":"successful","data":{"score":4200,"rank":1}}"#,
    },
];

/// The tables of the operations.
pub const SCHEMA: Schema = Schema {
    steps: &["
    CREATE TABLE journal (id BIGINT NOT NULL PRIMARY KEY, lines TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE score (
        openid     TEXT   NOT NULL PRIMARY KEY,
        score      BIGINT NOT NULL,
        reached_at BIGINT NOT NULL
    ) WITHOUT ROWID;
    INSERT INTO score VALUES ('o6_bmjrPTlm6_2sgVt7hMZOPfL2M', 4200, 0);
    "],
    deferred: &[&KEEP],
    ..Schema::EMPTY
};

/// A deferred write of a player's score, as in the real operation.
const KEEP: DeferredWrite = DeferredWrite {
    postgres_batch: "",
    name: "score",
    table: "score",
    sql: "INSERT INTO score (openid, score, reached_at) VALUES ($1, $2, $3)
          ON CONFLICT (openid) DO UPDATE
             SET score = excluded.score, reached_at = excluded.reached_at
           WHERE score.reached_at < excluded.reached_at",
};

/// The operations.
pub fn registry() -> Registry {
    let mut registry = Registry::default();
    registry.op::<Greet>().unwrap().op::<Echo>().unwrap();
    registry.op::<Get>().unwrap().op::<Put>().unwrap();
    registry
}

data! {
    /// Returns its input.
    struct Echo {
        kind: IntBetween<1, 2>,
        lab: Text<1, 20>,
        title: Text<1, 20>,
        content: Text<1, 500>,
        price: i64,
        user: IntOrText,
        phone: Option<Text<1, 11>>,
        seen: bool,
    }
}

#[derive(Serialize, JsonSchema)]
struct Notice {
    kind: i64,
    lab: String,
    title: String,
    content: String,
    price: i64,
    user: i64,
    phone: Option<String>,
    seen: bool,
}

impl Op for Echo {
    const NAME: Name = ("notice", "echo");
    const FAULTS: &'static [FaultKind] = &[];
    const EXAMPLE: &'static str = "{}";
    type Caller = Anyone;
    type Lane = Read;
    type Reply = Notice;

    fn run(self, _: &View, _: Anyone) -> Result<Notice, Fault> {
        Ok(Notice {
            kind: self.kind.0,
            lab: self.lab.0,
            title: self.title.0,
            content: self.content.0,
            price: self.price,
            user: self.user.0,
            phone: self.phone.map(|phone| phone.0),
            seen: self.seen,
        })
    }
}

data! {
    /// Reads a player's score from its row.
    struct Get { openid: Text<1, 64>, }
}

#[derive(Serialize, JsonSchema)]
struct Score {
    score: i64,
}

impl Op for Get {
    const NAME: Name = ("score", "get");
    const FAULTS: &'static [FaultKind] = &[];
    const EXAMPLE: &'static str = "{}";
    type Caller = Anyone;
    type Lane = Read;
    type Reply = Score;

    fn run(self, view: &View, _: Anyone) -> Result<Score, Fault> {
        let sql = "SELECT score FROM score WHERE openid = $1";
        let score = view.one(sql, args![&*self.openid], |row| row.get(0))?;
        score.map(|score| Score { score }).ok_or(Fault::NotFound("openid".into()))
    }
}

data! {
    /// Stores a player's newest score.
    struct Put {
        openid: Text<1, 64>,
        score: IntBetween<0, { i64::MAX }>,
    }
}

#[derive(Serialize, JsonSchema)]
struct Standing {
    score: i64,
    rank: u64,
}

impl Op for Put {
    const NAME: Name = ("score", "put");
    const FAULTS: &'static [FaultKind] = &[];
    const EXAMPLE: &'static str = "{}";
    type Caller = Anyone;
    type Lane = Write;
    type Reply = PostCommit<Standing>;

    fn run(self, tx: &mut Tx, _: Anyone) -> Result<PostCommit<Standing>, Fault> {
        let Put { openid: Text(openid), score: IntBetween(score) } = self;
        let reached = tx.boards.stamp();
        tx.defer(&KEEP, args![&openid], args![score, reached]);
        let player: Arc<str> = openid.into();
        let board = "counted".into();
        tx.tell(Change::Best { board, player: Arc::clone(&player), score, stamp: reached });
        Ok(tx.settle(move |boards| {
            let rank = boards.texts.get("counted").unwrap().rank(&player).unwrap();
            Standing { score, rank }
        }))
    }
}
