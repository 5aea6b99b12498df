//! A made-up world, to see what Guichet does before anybody uses it: `guichet seed`.
//!
//! It is written by the code that the operations run, in one transaction: whoever ends the command
//! half-way has nothing of it. The same seed makes
//! the same world, but for what must be another each time (ids of files, salts) and for times,
//! which are counted back from now.

mod dice;
mod games;
mod notices;
mod people;
mod picture;
mod shops;
mod words;

use dice::Dice;
use engine::args;
use engine::caller::Account;
use engine::client::Client;
use engine::data::{Data, Fields, Value};
use engine::db::{Db, Tx};
use engine::fault::Fault;
use std::net::Ipv4Addr;
use std::sync::mpsc::{Sender, channel};

/// The password of every account. It is no secret: whoever makes such a world is told.
pub const PASSWORD: &str = "guichet-demo";

/// How much of each there is to be.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Accounts; nine in ten have a place on the rank board.
    pub accounts: u32,
    /// Lost-and-found notices.
    pub notices: u32,
    /// Shops.
    pub shops: u32,
    /// Scores that are posted to the boards of two games.
    pub scores: u32,
    /// Accounts that have a picture and a portrait.
    pub pictures: u32,
}

/// After how many rows progress is told, and entries of the text index are written.
const GROUP: usize = 500;

/// A world under way, in one transaction.
struct World<'a> {
    tx: &'a mut Tx,
    dice: Dice,
    /// Hears which step is at how many of how many.
    told: Sender<Step>,
    /// What was made so far, and how many.
    made: Vec<(&'static str, u64)>,
}

/// A step, and at how many of how many it is.
type Step = (&'static str, u64, u64);

/// The tables whose rows say nothing of whether anybody lives here: rows that pass away by
/// themselves, and counters.
fn ephemeral() -> Vec<&'static str> {
    [super::CONTENT.ephemeral, &["sequence"]].concat()
}

/// Why a world should not be added: somebody's rows.
pub fn is_inhabited(db: &Db) -> Result<Option<String>, String> {
    let found = db.view().one("SELECT 1 FROM account LIMIT 1", args![], |_| Ok(()));
    if found.map_err(super::user::admin::fault_text)?.is_some() {
        return Ok(Some("there are accounts already".into()));
    }
    let table = db
        .first_table_with_rows(super::SCHEMA, &ephemeral())
        .map_err(super::user::admin::fault_text)?;
    Ok(table.map(|table| format!("the table {table} has rows already")))
}

/// Add a world of this size and seed to the database, all of it or nothing; what it has, and how
/// many. `told` hears which step is at how many of how many.
pub fn make(
    db: &Db,
    size: Size,
    seed: u64,
    told: &mut dyn FnMut(&'static str, u64, u64),
) -> Result<Vec<(&'static str, u64)>, String> {
    let (tell, steps) = channel();
    let work = move |tx: &mut Tx| {
        let mut world = World { tx, dice: Dice::new(seed), told: tell, made: Vec::new() };
        fill(&mut world, size)?;
        Ok(world.made)
    };
    let made = db.submit(work).map_err(super::user::admin::fault_text)?;
    // Until the world is made, or given up.
    for (step, done, total) in steps {
        told(step, done, total);
    }
    let lost = |_| Err(Fault::unknown("the writer ended before it answered"));
    made.blocking_recv().unwrap_or_else(lost).map_err(super::user::admin::fault_text)
}

fn fill(world: &mut World<'_>, size: Size) -> Result<(), Fault> {
    let people = people::make(world, size.accounts)?;
    picture::make(world, &people, size.pictures)?;
    notices::make(world, &people, size.notices)?;
    shops::make(world, &people, size.shops)?;
    games::make_scores(world, size.scores)?;
    games::make_ranks(world, &people)
}

impl World<'_> {
    /// Write `rows`; the result of each.
    fn write<R, T>(
        &mut self,
        step: &'static str,
        rows: Vec<R>,
        write: impl Fn(&mut Tx, R) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        let total = rows.len();
        let mut written = Vec::with_capacity(total);
        for row in rows {
            if written.len() % GROUP == 0 {
                // Nobody listens to the progress of a command that is being ended.
                let _ = self.told.send((step, as_u64(written.len()), as_u64(total)));
                self.tx.flush_indexes()?;
            }
            written.push(write(self.tx, row)?);
        }
        self.made.push((step, as_u64(total)));
        Ok(written)
    }
}

fn as_u64(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// An operation's data, as if they had come in a request.
fn data<D: Data>(values: Vec<(&'static str, Value<'_>)>) -> Result<D, Fault> {
    let mut fields = Fields::default();
    for (key, value) in values {
        fields.insert(key.into(), value);
    }
    D::read(&mut fields)
}

/// Text as it comes in a request.
fn text(text: &str) -> Value<'_> {
    Value::Text(text.into())
}

/// An account as it comes with a request, without the session that would prove it.
fn caller(id: i64) -> Account {
    Account { id, session: String::new(), client: Client::unknown(Ipv4Addr::LOCALHOST.into()) }
}
