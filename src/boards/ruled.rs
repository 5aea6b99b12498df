//! Boards with rules of their own, and their seasons.

use super::{BoardSlot, Named, Rules, Ties};
use crate::leaderboard::{Board, Owners, Row};

/// What a board with rules has besides its places.
pub(super) struct Ruled<O: Owners> {
    rules: Rules,
    /// The number of the current season.
    season: i64,
    /// Seasons that have ended, with their numbers, until their places are in the database.
    ended: Vec<(i64, Board<O>)>,
}

impl<O: Owners> Named<O> {
    /// The rules of a board and the number of its current season, if it has rules of its own.
    pub fn rules(&self, name: &str) -> Option<(Rules, i64)> {
        self.0.get(name)?.ruled.as_ref().map(|ruled| (ruled.rules, ruled.season))
    }

    /// A player's place and score on the board `name`, in the current season.
    pub fn place<'a>(&self, name: &str, player: O::Id<'a>) -> Option<Row<O::Id<'a>>> {
        let slot = self.0.get(name)?;
        let row = slot.board.row(player)?;
        let Some(ruled) = &slot.ruled else { return Some(row) };
        Some(shown(row, ruled.rules, &slot.board))
    }

    /// The board of a season, if it is in memory: the current season, or an ended one whose places are still being written
    /// to the database.
    pub fn season(&self, name: &str, season: i64) -> Option<&Board<O>> {
        let slot = self.0.get(name)?;
        let ruled = slot.ruled.as_ref()?;
        if ruled.season == season {
            return Some(&slot.board);
        }
        ruled.ended.iter().find(|(number, _)| *number == season).map(|(_, board)| board)
    }

    /// Add the board of an ended season that was built from its rows.
    pub fn put_ended(&mut self, name: &str, season: i64, board: Board<O>) {
        if let Some(ruled) = self.0.get_mut(name).and_then(|slot| slot.ruled.as_mut()) {
            ruled.ended.retain(|(number, _)| *number != season);
            ruled.ended.push((season, board));
        }
    }

    /// Give a board its rules; it is created if it does not exist. A board without scores alone gets others.
    pub fn set_rules(&mut self, name: &str, rules: Rules, season: i64) {
        let slot = self.0.entry(name.to_owned()).or_default();
        match &mut slot.ruled {
            Some(ruled) => ruled.rules = rules,
            none => *none = Some(Ruled { rules, season, ended: Vec::new() }),
        }
        slot.player_changes += 1;
    }

    /// Begin a season with an empty board.
    pub(super) fn begin_season(&mut self, name: &str, season: i64) {
        let Some(slot) = self.0.get_mut(name) else { return };
        let Some(ruled) = slot.ruled.as_mut().filter(|ruled| ruled.season < season) else { return };
        // The version never falls.
        slot.player_changes += slot.board.first_changes() + 1;
        let ended = std::mem::take(&mut slot.board);
        ruled.ended.push((ruled.season, ended));
        ruled.season = season;
    }

    /// Forget a season that has ended.
    pub(super) fn end_season(&mut self, name: &str, season: i64) {
        if let Some(ruled) = self.0.get_mut(name).and_then(|slot| slot.ruled.as_mut()) {
            ruled.ended.retain(|(number, _)| *number != season);
        }
    }

    /// The board of a season, to be changed. A season that this server has not seen begin begins now.
    pub(super) fn of_season(&mut self, name: &str, season: i64) -> Option<&mut Board<O>> {
        self.begin_season(name, season);
        let BoardSlot { board, ruled, .. } = self.0.get_mut(name)?;
        let ruled = ruled.as_mut()?;
        if ruled.season == season {
            return Some(board);
        }
        ruled.ended.iter_mut().find(|(number, _)| *number == season).map(|(_, board)| board)
    }

    /// Take a player off a board, and off the seasons that have ended.
    pub(super) fn remove(&mut self, name: &str, player: O::Id<'_>) {
        let Some(slot) = self.0.get_mut(name) else { return };
        slot.board.remove(player);
        for (_, board) in slot.ruled.iter_mut().flat_map(|ruled| &mut ruled.ended) {
            board.remove(player);
        }
    }
}

/// A row as a board with these rules shows it: with the score, and with the place that players may share.
pub fn shown<O: Owners, T>(row: Row<T>, rules: Rules, board: &Board<O>) -> Row<T> {
    let place = match rules.ties {
        Ties::First => row.place,
        Ties::Shared => board.better(row.score) + 1,
    };
    Row { place, score: rules.score(row.score), ..row }
}

/// The rows from the position `first` on (from 1), `count` of them, as a board with these rules shows them.
pub fn shown_rows<O: Owners>(
    board: &Board<O>,
    rules: Rules,
    first: u64,
    count: usize,
) -> impl Iterator<Item = Row<O::Id<'_>>> {
    // The points of the row before, and its place.
    let mut before: Option<(i64, u64)> = None;
    board.at(first, count).map(move |row| {
        let place = match (rules.ties, before) {
            (Ties::First, _) => row.place,
            (Ties::Shared, Some((points, place))) if points == row.score => place,
            (Ties::Shared, Some(_)) => row.place,
            (Ties::Shared, None) => board.better(row.score) + 1,
        };
        before = Some((row.score, place));
        Row { place, owner: row.owner, score: rules.score(row.score) }
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Boards, Change};
    use super::*;

    fn stand(season: i64, player: &str, points: i64, stamp: i64) -> Change {
        Change::Stand { board: "b".into(), season, player: player.into(), points, stamp }
    }

    #[test]
    fn late_scores_count_in_their_season() {
        let mut boards = Boards::default();
        boards.apply(&Change::Rules { board: "b".into(), rules: Rules::default(), season: 1 });
        let told = [
            stand(1, "a", 5, 10),
            // Another server's news of the next season comes before one of this season.
            stand(2, "a", 1, 30),
            stand(1, "c", 7, 20),
            Change::Season { board: "b".into(), season: 2 },
        ];
        told.iter().for_each(|change| boards.apply(change));
        let held = |boards: &Boards, season, player| {
            boards.texts.season("b", season).and_then(|board| board.get(player))
        };
        assert_eq!(held(&boards, 1, "a"), Some(5));
        assert_eq!(held(&boards, 1, "c"), Some(7));
        assert_eq!((held(&boards, 2, "a"), held(&boards, 2, "c")), (Some(1), None));
        assert_eq!(boards.texts.get("b").unwrap().len(), 1, "the current season is shown");
        boards.apply(&Change::Ended { board: "b".into(), season: 1 });
        assert_eq!(held(&boards, 1, "a"), None);
        boards.apply(&stand(1, "d", 9, 40));
        assert_eq!(held(&boards, 2, "d"), None, "an ended season takes nothing");
    }

    #[test]
    fn version_of_a_board_rises_with_its_season() {
        let mut boards = Boards::default();
        boards.apply(&Change::Rules { board: "b".into(), rules: Rules::default(), season: 1 });
        boards.apply(&stand(1, "a", 5, 10));
        let before = boards.texts.version("b").unwrap().number();
        boards.apply(&Change::Season { board: "b".into(), season: 2 });
        assert!(boards.texts.version("b").unwrap().number() > before);
    }
}
