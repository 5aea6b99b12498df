//! `score/post` for boards with rules of their own.

use super::post::{Post, Posted, unplaced};
use crate::handlers::game::Metadata;
use crate::handlers::moderation::scores;
use crate::handlers::new_players::check_limits;
use crate::handlers::ruled::{RuledBoard, season, standing};
use crate::handlers::score_checks::doubt;
use crate::handlers::signing::Nonce;
use engine::boards::{Direction, PostCommit, Rule};
use engine::caller::Anyone;
use engine::db::Tx;
use engine::fault::Fault;
use engine::op::Op;

/// A post whose player and signature have been checked.
pub struct Posting {
    pub app: String,
    pub openid: String,
    pub score: i64,
    pub round: Option<String>,
    pub metadata: Option<Metadata>,
    pub nonce: Option<Nonce>,
}

/// Let a score count in the season in which this is committed.
pub fn post(tx: &mut Tx, caller: &Anyone, posting: Posting) -> Result<PostCommit<Posted>, Fault> {
    let Posting { app, openid, score, round, metadata, nonce } = posting;
    let unknown = || Fault::unknown(format_args!("the board {app} has no row"));
    let mut board = RuledBoard::find(tx, &app)?.ok_or_else(unknown)?;
    let season = season::current(tx, &board)?;
    board.season = season;
    let earlier = standing::find(tx, &app, season, &openid)?;
    let points = board.rules.points(score);
    let step = step(&board, earlier.map(|(points, _)| points), points);
    let is_new = earlier.is_none();
    let doubt = doubt(tx, &app, &openid, (score, step), round.as_deref())?;
    // While a score is held, what the player reaches is held as well.
    let is_held = is_new && scores::is_held(tx, &app, &openid)?;
    if doubt.is_some() || is_held {
        if is_new && !is_held {
            check_limits(tx, &caller.client(), &app)?;
        }
        let reached = tx.boards.stamp();
        scores::add_held(tx, &app, &openid, (score, reached), doubt.unwrap_or_default())?;
        if let Some(nonce) = nonce {
            nonce.spend(tx, &app, Post::NAME, &openid, false)?;
        }
        return Ok(unplaced(tx, app, openid, score));
    }
    if is_new {
        standing::admit(tx, Some(&caller.client()), &app, season, &openid)?;
    }
    let reached = (points, tx.boards.stamp());
    let metadata = metadata.as_ref().map(|Metadata(text)| text.as_str());
    let merged = standing::reach(tx, (&board, season), &openid, earlier, reached, metadata)?;
    if let Some(nonce) = nonce {
        nonce.spend(tx, &app, Post::NAME, &openid, is_new)?;
    }
    let score = board.rules.score(merged);
    Ok(tx.settle(move |boards| Posted::now_or_last(boards, (&app, &openid), score, is_new)))
}

/// By how much a post is better than what the player had; what it adds to a sum.
fn step(board: &RuledBoard, earlier: Option<i64>, points: i64) -> i64 {
    match (board.rules.rule, board.rules.order, earlier) {
        (Rule::Sum, ..) => board.rules.score(points),
        (_, _, Some(earlier)) => points.saturating_sub(earlier),
        (_, Direction::Highest, None) => points,
        // The first of the low scores is no step from anything.
        (_, Direction::Lowest, None) => 0,
    }
}
