//! Changes of leaderboards, as data.

use super::Boards;
use std::sync::Arc;

/// A change of a leaderboard that a transaction made in the database. It says what the database has
/// decided, so whoever else keeps the boards in memory can make it too, more than once and in any order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// There is a board of players who are texts.
    Open {
        /// The board.
        board: Arc<str>,
    },
    /// A player's score, of which the board keeps the highest.
    Best {
        /// The board; it is made if there is none.
        board: Arc<str>,
        /// The player.
        player: Arc<str>,
        /// The score.
        score: i64,
        /// When it was reached ([`SharedBoards::stamp`](super::SharedBoards::stamp)).
        stamp: i64,
    },
    /// A player's score, of which the board keeps the newest.
    Newest {
        /// The board; it is made if there is none.
        board: &'static str,
        /// The player.
        player: i64,
        /// The score.
        score: i64,
        /// When it was reached.
        stamp: i64,
    },
    /// A player who is a number has left the board.
    Forget {
        /// The board.
        board: &'static str,
        /// The player.
        player: i64,
    },
    /// What a board of texts shows of its players has changed, so kept answers are outdated.
    PlayersChanged {
        /// The board.
        board: Arc<str>,
    },
}

impl Boards {
    /// Make a change.
    pub fn apply(&mut self, change: &Change) {
        let made = match change {
            Change::Open { board } => {
                self.texts.open(board);
                return;
            }
            Change::Best { board, player, score, stamp } => {
                self.texts.open(board).best(player, *score, *stamp)
            }
            Change::Newest { board, player, score, stamp } => {
                self.numbers.open(board).set(*player, *score, *stamp)
            }
            Change::Forget { board, player } => {
                self.numbers.open(board).remove(*player);
                return;
            }
            Change::PlayersChanged { board } => return self.texts.players_changed(board),
        };
        if let Err(refused) = made {
            tracing::error!(%refused, "a board lacks a player until the next start");
        }
    }
}
