//! All leaderboards of a program: by name, in memory, behind one lock.
//!
//! They are built from their rows at the start and follow the database afterwards. A job tells a
//! [`Change`] with [`Tx::tell`](crate::db::Tx::tell). The writer makes the changes of a whole group under
//! the lock, after its COMMIT has reached the disk. So readers see every board as of a commit.

mod change;
mod page;
mod ruled;
mod rules;
mod shared;

pub use change::Change;
pub use page::{TopPage, TopRows, Version};
pub use ruled::shown_rows;
pub use rules::{Direction, Rule, Rules, Ties};
pub use shared::SharedBoards;

use crate::leaderboard::{Board, Numbers, Owners, Texts};
use ruled::Ruled;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// All boards: those whose players are numbers, and those whose players are texts.
#[derive(Default)]
pub struct Boards {
    /// Boards of players who are identified by a number, such as accounts.
    pub numbers: Named<Numbers>,
    /// Boards of players who are identified by a text from elsewhere.
    pub texts: Named<Texts>,
    forgotten: change::Forgotten,
}

/// Boards by name.
#[derive(Default)]
pub struct Named<O: Owners>(HashMap<String, BoardSlot<O>>);

/// In how many forms the first places of a board may be kept.
pub const FORMATS: usize = 2;

#[derive(Default)]
struct BoardSlot<O: Owners> {
    board: Board<O>,
    /// The rules, of a board that has some of its own.
    ruled: Option<Ruled<O>>,
    /// How often the shown details of its players have changed.
    player_changes: u64,
    /// The last answer with its first places, in each format.
    pages: Mutex<[Option<(Version, TopPage)>; FORMATS]>,
}

impl<O: Owners> BoardSlot<O> {
    /// Changes with every change of the first places or of players' details. Neither number ever
    /// falls, so their sum identifies both.
    fn version(&self) -> Version {
        Version(self.board.first_changes() + self.player_changes)
    }
}

impl<O: Owners> Named<O> {
    /// The board `name`, if there is one.
    pub fn get(&self, name: &str) -> Option<&Board<O>> {
        self.0.get(name).map(|held| &held.board)
    }

    /// The board `name`, to be changed; created if it does not exist.
    pub fn open(&mut self, name: &str) -> &mut Board<O> {
        &mut self.0.entry(name.to_owned()).or_default().board
    }

    /// Remove the board `name`.
    fn close(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// Take all players off the board `name`.
    fn clear(&mut self, name: &str) {
        if let Some(slot) = self.0.get_mut(name) {
            // The version never falls.
            slot.player_changes += slot.board.first_changes() + 1;
            slot.board = Board::default();
        }
    }

    /// Add a board that was built from its rows.
    pub fn put(&mut self, name: String, board: Board<O>) {
        self.0.insert(name, BoardSlot { board, ..BoardSlot::default() });
    }

    /// Each board's name and how many players it has, in the order of the names.
    pub fn sizes(&self) -> Vec<(String, u64)> {
        let sizes = self.0.iter().map(|(name, held)| (name.clone(), held.board.len() as u64));
        let mut sizes: Vec<_> = sizes.collect();
        sizes.sort_unstable();
        sizes
    }

    /// The shown details of a player on the board have changed, so cached answers are outdated.
    pub fn players_changed(&mut self, name: &str) {
        if let Some(held) = self.0.get_mut(name) {
            held.player_changes += 1;
        }
    }

    /// The cached answer with the first `count` places in a format, if it is still current. A
    /// format is a number below [`FORMATS`], whose meaning is up to the caller.
    pub fn page(&self, name: &str, format_index: usize, count: usize) -> Option<TopPage> {
        let held = self.0.get(name)?;
        let pages = held.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let (version, page) = pages.get(format_index)?.as_ref()?;
        (*version == held.version() && page.has(count)).then(|| page.clone())
    }

    /// The version of the first places. A page must be made from data that was read after this.
    pub fn version(&self, name: &str) -> Option<Version> {
        self.0.get(name).map(BoardSlot::version)
    }

    /// Cache a page of the first places in a format, made from this version, if it is small.
    pub fn keep(&self, name: &str, format_index: usize, version: Version, page: &TopPage) {
        if let Some(held) = self.0.get(name)
            && page.is_small()
        {
            let mut kept = held.pages.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(kept) = kept.get_mut(format_index) {
                *kept = Some((version, page.clone()));
            }
        }
    }
}

/// A part of an answer that is known only after the boards have changed. Nobody is answered before.
#[derive(Debug)]
pub struct PostCommit<T>(Arc<OnceLock<T>>);

impl<T> PostCommit<T> {
    /// An unknown value, and a second handle by which it is set later.
    pub(crate) fn pair() -> (Self, Self) {
        let cell = Arc::new(OnceLock::new());
        (PostCommit(Arc::clone(&cell)), PostCommit(cell))
    }

    /// Set the value.
    pub(crate) fn settle(&self, value: T) {
        let _ = self.0.set(value);
    }
}

impl<T: Serialize> Serialize for PostCommit<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.get() {
            Some(value) => value.serialize(serializer),
            None => Err(serde::ser::Error::custom("answered before the boards changed")),
        }
    }
}

/// What is known after the commit is what is answered.
impl<T: JsonSchema> JsonSchema for PostCommit<T> {
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}
