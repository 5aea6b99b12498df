//! The audit log of the operator's commands: who changed what, when, and which row was affected. An entry is written in the
//! transaction of the change, and no operation reads or changes it. The content of a removed row is kept in it for 30 days,
//! or until its account is removed.

use engine::args;
use engine::db::{Db, Tx};
use engine::fault::Fault;
use serde_json::{Map, Value, json};

/// Forgets what removed rows had, after 30 days.
pub const SWEEP: &str = "UPDATE audit SET earlier = '' WHERE at <= $1 - 2592000 AND earlier <> ''";

/// The kind of a column.
#[derive(Clone, Copy)]
pub enum Kind {
    /// An integer.
    Int,
    /// Text.
    Text,
}

/// The login name of whoever runs the command; under sudo, of the user who called sudo.
fn operator() -> String {
    ["SUDO_USER", "USER", "LOGNAME"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|name| !name.is_empty())
        .unwrap_or_else(|| format!("user {}", rustix::process::getuid().as_raw()))
}

/// Write down a change by a command: such as `notice remove`, and of what. `earlier` is what was there, where it is kept;
/// never a password or a code.
pub fn record(
    tx: &mut Tx,
    action: &str,
    target: &str,
    earlier: Option<&Value>,
) -> Result<(), Fault> {
    let (id, now) = (tx.next_id("audit")?, tx.clock.now());
    let account = earlier.and_then(|row| row["user_id"].as_i64().or(row["owner"].as_i64()));
    let earlier = earlier.map(Value::to_string).unwrap_or_default();
    tx.execute(
        "INSERT INTO audit (id, at, actor, action, target, earlier, account)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        args![id, now, &operator(), action, target, &earlier, account],
    )?;
    Ok(())
}

/// Forget what removed rows of an account had: it is removed itself.
pub fn forget(tx: &mut Tx, account: i64) -> Result<(), Fault> {
    let sql = "UPDATE audit SET earlier = '', account = NULL WHERE account = $1";
    tx.execute(sql, args![account])?;
    Ok(())
}

/// The row `id` of `table`, as an object; `None` if there is none.
pub fn row(
    tx: &Tx,
    table: &'static str,
    id: i64,
    columns: &[(&'static str, Kind)],
) -> Result<Option<Value>, Fault> {
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let sql = format!("SELECT {} FROM {table} WHERE id = $1", names.join(", "));
    tx.one(&sql, args![id], |row| {
        let mut object = Map::new();
        for (nth, (name, kind)) in columns.iter().enumerate() {
            let value = match kind {
                Kind::Int => json!(row.get::<Option<i64>>(nth)?),
                Kind::Text => json!(row.get::<Option<String>>(nth)?),
            };
            object.insert((*name).to_owned(), value);
        }
        Ok(Value::Object(object))
    })
}

/// All changes, the oldest first, as lines of JSON: `{id, at, actor, action, target}`, and `earlier` where it is kept.
pub fn lines(db: &Db) -> Result<String, Fault> {
    let view = db.view();
    let sql = "SELECT id, at, actor, action, target, earlier FROM audit ORDER BY at, id";
    let lines = view.all(sql, args![], |row| {
        let mut line = json!({
            "id": row.get::<i64>(0)?,
            "at": view.clock.format(row.get(1)?),
            "actor": row.get::<String>(2)?,
            "action": row.get::<String>(3)?,
            "target": row.get::<String>(4)?,
        });
        let earlier: String = row.get(5)?;
        if !earlier.is_empty() {
            line["earlier"] = serde_json::from_str(&earlier).map_err(Fault::database)?;
        }
        Ok(format!("{line}\n"))
    })?;
    Ok(lines.concat())
}
