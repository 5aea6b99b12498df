//! Changes of leaderboards, as data.

use super::Boards;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;

/// A change of a leaderboard that a transaction made in the database. It says what the database has
/// decided, so whoever else keeps the boards in memory can make it too, more than once and in any order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
        board: Cow<'static, str>,
        /// The player.
        player: i64,
        /// The score.
        score: i64,
        /// When it was reached.
        stamp: i64,
    },
    /// A player who is a number has left the board: scores that were reached before count no more.
    Forget {
        /// The board.
        board: Cow<'static, str>,
        /// The player.
        player: i64,
        /// When that was.
        stamp: i64,
    },
    /// A board of texts was removed.
    Close {
        /// The board.
        board: Arc<str>,
    },
    /// What a board of texts shows of its players has changed, so kept answers are outdated.
    PlayersChanged {
        /// The board.
        board: Arc<str>,
    },
}

impl Change {
    /// When the score was reached, of a change that has a score.
    pub fn stamp(&self) -> Option<i64> {
        match self {
            Change::Best { stamp, .. }
            | Change::Newest { stamp, .. }
            | Change::Forget { stamp, .. } => Some(*stamp),
            Change::Open { .. } | Change::Close { .. } | Change::PlayersChanged { .. } => None,
        }
    }
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
                if self.forgotten.has(board, *player, *stamp) {
                    return;
                }
                self.numbers.open(board).set(*player, *score, *stamp)
            }
            Change::Forget { board, player, stamp } => {
                self.forgotten.add(board, *player, *stamp);
                self.numbers.open(board).remove(*player);
                return;
            }
            Change::Close { board } => return self.texts.close(board),
            Change::PlayersChanged { board } => return self.texts.players_changed(board),
        };
        if let Err(refused) = made {
            tracing::error!(%refused, "a board lacks a player until the next start");
        }
    }
}

/// Players who have left a board of late. Changes arrive in any order: a score that was reached before its
/// player left must not bring the player back.
#[derive(Debug, Default)]
pub(super) struct Forgotten(VecDeque<(Arc<str>, i64, i64)>);

/// How many are known. More do not leave in the time in which changes overtake each other.
const MOST: usize = 4096;

impl Forgotten {
    fn add(&mut self, board: &str, player: i64, stamp: i64) {
        if self.0.len() >= MOST {
            self.0.pop_front();
        }
        self.0.push_back((board.into(), player, stamp));
    }

    fn has(&self, board: &str, player: i64, stamp: i64) -> bool {
        let is = |(name, who, left): &(Arc<str>, i64, i64)| {
            *who == player && *left >= stamp && **name == *board
        };
        self.0.iter().any(is)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn newest(player: i64, stamp: i64) -> Change {
        Change::Newest { board: "b".into(), player, score: 5, stamp }
    }

    #[test]
    fn late_score_does_not_bring_a_player_back() {
        let mut boards = Boards::default();
        boards.apply(&newest(1, 10));
        boards.apply(&Change::Forget { board: "b".into(), player: 1, stamp: 20 });
        boards.apply(&newest(1, 15));
        boards.apply(&newest(2, 15));
        let board = boards.numbers.get("b").unwrap();
        assert_eq!((board.get(1), board.get(2)), (None, Some(5)));
        boards.apply(&newest(1, 21));
        assert_eq!(boards.numbers.get("b").unwrap().get(1), Some(5), "a newer score counts");
    }

    #[test]
    fn changes_are_the_same_after_json() {
        let changes = vec![
            Change::Open { board: "a".into() },
            Change::Best { board: "a\n\"".into(), player: "中".into(), score: i64::MAX, stamp: 1 },
            newest(i64::MIN, -1),
            Change::Forget { board: "b".into(), player: 1, stamp: 20 },
            Change::Close { board: "a".into() },
            Change::PlayersChanged { board: "".into() },
        ];
        let text = serde_json::to_string(&changes).unwrap();
        assert_eq!(serde_json::from_str::<Vec<Change>>(&text).unwrap(), changes);
    }
}
