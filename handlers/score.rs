//! High scores of mini-games, a board a game (contract page `pinball.md`; seed 001).

use super::boards::{check_allowed, open_board};
use super::game::{AppName, OpenId};
use super::identity;
use super::moderation::scores;
use super::new_players::{add_score, check_limits};
use super::player::faces;
use super::round;
use super::score_checks::doubt;
use super::signing::{self, Post as Signed};
use engine::boards::{Change, PostCommit, TopPage, TopRows};
use engine::caller::Anyone;
use engine::data::{IntBetween, Optional};
use engine::db::{DeferredWrite, Tx, View};
use engine::fault::{Fault, FaultKind};
use engine::leaderboard::{Board, Builder, Row, Texts};
use engine::op::{Name, Op, Read, RegisteredTwice, Registry, Write};
use engine::{args, data};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::Arc;

pub fn register(registry: &mut Registry) -> Result<(), RegisteredTwice> {
    registry.op::<Post>()?.op::<Get>()?.op::<Top>()?.op::<Around>()?;
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

data! {
    /// Post a player's score. The board keeps the highest.
    struct Post {
        app: AppName,
        openid: OpenId,
        /// The score.
        score: IntBetween<0, { i64::MAX }>,
        /// The ticket of `round/start`, where the game asks for one.
        round: Option<String>,
    }
}

/// How the player stands now.
#[derive(Serialize, JsonSchema)]
struct Posted {
    /// The highest so far.
    score: i64,
    /// The player's place, from 1.
    rank: u64,
    /// The player's first score.
    new: bool,
}

impl Op for Post {
    const NAME: Name = ("score", "post");
    const FAULTS: &'static [FaultKind] = &[
        FaultKind::LimitReached,
        FaultKind::Signature,
        FaultKind::NoSpace,
        FaultKind::NoCredentials,
        FaultKind::BadToken,
        FaultKind::NotOwner,
        FaultKind::Declared(&round::WRONG),
    ];
    const EXAMPLE: &'static str = r#"{"app": "pinball", "openid": "player-1", "score": 900}"#;
    type Caller = Anyone;
    type Lane = Write;
    type Reply = PostCommit<Posted>;
    // Players that are known always post; `add_score` refuses new ones.
    const NEEDS_SPACE: bool = false;

    fn run(self, tx: &mut Tx, caller: Anyone) -> Result<PostCommit<Posted>, Fault> {
        let Post { app, openid, score: IntBetween(score), round } = self;
        let app = app.name().to_owned();
        identity::check(tx, &caller, &app, &openid)?;
        let OpenId(openid) = openid;
        let nonce = match signing::admit(tx, &caller, &app, Self::NAME, &openid)? {
            Signed::New(nonce) => nonce,
            Signed::Repeated { is_new } => return Ok(present(tx, app, openid, is_new)),
        };
        check_allowed(&tx.config.score, &app)?;
        let reached = tx.boards.stamp();
        // A player who is taken off the board in this group has no row: a score would be on the board alone.
        let best = highest(tx, &app, &openid).filter(|_| !tx.takes_off(&app, &openid));
        if let Some(doubt) = doubt(tx, &app, &openid, (score, best), round.as_deref())? {
            if best.is_none() && !scores::is_held(tx, &app, &openid)? {
                let client = caller.client();
                open_board(tx, &client, &app)?;
                check_limits(tx, &client, &app)?;
            }
            scores::add_held(tx, &app, &openid, (score, reached), doubt)?;
            if let Some(nonce) = nonce {
                nonce.spend(tx, &app, Self::NAME, &openid, false)?;
            }
            return Ok(unplaced(tx, app, openid, score));
        }
        let mut counts = true;
        let is_new = match best {
            // What is no higher than what the board has already never will be.
            Some(held) if held >= score => {
                counts = false;
                false
            }
            Some(_) => {
                tx.defer(&KEEP, args![&app, &openid], args![score, reached]);
                false
            }
            None => {
                if scores::is_held(tx, &app, &openid)? {
                    scores::add_held(tx, &app, &openid, (score, reached), "")?;
                    return Ok(unplaced(tx, app, openid, score));
                }
                let client = caller.client();
                open_board(tx, &client, &app)?;
                let is_new = add_score(tx, &client, (&app, &openid), score, reached)?;
                if !is_new {
                    tx.defer(&KEEP, args![&app, &openid], args![score, reached]);
                }
                is_new
            }
        };
        if let Some(nonce) = nonce {
            nonce.spend(tx, &app, Self::NAME, &openid, is_new)?;
        }
        let (board, player): (Arc<str>, Arc<str>) = (app.into(), openid.into());
        let (app, openid) = (Arc::clone(&board), Arc::clone(&player));
        if counts {
            tx.tell(Change::Best { board, player, score, stamp: reached });
        }
        Ok(tx.settle(move |boards| {
            let board = boards.texts.get(&app);
            let row = board.and_then(|board| board.row(&openid));
            // A board that is full lacks the player.
            let last = || board.map_or(1, |board| board.len() as u64 + 1);
            let (score, rank) = row.map_or_else(|| (score, last()), |row| (row.score, row.place));
            Posted { score, rank, new: is_new }
        }))
    }
}

