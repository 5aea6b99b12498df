//! Which scores of a game are believed (`[score.checks.APP]`). Others are held until an operator has confirmed them; who
//! posted them is not told.

use super::round;
use engine::db::Tx;
use engine::fault::Fault;
use engine::quota::Quota;

/// Scores of a player in a minute, `per_minute`.
const POSTS: Quota = Quota { name: "score.checks.per_minute", window: 60 };

/// Why a score is held; `None` if it is believed. `step` says by how much it is better than what the player had.
pub fn doubt(
    tx: &mut Tx,
    app: &str,
    openid: &str,
    (score, step): (i64, i64),
    round: Option<&str>,
) -> Result<Option<&'static str>, Fault> {
    let Some(checks) = tx.config.score.checks.get(app).cloned() else { return Ok(None) };
    let mut doubt = None;
    if let Some(shortest) = checks.shortest_round {
        let round = round.ok_or_else(|| Fault::Missing("round".into()))?;
        if round::redeem(tx, app, openid, round)? < shortest {
            doubt = Some("the round was too short");
        }
    }
    if let Some(limit) = checks.per_minute {
        let key = format!("{app} {openid}");
        if POSTS.check(tx, &key, limit.into()).is_err() {
            doubt = doubt.or(Some("too many scores in a minute"));
        } else {
            POSTS.add(tx, &key, 1)?;
        }
    }
    let doubts = [
        (checks.max.is_some_and(|max| score > max), "above the highest score"),
        (checks.min.is_some_and(|min| score < min), "below the lowest score"),
        (checks.largest_step.is_some_and(|most| step > most), "too large a step"),
    ];
    Ok(doubts.into_iter().find(|(is_so, _)| *is_so).map(|(_, why)| why).or(doubt))
}
