//! `score/post`: a player has reached a score.

use super::KEEP;
use super::post_ruled::{self, Posting};
use crate::handlers::boards::{check_allowed, open_board};
use crate::handlers::game::{AppName, Metadata, OpenId};
use crate::handlers::moderation::scores;
use crate::handlers::new_players::{add_score, check_limits};
use crate::handlers::score_checks::doubt;
use crate::handlers::signing::{self, Post as Signed};
use crate::handlers::{identity, round};
use engine::boards::{Boards, Change, PostCommit};
use engine::caller::Anyone;
use engine::data::IntBetween;
use engine::db::{Tx, View};
use engine::fault::{Fault, FaultKind};
use engine::op::{Name, Op, Write};
use engine::{args, data};
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::Arc;

data! {
    /// Post a player's score. The board keeps the highest, unless it has rules of its own.
    pub struct Post {
        app: AppName,
        openid: OpenId,
        /// The score.
        score: IntBetween<0, { i64::MAX }>,
        /// The ticket of `round/start`, where the game asks for one.
        round: Option<String>,
        /// What the game adds to the score, at most 256 bytes: for boards with rules of their own.
        metadata: Option<Metadata>,
    }
}

/// How the player stands now.
#[derive(Serialize, JsonSchema)]
pub struct Posted {
    /// What counts: the highest so far, or what the rules of the board say.
    pub score: i64,
    /// The player's place, from 1.
    pub rank: u64,
    /// The player's first score, of the season where the board has seasons.
    pub new: bool,
    /// The season in which it counts; absent where the board has no rules of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub season: Option<i64>,
}

impl Posted {
    /// How a player stands on a board now.
    pub fn now(boards: &Boards, app: &str, openid: &str, new: bool) -> Option<Self> {
        let row = boards.texts.place(app, openid)?;
        let season = boards.texts.rules(app).map(|(_, season)| season);
        Some(Posted { score: row.score, rank: row.place, new, season })
    }

    /// The same; where the board lacks the player, with `score` and behind all others.
    pub fn now_or_last(
        boards: &Boards,
        (app, openid): (&str, &str),
        score: i64,
        new: bool,
    ) -> Self {
        Self::now(boards, app, openid, new).unwrap_or_else(|| {
            let rank = boards.texts.get(app).map_or(1, |board| board.len() as u64 + 1);
            let season = boards.texts.rules(app).map(|(_, season)| season);
            Posted { score, rank, new, season }
        })
    }
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
        let Post { app, openid, score: IntBetween(score), round, metadata } = self;
        let app = app.name().to_owned();
        identity::check(tx, &caller, &app, &openid)?;
        let OpenId(openid) = openid;
        let nonce = match signing::admit(tx, &caller, &app, Self::NAME, &openid)? {
            Signed::New(nonce) => nonce,
            Signed::Repeated { is_new } => return Ok(present(tx, app, openid, is_new)),
        };
        let is_ruled = tx.boards.read().texts.rules(&app).is_some();
        if is_ruled {
            let posting = Posting { app, openid, score, round, metadata, nonce };
            return post_ruled::post(tx, &caller, posting);
        }
        if metadata.is_some() {
            return Err(Fault::value(
                "metadata",
                "the board has no rules of its own, and keeps none",
            ));
        }
        check_allowed(&tx.config.score, &app)?;
        let reached = tx.boards.stamp();
        // A player who is taken off the board in this group has no row: a score would be on the board alone.
        let best = highest(tx, &app, &openid).filter(|_| !tx.takes_off(&app, &openid));
        // Only checks ask for what was posted a moment ago, by the same batch.
        let is_checked = tx.config.score.checks.contains_key(&app);
        let earlier = if is_checked { best.max(tx.told_best(&app, &openid)) } else { best };
        let step = score.saturating_sub(earlier.unwrap_or(0));
        if let Some(doubt) = doubt(tx, &app, &openid, (score, step), round.as_deref())? {
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
            // A board that is full lacks the player.
            Posted::now_or_last(boards, (&app, &openid), score, is_new)
        }))
    }
}

/// The player's highest score, as of the last commit.
fn highest(view: &View, app: &str, openid: &str) -> Option<i64> {
    view.boards.read().texts.get(app).and_then(|board| board.get(openid))
}

/// The answer to a post whose score is held: the player's place so far, or behind all others.
pub fn unplaced(tx: &mut Tx, app: String, openid: String, score: i64) -> PostCommit<Posted> {
    tx.settle(move |boards| Posted::now_or_last(boards, (&app, &openid), score, false))
}

/// The answer to a post that was made before: the player's current place.
fn present(tx: &mut Tx, app: String, openid: String, new: bool) -> PostCommit<Posted> {
    tx.settle(move |boards| {
        let absent = Posted { score: 0, rank: 0, new, season: None };
        Posted::now(boards, &app, &openid, new).unwrap_or(absent)
    })
}
