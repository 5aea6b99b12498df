//! The results of a board's operations.

use std::fmt;

/// A place on a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row<I> {
    /// The place, from 1, without gaps or repeats.
    pub place: u64,
    /// The owner of the entry.
    pub owner: I,
    /// The score.
    pub score: i64,
}

impl Row<&str> {
    /// The same row with a copy of its owner, to be kept without the board.
    pub fn owned(self) -> Row<String> {
        Row { place: self.place, owner: self.owner.to_owned(), score: self.score }
    }
}

/// What [`set`](super::Board::set) or [`best`](super::Board::best) did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScoreChange {
    /// The score before; `None` where the player is new.
    pub old: Option<i64>,
    /// The score that stands now, which is not the one given if the board kept what it had.
    pub new: i64,
}

impl ScoreChange {
    /// Whether the board changed: only then is there a row to write.
    pub fn changed(&self) -> bool {
        self.old != Some(self.new)
    }

    /// Whether the player had no score before.
    pub fn is_new(&self) -> bool {
        self.old.is_none()
    }
}

/// Why a board refused a new player. The board is unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InsertError {
    /// A text id of more than 255 bytes.
    TooLong,
    /// A thousand million players (2^30), or 4 GiB of text ids.
    Full,
}

impl fmt::Display for InsertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "the player's id is longer than 255 bytes",
            Self::Full => "the board is full",
        })
    }
}

impl std::error::Error for InsertError {}
