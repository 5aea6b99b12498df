//! Operations of the console (`admin/…`): what the people do who look after the server. They are reached by the
//! console's listener alone, and every change is written down in the audit.

mod accounts;
mod backups;
mod bans;
pub mod login;
mod notices;
mod overview;
pub mod people;
mod scores;
mod shops;
pub mod totp;

pub use crate::handlers::user::admin::fault_text;

use crate::handlers::EmptyReply;
use engine::fault::Fault;
use engine::op::{RegisteredTwice, Registry};

/// Removes sessions of admins that have ended.
pub const SWEEP_SESSIONS: &str = "DELETE FROM admin_session WHERE expires_at <= $1";

/// Every operation of the console.
pub fn registry() -> Result<Registry, RegisteredTwice> {
    let mut registry = Registry::default();
    registry.op::<login::Login>()?.op::<login::Logout>()?;
    registry.op::<overview::Overview>()?.op::<overview::Messages>()?;
    registry.op::<overview::Audit>()?.op::<overview::Admins>()?;
    registry.op::<accounts::Accounts>()?.op::<accounts::ShowAccount>()?;
    registry.op::<accounts::DisableAccount>()?.op::<accounts::EnableAccount>()?;
    registry.op::<accounts::EndAccountSessions>()?.op::<accounts::SetAccountPassword>()?;
    registry.op::<accounts::RemoveAccount>()?;
    registry.op::<notices::Notices>()?.op::<notices::HideNotice>()?;
    registry.op::<notices::UnhideNotice>()?.op::<notices::RemoveNotice>()?;
    registry.op::<shops::Shops>()?.op::<shops::HideShop>()?;
    registry.op::<shops::UnhideShop>()?.op::<shops::RemoveShop>()?;
    registry.op::<scores::Boards>()?.op::<scores::Scores>()?;
    registry.op::<scores::RemoveScore>()?.op::<scores::ResetBoard>()?;
    registry.op::<bans::Bans>()?.op::<bans::AddBan>()?.op::<bans::RemoveBan>()?;
    registry.op::<backups::Backups>()?.op::<backups::MakeBackup>()?.op::<overview::Log>()?;
    Ok(registry)
}

/// What is searched for: in lower case, as `contains` compares.
fn text(sent: Option<String>) -> String {
    sent.unwrap_or_default().trim().to_ascii_lowercase()
}

/// The reply of an action on one thing, which `key` names: `NotFound` where there is none.
fn done(is_there: Result<bool, Fault>, key: &'static str) -> Result<EmptyReply, Fault> {
    if is_there? { Ok(EmptyReply {}) } else { Err(Fault::NotFound(key.into())) }
}
