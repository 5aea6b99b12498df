//! Guessing passwords: so many failures for an account and an address in 15 minutes, and no more.
//!
//! The count is kept in the database: a restart forgives nobody, and several servers share it. A
//! password is hashed before its failure can be counted, so many guesses may be under way at once;
//! [`Guess::decide`] runs on the writer, one guess after another, and tells of no more than the limit
//! whether they were right.

use engine::args;
use engine::client::Client;
use engine::db::{Tx, View};
use engine::fault::{Exceeded, Fault};
use engine::hex;

/// How long a failure counts, in seconds.
const WINDOW: i64 = 900;

/// Who guesses whose password.
pub struct Guess {
    who: String,
    address: String,
    client: Client,
}

impl Guess {
    /// At the password of an account that exists.
    pub fn at_account(id: i64, client: Client) -> Self {
        Guess { who: id.to_string(), address: client.network().to_string(), client }
    }

    /// At that of a name that nobody has; counted all the same, so that nobody can tell. Names come
    /// from strangers and at any length, so what is kept is a digest.
    pub fn at_name(name: &str, client: Client) -> Self {
        Guess {
            who: format!("name {}", hex::md5(name)),
            address: client.network().to_string(),
            client,
        }
    }

    /// Refuse at once, before any hashing, if there were too many failures.
    pub fn check(&self, view: &View) -> Result<(), Fault> {
        let limit = view.config.limits.login_attempts;
        let Some(limit) = self.client.scaled(limit.into()).filter(|limit| *limit > 0) else {
            return Ok(());
        };
        let failures: i64 = view
            .one(
                "SELECT count(*) FROM login_failure WHERE who = $1 AND address = $2 AND at > $3",
                args![&self.who, &self.address, view.clock.steady() - WINDOW],
                |row| row.get(0),
            )?
            .unwrap_or(0);
        if u64::try_from(failures).unwrap_or(0) >= limit {
            Err(Fault::TooManyAttempts(Exceeded {
                limit: "limits.login_attempts",
                retry_after: WINDOW.unsigned_abs(),
            }))
        } else {
            Ok(())
        }
    }

    /// Settle a guess: refuse it whatever it was if there were too many failures by now, count it if
    /// it was wrong, forgive the earlier ones if it was right.
    pub fn decide(&self, tx: &mut Tx, right: bool) -> Result<(), Fault> {
        self.check(tx)?;
        if right {
            tx.execute(
                "DELETE FROM login_failure WHERE who = $1 AND address = $2",
                args![&self.who, &self.address],
            )?;
            return Ok(());
        }
        let (id, now) = (tx.next_id("login_failure")?, tx.clock.steady());
        tx.execute(
            "INSERT INTO login_failure (who, address, id, at) VALUES ($1, $2, $3, $4)",
            args![&self.who, &self.address, id, now],
        )?;
        tx.keep()?;
        Err(Fault::Password)
    }
}
