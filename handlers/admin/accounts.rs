//! Accounts: finding them, and what is done to them.

use super::{done, text};
use crate::handlers::EmptyReply;
use crate::handlers::moderation::accounts;
use crate::handlers::moderation::audit::{self, By};
use crate::handlers::portrait::NOT_STORED;
use crate::handlers::user::admin as user;
use crate::handlers::user::export::{Exported, export};
use engine::caller::{Admin, Owner, Viewer};
use engine::data::{IntOrText, Text};
use engine::fault::{Fault, FaultKind};
use engine::op::{Hash, Name, Op, Scan, Store, Work, WorkContext};
use engine::{args, data};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// How many accounts a page has.
const ROWS: usize = 50;

data! {
    /// List accounts, the newest first, 50 at a time.
    pub struct Accounts {
        /// Only those with this in user name, nickname, mobile number or id.
        text: Option<String>,
        /// Only those with a smaller id: the last of the page before.
        before: Option<IntOrText>,
    }
}

/// Accounts.
#[derive(Serialize, JsonSchema)]
pub struct AccountList {
    /// The accounts, the newest first.
    accounts: Vec<ListedAccount>,
    /// Are there more?
    more: bool,
}

/// An account, as the list has it.
#[derive(Serialize, JsonSchema)]
pub struct ListedAccount {
    /// Its id.
    id: i64,
    /// Its user name.
    username: String,
    /// Its nickname.
    nickname: String,
    /// Its mobile number; empty where it has none.
    mobile: String,
    /// When it was made, `YYYY-MM-DD HH:MM:SS`.
    made: String,
    /// Is it disabled?
    disabled: bool,
}

impl Op for Accounts {
    const NAME: Name = ("admin", "accounts");
    const FAULTS: &'static [FaultKind] = &[];
    const EXAMPLE: &'static str = r#"{"text": "omar"}"#;
    type Caller = Admin<Viewer>;
    type Lane = Work<Scan>;
    type Reply = AccountList;
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, _: Admin<Viewer>) -> Result<AccountList, Fault> {
        let before = self.before.map_or(i64::MAX, |before| before.0);
        let (text, limit) = (text(self.text), i64::try_from(ROWS + 1).unwrap_or(i64::MAX));
        let id: i64 = text.parse().unwrap_or(0);
        context.read(|view| {
            let mut accounts = view.all(
                "SELECT id, username, nickname, coalesce(mobile, ''), created_at, disabled FROM account
                  WHERE id < $1 AND ($2 = '' OR contains(username, $2) OR contains(nickname, $2)
                        OR contains(coalesce(mobile, ''), $2) OR id = $3)
                  ORDER BY id DESC LIMIT $4",
                args![before, &text, id, limit],
                |row| {
                    Ok(ListedAccount {
                        id: row.get(0)?,
                        username: row.get(1)?,
                        nickname: row.get(2)?,
                        mobile: row.get(3)?,
                        made: view.clock.format(row.get(4)?),
                        disabled: row.get::<i64>(5)? != 0,
                    })
                },
            )?;
            let more = accounts.len() > ROWS;
            accounts.truncate(ROWS);
            Ok(AccountList { accounts, more })
        })
    }
}

data! {
    /// Tell what there is of an account.
    pub struct ShowAccount {
        /// Its id.
        id: IntOrText,
    }
}

/// An account: what there is of it, each under its name, such as `user name` and `notices`.
#[derive(Serialize, JsonSchema)]
pub struct Shown {
    /// The values.
    account: BTreeMap<&'static str, String>,
}

impl Op for ShowAccount {
    const NAME: Name = ("admin", "account");
    const FAULTS: &'static [FaultKind] = &[FaultKind::NotFound];
    const EXAMPLE: &'static str = r#"{"id": 100001}"#;
    type Caller = Admin<Viewer>;
    type Lane = Work<Scan>;
    type Reply = Shown;
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, _: Admin<Viewer>) -> Result<Shown, Fault> {
        let shown = accounts::show(context.db(), &self.id.0.to_string())?;
        let shown = shown.ok_or_else(|| Fault::NotFound("id".into()))?;
        Ok(Shown { account: shown.into_iter().collect() })
    }
}

on_id! {
    /// Let nobody log in to an account, and end its sessions.
    DisableAccount, "disable_account", r#"{"id": 100001}"#,
    |db, by, id| accounts::set_disabled(db, by, &id.to_string(), true)
}

on_id! {
    /// Let an account be logged in to again.
    EnableAccount, "enable_account", r#"{"id": 100001}"#,
    |db, by, id| accounts::set_disabled(db, by, &id.to_string(), false)
}

