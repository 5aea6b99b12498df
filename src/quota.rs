//! Quotas: limits on how often something may be done, counted in the database.
//!
//! A [`Quota`] has a name, a window, and for each key (an address, an account, a telephone number)
//! a count within the last window. Counts are rows, so a restart resets none. A window is divided
//! into `SLOTS` slots: a key has at most that many rows.

use crate::args;
use crate::client::Client;
use crate::db::{Tx, View};
use crate::fault::{Exceeded, Fault};

/// How many slots a window has. A count expires together with its slot, up to a sixtieth of the
/// window later than exact.
const SLOTS: i64 = 60;

/// Deletes counts that have left every window.
pub const SWEEP: &str = "DELETE FROM quota WHERE expires_at <= $1";

/// A limit on how often something may be done in a sliding window.
#[derive(Debug, Clone, Copy)]
pub struct Quota {
    /// The limit's name, as the configuration and the documentation have it. A client whose request is
    /// refused reads it.
    pub name: &'static str,
    /// The window, in seconds.
    pub window: i64,
}

impl Quota {
    /// How often it was done under `key` within the window.
    pub fn used(&self, view: &View, key: &str) -> Result<u64, Fault> {
        let used: i64 = view
            .one(
                "SELECT coalesce(sum(count), 0) FROM quota
                  WHERE name = $1 AND key = $2 AND expires_at > $3",
                args![self.name, key, view.clock.steady()],
                |row| row.get(0),
            )?
            .unwrap_or(0);
        Ok(u64::try_from(used).unwrap_or(0))
    }

    /// Refuse with [`Fault::TooManyAttempts`] if it was already done `limit` times under `key`.
    pub fn check(&self, view: &View, key: &str, limit: u64) -> Result<(), Fault> {
        if self.used(view, key)? < limit { Ok(()) } else { Err(self.exceeded(view, key)?) }
    }

    /// The same for the client's address and networks; `limit` is that of one address.
    pub fn check_client(&self, view: &View, client: &Client, limit: u64) -> Result<(), Fault> {
        client
            .scopes()
            .try_for_each(|scope| self.check(view, &scope.to_string(), scope.scaled(limit)))
    }

    /// Count it `times` times under `key`. To keep the count although the operation fails, call
    /// [`Tx::keep_on_fault`] afterwards.
    pub fn add(&self, tx: &mut Tx, key: &str, times: u64) -> Result<(), Fault> {
        let length = (self.window / SLOTS).max(1);
        let now = tx.clock.steady();
        let expires = now - now.rem_euclid(length) + length + self.window;
        let times = i64::try_from(times).unwrap_or(i64::MAX);
        tx.execute(
            "INSERT INTO quota (name, key, expires_at, count) VALUES ($1, $2, $3, $4)
             ON CONFLICT (name, key, expires_at) DO UPDATE SET count = quota.count + excluded.count",
            args![self.name, key, expires, times],
        )?;
        Ok(())
    }

    /// Count it for the client's address and networks.
    pub fn add_client(&self, tx: &mut Tx, client: &Client, times: u64) -> Result<(), Fault> {
        client.scopes().try_for_each(|scope| self.add(tx, &scope.to_string(), times))
    }

    /// Reset the count under `key`.
    pub fn clear(&self, tx: &mut Tx, key: &str) -> Result<(), Fault> {
        tx.execute("DELETE FROM quota WHERE name = $1 AND key = $2", args![self.name, key])?;
        Ok(())
    }

    /// The fault for a used-up limit under `key`, with the time until the oldest count expires.
    pub fn exceeded(&self, view: &View, key: &str) -> Result<Fault, Fault> {
        let now = view.clock.steady();
        let oldest: Option<i64> = view
            .one(
                "SELECT min(expires_at) FROM quota WHERE name = $1 AND key = $2 AND expires_at > $3",
                args![self.name, key, now],
                |row| row.get(0),
            )?
            .flatten();
        let seconds =
            u64::try_from(oldest.map_or(self.window, |end| end - now)).unwrap_or(1).max(1);
        Ok(Fault::TooManyAttempts(Exceeded {
            limit: self.name,
            retry_after: seconds,
            instead: None,
        }))
    }
}
