//! What every operation may use besides the database: one struct, made once at start.

use crate::boards::Shared;
use crate::clock::Clock;
use crate::config::Config;
use crate::files::Files;
use crate::sms::Gateway;

/// The services that operations share. A [`View`](crate::db::View) and a
/// [`Tx`](crate::db::Tx) lead to them (`tx.clock.now()`).
pub struct Services {
    /// The configuration, as it was read at start.
    pub config: Config,
    /// What URLs in answers begin with, without a slash at the end.
    pub public_url: String,
    /// Time, in the configured zone.
    pub clock: Clock,
    /// Uploaded pictures.
    pub files: Files,
    /// Leaderboards.
    pub boards: Shared,
    /// Where SMS codes go.
    pub sms: Box<dyn Gateway>,
}