/// The player's highest score, as of the last commit.
fn highest(view: &View, app: &str, openid: &str) -> Option<i64> {
    view.boards.read().texts.get(app).and_then(|board| board.get(openid))
}

/// The answer to a post whose score is held: the player's place so far, or behind all others.
fn unplaced(tx: &mut Tx, app: String, openid: String, score: i64) -> PostCommit<Posted> {
    tx.settle(move |boards| {
        let board = boards.texts.get(&app);
        let last = || board.map_or(1, |board| board.len() as u64 + 1);
        let row = board.and_then(|board| board.row(&openid));
        let (score, rank) = row.map_or_else(|| (score, last()), |row| (row.score, row.place));
        Posted { score, rank, new: false }
    })
}

/// The answer to a post that was made before: the player's current place.
fn present(tx: &mut Tx, app: String, openid: String, new: bool) -> PostCommit<Posted> {
    tx.settle(move |boards| {
        let row = boards.texts.get(&app).and_then(|board| board.row(&openid));
        let (score, rank) = row.map_or((0, 0), |row| (row.score, row.place));
        Posted { score, rank, new }
    })
}

data! {
    /// Get a player's highest score and place.
    struct Get {
        app: AppName,
        openid: OpenId,
    }
}

/// Where a player stands.
#[derive(Serialize, JsonSchema)]
struct Standing {
    /// The player's highest score.
    score: i64,
    /// The player's place, from 1.
    rank: u64,
}

impl Op for Get {
    const NAME: Name = ("score", "get");
    const FAULTS: &'static [FaultKind] =
        &[FaultKind::NotFound, FaultKind::NoCredentials, FaultKind::BadToken, FaultKind::NotOwner];
    const EXAMPLE: &'static str = r#"{"app": "pinball", "openid": "player-1"}"#;
    type Caller = Anyone;
    type Lane = Read;
    type Reply = Standing;

    fn run(self, view: &View, caller: Anyone) -> Result<Standing, Fault> {
        identity::check(view, &caller, self.app.name(), &self.openid)?;
        let boards = view.boards.read();
        let row = boards.texts.get(self.app.name()).and_then(|board| board.row(&self.openid.0));
        let row = row.ok_or(Fault::NotFound("openid".into()))?;
        Ok(Standing { score: row.score, rank: row.place })
    }
}

/// One place of a board, as everyone may see it: without the openid, which is all that a post
/// needs.
#[derive(Serialize, JsonSchema)]
struct ScoreRow {
    /// The player's name; empty where it was never told.
    nickname: Option<String>,
    /// The address of the player's picture; empty where it was never told.
    avatar: Option<String>,
    /// The highest score.
    score: i64,
    /// The place, from 1.
    rank: u64,
    /// `true` on the row of the player that was asked for; absent on others.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    me: bool,
}

