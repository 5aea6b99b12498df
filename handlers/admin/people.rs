//! Admins: making them, listing them, their passwords and authenticator apps.

use super::totp;
use crate::handlers::moderation::audit::{self, By};
use crate::handlers::user::admin::check;
use engine::args;
use engine::caller::AdminRole;
use engine::db::{Db, Tx, View};
use engine::fault::Fault;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

/// How many recovery codes there are.
const RECOVERY_CODES: usize = 10;

/// An admin, as lists have it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Listed {
    /// The name.
    pub name: String,
    /// `viewer`, `moderator` or `owner`.
    pub role: String,
    /// Is there an authenticator app, whose codes are asked for?
    pub totp: bool,
    /// When it was made, `YYYY-MM-DD HH:MM:SS`.
    pub made: String,
    /// When the admin last logged in; empty where never.
    pub last_login: String,
}

/// An admin, as its row has it.
#[derive(Debug, Clone)]
pub struct Known {
    /// The id.
    pub id: i64,
    /// The name.
    pub name: String,
    /// The role's name.
    pub role: String,
    /// The hash of the password.
    pub password: String,
    /// How often password or role were changed.
    pub password_count: i64,
    /// The encrypted secret of the authenticator app; empty where there is none.
    pub totp: String,
    /// The last time step whose code was used.
    pub totp_step: i64,
}

/// The admin of this name.
pub fn find(view: &View, name: &str) -> Result<Option<Known>, Fault> {
    let sql = "SELECT id, name, role, password, password_count, totp, totp_step
                 FROM admin WHERE name = $1";
    view.one(sql, args![name], |row| {
        Ok(Known {
            id: row.get(0)?,
            name: row.get(1)?,
            role: row.get(2)?,
            password: row.get(3)?,
            password_count: row.get(4)?,
            totp: row.get(5)?,
            totp_step: row.get(6)?,
        })
    })
}

/// All admins, by name.
pub fn list(view: &View) -> Result<Vec<Listed>, Fault> {
    let sql = "SELECT name, role, totp, created_at, last_login_at FROM admin ORDER BY name";
    view.all(sql, args![], |row| {
        let last: i64 = row.get(4)?;
        Ok(Listed {
            name: row.get(0)?,
            role: row.get(1)?,
            totp: !row.get::<String>(2)?.is_empty(),
            made: view.clock.format(row.get(3)?),
            last_login: if last == 0 { String::new() } else { view.clock.format(last) },
        })
    })
}

/// Make an admin; whether the name was free.
pub fn add(db: &Db, by: &By, name: &str, role: AdminRole, password: &str) -> Result<bool, String> {
    if !super::is_good_name(name) {
        return Err(super::NAME_RULE.into());
    }
    let (by, name, hash) = (by.clone(), name.to_owned(), check(password)?);
    let added = db.write(move |tx| {
        let (id, now) = (tx.next_id("admin")?, tx.clock.now());
        let rows = tx.execute(
            "INSERT INTO admin (id, name, role, password, created_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (name) DO NOTHING",
            args![id, &name, role.name(), &hash, now],
        )?;
        if rows > 0 {
            let later = json!({ "role": role.name() });
            audit::record_change(tx, &by, "admin add", &name, (None, Some(&later)))?;
        }
        Ok(rows > 0)
    });
    added.map_err(super::fault_text)
}

/// Give an admin another password; whether there is one of this name. All sessions of the admin end.
pub fn set_password(db: &Db, by: &By, name: &str, password: &str) -> Result<bool, String> {
    let (by, name, hash) = (by.clone(), name.to_owned(), check(password)?);
    let done = db.write(move |tx| {
        let sql =
            "UPDATE admin SET password = $1, password_count = password_count + 1 WHERE name = $2";
        let is_there = tx.execute(sql, args![&hash, &name])? > 0;
        if is_there {
            audit::record(tx, &by, "admin passwd", &name, None)?;
        }
        Ok(is_there)
    });
    done.map_err(super::fault_text)
}

/// What an authenticator app is set up with.
pub struct NewTotp {
    /// The secret, in base32.
    pub secret: String,
    /// Codes for whoever loses the device, each good once.
    pub recovery: Vec<String>,
}

/// Give an admin an authenticator app, in the place of an earlier one; `None` if there is no such admin.
pub fn set_totp(db: &Db, by: &By, name: &str) -> Result<Option<NewTotp>, Fault> {
    let Some(known) = find(&db.view(), name)? else { return Ok(None) };
    let secret = totp::new_secret();
    let sealed = db.view().vault.seal(known.id, totp::COLUMN, &secret)?;
    let recovery: Vec<String> = (0..RECOVERY_CODES).map(|_| totp::new_recovery_code()).collect();
    let hashes: Vec<String> = recovery.iter().map(|code| totp::hash(code)).collect();
    let (by, id) = (by.clone(), known.id);
    db.write(move |tx| {
        forget_totp(tx, id)?;
        tx.execute("UPDATE admin SET totp = $1, totp_step = 0 WHERE id = $2", args![&sealed, id])?;
        for hash in &hashes {
            tx.execute(
                "INSERT INTO admin_recovery (admin, hash) VALUES ($1, $2)",
                args![id, hash],
            )?;
        }
        audit::record(tx, &by, "admin totp", &known.name, None)
    })?;
    Ok(Some(NewTotp { secret, recovery }))
}

/// Take an admin's authenticator app away: the password is enough then. Whether there is such an admin.
pub fn remove_totp(db: &Db, by: &By, name: &str) -> Result<bool, Fault> {
    let (by, name) = (by.clone(), name.to_owned());
    db.write(move |tx| {
        let Some(known) = find(tx, &name)? else { return Ok(false) };
        forget_totp(tx, known.id)?;
        audit::record(tx, &by, "admin totp --off", &name, None)?;
        Ok(true)
    })
}

fn forget_totp(tx: &mut Tx, id: i64) -> Result<(), Fault> {
    tx.execute("UPDATE admin SET totp = '' WHERE id = $1", args![id])?;
    tx.execute("DELETE FROM admin_recovery WHERE admin = $1", args![id])?;
    Ok(())
}

/// Give an admin another role; whether there is one of this name. All sessions of the admin end.
pub fn set_role(db: &Db, by: &By, name: &str, role: AdminRole) -> Result<bool, Fault> {
    let (by, name) = (by.clone(), name.to_owned());
    db.write(move |tx| {
        let Some(known) = find(tx, &name)? else { return Ok(false) };
        let sql = "UPDATE admin SET role = $1, password_count = password_count + 1 WHERE id = $2";
        tx.execute(sql, args![role.name(), known.id])?;
        let (earlier, later) = (json!({ "role": known.role }), json!({ "role": role.name() }));
        audit::record_change(tx, &by, "admin role", &name, (Some(&earlier), Some(&later)))?;
        Ok(true)
    })
}

/// Remove an admin; whether there was one of this name.
pub fn remove(db: &Db, by: &By, name: &str) -> Result<bool, Fault> {
    let (by, name) = (by.clone(), name.to_owned());
    db.write(move |tx| {
        let Some(known) = find(tx, &name)? else { return Ok(false) };
        forget_totp(tx, known.id)?;
        tx.execute("DELETE FROM admin_session WHERE admin = $1", args![known.id])?;
        tx.execute("DELETE FROM admin WHERE id = $1", args![known.id])?;
        let earlier = json!({ "role": known.role });
        audit::record(tx, &by, "admin remove", &name, Some(&earlier))?;
        Ok(true)
    })
}
