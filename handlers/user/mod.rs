//! Accounts: one account serves every document (README of the contract, "Accounts and tokens").

pub mod admin;
mod attempts;
pub mod avatar;
pub mod export;
pub mod imported;
mod login;
mod login_sms;
mod mobile;
pub mod name;
mod password;
mod profile;
mod proof;
mod register;
mod remove;
mod remove_own;
mod reset;
mod sessions;
mod verify;

pub use attempts::SWEEP as SWEEP_FAILURES;
pub use proof::fill_last_logins;
pub use register::{hash_plain, insert};
pub use verify::seal_all;

use engine::data::{Field, FieldError, Value, schema};
use engine::db::View;
use engine::fault::{Class, Declared, Fault};
use engine::op::{RegisteredTwice, Registry};
use engine::password::{LENGTH, Password, is_common};
use engine::services::Services;
use engine::status::WRONG_VALUE;
use schemars::Schema;
use serde_json::json;

/// Removes sessions that ended 30 days ago. Until then whoever shows such a token when logging in has a
/// limit of failed logins to himself (`attempts`).
pub const SWEEP_SESSIONS: &str = "DELETE FROM session WHERE expires_at <= $1 - 2592000";

/// Removes sessions that have expired and whose account is removed.
pub const SWEEP_REMOVED: &str = "DELETE FROM session
     WHERE expires_at <= $1 AND account NOT IN (SELECT id FROM account)";

pub fn register(registry: &mut Registry) -> Result<(), RegisteredTwice> {
    registry
        .op::<register::Register>()?
        .op::<login::Login>()?
        .op::<login::Logout>()?
        .op::<profile::Info>()?
        .op::<profile::Update>()?
        .op::<profile::Rename>()?
        .op::<password::ChangePassword>()?
        .op::<avatar::Avatar>()?
        .op::<verify::Verify>()?
        .op::<verify::Verified>()?
        .op::<login_sms::LoginSms>()?
        .op::<reset::Reset>()?
        .op::<mobile::ChangeMobile>()?
        .op::<sessions::Sessions>()?
        .op::<sessions::EndSessions>()?
        .op::<export::Export>()?
        .op::<remove_own::RemoveOwn>()?;
    Ok(())
}

/// Another account has the name, or one that looks like it, or left it not long ago.
pub static NAME_TAKEN: Declared = Declared {
    name: "name_taken",
    class: Class::Taken,
    status: WRONG_VALUE,
    detail: "the name is taken",
};

/// The operator has disabled the account. Told only to whom has proven that it is theirs.
pub static ACCOUNT_DISABLED: Declared = Declared {
    name: "account_disabled",
    class: Class::Value,
    status: WRONG_VALUE,
    detail: "the account was disabled by the operator of this server",
};

/// Another account has the mobile number.
pub static MOBILE_TAKEN: Declared = Declared {
    name: "mobile_taken",
    class: Class::Taken,
    status: WRONG_VALUE,
    detail: "the mobile number is registered",
};

/// The account has a real name already; it is verified once.
pub static VERIFIED_ALREADY: Declared = Declared {
    name: "already_verified",
    class: Class::Taken,
    status: WRONG_VALUE,
    detail: "the real name is verified already",
};

/// What is said of a password that everybody tries first.
const COMMON: &str = "one of the most common passwords; choose another one";

/// A password that somebody chooses: plain text of 6 to 64 characters, or the md5 of one; none that is
/// common.
#[derive(Clone)]
pub struct NewPassword(Password);

impl Field for NewPassword {
    fn read(value: Value<'_>) -> Result<Self, FieldError> {
        let text = String::read(value)?;
        match text.chars().count() {
            0 => Err(FieldError::Empty),
            length if LENGTH.contains(&length) && is_common(&text) => {
                Err(FieldError::Value(COMMON.into()))
            }
            length if LENGTH.contains(&length) => Ok(NewPassword(Password::from_client(&text))),
            _ => Err(FieldError::Value("6 to 64 characters, or the md5 of them".into())),
        }
    }

    fn schema() -> Schema {
        schema::described(
            schema::text(*LENGTH.start(), *LENGTH.end()),
            "Plain text, or the md5 of it in 32 hex digits.",
        )
    }
}

/// A password that somebody claims; whether it could be one does not matter.
#[derive(Clone)]
pub struct GivenPassword(Password);

impl Field for GivenPassword {
    fn read(value: Value<'_>) -> Result<Self, FieldError> {
        let text = String::read(value)?;
        if text.is_empty() {
            Err(FieldError::Empty)
        } else {
            Ok(GivenPassword(Password::from_client(&text)))
        }
    }

    fn schema() -> Schema {
        schema::described(
            schema::schema(json!({"type": "string", "minLength": 1})),
            "Plain text, or the md5 of it in 32 hex digits.",
        )
    }
}

/// What a login looks at.
#[derive(Clone)]
struct Known {
    id: i64,
    username: String,
    nickname: String,
    avatar: String,
    password: String,
    password_count: i64,
    mobile: Option<String>,
    /// When somebody last logged in, or made the account.
    last_login_at: i64,
    is_disabled: bool,
}

impl Known {
    /// The account of this user name or mobile number: the very name first, then the name in any form
    /// of Unicode. Devices write accents in one or in two characters, and users can't see which.
    fn by_name(view: &View, name: &str) -> Result<Option<Known>, Fault> {
        let exact = Known::find(view, "username = $1 OR mobile = $1", name.into())?;
        if exact.is_some() || name.is_ascii() || name.len() > 1024 {
            return Ok(exact);
        }
        match name::find_form(view, name)? {
            Some(id) => Known::by_id(view, id),
            None => Ok(None),
        }
    }

    fn by_id(view: &View, id: i64) -> Result<Option<Known>, Fault> {
        Known::find(view, "id = $1", id.into())
    }

    fn by_mobile(view: &View, mobile: &str) -> Result<Option<Known>, Fault> {
        Known::find(view, "mobile = $1", mobile.into())
    }

    fn find(
        view: &View,
        condition: &'static str,
        key: engine::db::Param<'_>,
    ) -> Result<Option<Known>, Fault> {
        let sql = format!(
            "SELECT id, username, nickname, avatar, password, password_count, mobile, last_login_at, disabled
               FROM account WHERE {condition}"
        );
        view.one(&sql, &[key], |row| {
            Ok(Known {
                id: row.get(0)?,
                username: row.get(1)?,
                nickname: row.get(2)?,
                avatar: row.get(3)?,
                password: row.get(4)?,
                password_count: row.get(5)?,
                mobile: row.get(6)?,
                last_login_at: row.get(7)?,
                is_disabled: row.get::<i64>(8)? != 0,
            })
        })
    }
}

/// Where an account's picture is to be had; `""` where there is none.
fn picture_url(services: &Services, avatar: &str) -> String {
    if avatar.is_empty() {
        return String::new();
    }
    let here = || format!("{}/upload/{avatar}", services.public_url);
    services.pictures.public_url(avatar).unwrap_or_else(here)
}