data! {
    /// List the best players of a game.
    struct Top {
        app: AppName,
        /// How many places; 100 where it is absent.
        limit: Optional<IntBetween<1, 1000>>,
        /// Whether nickname and avatar of players who told nothing of themselves are `null` instead of
        /// empty.
        null_faces: Option<bool>,
    }
}

impl Op for Top {
    const NAME: Name = ("score", "top");
    const FAULTS: &'static [FaultKind] = &[];
    const EXAMPLE: &'static str = r#"{"app": "pinball", "limit": 10}"#;
    type Caller = Anyone;
    type Lane = Read;
    type Reply = TopRows<ScoreRow>;

    fn run(self, view: &View, _: Anyone) -> Result<TopRows<ScoreRow>, Fault> {
        let app = self.app.name();
        let count = self.limit.0.map_or(100, |limit| limit.0);
        let count = usize::try_from(count).unwrap_or(100);
        let unknown = if self.null_faces == Some(true) { None } else { Some("") };
        let form = usize::from(unknown.is_none());
        let (kept, version) = {
            let boards = view.boards.read();
            (boards.texts.page(app, form, count), boards.texts.version(app))
        };
        if let Some(page) = kept {
            return Ok(page.first(count));
        }
        let rows = rows(view, &self.app, |_| Some((1, count)));
        let places = places(view, &self.app, rows.unwrap_or_default(), None, unknown)?;
        let page = TopPage::new(&places, count).map_err(Fault::unknown)?;
        if let Some(version) = version {
            view.boards.read().texts.keep(app, form, version, &page);
        }
        Ok(page.first(count))
    }
}

data! {
    /// List the places around a player: `span` on each side.
    struct Around {
        app: AppName,
        openid: OpenId,
        /// How many places on each side; 5 where it is absent.
        span: Option<IntBetween<0, 100>>,
    }
}

impl Op for Around {
    const NAME: Name = ("score", "around");
    const FAULTS: &'static [FaultKind] = &[FaultKind::NotFound];
    const EXAMPLE: &'static str = r#"{"app": "pinball", "openid": "player-1", "span": 2}"#;
    type Caller = Anyone;
    type Lane = Read;
    type Reply = Vec<ScoreRow>;

    fn run(self, view: &View, _: Anyone) -> Result<Vec<ScoreRow>, Fault> {
        let span = self.span.map_or(super::SPAN, |span| span.0.unsigned_abs());
        let openid = self.openid.0;
        let rows = rows(view, &self.app, |board| {
            board.rank(&openid).map(|place| super::window(place, span))
        });
        let rows = rows.ok_or(Fault::NotFound("openid".into()))?;
        places(view, &self.app, rows, Some(&openid), Some(""))
    }
}

/// The rows of a window that is chosen by looking at the board; `None` where there is none.
fn rows(
    view: &View,
    app: &AppName,
    window: impl FnOnce(&Board<Texts>) -> Option<(u64, usize)>,
) -> Option<Vec<Row<String>>> {
    let boards = view.boards.read();
    let board = boards.texts.get(app.name())?;
    let (first, count) = window(board)?;
    let own = |row: Row<&str>| Row { place: row.place, owner: row.owner.into(), score: row.score };
    Some(board.at(first, count).map(own).collect())
}

/// Rows with what their players are called and look like, or `unknown` where that was never told.
fn places(
    view: &View,
    app: &AppName,
    rows: Vec<Row<String>>,
    me: Option<&str>,
    unknown: Option<&str>,
) -> Result<Vec<ScoreRow>, Fault> {
    let players: Vec<&str> = rows.iter().map(|row| row.owner.as_str()).collect();
    let mut faces = faces(view, app, &players)?;
    let place = |row: Row<String>| {
        let unknown = || unknown.map(str::to_owned);
        let (nickname, avatar) = match faces.remove(&row.owner) {
            Some((nickname, avatar)) => (Some(nickname), Some(avatar)),
            None => (unknown(), unknown()),
        };
        let me = me == Some(row.owner.as_str());
        ScoreRow { nickname, avatar, score: row.score, rank: row.place, me }
    };
    Ok(rows.into_iter().map(place).collect())
}
