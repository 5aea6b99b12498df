//! What a person should look at: content that somebody reported, or that has a word which the list holds.

use engine::args;
use engine::db::{Db, Tx, View};
use engine::fault::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Removes decisions after 30 days.
pub const SWEEP: &str = "DELETE FROM review WHERE decision <> '' AND decided_at <= $1 - 2592000";

/// The kind of a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A notice; its id.
    Notice,
    /// A shop; its id.
    Shop,
    /// An account; its id.
    Account,
    /// A player of a game; the game and the openid, with a space between.
    Player,
}

impl Kind {
    /// All of them, each with its name in the database.
    const ALL: [(Kind, &'static str); 4] = [
        (Kind::Notice, "notice"),
        (Kind::Shop, "shop"),
        (Kind::Account, "account"),
        (Kind::Player, "player"),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        Kind::ALL[self as usize].1
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        Kind::ALL.into_iter().find(|(_, own)| *own == name).map(|(kind, _)| kind)
    }

    /// The table of content that can be hidden.
    fn table(self) -> Option<&'static str> {
        match self {
            Kind::Notice => Some("property"),
            Kind::Shop => Some("shop"),
            Kind::Account | Kind::Player => None,
        }
    }

    /// Where a thing is looked up by its id.
    fn select(self) -> Option<&'static str> {
        Some(match self {
            Kind::Notice => "SELECT title FROM property WHERE id = $1",
            Kind::Shop => "SELECT name FROM shop WHERE id = $1",
            Kind::Account => "SELECT nickname FROM account WHERE id = $1",
            Kind::Player => return None,
        })
    }
}

/// What a thing is called; `None` if there is none.
pub fn title(view: &View, kind: Kind, target: &str) -> Result<Option<String>, Fault> {
    let Some(sql) = kind.select() else {
        let Some((app, openid)) = target.split_once(' ') else { return Ok(None) };
        let sql = "SELECT nickname FROM player WHERE app = $1 AND openid = $2";
        return view.one(sql, args![app, openid], |row| row.get(0));
    };
    match target.parse::<i64>() {
        Ok(id) => view.one(sql, args![id], |row| row.get(0)),
        Err(_) => Ok(None),
    }
}

/// Open a review, or reopen it if the same account reports the same thing again.
pub fn add(
    tx: &mut Tx,
    kind: Kind,
    target: &str,
    reporter: i64,
    reason: &str,
) -> Result<(), Fault> {
    let (id, now) = (tx.next_id("review")?, tx.clock.now());
    tx.execute(
        "INSERT INTO review (id, kind, target, reporter, reason, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (kind, target, reporter) DO UPDATE
            SET reason = excluded.reason, created_at = excluded.created_at, decision = '', decided_at = 0",
        args![id, kind.name(), target, reporter, reason, now],
    )?;
    Ok(())
}

/// Ask for a review because of a word of the list, if there is one; content is hidden until it is decided.
pub fn hold(tx: &mut Tx, kind: Kind, target: &str, word: Option<&str>) -> Result<(), Fault> {
    let Some(word) = word else { return Ok(()) };
    if let (Some(table), Ok(id)) = (kind.table(), target.parse::<i64>()) {
        let sql = format!("UPDATE {table} SET hidden = 1 WHERE id = $1");
        tx.execute(&sql, args![id])?;
    }
    add(tx, kind, target, 0, word)
}

/// An account is removed: what it reported goes, and what was reported of it.
pub fn forget(tx: &mut Tx, account: i64) -> Result<(), Fault> {
    tx.execute("DELETE FROM review WHERE reporter = $1", args![account])?;
    let sql = "DELETE FROM review WHERE kind = 'account' AND target = $1";
    tx.execute(sql, args![&account.to_string()])?;
    Ok(())
}

/// How many reviews are open; counts no further than `most`.
pub fn open_reviews(view: &View, most: i64) -> Result<i64, Fault> {
    let sql = "SELECT count(*) FROM (SELECT 1 FROM review WHERE decision = '' LIMIT $1) AS open";
    Ok(view.one(sql, args![most], |row| row.get(0))?.unwrap_or(0))
}

/// An open review.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Listed {
    /// Its id.
    pub id: i64,
    /// What it is about: `notice`, `shop`, `account` or `player`.
    pub kind: String,
    /// The id of that; of a player the game and the openid.
    pub target: String,
    /// What it is called; empty if it is gone.
    pub title: String,
    /// The account that reported it; 0 where a word of the list is the reason.
    pub reporter: i64,
    /// Why: what the reporter wrote, or the word.
    pub reason: String,
    /// Since when, as the wire writes a time.
    pub since: String,
}

/// The `limit` oldest open reviews.
pub fn list(db: &Db, limit: i64) -> Result<Vec<Listed>, Fault> {
    let view = db.view();
    let sql = "SELECT id, kind, target, reporter, reason, created_at FROM review
                WHERE decision = '' ORDER BY id LIMIT $1";
    let mut listed = view.all(sql, args![limit], |row| {
        Ok(Listed {
            id: row.get(0)?,
            kind: row.get(1)?,
            target: row.get(2)?,
            title: String::new(),
            reporter: row.get(3)?,
            reason: row.get(4)?,
            since: view.clock.format(row.get(5)?),
        })
    })?;
    for review in &mut listed {
        if let Some(kind) = Kind::named(&review.kind) {
            review.title = title(&view, kind, &review.target)?.unwrap_or_default();
        }
    }
    Ok(listed)
}
