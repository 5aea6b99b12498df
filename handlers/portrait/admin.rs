//! Portraits from the command line: `guichet portrait list | remove`.

use super::limits;
use crate::handlers::moderation::audit::{self, By};
use crate::handlers::user::admin::fault_text;
use engine::args;
use engine::db::Db;
use engine::fault::Fault;

/// One line of `portrait list`.
pub struct Listed {
    /// Its number.
    pub id: i64,
    /// Its size in bytes; `None` if it was not measured yet.
    pub size: Option<i64>,
    /// The account that owns it; `None` if anyone may replace it.
    pub owner: Option<i64>,
    /// When it was uploaded; `""` if the version that stored it did not record that.
    pub stored: String,
}

/// A selection of portraits.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter {
    /// Only those that anyone may replace.
    pub open: bool,
    /// Only those uploaded this many seconds ago or earlier.
    pub older_than: Option<i64>,
}

/// The filter as a condition: `$1` is 1 for open ones only, `$2` the last moment.
const WANTED: &str = "($1 = 0 OR owner IS NULL) AND stored_at <= $2";

/// The most portraits that one transaction removes.
const GROUP: usize = 200;

impl Filter {
    fn until(self, now: i64) -> i64 {
        self.older_than.map_or(i64::MAX, |age| now.saturating_sub(age))
    }
}

/// The selected portraits, sorted by number.
pub fn list(db: &Db, filter: Filter) -> Result<Vec<Listed>, String> {
    let view = db.view();
    let sql = format!("SELECT id, size, owner, stored_at FROM portrait WHERE {WANTED} ORDER BY id");
    let until = filter.until(view.clock.now());
    view.all(&sql, args![i64::from(filter.open), until], |row| {
        let (size, stored): (i64, i64) = (row.get(1)?, row.get(3)?);
        Ok(Listed {
            id: row.get(0)?,
            size: Some(size).filter(|size| *size >= 0),
            owner: row.get(2)?,
            stored: if stored > 0 { view.clock.format(stored) } else { String::new() },
        })
    })
    .map_err(fault_text)
}

/// Remove the portraits with these numbers; how many there were. The error is one line.
pub fn remove(db: &Db, by: &By, ids: &[i64]) -> Result<usize, String> {
    remove_all(db, by, ids).map_err(fault_text)
}

/// Hide portraits, or show them again; how many of these numbers there were.
pub fn set_hidden(db: &Db, by: &By, ids: &[i64], hidden: bool) -> Result<usize, Fault> {
    let (by, ids) = (by.clone(), ids.to_vec());
    let action = if hidden { "portrait hide" } else { "portrait unhide" };
    db.write(move |tx| {
        let mut changed = 0;
        for id in ids {
            let sql = "UPDATE portrait SET hidden = $1 WHERE id = $2";
            if tx.execute(sql, args![i64::from(hidden), id])? > 0 {
                audit::record(tx, &by, action, &id.to_string(), None)?;
                changed += 1;
            }
        }
        Ok(changed)
    })
}

/// Remove the portraits with these numbers; how many there were. Their files go with them.
pub fn remove_all(db: &Db, by: &By, ids: &[i64]) -> Result<usize, Fault> {
    let mut removed = 0;
    for group in ids.chunks(GROUP) {
        let (by, group) = (by.clone(), group.to_vec());
        let files = db.write(move |tx| {
            let mut files = Vec::new();
            for id in group {
                let Some(file) = limits::forgotten(tx, id)? else { continue };
                tx.execute("DELETE FROM portrait WHERE id = $1", args![id])?;
                audit::record(tx, &by, "portrait remove", &id.to_string(), None)?;
                files.push(file);
            }
            Ok(files)
        })?;
        files.iter().for_each(|file| db.view().pictures.remove(file));
        removed += files.len();
    }
    Ok(removed)
}
