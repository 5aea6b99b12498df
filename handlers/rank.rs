//! The rank leaderboard of accounts (contract page `rank.md`; seed 000). The newest score counts.

use engine::boards::{Boards, Change, PostCommit};
use engine::caller::Account;
use engine::data::{Field, FieldError, IntBetween, IntOrText, Optional, Value, schema};
use engine::db::{DeferredWrite, Tx, View};
use engine::fault::{Fault, FaultKind};
use engine::leaderboard::{Board, Builder, Numbers, Row};
use engine::op::{Name, Op, Read, RegisteredTwice, Registry, Write};
use engine::{args, data};
use schemars::{JsonSchema, Schema};
use serde::{Serialize, Serializer};
use serde_json::json;
use std::cmp::Ordering;

/// The one board's name.
const BOARD: &str = "rank";

/// The most places of one answer.
const PLACES: u64 = 1000;

pub fn register(registry: &mut Registry) -> Result<(), RegisteredTwice> {
    registry.op::<Upload>()?.op::<List>()?.op::<Around>()?;
    Ok(())
}

/// Build the board from its rows.
pub fn load(view: &View) -> Result<(), Fault> {
    let mut board = Builder::<Numbers>::new();
    view.all("SELECT account, score, reached_at FROM rank", args![], |row| {
        let reached = row.get(2)?;
        view.boards.seen(reached);
        board.push(row.get(0)?, row.get(1)?, reached).map_err(Fault::unknown)
    })?;
    view.boards.write().numbers.put(BOARD.into(), board.finish());
    Ok(())
}

/// Remove an account from the board in memory, once the transaction is committed.
pub fn forget(tx: &mut Tx, account: i64) {
    let stamp = tx.boards.stamp();
    tx.tell(Change::Forget { board: BOARD.into(), player: account, stamp });
}

/// Keep an account's score on the disk: nobody reads it there until the next start. The score that
/// the account has already keeps its place.
pub const KEEP: DeferredWrite = DeferredWrite {
    name: "rank",
    table: "rank",
    // It may be run after its account was removed.
    sql: "INSERT INTO rank (account, score, reached_at)
          SELECT $1, $2, $3 WHERE EXISTS (SELECT 1 FROM account WHERE id = $1)
          ON CONFLICT (account) DO UPDATE
             SET score = excluded.score, reached_at = excluded.reached_at
           WHERE rank.score <> excluded.score AND rank.reached_at < excluded.reached_at",
    postgres_batch: "INSERT INTO rank (account, score, reached_at)
           SELECT id, (row->1->>0)::bigint, (row->1->>1)::bigint
             FROM json_array_elements($1::json) AS row JOIN account ON id = (row->0->>0)::bigint
           ON CONFLICT (account) DO UPDATE
              SET score = excluded.score, reached_at = excluded.reached_at
            WHERE rank.score <> excluded.score AND rank.reached_at < excluded.reached_at",
};

data! {
    /// Set the caller's score. With `list`, the answer also has the places that `arange` names, as they are
    /// right after the upload.
    struct Upload {
        /// The score.
        rank: i64,
        /// Whether the answer is to hold the list instead of the place alone.
        list: Option<bool>,
        arange: Optional<Arange>,
        version: Optional<Version>,
    }
}

/// What the list is to hold.
struct Wanted {
    range: Arange,
    version: Option<Version>,
}

/// The places wanted, from 1, both ends included.
#[derive(Clone)]
struct Arange {
    first: u64,
    count: usize,
}

impl Default for Arange {
    fn default() -> Self {
        Arange { first: 1, count: 10 }
    }
}

impl Field for Arange {
    fn read(value: Value<'_>) -> Result<Self, FieldError> {
        const EXPECTED: FieldError = FieldError::Type("a list of two integers");
        let Value::List(ends) = value else { return Err(EXPECTED) };
        let ends: Result<Vec<i64>, FieldError> = ends.into_iter().map(i64::read).collect();
        let Ok([first, last]) = ends.as_deref() else { return Err(EXPECTED) };
        let count = last.checked_sub(*first).and_then(|more| u64::try_from(more).ok());
        match (u64::try_from(*first), count) {
            (Ok(first @ 1..), Some(more)) if more < PLACES => {
                Ok(Arange { first, count: usize::try_from(more).unwrap_or(0) + 1 })
            }
            _ => Err(FieldError::Value("first and last place, from 1, at most 1000 places".into())),
        }
    }

