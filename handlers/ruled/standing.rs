//! What a player has on a board with rules.

use super::RuledBoard;
use crate::handlers::new_players::{self, check_limits};
use engine::args;
use engine::boards::Change;
use engine::client::Client;
use engine::db::{Tx, View};
use engine::fault::Fault;

/// A player's points in a season, and when they were reached ([`engine::boards::SharedBoards::stamp`]).
pub fn find(
    view: &View,
    app: &str,
    season: i64,
    openid: &str,
) -> Result<Option<(i64, i64)>, Fault> {
    view.one(
        "SELECT points, reached_at FROM standing WHERE app = $1 AND season = $2 AND openid = $3",
        args![app, season, openid],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// A player of a board reaches `points` at `stamp`, in this season. `earlier` is what [`find`] found. Returns what the
/// player has now.
pub fn reach(
    tx: &mut Tx,
    (board, season): (&RuledBoard, i64),
    openid: &str,
    earlier: Option<(i64, i64)>,
    (points, stamp): (i64, i64),
    metadata: Option<&str>,
) -> Result<i64, Fault> {
    let app = board.name.as_str();
    let merged = board.rules.merge(earlier.map(|(points, _)| points), points);
    let Some((held, reached)) = earlier else {
        tx.execute(
            "INSERT INTO standing (app, season, openid, points, reached_at, metadata) VALUES ($1, $2, $3, $4, $5, $6)",
            args![app, season, openid, merged, stamp, metadata.unwrap_or_default()],
        )?;
        tell(tx, app, season, openid, (merged, stamp));
        return Ok(merged);
    };
    let counts = merged != held;
    // Another server's clock may be ahead of this one's: a player's stamps rise all the same.
    let stamp = if counts { stamp.max(reached.saturating_add(1)) } else { reached };
    // What comes with a score that does not count is not kept.
    let metadata = metadata.filter(|_| merged == points || counts);
    if counts || metadata.is_some() {
        tx.execute(
            "UPDATE standing SET points = $1, reached_at = $2, metadata = COALESCE($3, metadata)
              WHERE app = $4 AND season = $5 AND openid = $6",
            args![merged, stamp, metadata, app, season, openid],
        )?;
    }
    if counts {
        tell(tx, app, season, openid, (merged, stamp));
    } else if metadata.is_some() {
        tx.tell(Change::PlayersChanged { board: app.into() });
    }
    Ok(merged)
}

fn tell(tx: &mut Tx, app: &str, season: i64, openid: &str, (points, stamp): (i64, i64)) {
    let (board, player) = (app.into(), openid.into());
    tx.tell(Change::Stand { board, season, player, points, stamp });
}

/// Count a player who has nothing in this season yet, or refuse the player. Who was on the board in the season before is
/// known, and is never refused.
pub fn admit(
    tx: &mut Tx,
    client: Option<&Client>,
    app: &str,
    season: i64,
    openid: &str,
) -> Result<(), Fault> {
    let waited = new_players::keep(tx, app, openid)?;
    let is_known = waited > 0 || find(tx, app, season - 1, openid)?.is_some();
    if let Some(client) = client.filter(|_| !is_known) {
        check_limits(tx, client, app)?;
    }
    new_players::count(tx, app, (1, -waited))
}
