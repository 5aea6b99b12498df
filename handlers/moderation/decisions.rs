//! Deciding about what was reported or held ([`reviews`](super::reviews)).

use super::accounts;
use super::audit::{self, By};
use super::content::Content;
use super::notices::NOTICE;
use super::reviews::Kind;
use super::scores;
use super::shops::SHOP;
use engine::args;
use engine::db::Db;
use engine::fault::Fault;

/// What is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It is good: it is shown.
    Approve,
    /// It is hidden: a notice or shop from all but its account, an account can't log in, a player's score is held.
    Hide,
    /// It is removed: a notice, a shop, a player. An account loses its nickname.
    Remove,
}

impl Decision {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Decision::Approve => "approve",
            Decision::Hide => "hide",
            Decision::Remove => "remove",
        }
    }
}

/// Decide, and close all reviews of the same thing; whether there is such a review. A thing that is gone meanwhile needs
/// nothing more.
pub fn decide(
    db: &Db,
    by: &By,
    id: i64,
    decision: Decision,
    is_alone: bool,
) -> Result<bool, Fault> {
    let sql = "SELECT kind, target FROM review WHERE id = $1 AND decision = ''";
    let found: Option<(String, String)> =
        db.view().one(sql, args![id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let Some((kind_name, target)) = found else { return Ok(false) };
    let Some(kind) = Kind::named(&kind_name) else { return Ok(false) };
    act(db, by, kind, &target, decision, is_alone)?;
    let by = by.clone();
    db.write(move |tx| {
        let sql = "UPDATE review SET decision = $1, decided_at = $2
                    WHERE kind = $3 AND target = $4 AND decision = ''";
        let now = tx.clock.now();
        tx.execute(sql, args![decision.name(), now, kind.name(), &target])?;
        let action = format!("review {}", decision.name());
        audit::record(tx, &by, &action, &format!("{} {target}", kind.name()), None)
    })?;
    Ok(true)
}

/// The content that can be hidden and removed.
fn content_of(kind: Kind) -> Option<&'static Content> {
    match kind {
        Kind::Notice => Some(&NOTICE),
        Kind::Shop => Some(&SHOP),
        Kind::Account | Kind::Player => None,
    }
}

fn act(
    db: &Db,
    by: &By,
    kind: Kind,
    target: &str,
    decision: Decision,
    is_alone: bool,
) -> Result<(), Fault> {
    if let (Some(content), Ok(id)) = (content_of(kind), target.parse::<i64>()) {
        match decision {
            Decision::Approve => content.set_hidden(db, by, id, false)?,
            Decision::Hide => content.set_hidden(db, by, id, true)?,
            Decision::Remove => content.remove(db, by, id)?,
        };
    } else if kind == Kind::Account {
        match decision {
            Decision::Approve => true,
            Decision::Hide => accounts::set_disabled(db, by, target, true)?,
            Decision::Remove => accounts::clear_nickname(db, by, target)?,
        };
    } else if let Some((app, openid)) = target.split_once(' ') {
        match decision {
            Decision::Approve => {}
            Decision::Hide => {
                scores::hold(db, by, app, openid, "reported", is_alone)?;
            }
            Decision::Remove => {
                scores::remove_player(db, by, app, openid, is_alone)?;
            }
        }
    }
    Ok(())
}
