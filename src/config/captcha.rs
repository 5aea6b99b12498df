//! `[captcha]`: pictures to be read, and proof of work.

use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::{fields, units};

/// Captchas.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Captcha {
    /// The kinds that may pay, one or both. Default: pictures only, since a stranger takes the kind that is cheaper
    /// for him.
    #[serde(deserialize_with = "kinds")]
    pub kinds: Vec<CaptchaKind>,
    /// How long a captcha can be answered, a duration. Default `5m`.
    #[serde(deserialize_with = "units::duration")]
    pub ttl: Duration,
    /// Characters in the picture, 1 to 10. Default 5.
    #[serde(deserialize_with = "fields::captcha_length")]
    pub length: u32,
    /// The greatest number of a proof of work: whoever solves one hashes this often at most, and half as often on
    /// average. 1,000 to 100,000,000. Default 200,000: about a second of an ordinary telephone.
    #[serde(deserialize_with = "pow_cost")]
    pub pow_cost: u32,
    /// What every captcha reads, 1 to 10 ASCII letters and digits, for tests: refused unless `listen` is
    /// a loopback address and `public_url` can't be a real site's. Default: none.
    #[serde(deserialize_with = "fields::test_code")]
    pub test_code: Option<String>,
    /// Wrong proofs of captchas from one client address in 5 minutes. Then captchas that could be guessed no longer
    /// pay there, and new ones have ten characters. 0: no limit. Default 500.
    pub wrong_per_address: u32,
}

/// A kind of captcha.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaptchaKind {
    /// A picture to be read.
    Image,
    /// Proof of work, in ALTCHA's format.
    Pow,
}

impl CaptchaKind {
    /// The kind of this name on the wire and in the configuration.
    pub fn from_name(name: &str) -> Option<CaptchaKind> {
        match name {
            "image" => Some(CaptchaKind::Image),
            "pow" => Some(CaptchaKind::Pow),
            _ => None,
        }
    }
}

impl Default for Captcha {
    fn default() -> Captcha {
        Captcha {
            kinds: vec![CaptchaKind::Image],
            ttl: Duration::from_mins(5),
            length: 5,
            pow_cost: 200_000,
            test_code: None,
            wrong_per_address: 500,
        }
    }
}

fn kinds<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<CaptchaKind>, D::Error> {
    let kinds = fields::texts(from, |text| {
        CaptchaKind::from_name(text)
            .ok_or_else(|| format!("{text:?} is neither \"image\" nor \"pow\""))
    })?;
    if kinds.is_empty() {
        return Err(D::Error::custom("no kind; write \"image\", \"pow\" or both"));
    }
    Ok(kinds)
}

fn pow_cost<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    match u32::deserialize(from)? {
        cost @ 1_000..=100_000_000 => Ok(cost),
        cost => Err(D::Error::custom(format!("{cost} is not from 1000 to 100000000"))),
    }
}