on_id! {
    /// End all sessions of an account.
    EndAccountSessions, "end_account_sessions", r#"{"id": 100001}"#,
    |db, by, id| accounts::end_sessions(db, by, &id.to_string())
}

data! {
    /// Give an account a new password, and end its sessions.
    pub struct SetAccountPassword {
        /// Its id.
        id: IntOrText,
        /// The new password.
        password: Text<1, 512>,
    }
}

impl Op for SetAccountPassword {
    const NAME: Name = ("admin", "set_account_password");
    const FAULTS: &'static [FaultKind] = &[FaultKind::NotFound];
    const EXAMPLE: &'static str = r#"{"id": 100001, "password": "correct horse"}"#;
    type Caller = Admin<Owner>;
    type Lane = Work<Hash>;
    type Reply = EmptyReply;

    fn run(self, context: &WorkContext, caller: Admin<Owner>) -> Result<EmptyReply, Fault> {
        let (by, id) = (By::admin(&caller), self.id.0.to_string());
        let is_there = context.read(|view| user::find(view, &id))?.is_some();
        done(Ok(is_there), "id")?;
        user::passwd(context.db(), &by, &id, &self.password.0)
            .map_err(|why| Fault::WrongValue("password".into(), why.into()))?;
        Ok(EmptyReply {})
    }
}

data! {
    /// Remove an account with all its content. It can't be taken back.
    pub struct RemoveAccount {
        /// Its id.
        id: IntOrText,
    }
}

impl Op for RemoveAccount {
    const NAME: Name = ("admin", "remove_account");
    const FAULTS: &'static [FaultKind] = &[FaultKind::NotFound];
    const EXAMPLE: &'static str = r#"{"id": 100001}"#;
    type Caller = Admin<Owner>;
    type Lane = Work<Scan>;
    type Reply = EmptyReply;
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, caller: Admin<Owner>) -> Result<EmptyReply, Fault> {
        let (by, id) = (By::admin(&caller), self.id.0.to_string());
        let is_there = context.read(|view| user::find(view, &id))?.is_some();
        done(Ok(is_there), "id")?;
        user::remove(context.db(), &by, &id, true).map_err(Fault::unknown)?;
        Ok(EmptyReply {})
    }
}

data! {
    /// Give an account another user name.
    pub struct RenameAccount {
        /// Its id.
        id: IntOrText,
        /// The new name.
        username: Text<1, 64>,
    }
}

impl Op for RenameAccount {
    const NAME: Name = ("admin", "rename_account");
    const FAULTS: &'static [FaultKind] = &[FaultKind::NotFound];
    const EXAMPLE: &'static str = r#"{"id": 100001, "username": "omar"}"#;
    type Caller = Admin<Owner>;
    type Lane = Work<Scan>;
    type Reply = EmptyReply;

    fn run(self, context: &WorkContext, caller: Admin<Owner>) -> Result<EmptyReply, Fault> {
        let (by, id) = (By::admin(&caller), self.id.0);
        let is_there = context.read(|view| user::find(view, &id.to_string()))?.is_some();
        done(Ok(is_there), "id")?;
        user::rename(context.db(), &by, id, &self.username.0)
            .map_err(|why| Fault::WrongValue("username".into(), why.into()))?;
        Ok(EmptyReply {})
    }
}

data! {
    /// Export everything stored about an account, as `user/export` does for its owner. The audit notes it.
    pub struct ExportAccount {
        /// Its id.
        id: IntOrText,
        /// Only notices with a greater id than this; the answer has no pictures then.
        after: Option<IntOrText>,
    }
}

impl Op for ExportAccount {
    const NAME: Name = ("admin", "export_account");
    const FAULTS: &'static [FaultKind] = &[FaultKind::NotFound, FaultKind::Declared(&NOT_STORED)];
    const EXAMPLE: &'static str = r#"{"id": 100001}"#;
    type Caller = Admin<Owner>;
    type Lane = Work<Store>;
    type Reply = Exported;

    fn run(self, context: &WorkContext, caller: Admin<Owner>) -> Result<Exported, Fault> {
        let (by, id) = (By::admin(&caller), self.id.0);
        let target = id.to_string();
        let is_there = context.read(|view| user::find(view, &target))?.is_some();
        done(Ok(is_there), "id")?;
        context.write(move |tx| audit::record(tx, &by, "user export", &target, None))?;
        export(context, id, "", self.after.map(|after| after.0))
    }
}