    fn schema() -> Schema {
        schema::schema(json!({
            "description": "The first and the last place, from 1; at most 1000 places.",
            "type": "array",
            "items": {"type": "integer", "format": "int64", "minimum": 1},
            "minItems": 2,
            "maxItems": 2,
        }))
    }
}

/// A dotted version: numbers between dots.
#[derive(Clone)]
struct Version(Vec<u64>);

impl Version {
    fn parse(text: &str) -> Option<Self> {
        let number = |part: &str| {
            let is_number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            if is_number { part.parse().ok() } else { None }
        };
        text.split('.').map(number).collect::<Option<_>>().map(Version)
    }

    /// -1 where this is older than `other`, 0 where they are the same, 1 where it is newer; a
    /// number that one lacks is 0.
    fn compare(&self, other: &Version) -> i64 {
        let longest = self.0.len().max(other.0.len());
        let number = |version: &Version, nth: usize| version.0.get(nth).copied().unwrap_or(0);
        (0..longest).map(|nth| number(self, nth).cmp(&number(other, nth))).fold(0, |known, next| {
            match (known, next) {
                (0, Ordering::Less) => -1,
                (0, Ordering::Greater) => 1,
                (known, _) => known,
            }
        })
    }
}

impl Field for Version {
    fn read(value: Value<'_>) -> Result<Self, FieldError> {
        let text = String::read(value)?;
        Version::parse(&text).ok_or(FieldError::Value("expected numbers between dots".into()))
    }

    fn schema() -> Schema {
        schema::described(
            schema::pattern("^[0-9]+([.][0-9]+)*$"),
            "The client's version: numbers between dots.",
        )
    }
}

/// One place.
#[derive(Serialize, JsonSchema)]
struct RankRow {
    /// The place, from 1.
    ranking: u64,
    /// The account's id, in digits.
    #[serde(serialize_with = "digits")]
    #[schemars(with = "String")]
    user: i64,
    /// The score.
    rank_score: i64,
}

/// An id as text: without a `String` for each of a hundred rows.
fn digits<S: Serializer>(id: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(itoa::Buffer::new().format(*id))
}

impl From<Row<i64>> for RankRow {
    fn from(row: Row<i64>) -> Self {
        RankRow { ranking: row.place, user: row.owner, rank_score: row.score }
    }
}

/// What an upload comes to.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum Uploaded {
    Alone {
        /// The caller's place, from 1.
        ranking: Option<u64>,
    },
    Listed {
        /// The places asked for.
        list: Vec<RankRow>,
        /// The caller's place.
        #[serde(rename = "self")]
        own: Option<RankRow>,
        /// -1, 0 or 1: whether the client's version is older than the server's, the same or newer.
        #[serde(skip_serializing_if = "Option::is_none")]
        version: Option<i64>,
    },
}

impl Op for Upload {
    const NAME: Name = ("rank", "upload");
    const FAULTS: &'static [FaultKind] = &[];
    const EXAMPLE: &'static str = r#"{"rank": 1200}"#;
    type Caller = Account;
    type Lane = Write;
    type Reply = PostCommit<Uploaded>;
    // One row of some bytes for each account, and new accounts need space.
    const NEEDS_SPACE: bool = false;
    /// A thousand places of at most 96 bytes.
    const RESERVED_REPLY_BYTES: usize = 112 * 1024;

