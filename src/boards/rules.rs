//! Which score of a player counts, and who stands first.
//!
//! A board keeps *points*: the score itself, or its negative where the lowest score stands first. So more points are
//! always better, and the order in memory is the same for every board.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which of a player's scores counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The best.
    #[default]
    Best,
    /// The newest.
    Last,
    /// The sum of all.
    Sum,
}

/// Which score stands first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The highest.
    #[default]
    Highest,
    /// The lowest, such as the shortest time.
    Lowest,
}

/// Who of two players with the same score stands first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ties {
    /// Who reached it first.
    #[default]
    First,
    /// Nobody: they share the place, and the places behind them are left out (1, 2, 2, 4).
    Shared,
}

/// The rules of a board.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// Which of a player's scores counts.
    pub rule: Rule,
    /// Which score stands first.
    pub order: Direction,
    /// Who of two players with the same score stands first.
    pub ties: Ties,
}

impl Rules {
    /// A score as points, of which more are better.
    pub fn points(self, score: i64) -> i64 {
        match self.order {
            Direction::Highest => score,
            Direction::Lowest => -score,
        }
    }

    /// Points as a score.
    pub fn score(self, points: i64) -> i64 {
        // A score is 0 or more, so its negative is a number as well.
        self.points(points)
    }

    /// The points of a player who had `earlier` and now has reached `points`.
    pub fn merge(self, earlier: Option<i64>, points: i64) -> i64 {
        let Some(earlier) = earlier else { return points };
        match self.rule {
            Rule::Best => earlier.max(points),
            Rule::Last => points,
            // The lowest number has no positive counterpart.
            Rule::Sum => earlier.saturating_add(points).max(-i64::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_of_low_scores_are_better() {
        let rules = Rules { order: Direction::Lowest, ..Rules::default() };
        assert!(rules.points(3) > rules.points(5));
        assert_eq!(rules.score(rules.points(i64::MAX)), i64::MAX);
        assert_eq!(rules.merge(Some(rules.points(5)), rules.points(7)), rules.points(5));
    }

    #[test]
    fn sums_end_at_the_highest_number() {
        for order in [Direction::Highest, Direction::Lowest] {
            let rules = Rules { rule: Rule::Sum, order, ..Rules::default() };
            let most = rules.points(i64::MAX);
            assert_eq!(rules.merge(Some(most), rules.points(1)), most);
            assert_eq!(rules.merge(Some(rules.points(2)), rules.points(1)), rules.points(3));
        }
    }
}
