//! Changes of leaderboards, as data.

use super::{Boards, Rules};
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
    /// There is a board of players who are texts, with rules of its own.
    Rules {
        /// The board.
        board: Arc<str>,
        /// Its rules.
        rules: Rules,
        /// The number of its current season.
        season: i64,
    },
    /// What a player has on a board with rules.
    Stand {
        /// The board.
        board: Arc<str>,
        /// The season.
        season: i64,
        /// The player.
        player: Arc<str>,
        /// The points ([`Rules::points`](super::Rules::points)).
        points: i64,
        /// When that was; more than the player's last one.
        stamp: i64,
    },
    /// A player has left a season of a board with rules: what was reached before counts no more.
    Leave {
        /// The board.
        board: Arc<str>,
        /// The season.
        season: i64,
        /// The player.
        player: Arc<str>,
        /// When that was.
        stamp: i64,
    },
    /// A season of a board has ended: the next begins with an empty board.
    Season {
        /// The board.
        board: Arc<str>,
        /// The season that begins.
        season: i64,
    },
    /// The places of an ended season are all in the database: it leaves the memory.
    Ended {
        /// The board.
        board: Arc<str>,
        /// The season.
        season: i64,
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
    /// A player identified by a text was removed from the board. Scores reached before that are ignored.
    Remove {
        /// The board.
        board: Arc<str>,
        /// The player.
        player: Arc<str>,
        /// When that was.
        stamp: i64,
    },
    /// All players were removed from a board whose players are identified by texts. Scores reached before that are
    /// ignored.
    Clear {
        /// The board.
        board: Arc<str>,
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
            | Change::Forget { stamp, .. }
            | Change::Remove { stamp, .. }
            | Change::Stand { stamp, .. }
            | Change::Leave { stamp, .. }
            | Change::Clear { stamp, .. } => Some(*stamp),
            Change::Open { .. }
            | Change::Rules { .. }
            | Change::Season { .. }
            | Change::Ended { .. }
            | Change::Close { .. }
            | Change::PlayersChanged { .. } => None,
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
                if self.forgotten.has(board, Player::Text(player), *stamp) {
                    return;
                }
                self.texts.open(board).best(player, *score, *stamp)
            }
            Change::Rules { board, rules, season } => {
                return self.texts.set_rules(board, *rules, *season);
            }
            Change::Stand { board, season, player, points, stamp } => {
                if self.forgotten.has(board, Player::Text(player), *stamp) {
                    return;
                }
                match self.texts.of_season(board, *season) {
                    Some(board) => board.replace(player, *points, *stamp),
                    None => return,
                }
            }
            Change::Leave { board, season, player, stamp } => {
                self.forgotten.add(board, Left::Text(Arc::clone(player)), *stamp);
                if let Some(board) = self.texts.of_season(board, *season) {
                    board.remove(player);
                }
                return;
            }
            Change::Season { board, season } => return self.texts.begin_season(board, *season),
            Change::Ended { board, season } => return self.texts.end_season(board, *season),
            Change::Newest { board, player, score, stamp } => {
                if self.forgotten.has(board, Player::Number(*player), *stamp) {
                    return;
                }
                self.numbers.open(board).set(*player, *score, *stamp)
            }
            Change::Forget { board, player, stamp } => {
                self.forgotten.add(board, Left::Number(*player), *stamp);
                self.numbers.open(board).remove(*player);
                return;
            }
            Change::Remove { board, player, stamp } => {
                self.forgotten.add(board, Left::Text(Arc::clone(player)), *stamp);
                return self.texts.remove(board, player);
            }
            Change::Clear { board, stamp } => {
                self.forgotten.add(board, Left::All, *stamp);
                self.texts.clear(board);
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
pub(super) struct Forgotten {
    left: VecDeque<(Arc<str>, Left, i64)>,
    /// The latest time at which somebody left: a score that was reached later needs no look.
    newest: i64,
}

/// Who has left a board.
#[derive(Debug, PartialEq, Eq)]
enum Left {
    Number(i64),
    Text(Arc<str>),
    /// Everybody.
    All,
}

/// Whose score it is.
#[derive(Debug, Clone, Copy)]
enum Player<'a> {
    Number(i64),
    Text(&'a str),
}

/// How many are known. More do not leave in the time in which changes overtake each other.
const MOST: usize = 4096;

impl Forgotten {
    fn add(&mut self, board: &str, player: Left, stamp: i64) {
        if self.left.len() >= MOST {
            self.left.pop_front();
        }
        self.newest = self.newest.max(stamp);
        self.left.push_back((board.into(), player, stamp));
    }

    fn has(&self, board: &str, player: Player<'_>, stamp: i64) -> bool {
        let is_same = |left: &Left| match (left, player) {
            (Left::All, _) => true,
            (Left::Number(left), Player::Number(player)) => *left == player,
            (Left::Text(left), Player::Text(player)) => **left == *player,
            _ => false,
        };
        let is = |(name, left, at): &(Arc<str>, Left, i64)| {
            *at >= stamp && **name == *board && is_same(left)
        };
        stamp <= self.newest && self.left.iter().any(is)
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
    fn late_score_does_not_return_to_a_board_of_texts() {
        let best = |player: &str, stamp: i64| Change::Best {
            board: "b".into(),
            player: player.into(),
            score: 5,
            stamp,
        };
        let mut boards = Boards::default();
        for player in ["a", "c"] {
            boards.apply(&best(player, 10));
        }
        boards.apply(&Change::Remove { board: "b".into(), player: "a".into(), stamp: 20 });
        boards.apply(&best("a", 15));
        let held = |boards: &Boards, player: &str| boards.texts.get("b").unwrap().get(player);
        assert_eq!((held(&boards, "a"), held(&boards, "c")), (None, Some(5)));
        boards.apply(&best("a", 21));
        assert_eq!(held(&boards, "a"), Some(5), "a newer score counts");
        let before = boards.texts.version("b");
        boards.apply(&Change::Clear { board: "b".into(), stamp: 30 });
        boards.apply(&best("c", 25));
        assert_eq!(boards.texts.get("b").unwrap().len(), 0);
        assert_ne!(boards.texts.version("b"), before, "kept pages are outdated");
    }

    #[test]
    fn changes_are_the_same_after_json() {
        let changes = vec![
            Change::Open { board: "a".into() },
            Change::Best { board: "a\n\"".into(), player: "中".into(), score: i64::MAX, stamp: 1 },
            newest(i64::MIN, -1),
            Change::Rules { board: "r".into(), rules: Rules::default(), season: 1 },
            Change::Stand {
                board: "r".into(),
                season: 1,
                player: "a".into(),
                points: -5,
                stamp: 2,
            },
            Change::Leave { board: "r".into(), season: 1, player: "a".into(), stamp: 3 },
            Change::Season { board: "r".into(), season: 2 },
            Change::Ended { board: "r".into(), season: 1 },
            Change::Forget { board: "b".into(), player: 1, stamp: 20 },
            Change::Remove { board: "b".into(), player: "a".into(), stamp: 21 },
            Change::Clear { board: "b".into(), stamp: 22 },
            Change::Close { board: "a".into() },
            Change::PlayersChanged { board: "".into() },
        ];
        let text = serde_json::to_string(&changes).unwrap();
        assert_eq!(serde_json::from_str::<Vec<Change>>(&text).unwrap(), changes);
    }
}
