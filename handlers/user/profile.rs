//! Reading and changing an account's profile.

use super::NAME_TAKEN;
use super::name::{Name, Nickname, is_free, may_be_called, replace};
use super::picture_url;
use crate::handlers::EmptyReply;
use crate::handlers::moderation::reviews::Kind;
use crate::handlers::moderation::words;
use engine::caller::Account;
use engine::db::{Tx, View};
use engine::fault::{Fault, FaultKind};
use engine::op::{Op, Read, Write};
use engine::quota::Quota;
use engine::{args, data};
use schemars::JsonSchema;
use serde::Serialize;

data! {
    /// Get the caller's account.
    pub struct Info;
}

/// An account, as its owner sees it.
#[derive(Serialize, JsonSchema)]
pub struct Profile {
    /// The account's id.
    user_id: i64,
    /// The name to log in by.
    username: String,
    /// The name to show.
    nickname: String,
    /// The address of the account's picture; empty where it has none.
    profile_picture: String,
    /// The mobile number; empty where there is none.
    mobile: String,
    /// When the account was made, `YYYY-MM-DD HH:MM:SS`.
    create_time: String,
    /// Whether a real name was told.
    verified: bool,
}

impl Op for Info {
    const NAME: engine::op::Name = ("user", "info");
    const FAULTS: &'static [FaultKind] = &[];
    const EXAMPLE: &'static str = "{}";
    type Caller = Account;
    type Lane = Read;
    type Reply = Profile;

    fn run(self, view: &View, caller: Account) -> Result<Profile, Fault> {
        profile(view, caller.id)
    }
}

/// The profile of the account `id`.
pub fn profile(view: &View, id: i64) -> Result<Profile, Fault> {
    view.one(
        "SELECT username, nickname, avatar, mobile, created_at, real_name
           FROM account WHERE id = $1",
        args![id],
        |row| {
            Ok(Profile {
                user_id: id,
                username: row.get(0)?,
                nickname: row.get(1)?,
                profile_picture: picture_url(view, &row.get::<String>(2)?),
                mobile: row.get::<Option<String>>(3)?.unwrap_or_default(),
                create_time: view.clock.format(row.get(4)?),
                verified: row.get::<Option<String>>(5)?.is_some(),
            })
        },
    )?
    .ok_or(Fault::AccountGone)
}

data! {
    /// Change the caller's nickname.
    pub struct Update {
        /// The new name to show.
        nickname: Nickname,
    }
}

impl Op for Update {
    const NAME: engine::op::Name = ("user", "update");
    const FAULTS: &'static [FaultKind] = &[];
    const EXAMPLE: &'static str = r#"{"nickname": "Omar"}"#;
    type Caller = Account;
    type Lane = Write;
    type Reply = EmptyReply;

    fn run(self, tx: &mut Tx, caller: Account) -> Result<EmptyReply, Fault> {
        let id = caller.id.to_string();
        words::check_name(tx, Kind::Account, &id, ("nickname", &self.nickname.0))?;
        tx.execute(
            "UPDATE account SET nickname = $1 WHERE id = $2",
            args![&self.nickname.0, caller.id],
        )?;
        Ok(EmptyReply {})
    }
}

/// New user names of one account, so that names can't be tried one after another.
const RENAMES: Quota = Quota { name: "limits.renames_per_day", window: 86_400 };

data! {
    /// Change the caller's user name to one that no other account has.
    pub struct Rename {
        /// The new name to log in by.
        username: Name,
    }
}

/// The account's new name.
#[derive(Serialize, JsonSchema)]
pub struct Renamed {
    /// The new name.
    username: String,
}

impl Op for Rename {
    const NAME: engine::op::Name = ("user", "rename");
    const FAULTS: &'static [FaultKind] = &[FaultKind::Declared(&NAME_TAKEN)];
    const EXAMPLE: &'static str = r#"{"username": "omar"}"#;
    type Caller = Account;
    type Lane = Write;
    type Reply = Renamed;

    fn run(self, tx: &mut Tx, caller: Account) -> Result<Renamed, Fault> {
        let Name(username) = self.username;
        let own: (String, Option<String>) = tx
            .one("SELECT username, mobile FROM account WHERE id = $1", args![caller.id], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?
            .ok_or(Fault::AccountGone)?;
        // The name that it has stays, whatever today's rules say of it.
        if own.0 == username {
            return Ok(Renamed { username });
        }
        may_be_called(tx, &username, own.1.as_deref())?;
        let (key, limit) = (caller.id.to_string(), tx.config.limits.renames_per_day);
        if limit > 0 {
            RENAMES.check(tx, &key, limit.into())?;
            RENAMES.add(tx, &key, 1)?;
        }
        if let Err(fault) = is_free(tx, &username, Some(caller.id)) {
            // Counted all the same: the answer tells who is here.
            tx.keep_on_fault()?;
            return Err(fault);
        }
        words::check_name(tx, Kind::Account, &key, ("username", &username))?;
        replace(tx, caller.id, &own.0, &username)?;
        Ok(Renamed { username })
    }
}
