//! Guessing passwords: how many failed logins are answered before further ones are refused.
//!
//! Failures are counted three ways. Under one name, as it was typed, from one address: whether there is
//! such an account makes no difference, so the answer tells nothing. From one address under all names.
//! At one account from all addresses: that ceiling is answered exactly as a wrong password is, because
//! only accounts have it. A captcha pays for one try under any of these. A client that shows an earlier
//! token of the account has a count of its own instead, so that nobody can lock its owner out.
//!
//! The counts are kept in the database: a restart forgives nobody. A password is hashed before its
//! failure can be counted, so many guesses may be under way at once; [`Attempt::decide`] runs on the
//! writer, one guess after another, and tells of no more than the limit whether they were right.

use engine::args;
use engine::client::Client;
use engine::db::{Tx, View};
use engine::fault::{Exceeded, Fault};
use engine::hex;
use engine::quota::Quota;

/// How long a failure counts under a name, in seconds.
const WINDOW: i64 = 900;

/// Failures at one account, from all addresses.
const PER_ACCOUNT: Quota = Quota { name: "limits.login_attempts_per_account", window: 3_600 };

/// Failures from one address, under all names.
const PER_ADDRESS: Quota = Quota { name: "limits.login_attempts_per_address", window: 900 };

/// One try after a registration, for who registered: pages log in at once, and must be able to whatever
/// others did at the same address.
const FIRST: Quota = Quota { name: "user/login: first after user/register", window: 60 };

/// Removes failed logins that are too old to count.
pub const SWEEP: &str = "DELETE FROM login_failure WHERE at + 900 <= $1";

/// An attempt to log in.
#[derive(Clone)]
pub struct Attempt {
    client: Client,
    /// The account, if the name belongs to one.
    account: Option<i64>,
    /// The counters that apply to this attempt, each with its limit.
    counters: Vec<Counter>,
    /// Does the client show an earlier token of the account?
    is_known: bool,
    /// Has a captcha paid for the attempt?
    is_paid: bool,
    /// What the first try after registering is counted under, while it was not made.
    first: Option<String>,
}

/// Let this client log in to the account that it has just registered, whatever its address may not.
pub fn allow_first(tx: &mut Tx, account: i64, client: &Client) -> Result<(), Fault> {
    FIRST.add(tx, &first(account, client), 1)
}

fn first(account: i64, client: &Client) -> String {
    format!("{account} {}", client.network())
}

/// What failed logins are counted under: a row of `login_failure` for each.
#[derive(Clone)]
struct Counter {
    /// A digest of the name as it was typed (names come from strangers, at any length), or a session.
    who: String,
    /// An address or network; `""` for a session.
    address: String,
    limit: u64,
    /// Does it refuse this client, or is it only kept up to date?
    applies: bool,
}

impl Attempt {
    /// A try under `name`, which is that of `account` if there is such an account. `session` is the key
    /// of the token that was sent along, `is_paid` whether a captcha pays for the try.
    pub fn new(
        view: &View,
        name: &str,
        account: Option<i64>,
        client: Client,
        session: Option<String>,
        is_paid: bool,
    ) -> Result<Self, Fault> {
        let limit = view.config.limits.login_attempts.into();
        let session = match session {
            Some(session) if account.is_some() && owner(view, &session)? == account => {
                Some(session)
            }
            _ => None,
        };
        let is_known = session.is_some();
        let name = format!("name {}", hex::md5(name));
        let typed = client.scopes().map(|share| Counter {
            who: name.clone(),
            address: share.to_string(),
            limit: share.scaled(limit),
            applies: !is_known,
        });
        let own = session.map(|session| Counter {
            who: format!("session {session}"),
            address: String::new(),
            limit,
            applies: true,
        });
        let counters = typed.chain(own).filter(|counter| counter.limit > 0).collect();
        let first = match account.map(|account| first(account, &client)) {
            Some(key) if FIRST.used(view, &key)? > 0 => Some(key),
            _ => None,
        };
        Ok(Attempt { client, account, counters, is_known, is_paid, first })
    }

