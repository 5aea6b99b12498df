//! A made-up world, to see what Guichet does before anybody uses it: `guichet seed`.
//!
//! It is written by the code that the operations run, many rows a transaction. The same seed makes
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

/// How many rows share a transaction.
const GROUP: usize = 500;

/// A world under way.
struct World<'a> {
    db: &'a Db,
    dice: Dice,
    /// Hears which step is at how many of how many.
    told: &'a mut dyn FnMut(&'static str, u64, u64),
    /// What was made so far, and how many.
    made: Vec<(&'static str, u64)>,
}

/// Are there accounts already?
pub fn is_inhabited(db: &Db) -> Result<bool, String> {
    let found = db.view().one("SELECT 1 FROM account LIMIT 1", args![], |_| Ok(()));
    found.map(|found| found.is_some()).map_err(super::user::admin::said)
}

/// Add a world of this size and seed to the database; what it has, and how many. `told` hears which
/// step is at how many of how many.
pub fn make(
    db: &Db,
    size: Size,
    seed: u64,
    told: &mut dyn FnMut(&'static str, u64, u64),
) -> Result<Vec<(&'static str, u64)>, String> {
    let mut world = World { db, dice: Dice::new(seed), told, made: Vec::new() };
    fill(&mut world, size).map_err(super::user::admin::said)?;
    Ok(world.made)
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
    /// Write `rows`, some in a transaction; what came of each.
    fn write<R: Send + 'static, T: Send + 'static>(
        &mut self,
        step: &'static str,
        rows: Vec<R>,
        write: impl Fn(&mut Tx, R) -> Result<T, Fault> + Copy + Send + 'static,
    ) -> Result<Vec<T>, Fault> {
        let total = rows.len();
        let (mut rows, mut written) = (rows.into_iter(), Vec::with_capacity(total));
        loop {
            (self.told)(step, as_u64(written.len()), as_u64(total));
            let group: Vec<R> = rows.by_ref().take(GROUP).collect();
            if group.is_empty() {
                self.made.push((step, as_u64(total)));
                return Ok(written);
            }
            let rows = move |tx: &mut Tx| group.into_iter().map(|row| write(tx, row)).collect();
            let mut done: Vec<T> = self.db.write(rows)?;
            written.append(&mut done);
        }
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
