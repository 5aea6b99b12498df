//! What accounts publish, a row each: hide it, show it again, remove it.

use super::audit::{self, By, Kind};
use engine::args;
use engine::db::{Db, TextIndex};
use engine::fault::Fault;

/// A kind of content.
pub struct Content {
    /// What the audit calls it.
    pub name: &'static str,
    /// Its table, with the columns `id`, `position` and `hidden`.
    pub table: &'static str,
    /// The text index of the table.
    pub index: &'static TextIndex,
    /// The columns that the audit keeps of a removed row for a while.
    pub columns: &'static [(&'static str, Kind)],
}

impl Content {
    /// Hide a row from everybody but its account, or show it again; whether there is such a row.
    pub fn set_hidden(
        &'static self,
        db: &Db,
        by: &By,
        id: i64,
        is_hidden: bool,
    ) -> Result<bool, Fault> {
        let sql = format!("UPDATE {} SET hidden = $1 WHERE id = $2", self.table);
        let action = format!("{} {}", self.name, if is_hidden { "hide" } else { "unhide" });
        let by = by.clone();
        db.write(move |tx| {
            let is_there = tx.execute(&sql, args![i64::from(is_hidden), id])? > 0;
            if is_there {
                audit::record(tx, &by, &action, &id.to_string(), None)?;
            }
            Ok(is_there)
        })
    }

    /// Remove a row; whether there was one.
    pub fn remove(&'static self, db: &Db, by: &By, id: i64) -> Result<bool, Fault> {
        let sql = format!("DELETE FROM {} WHERE id = $1 RETURNING position", self.table);
        let action = format!("{} remove", self.name);
        let by = by.clone();
        db.write(move |tx| {
            let earlier = audit::row(tx, self.table, id, self.columns)?;
            let position = tx.one(&sql, args![id], |row| row.get(0))?;
            let Some(position) = position else { return Ok(false) };
            tx.unindex(self.index, position);
            audit::record(tx, &by, &action, &id.to_string(), earlier.as_ref())?;
            Ok(true)
        })
    }
}
