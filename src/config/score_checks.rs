//! `[score.checks.APP]`: what scores of a game are believed.

use super::units;
use serde::Deserialize;
use std::time::Duration;

/// What scores of an app are believed. What goes beyond is held, and not refused: who cheats is not told.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScoreChecks {
    /// The lowest score. Default: none.
    pub min: Option<i64>,
    /// The highest score. Default: none.
    pub max: Option<i64>,
    /// By how much a score may be higher than the player's best so far. Default: any.
    pub largest_step: Option<i64>,
    /// How many scores a player may post in a minute. Default: any number.
    pub per_minute: Option<u32>,
    /// How long a round takes at least: a score must name a ticket of `round/start`, once. Default: no ticket is asked for.
    #[serde(deserialize_with = "shortest_round")]
    pub shortest_round: Option<Duration>,
}

fn shortest_round<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    units::any(from, "a duration, for example 20s", units::parse_duration_or_zero).map(Some)
}
