//! What a transaction does with leaderboards: changes and looks, for after the COMMIT.

use super::Tx;
use crate::boards::{Boards, Change, PostCommit};
use crate::db::after_commit::BoardStep;

impl Tx {
    /// Change a leaderboard after the group's COMMIT has reached the disk. Readers see the changes of a
    /// whole group at once.
    pub fn tell(&mut self, change: Change) {
        let removes =
            matches!(change, Change::Remove { .. } | Change::Clear { .. } | Change::Close { .. });
        self.has_removals |= removes;
        self.board_steps.push(BoardStep::Change(change));
    }

    /// Has a job of this group taken the player off the board? The boards in memory show it only after the COMMIT.
    pub fn takes_off(&self, name: &str, openid: &str) -> bool {
        let removes = |step: &BoardStep| match step {
            BoardStep::Change(Change::Remove { board, player, .. }) => {
                **board == *name && **player == *openid
            }
            BoardStep::Change(Change::Clear { board, .. } | Change::Close { board }) => {
                **board == *name
            }
            _ => false,
        };
        self.has_removals && self.board_steps.iter().any(removes)
    }

    /// The highest score of a player that jobs of this group have told. The boards in memory show it only after the
    /// COMMIT.
    pub fn told_best(&self, name: &str, openid: &str) -> Option<i64> {
        let told = |step: &BoardStep| match step {
            BoardStep::Change(Change::Best { board, player, score, .. })
                if **board == *name && **player == *openid =>
            {
                Some(*score)
            }
            _ => None,
        };
        self.board_steps.iter().filter_map(told).max()
    }

    /// Make what `look` finds on the leaderboards part of the answer. It looks after the COMMIT, when all
    /// that was told before it is on them, and nothing that is told later.
    pub fn settle<T: Send + Sync + 'static>(
        &mut self,
        look: impl FnOnce(&Boards) -> T + Send + 'static,
    ) -> PostCommit<T> {
        let (answer, known) = PostCommit::pair();
        self.board_steps.push(BoardStep::Look(Box::new(move |boards| known.settle(look(boards)))));
        answer
    }
}
