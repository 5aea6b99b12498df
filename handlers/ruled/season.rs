//! Which season it is.

use super::RuledBoard;
use engine::args;
use engine::boards::Change;
use engine::db::Tx;
use engine::fault::Fault;

/// The season to which a score belongs that is posted now. The first one after a boundary ends the season, whether or not
/// anything ran at midnight. A clock that was set back begins no season again.
pub fn current(tx: &mut Tx, board: &RuledBoard) -> Result<i64, Fault> {
    if !board.period.ends() {
        return Ok(board.season);
    }
    let zone = board.time_zone()?;
    let number = board.period.number(&zone, tx.clock.steady());
    if number != board.period_number + 1 {
        // Where it is more, an operator decides (`guichet board advance`): a machine that starts with a wrong year must
        // not end a season.
        return Ok(board.season);
    }
    let begins = board.period.begins(&zone, number).unwrap_or(board.began_at);
    next(tx, board, number, begins)?;
    Ok(board.season + 1)
}

/// Would more than one season have ended by now? Then the board waits for the operator.
pub fn waits(board: &RuledBoard, now: i64) -> Result<bool, Fault> {
    if !board.period.ends() {
        return Ok(false);
    }
    Ok(board.period.number(&board.time_zone()?, now) > board.period_number + 1)
}

/// End the current season at `at`, in seconds since 1970: the next one lies in the period `period_number`. Scores that are held
/// end with their season.
pub fn next(tx: &mut Tx, board: &RuledBoard, period_number: i64, at: i64) -> Result<(), Fault> {
    let changed = tx.execute(
        "UPDATE board SET season = season + 1, period_number = $1, began_at = $2 WHERE name = $3 AND season = $4",
        args![period_number, at, &board.name, board.season],
    )?;
    if changed == 0 {
        return Ok(());
    }
    let is_to_be_told = tx.config.score.webhooks.contains_key(&board.name);
    tx.execute(
        "INSERT INTO season (app, number, began_at, ended_at, players, told_at, attempts, try_at)
         VALUES ($1, $2, $3, $4, NULL, $5, 0, 0)",
        args![&board.name, board.season, board.began_at, at, (!is_to_be_told).then_some(0_i64)],
    )?;
    tx.execute("UPDATE app SET players = 0 WHERE name = $1", args![&board.name])?;
    tx.execute("DELETE FROM held_score WHERE app = $1", args![&board.name])?;
    tx.tell(Change::Season { board: board.name.as_str().into(), season: board.season + 1 });
    Ok(())
}
