//! High scores of mini-games, a board a game (contract page `pinball.md`; seed 001).

use super::game::{AppName, OpenId, check_signature, open_board};
use super::player::faces;
use engine::board::{Board, Builder, Row, Texts};
use engine::boards::{First, Page, Settled};
use engine::caller::Anyone;
use engine::data::Within;
use engine::db::{Deferred, Tx, View};
use engine::fault::Fault;
use engine::op::{Name, Op, Read, RegisteredTwice, Registry, Write};
use engine::{args, data};
use serde::Serialize;
use std::collections::HashMap;

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

/// Keep a player's score on the disk: nobody reads it there until the next start.
pub const KEEP: Deferred = Deferred {
    name: "score",
    table: "score",
    sql: "INSERT INTO score (app, openid, score, reached_at) VALUES ($1, $2, $3, $4)
          ON CONFLICT (app, openid) DO UPDATE
             SET score = excluded.score, reached_at = excluded.reached_at
           WHERE excluded.score > score.score",
};

data! {
    /// Tell a player's score; the board keeps the highest.
    struct Post {
        app: AppName,
        openid: OpenId,
        score: Within<0, { i64::MAX }>,
    }
}

/// How the player stands now.
#[derive(Serialize)]
struct Posted {
    /// The highest so far.
    score: i64,
    rank: u64,
    /// The player's first score.
    new: bool,
}

impl Op for Post {
    const NAME: Name = ("score", "post");
    type Caller = Anyone;
    type Lane = Write;
    type Reply = Settled<Posted>;
    // Players that are known always post; `run` refuses new ones.
    const NEEDS_SPACE: bool = false;

    fn run(self, tx: &mut Tx, caller: Anyone) -> Result<Settled<Posted>, Fault> {
        let Post { app, openid: OpenId(openid), score: Within(score) } = self;
        check_signature(tx, &caller, &app)?;
        open_board(tx, &app)?;
        let reached = tx.boards.stamp();
        let app = app.name().to_owned();
        if let Err(no_space) = tx.disk.check()
            && !is_known(tx, &app, &openid)
        {
            return Err(no_space);
        }
        // What is no higher than what the board has already never will be.
        if is_higher(tx, &app, &openid, score) {
            tx.defer(&KEEP, args![&app, &openid], args![score, reached]);
        }
        Ok(tx.on_boards(move |boards| {
            let board = boards.texts.open(&app);
            let change = board.best(&openid, score, reached);
            let new = match change {
                Ok(change) => change.is_new(),
                Err(refused) => {
                    tracing::error!(%refused, "a board lacks a player until the next start");
                    true
                }
            };
            let (score, rank) = board
                .row(&openid)
                .map_or((score, board.len() as u64 + 1), |row| (row.score, row.place));
            Posted { score, rank, new }
        }))
    }
}

/// Does the player have a score, as of the last commit?
fn is_known(view: &View, app: &str, openid: &str) -> bool {
    let boards = view.boards.read();
    boards.texts.get(app).is_some_and(|board| board.get(openid).is_some())
}

/// Is a score higher than the player's highest, as of the last commit?
fn is_higher(view: &View, app: &str, openid: &str, score: i64) -> bool {
    let boards = view.boards.read();
    boards.texts.get(app).and_then(|board| board.get(openid)).is_none_or(|held| score > held)
}

data! {
    /// A player's highest score and its place.
    struct Get {
        app: AppName,
        openid: OpenId,
    }
}

/// Where a player stands.
#[derive(Serialize)]
struct Standing {
    score: i64,
    rank: u64,
}

impl Op for Get {
    const NAME: Name = ("score", "get");
    type Caller = Anyone;
    type Lane = Read;
    type Reply = Standing;

    fn run(self, view: &View, _: Anyone) -> Result<Standing, Fault> {
        let boards = view.boards.read();
        let row = boards.texts.get(self.app.name()).and_then(|board| board.row(&self.openid.0));
        let row = row.ok_or(Fault::Absent("openid".into()))?;
        Ok(Standing { score: row.score, rank: row.place })
    }
}

/// One place of a board, as everyone may see it: without the openid, which is all that a post
/// needs.
#[derive(Serialize)]
struct Place {
    nickname: String,
    avatar: String,
    score: i64,
    rank: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    me: bool,
}

data! {
    /// The best players.
    struct Top {
        app: AppName,
        limit: Option<Within<1, 1000>>,
    }
}

impl Op for Top {
    const NAME: Name = ("score", "top");
    type Caller = Anyone;
    type Lane = Read;
    type Reply = First;

    fn run(self, view: &View, _: Anyone) -> Result<First, Fault> {
        let app = self.app.name();
        let count = self.limit.map_or(100, |limit| limit.0);
        let count = usize::try_from(count).unwrap_or(100);
        let (kept, version) = {
            let boards = view.boards.read();
            (boards.texts.page(app, count), boards.texts.version(app))
        };
        if let Some(page) = kept {
            return Ok(page.first(count));
        }
        let rows = rows(view, &self.app, |_| Some((1, count)));
        let places = places(view, &self.app, rows.unwrap_or_default(), None)?;
        let page = Page::new(&places, count).map_err(Fault::unknown)?;
        if let Some(version) = version {
            view.boards.read().texts.keep(app, version, &page);
        }
        Ok(page.first(count))
    }
}

data! {
    /// The places around a player: `span` on each side.
    struct Around {
        app: AppName,
        openid: OpenId,
        span: Option<Within<0, 100>>,
    }
}

impl Op for Around {
    const NAME: Name = ("score", "around");
    type Caller = Anyone;
    type Lane = Read;
    type Reply = Vec<Place>;

    fn run(self, view: &View, _: Anyone) -> Result<Vec<Place>, Fault> {
        let span = self.span.map_or(super::SPAN, |span| span.0.unsigned_abs());
        let openid = self.openid.0;
        let rows = rows(view, &self.app, |board| {
            board.rank(&openid).map(|place| super::window(place, span))
        });
        places(view, &self.app, rows.ok_or(Fault::Absent("openid".into()))?, Some(&openid))
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

/// Rows with what their players are called and look like.
fn places(
    view: &View,
    app: &AppName,
    rows: Vec<Row<String>>,
    me: Option<&str>,
) -> Result<Vec<Place>, Fault> {
    let players: Vec<&str> = rows.iter().map(|row| row.owner.as_str()).collect();
    let mut faces = faces(view, app, &players)?;
    let place = |row: Row<String>| {
        let (nickname, avatar) = faces.remove(&row.owner).unwrap_or_default();
        let me = me == Some(row.owner.as_str());
        Place { nickname, avatar, score: row.score, rank: row.place, me }
    };
    Ok(rows.into_iter().map(place).collect())
}
