//! Scores of mini-games, a board a game (contract page `pinball.md`; seed 001).

mod around;
mod board;
mod get;
mod of;
mod post;
mod post_ruled;
mod rows;
mod top;

use engine::args;
use engine::db::{DeferredWrite, View};
use engine::fault::Fault;
use engine::leaderboard::{Builder, Texts};
use engine::op::{RegisteredTwice, Registry};
use std::collections::HashMap;

pub fn register(registry: &mut Registry) -> Result<(), RegisteredTwice> {
    registry
        .op::<post::Post>()?
        .op::<get::Get>()?
        .op::<top::Top>()?
        .op::<around::Around>()?
        .op::<of::Of>()?
        .op::<board::Board>()?;
    Ok(())
}

/// Build all boards from their rows.
pub fn load(view: &View) -> Result<(), Fault> {
    let mut boards: HashMap<String, Builder<Texts>> = HashMap::new();
    view.all("SELECT name FROM app", args![], |row| {
        boards.insert(row.get(0)?, Builder::new());
        Ok(())
    })?;
    view.all("SELECT app, openid, score, reached_at FROM score", args![], |row| {
        let (app, openid): (String, String) = (row.get(0)?, row.get(1)?);
        let reached = row.get(3)?;
        view.boards.seen(reached);
        boards.entry(app).or_default().push(&openid, row.get(2)?, reached).map_err(Fault::unknown)
    })?;
    let mut loaded = view.boards.write();
    for (app, board) in boards {
        loaded.texts.put(app, board.finish());
    }
    Ok(())
}

/// Keep a known player's score on the disk: nobody reads it there until the next start. A player who was taken off the
/// board meanwhile has no row, and gets none; what was reached before a player was taken off does not go into the row of a
/// later post. PostgreSQL has other servers' stamps, whose clocks may differ.
pub const KEEP: DeferredWrite = DeferredWrite {
    name: "best",
    table: "score",
    // `given` is there because parameters must first appear in order; nothing reads it.
    sql: "WITH given AS (SELECT $1, $2)
          UPDATE score SET score = $3, reached_at = $4
           WHERE app = $1 AND openid = $2 AND score.score < $3 AND score.reached_at < $4",
    postgres_batch: "INSERT INTO score (app, openid, score, reached_at)
           SELECT app, openid, (row->1->>0)::bigint, (row->1->>1)::bigint
             FROM json_array_elements($1::json) AS row
             JOIN score ON app = row->0->>0 AND openid = row->0->>1
           ON CONFLICT (app, openid) DO UPDATE
              SET score = excluded.score, reached_at = excluded.reached_at
            WHERE excluded.score > score.score",
};

/// Keep any score, of an unknown player too. Versions before the third step of the schema deferred it, so journals may
/// still have it.
pub const KEEP_ANY: DeferredWrite = DeferredWrite {
    name: "score",
    table: "score",
    sql: "INSERT INTO score (app, openid, score, reached_at) VALUES ($1, $2, $3, $4)
          ON CONFLICT (app, openid) DO UPDATE
             SET score = excluded.score, reached_at = excluded.reached_at
           WHERE excluded.score > score.score",
    postgres_batch: KEEP.postgres_batch,
};