    fn run(self, tx: &mut Tx, caller: Account) -> Result<PostCommit<Uploaded>, Fault> {
        let Upload { rank: score, list, arange, version } = self;
        let list = list
            .filter(|list| *list)
            .map(|_| Wanted { range: arange.0.unwrap_or_default(), version: version.0 });
        let mut reached = tx.boards.stamp();
        if tx.is_shared() {
            // The clock of the server that took the last upload may be ahead of this one's.
            let sql = "SELECT reached_at FROM rank WHERE account = $1";
            let last: Option<i64> = tx.one(sql, args![caller.id], |row| row.get(0))?;
            reached = reached.max(last.map_or(0, |last| last.saturating_add(1)));
            tx.boards.seen(reached);
        }
        tx.defer(&KEEP, args![caller.id], args![score, reached]);
        let ours = Version::parse(&tx.config.rank.version);
        tx.tell(Change::Newest { board: BOARD.into(), player: caller.id, score, stamp: reached });
        Ok(tx.settle(move |boards| {
            let board = boards.numbers.get(BOARD);
            match list {
                None => Uploaded::Alone { ranking: board.and_then(|board| board.rank(caller.id)) },
                Some(Wanted { range, version }) => Uploaded::Listed {
                    list: board.map(|board| places(board, &range)).unwrap_or_default(),
                    own: board.and_then(|board| board.row(caller.id)).map(RankRow::from),
                    version: version.zip(ours).map(|(theirs, ours)| theirs.compare(&ours)),
                },
            }
        }))
    }
}

/// The account's score, if it has one.
pub fn score(view: &View, account: i64) -> Option<i64> {
    with(view, |board| board.get(account)).flatten()
}

fn places(board: &Board<Numbers>, range: &Arange) -> Vec<RankRow> {
    board.at(range.first, range.count).map(RankRow::from).collect()
}

/// Look at the board.
fn with<T>(view: &View, look: impl FnOnce(&Board<Numbers>) -> T) -> Option<T> {
    let boards: &Boards = &view.boards.read();
    boards.numbers.get(BOARD).map(look)
}

data! {
    /// List the places that `arange` names, or the first ten.
    struct List {
        arange: Optional<Arange>,
    }
}

impl Op for List {
    const NAME: Name = ("rank", "list");
    const FAULTS: &'static [FaultKind] = &[];
    const EXAMPLE: &'static str = r#"{"arange": [1, 10]}"#;
    type Caller = Account;
    type Lane = Read;
    type Reply = Vec<RankRow>;

    fn run(self, view: &View, _: Account) -> Result<Vec<RankRow>, Fault> {
        let range = self.arange.0.unwrap_or_default();
        Ok(with(view, |board| places(board, &range)).unwrap_or_default())
    }
}

data! {
    /// List the places around an account: `span` on each side.
    struct Around {
        /// The account's id; the caller's where it is absent.
        user: Option<IntOrText>,
        /// How many places on each side; 5 where it is absent.
        span: Option<IntBetween<0, 100>>,
    }
}

impl Op for Around {
    const NAME: Name = ("rank", "around");
    const FAULTS: &'static [FaultKind] = &[FaultKind::NotFound];
    const EXAMPLE: &'static str = r#"{"span": 2}"#;
    type Caller = Account;
    type Lane = Read;
    type Reply = Vec<RankRow>;

    fn run(self, view: &View, caller: Account) -> Result<Vec<RankRow>, Fault> {
        let user = self.user.map_or(caller.id, |user| user.0);
        let span = self.span.map_or(super::SPAN, |span| span.0.unsigned_abs());
        with(view, |board| {
            let place = board.rank(user)?;
            let (first, count) = super::window(place, span);
            Some(places(board, &Arange { first, count }))
        })
        .flatten()
        .ok_or(Fault::NotFound("user".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_number_by_number() {
        let compare = |a, b| Version::parse(a).unwrap().compare(&Version::parse(b).unwrap());
        assert_eq!(compare("1.0.0", "1.0.0"), 0);
        assert_eq!((compare("1", "1.0.0"), compare("1.0.0.0", "1")), (0, 0));
        assert_eq!((compare("1.9", "1.10"), compare("1.10", "1.9")), (-1, 1));
        assert_eq!((compare("2", "1.9.9"), compare("0.9.9", "1")), (1, -1));
        assert_eq!(compare("1.2.0", "1.1.9"), 1);
        for other in ["", ".", "1.", ".1", "1..2", "v1", "1.0-beta", "+1", "1.99999999999999999999"]
        {
            assert!(Version::parse(other).is_none(), "{other:?}");
        }
    }
}
