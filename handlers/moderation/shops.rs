//! Shops: list, hide and remove them.

use super::audit::{self, Kind};
use crate::handlers::shop::SHOPS;
use engine::args;
use engine::db::Db;
use engine::fault::Fault;

/// A shop, as the operator looks for it.
pub struct Listed {
    /// Its id.
    pub id: i64,
    /// The account whose it is.
    pub account: i64,
    /// When it was opened, as the wire writes a time.
    pub opened: String,
    /// Is it hidden?
    pub is_hidden: bool,
    /// Its name.
    pub name: String,
}

/// The `limit` newest shops; with a text only those that have it in name or content. The case of ASCII letters does not
/// matter.
pub fn list(db: &Db, text: &str, limit: i64) -> Result<Vec<Listed>, Fault> {
    let (view, text) = (db.view(), text.to_ascii_lowercase());
    view.all(
        "SELECT id, owner, created_at, hidden, name FROM shop
          WHERE $1 = '' OR contains(name, $1) OR contains(content, $1)
          ORDER BY created_at DESC, id DESC LIMIT $2",
        args![&text, limit],
        |row| {
            Ok(Listed {
                id: row.get(0)?,
                account: row.get(1)?,
                opened: view.clock.format(row.get(2)?),
                is_hidden: row.get::<i64>(3)? != 0,
                name: row.get(4)?,
            })
        },
    )
}

/// Hide a shop from everybody but its account, or show it again; whether there is such a shop.
pub fn set_hidden(db: &Db, id: i64, is_hidden: bool) -> Result<bool, Fault> {
    let sql = "UPDATE shop SET hidden = $1 WHERE id = $2";
    db.write(move |tx| {
        let is_there = tx.execute(sql, args![i64::from(is_hidden), id])? > 0;
        if is_there {
            let action = if is_hidden { "shop hide" } else { "shop unhide" };
            audit::record(tx, action, &id.to_string(), None)?;
        }
        Ok(is_there)
    })
}

/// What is kept of a removed shop for a while.
const COLUMNS: &[(&str, Kind)] = &[
    ("id", Kind::Int),
    ("owner", Kind::Int),
    ("name", Kind::Text),
    ("content", Kind::Text),
    ("created_at", Kind::Int),
];

/// Remove a shop; whether there was one.
pub fn remove(db: &Db, id: i64) -> Result<bool, Fault> {
    db.write(move |tx| {
        let earlier = audit::row(tx, "shop", "id", id.into(), COLUMNS)?;
        let sql = "DELETE FROM shop WHERE id = $1 RETURNING position";
        let Some(position) = tx.one(sql, args![id], |row| row.get(0))? else { return Ok(false) };
        tx.unindex(&SHOPS, position);
        audit::record(tx, "shop remove", &id.to_string(), earlier.as_ref())?;
        Ok(true)
    })
}
