//! `[moderation]`: what people may publish.

use serde::Deserialize;
use std::path::PathBuf;

/// Moderation.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Moderation {
    /// A file of words: a line `refuse WORD` or `hold WORD` each. Notices, shops and names with a refused word are not
    /// taken; those with a held one wait until a moderator has decided. SIGHUP reads it again. Default: none.
    pub words: Option<PathBuf>,
    /// How many things one account may report in 24 hours. 0: nobody can report. Default 20.
    pub reports_per_day: u32,
    /// How many reports may be open at the same time; more are refused until some are decided. Default 10000.
    pub max_open_reports: u32,
}

impl Default for Moderation {
    fn default() -> Self {
        Moderation { words: None, reports_per_day: 20, max_open_reports: 10_000 }
    }
}
