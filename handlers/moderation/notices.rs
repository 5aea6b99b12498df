//! Notices: list them, and what else is done to them as [`Content`].

use super::audit::Kind;
use super::content::Content;
use crate::handlers::property::NOTICES;
use engine::args;
use engine::db::Db;
use engine::fault::Fault;
use schemars::JsonSchema;
use serde::Serialize;

/// A notice, as the operator looks for it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Listed {
    /// Its id.
    pub id: i64,
    /// 1 lost, 2 found.
    pub kind: i64,
    /// The account that published it.
    pub account: i64,
    /// When it was last changed, as the wire writes a time.
    pub changed: String,
    /// Is it hidden?
    pub is_hidden: bool,
    /// Its title.
    pub title: String,
}

/// The `limit` notices that were changed last; with a text only those that have it in title, labels or content. The case
/// of ASCII letters does not matter.
pub fn list(db: &Db, text: &str, limit: i64) -> Result<Vec<Listed>, Fault> {
    let (view, text) = (db.view(), text.to_ascii_lowercase());
    view.all(
        "SELECT id, type, user_id, update_time, hidden, title FROM property
          WHERE $1 = '' OR contains(title, $1) OR contains(lab, $1) OR contains(content, $1)
          ORDER BY update_time DESC, id DESC LIMIT $2",
        args![&text, limit],
        |row| {
            Ok(Listed {
                id: row.get(0)?,
                kind: row.get(1)?,
                account: row.get(2)?,
                changed: view.clock.format(row.get(3)?),
                is_hidden: row.get::<i64>(4)? != 0,
                title: row.get(5)?,
            })
        },
    )
}

/// Notices, as content.
pub static NOTICE: Content =
    Content { name: "notice", table: "property", index: &NOTICES, columns: COLUMNS };

/// What is kept of a removed notice for a while.
const COLUMNS: &[(&str, Kind)] = &[
    ("id", Kind::Int),
    ("type", Kind::Int),
    ("state", Kind::Int),
    ("user_id", Kind::Int),
    ("lab", Kind::Text),
    ("title", Kind::Text),
    ("content", Kind::Text),
    ("user_name", Kind::Text),
    ("user_phone", Kind::Text),
    ("user_qq", Kind::Text),
    ("publish_time", Kind::Int),
    ("update_time", Kind::Int),
    ("pic_url1", Kind::Text),
    ("pic_url2", Kind::Text),
    ("pic_url3", Kind::Text),
];
