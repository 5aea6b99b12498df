//! Names that an account left: for 30 days nobody else gets them, so that nobody passes for who was
//! called so until the day before.
//!
//! Of the name only keyed hashes are kept. The key is that of the encrypted columns, which is not in the
//! database: who reads the table alone can't try names until one fits. Without the key no name is held.

use engine::args;
use engine::db::{Tx, View};
use engine::fault::Fault;
use std::collections::BTreeSet;
use std::time::Duration;

/// How long a name is held.
const HELD: Duration = Duration::from_hours(30 * 24);

/// The purpose of the hashes. The same key makes different hashes for other purposes.
const PURPOSE: &str = "name";

/// Removes names whose hold has ended.
pub const SWEEP: &str = "DELETE FROM name_hold WHERE expires_at <= $1";

/// Hold the name that `account` leaves, for all but that account.
pub fn hold(tx: &mut Tx, account: i64, name: &str) -> Result<(), Fault> {
    let until = tx.clock.after(HELD);
    for key in super::keys(name) {
        let Some(hash) = tx.vault.hash(PURPOSE, &key) else { return Ok(()) };
        tx.execute(
            "INSERT INTO name_hold (hash, account, expires_at) VALUES ($1, $2, $3)
             ON CONFLICT (hash, account) DO UPDATE SET expires_at = excluded.expires_at",
            args![&hash, account, until],
        )?;
    }
    Ok(())
}

/// Is a name of these keys held for another account than `own`?
pub fn is_held(view: &View, keys: &BTreeSet<String>, own: i64) -> Result<bool, Fault> {
    let now = view.clock.steady();
    for key in keys {
        let Some(hash) = view.vault.hash(PURPOSE, key) else { return Ok(false) };
        let held = view.one(
            "SELECT 1 FROM name_hold WHERE hash = $1 AND account <> $2 AND expires_at > $3",
            args![&hash, own, now],
            |_| Ok(()),
        )?;
        if held.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}
