//! Shops: list them, and what else is done to them as [`Content`].

use super::audit::Kind;
use super::content::Content;
use crate::handlers::shop::SHOPS;
use engine::args;
use engine::db::Db;
use engine::fault::Fault;
use schemars::JsonSchema;
use serde::Serialize;

/// A shop, as the operator looks for it.
#[derive(Debug, Serialize, JsonSchema)]
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

/// Shops, as content.
pub static SHOP: Content = Content { name: "shop", table: "shop", index: &SHOPS, columns: COLUMNS };

/// What is kept of a removed shop for a while.
const COLUMNS: &[(&str, Kind)] = &[
    ("id", Kind::Int),
    ("owner", Kind::Int),
    ("name", Kind::Text),
    ("content", Kind::Text),
    ("created_at", Kind::Int),
];
