//! What the operator does about content and people, for commands: look, hide, remove, disable. Beside a running server it
//! takes effect at once.

pub mod accounts;
pub mod audit;
pub mod bans;
pub mod boards;
pub mod content;
pub mod decisions;
pub mod notices;
pub mod reviews;
pub mod scores;
pub mod shops;
pub mod words;

pub use crate::handlers::user::admin::fault_text;

use engine::db::Db;
use engine::fault::Fault;

/// What a server looks for again and again, because a command may have done it: removals to finish, bans, and
/// seasons of boards.
pub fn follow_up(db: &Db) -> Result<(), Fault> {
    crate::handlers::removal::finish(db)?;
    bans::apply(db)?;
    crate::handlers::wx_texts::follow_up(db)?;
    crate::handlers::ruled::follow_up(db)
}
