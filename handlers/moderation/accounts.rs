//! Accounts: everything of one, disabling it, ending its sessions.

use super::audit::{self, By};
use crate::handlers::user::admin::find;
use engine::args;
use engine::db::Db;
use engine::fault::Fault;
use serde_json::json;

/// The data of the account with this user name, mobile number or id: pairs of a label and its value.
pub fn show(db: &Db, name: &str) -> Result<Option<Vec<(&'static str, String)>>, Fault> {
    let view = db.view();
    let Some(id) = find(&view, name)? else { return Ok(None) };
    view.one(
        "SELECT username, nickname, coalesce(mobile, ''), created_at, last_login_at, disabled,
                CASE WHEN real_name IS NULL THEN 0 ELSE 1 END,
                (SELECT count(*) FROM property WHERE user_id = account.id),
                (SELECT count(*) FROM shop WHERE owner = account.id),
                (SELECT count(*) FROM portrait WHERE owner = account.id OR portrait.id = account.id),
                (SELECT count(*) FROM session WHERE session.account = account.id
                    AND session.expires_at > $1 AND session.password = account.password_count)
           FROM account WHERE id = $2",
        args![view.clock.steady(), id],
        |row| {
            let word = |is: i64| if is == 0 { "no" } else { "yes" }.to_owned();
            let number = |nth: usize| row.get::<i64>(nth);
            Ok(vec![
                ("id", id.to_string()),
                ("user name", row.get(0)?),
                ("nickname", row.get(1)?),
                ("mobile number", row.get(2)?),
                ("made", view.clock.format(number(3)?)),
                ("last login", view.clock.format(number(4)?)),
                ("disabled", word(number(5)?)),
                ("real name told", word(number(6)?)),
                ("notices", number(7)?.to_string()),
                ("shops", number(8)?.to_string()),
                ("portraits", number(9)?.to_string()),
                ("open sessions", number(10)?.to_string()),
            ])
        },
    )
}

/// Let nobody log in to an account, and end its sessions, or let them again; whether there is such an account.
pub fn set_disabled(db: &Db, by: &By, name: &str, is_disabled: bool) -> Result<bool, Fault> {
    let Some(id) = find(&db.view(), name)? else { return Ok(false) };
    // Sessions from before this count are stale.
    let sql =
        "UPDATE account SET disabled = $1, password_count = password_count + $1 WHERE id = $2";
    let by = by.clone();
    let action = if is_disabled { "user disable" } else { "user enable" };
    db.write(move |tx| {
        audit::record(tx, &by, action, &id.to_string(), None)?;
        Ok(tx.execute(sql, args![i64::from(is_disabled), id])? > 0)
    })
}

/// End all sessions of an account; whether there is such an account.
pub fn end_sessions(db: &Db, by: &By, name: &str) -> Result<bool, Fault> {
    let Some(id) = find(&db.view(), name)? else { return Ok(false) };
    let (by, sql) =
        (by.clone(), "UPDATE account SET password_count = password_count + 1 WHERE id = $1");
    db.write(move |tx| {
        audit::record(tx, &by, "user end-sessions", &id.to_string(), None)?;
        Ok(tx.execute(sql, args![id])? > 0)
    })
}

/// Take an account's nickname away; whether there is such an account.
pub fn clear_nickname(db: &Db, by: &By, name: &str) -> Result<bool, Fault> {
    let Some(id) = find(&db.view(), name)? else { return Ok(false) };
    let by = by.clone();
    db.write(move |tx| {
        let sql = "SELECT nickname FROM account WHERE id = $1";
        let earlier: Option<String> = tx.one(sql, args![id], |row| row.get(0))?;
        let earlier = earlier.map(|nickname| json!({ "user_id": id, "nickname": nickname }));
        audit::record(tx, &by, "user clear-nickname", &id.to_string(), earlier.as_ref())?;
        Ok(tx.execute("UPDATE account SET nickname = '' WHERE id = $1", args![id])? > 0)
    })
}