    /// Refuse at once, before any hashing, if there were too many failures.
    pub fn check(&self, view: &View) -> Result<(), Fault> {
        if self.is_free(view)? {
            return Ok(());
        }
        for counter in self.counters.iter().filter(|counter| counter.applies) {
            counter.check(view)?;
        }
        match view.config.limits.login_attempts_per_address {
            0 => Ok(()),
            _ if self.is_known => Ok(()),
            limit => PER_ADDRESS.check_client(view, &self.client, limit.into()),
        }
    }

    /// Is the attempt exempt from all limits?
    fn is_free(&self, view: &View) -> Result<bool, Fault> {
        match &self.first {
            _ if self.is_paid => Ok(true),
            Some(first) => Ok(FIRST.used(view, first)? > 0),
            None => Ok(false),
        }
    }

    /// Settle a try: refuse it whatever it was if there were too many failures by now, count it if it
    /// was wrong, forgive the earlier ones under this name if it was right.
    pub fn decide(&self, tx: &mut Tx, right: bool) -> Result<(), Fault> {
        self.check(tx)?;
        let is_closed = self.is_closed(tx)?;
        if let Some(first) = &self.first {
            FIRST.clear(tx, first)?;
        }
        if right && !is_closed {
            for Counter { who, address, .. } in &self.counters {
                tx.execute(
                    "DELETE FROM login_failure WHERE who = $1 AND address = $2",
                    args![who, address],
                )?;
            }
            return Ok(());
        }
        for Counter { who, address, .. } in &self.counters {
            let (id, now) = (tx.next_id("login_failure")?, tx.clock.steady());
            tx.execute(
                "INSERT INTO login_failure (who, address, id, at) VALUES ($1, $2, $3, $4)",
                args![who, address, id, now],
            )?;
        }
        PER_ADDRESS.add_client(tx, &self.client, 1)?;
        if let Some(account) = self.account.filter(|_| !is_closed) {
            PER_ACCOUNT.add(tx, &account.to_string(), 1)?;
        }
        tx.keep_on_fault()?;
        Err(Fault::Password)
    }

    /// Is no password of this account looked at any more, from no address, unless a captcha pays?
    fn is_closed(&self, view: &View) -> Result<bool, Fault> {
        let limit = u64::from(view.config.limits.login_attempts_per_account);
        match self.account {
            Some(account) if limit > 0 && !self.is_known && !self.is_free(view)? => {
                Ok(PER_ACCOUNT.used(view, &account.to_string())? >= limit)
            }
            _ => Ok(false),
        }
    }
}

impl Counter {
    /// Refuse if the limit of failures is reached.
    fn check(&self, view: &View) -> Result<(), Fault> {
        let now = view.clock.steady();
        // The failure that must pass away before there are fewer than the limit.
        let last: Option<i64> = view.one(
            "SELECT at FROM login_failure WHERE who = $1 AND address = $2 AND at > $3
              ORDER BY at DESC LIMIT 1 OFFSET $4",
            args![
                &self.who,
                &self.address,
                now - WINDOW,
                i64::try_from(self.limit - 1).unwrap_or(i64::MAX)
            ],
            |row| row.get(0),
        )?;
        let Some(last) = last else { return Ok(()) };
        // In whole minutes: answers to different names are to be alike to the byte.
        let wait = u64::try_from(last + WINDOW - now).unwrap_or(0).div_ceil(60).max(1) * 60;
        Err(Fault::TooManyAttempts(Exceeded {
            limit: "limits.login_attempts",
            retry_after: wait,
            instead: None,
        }))
    }
}

/// Whose session it is, or was: a session's row outlives it (see `SWEEP_SESSIONS`).
fn owner(view: &View, session: &str) -> Result<Option<i64>, Fault> {
    view.one("SELECT account FROM session WHERE key = $1", args![session], |row| row.get(0))
}
