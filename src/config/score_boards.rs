//! `[score.boards.APP]` and `[score.webhooks.APP]`: boards with rules of their own, and who is told of their seasons.

use super::{Endpoint, Secret};
use crate::boards::{Direction, Rule, Ties};
use crate::season::Period;
use jiff::tz::TimeZone;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// The rules of a board. They are fixed once there are scores.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BoardSettings {
    /// Which of a player's scores counts: `best`, `last` or `sum`. Default `best`.
    pub rule: Rule,
    /// Which score stands first: `highest` or `lowest`. Default `highest`.
    pub order: Direction,
    /// Who of two players with the same score stands first: `first`, who reached it first, or `shared`, neither. Default
    /// `first`.
    pub ties: Ties,
    /// How long a season lasts: `none`, `day`, `week`, `month` or `manual`. Default `none`.
    pub season: Period,
    /// The time zone in which days begin, a name of the IANA database. Default: that of the server when the board is made.
    #[serde(deserialize_with = "zone")]
    pub timezone: Option<String>,
}

/// A server that is told of the end of a season.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeasonWebhook {
    /// Where it is posted.
    pub url: Endpoint,
    /// The key of the signature: a text, or `whsec_` and Base64.
    pub secret: Secret,
    /// How many of the first places it is told, 1 to 1000. Default 100.
    #[serde(default = "places", deserialize_with = "places_in_bounds")]
    pub places: u32,
}

/// The name of a time zone, if there is one of this name.
pub fn zone_name(name: &str) -> Result<String, String> {
    match TimeZone::get(name).ok().and_then(|zone| zone.iana_name().map(str::to_owned)) {
        Some(name) => Ok(name),
        None => Err(format!("{name:?} is not the name of a time zone, such as Asia/Shanghai")),
    }
}

fn zone<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    zone_name(&String::deserialize(from)?).map(Some).map_err(D::Error::custom)
}

fn places() -> u32 {
    100
}

fn places_in_bounds<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    let places = u32::deserialize(from)?;
    if (1..=1_000).contains(&places) { Ok(places) } else { Err(D::Error::custom("1 to 1000")) }
}
