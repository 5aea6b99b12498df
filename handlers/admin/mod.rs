//! Operations of the console (`admin/…`): what the people do who look after the server. They are reached by the
//! console's listener alone, and every change is written down in the audit.

/// An operation on one thing, which its id names: for moderators, with a function of the database, of who does it and of
/// the id, which says whether there is such a thing.
macro_rules! on_id {
    ($(#[doc = $doc:literal])* $name:ident, $subtype:literal, $example:literal, $run:expr) => {
        engine::data! {
            $(#[doc = $doc])*
            pub struct $name {
                /// Its id.
                id: engine::data::IntOrText,
            }
        }

        impl engine::op::Op for $name {
            const NAME: engine::op::Name = ("admin", $subtype);
            const FAULTS: &'static [engine::fault::FaultKind] = &[engine::fault::FaultKind::NotFound];
            const EXAMPLE: &'static str = $example;
            type Caller = engine::caller::Admin<engine::caller::Moderator>;
            type Lane = engine::op::Work<engine::op::Scan>;
            type Reply = crate::handlers::EmptyReply;
            const NEEDS_SPACE: bool = false;

            fn run(
                self,
                context: &engine::op::WorkContext,
                caller: Self::Caller,
            ) -> Result<Self::Reply, Fault> {
                let run: fn(&engine::db::Db, &By, i64) -> Result<bool, Fault> = $run;
                super::done(run(context.db(), &By::admin(&caller), self.id.0), "id")
            }
        }
    };
}

mod accounts;
mod backups;
mod bans;
pub mod keys;
pub mod login;
mod notices;
mod overview;
pub mod people;
mod pictures;
mod reviews;
mod scores;
mod seasons;
mod settings;
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
    registry.op::<accounts::RemoveAccount>()?.op::<accounts::RenameAccount>()?;
    registry.op::<accounts::ExportAccount>()?.op::<backups::VerifyBackup>()?;
    registry.op::<notices::Notices>()?.op::<notices::HideNotice>()?;
    registry.op::<notices::UnhideNotice>()?.op::<notices::RemoveNotice>()?;
    registry.op::<shops::Shops>()?.op::<shops::HideShop>()?;
    registry.op::<shops::UnhideShop>()?.op::<shops::RemoveShop>()?;
    registry.op::<scores::Boards>()?.op::<scores::Scores>()?;
    registry.op::<scores::RemoveScore>()?.op::<scores::ResetBoard>()?;
    registry.op::<scores::HeldScores>()?.op::<scores::HoldScore>()?;
    registry.op::<scores::ConfirmScore>()?.op::<scores::RemoveBoard>()?;
    registry.op::<pictures::ListPictures>()?.op::<pictures::ShowPicture>()?;
    registry.op::<pictures::HidePictures>()?.op::<pictures::UnhidePictures>()?;
    registry.op::<pictures::RemovePictures>()?.op::<settings::ShowConfig>()?;
    registry.op::<backups::DownloadBackup>()?;
    registry.op::<seasons::SetBoard>()?.op::<seasons::EndSeason>()?;
    registry.op::<seasons::AdvanceSeason>()?;
    registry.op::<reviews::Reviews>()?.op::<reviews::ApproveReviewed>()?;
    registry.op::<reviews::HideReviewed>()?.op::<reviews::RemoveReviewed>()?;
    registry.op::<keys::Keys>()?.op::<keys::AddKey>()?.op::<keys::RemoveKey>()?;
    registry.op::<bans::Bans>()?.op::<bans::AddBan>()?.op::<bans::RemoveBan>()?;
    registry.op::<backups::Backups>()?.op::<backups::MakeBackup>()?.op::<overview::Log>()?;
    Ok(registry)
}

/// The rule for names of admins and of API keys, told to whoever breaks it.
const NAME_RULE: &str = "NAME: 1 to 32 letters, digits, '-', '_' or '.'";

/// May an admin or an API key be called so?
fn is_good_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    (1..=32).contains(&name.len()) && name.chars().all(is_plain)
}

/// What is searched for: in lower case, as `contains` compares.
fn text(sent: Option<String>) -> String {
    sent.unwrap_or_default().trim().to_ascii_lowercase()
}

/// The reply of an action on one thing, which `key` names: `NotFound` where there is none.
fn done(is_there: Result<bool, Fault>, key: &'static str) -> Result<EmptyReply, Fault> {
    if is_there? { Ok(EmptyReply {}) } else { Err(Fault::NotFound(key.into())) }
}
