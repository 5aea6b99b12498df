//! Ending seasons: where nobody posts, and where an operator says so.

use super::{RuledBoard, season};
use engine::db::{Db, Tx};
use engine::fault::Fault;

/// End the seasons of these boards whose time has come.
pub fn run(db: &Db, boards: Vec<RuledBoard>) -> Result<(), Fault> {
    let now = db.view().clock.steady();
    for board in boards.into_iter().filter(|board| board.period.ends()) {
        if board.period.number(&board.time_zone()?, now) != board.period_number + 1 {
            continue;
        }
        db.write(move |tx| {
            tx.turn("season", &board.name)?;
            match RuledBoard::find(tx, &board.name)? {
                Some(board) => season::current(tx, &board).map(drop),
                None => Ok(()),
            }
        })?;
    }
    Ok(())
}

/// End a season now if it is the current one, in the transaction of whoever has the boards in memory. A season that would have ended by
/// itself goes on as the next one until then.
pub fn run_close(tx: &mut Tx, name: &str, season: i64) -> Result<(), Fault> {
    tx.turn("season", name)?;
    let board = RuledBoard::find(tx, name)?.filter(|board| board.season == season);
    let Some(board) = board else { return Ok(()) };
    let now = tx.clock.steady();
    season::next(tx, &board, board.period_number, now)
}

/// Catch up with the clock, however many seasons have passed: one ends, and the present one begins. Those between had
/// nobody to play in them.
pub fn run_advance(tx: &mut Tx, name: &str) -> Result<(), Fault> {
    tx.turn("season", name)?;
    let Some(board) = RuledBoard::find(tx, name)? else { return Ok(()) };
    if !board.period.ends() {
        return Ok(());
    }
    let zone = board.time_zone()?;
    let number = board.period.number(&zone, tx.clock.steady());
    if number <= board.period_number {
        return Ok(());
    }
    // It ended when the period after its own began.
    let ended = board.period.begins(&zone, board.period_number + 1).unwrap_or(board.began_at);
    season::next(tx, &board, number, ended)
}
