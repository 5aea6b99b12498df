//! The audit log of what commands and admins change: who, when, from where, what, on whom. An entry is written in the
//! transaction of the change, and no operation changes it. The content of a removed row is kept in it for 30 days,
//! or until its account is removed.

use engine::args;
use engine::caller::Admin;
use engine::db::{Db, Row, Tx, View};
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

/// Who changes something, and from where.
#[derive(Debug, Clone)]
pub struct By {
    actor: String,
    address: String,
}

impl By {
    /// Whoever runs this command on the machine.
    pub fn command() -> Self {
        By { actor: operator(), address: String::new() }
    }

    /// An admin who is logged in, or another server with its key.
    pub fn admin<R>(admin: &Admin<R>) -> Self {
        let address = admin.client.address().to_string();
        let kind = if admin.is_key { "key" } else { "admin" };
        By { actor: format!("{kind} {}", admin.name), address }
    }
}

/// The login name of whoever runs the command; under sudo, of the user who called sudo.
fn operator() -> String {
    ["SUDO_USER", "USER", "LOGNAME"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|name| !name.is_empty())
        .unwrap_or_else(|| format!("user {}", rustix::process::getuid().as_raw()))
}

/// Write down a change: such as `notice remove`, and of what. `earlier` is what was there, where it is kept;
/// never a password or a code.
pub fn record(
    tx: &mut Tx,
    by: &By,
    action: &str,
    target: &str,
    earlier: Option<&Value>,
) -> Result<(), Fault> {
    record_change(tx, by, action, target, (earlier, None))
}

/// The same with what is there after the change.
pub fn record_change(
    tx: &mut Tx,
    by: &By,
    action: &str,
    target: &str,
    (earlier, later): (Option<&Value>, Option<&Value>),
) -> Result<(), Fault> {
    let (id, now) = (tx.next_id("audit")?, tx.clock.now());
    let account = earlier.and_then(|row| row["user_id"].as_i64().or(row["owner"].as_i64()));
    let text = |value: Option<&Value>| value.map(Value::to_string).unwrap_or_default();
    let (earlier, later) = (text(earlier), text(later));
    tx.execute(
        "INSERT INTO audit (id, at, actor, action, target, earlier, account, address, later)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        args![id, now, &by.actor, action, target, &earlier, account, &by.address, &later],
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

/// The columns of an entry, as [`entry`] reads them.
const ENTRY: &str = "id, at, actor, address, action, target, earlier, later";

/// An entry as an object: `{id, at, actor, action, target}`, and `address`, `earlier`, `later` where they are kept.
fn entry(view: &View, row: &Row<'_>) -> Result<Value, Fault> {
    let mut entry = json!({
        "id": row.get::<i64>(0)?,
        "at": view.clock.format(row.get(1)?),
        "actor": row.get::<String>(2)?,
        "action": row.get::<String>(4)?,
        "target": row.get::<String>(5)?,
    });
    let address: String = row.get(3)?;
    if !address.is_empty() {
        entry["address"] = address.into();
    }
    for (nth, key) in [(6, "earlier"), (7, "later")] {
        let text: String = row.get(nth)?;
        if !text.is_empty() {
            entry[key] = serde_json::from_str(&text).map_err(Fault::database)?;
        }
    }
    Ok(entry)
}

/// All changes, the oldest first, as lines of JSON.
pub fn lines(db: &Db) -> Result<String, Fault> {
    let view = db.view();
    let sql = format!("SELECT {ENTRY} FROM audit ORDER BY at, id");
    let lines = view.all(&sql, args![], |row| Ok(format!("{}\n", entry(&view, row)?)))?;
    Ok(lines.concat())
}

/// The `limit` newest changes before the entry `before`, of those that have `text` in actor, action or target.
pub fn newest(view: &View, text: &str, before: i64, limit: i64) -> Result<Vec<Value>, Fault> {
    let sql = format!(
        "SELECT {ENTRY} FROM audit
          WHERE id < $1 AND ($2 = '' OR contains(actor, $2) OR contains(action, $2) OR contains(target, $2))
          ORDER BY id DESC LIMIT $3"
    );
    view.all(&sql, args![before, &text.to_ascii_lowercase(), limit], |row| entry(view, row))
}
