//! `[events]`: who may watch boards.

use serde::Deserialize;

/// Watching boards.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Events {
    /// How many streams of `/api/events` one client address may have open. Default 64.
    pub per_address: u32,
    /// How many there may be in all. Default 10000.
    pub max: u32,
}

impl Default for Events {
    fn default() -> Self {
        Events { per_address: 64, max: 10_000 }
    }
}
