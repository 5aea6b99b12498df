//! API keys: with one, another server calls the operations of the console that the key names.

use super::done;
use crate::handlers::EmptyReply;
use crate::handlers::moderation::audit::{self, By};
use engine::args;
use engine::caller::{Admin, Owner, Viewer, new_key, stored_key};
use engine::data;
use engine::data::Text;
use engine::db::{Db, View};
use engine::fault::{Fault, FaultKind};
use engine::op::{Name, Op, Scan, Work, WorkContext};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

/// Operations that no key may call: those that are about sessions, and those that would give a key more than it has.
const NEVER: [&str; 4] = ["login", "logout", "add_key", "remove_key"];

/// An API key, as lists have it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// The operations that it may call, such as `notices`.
    pub operations: Vec<String>,
    /// When it was made, `YYYY-MM-DD HH:MM:SS`.
    pub made: String,
    /// When it was last used; empty where never.
    pub last_used: String,
    /// The address that it was last used from; empty where never.
    pub address: String,
}

/// All keys, by name.
pub fn list(view: &View) -> Result<Vec<Listed>, Fault> {
    let sql = "SELECT name, operations, created_at, used_at, address FROM api_key ORDER BY name";
    view.all(sql, args![], |row| {
        let used: i64 = row.get(3)?;
        Ok(Listed {
            name: row.get(0)?,
            operations: row.get::<String>(1)?.split_whitespace().map(str::to_owned).collect(),
            made: view.clock.format(row.get(2)?),
            last_used: if used == 0 { String::new() } else { view.clock.format(used) },
            address: row.get(4)?,
        })
    })
}

/// Create a key for these operations, separated by commas or spaces. Returns the key, or `None` if the name is taken.
pub fn add(db: &Db, by: &By, name: &str, operations: &str) -> Result<Option<String>, KeyError> {
    if !super::is_good_name(name) {
        return Err(KeyError::Name);
    }
    let registry = super::registry().map_err(Fault::unknown)?;
    let mut names = Vec::new();
    for operation in operations.split([',', ' ']).filter(|operation| !operation.is_empty()) {
        let subtype = operation.strip_prefix("admin/").unwrap_or(operation);
        let entry = registry.get("admin", subtype).filter(|entry| !NEVER.contains(&entry.name.1));
        let entry = entry.ok_or_else(|| KeyError::Operation(operation.to_owned()))?;
        if !names.contains(&entry.name.1) {
            names.push(entry.name.1);
        }
    }
    if names.is_empty() {
        return Err(KeyError::NoOperation);
    }
    let key = new_key();
    let hash = stored_key(&key).unwrap_or_default();
    let (by, name, operations) = (by.clone(), name.to_owned(), format!(" {} ", names.join(" ")));
    let is_added = db.write(move |tx| {
        let (id, now) = (tx.next_id("api_key")?, tx.clock.now());
        let rows = tx.execute(
            "INSERT INTO api_key (id, name, hash, operations, created_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (name) DO NOTHING",
            args![id, &name, &hash, &operations, now],
        )?;
        if rows > 0 {
            let later = json!({ "operations": operations.trim() });
            audit::record_change(tx, &by, "key add", &name, (None, Some(&later)))?;
        }
        Ok(rows > 0)
    })?;
    Ok(is_added.then_some(key))
}

/// Why a key can't be made.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The name.
    #[error("{}", super::NAME_RULE)]
    Name,
    /// An operation that does not exist, or that keys may not call.
    #[error("{0}: no operation of the console that a key may call (guichet routes --console)")]
    Operation(String),
    /// No operation at all.
    #[error("name at least one operation, such as notices")]
    NoOperation,
    /// The database.
    #[error("{0}")]
    Fault(String),
}

impl From<Fault> for KeyError {
    fn from(fault: Fault) -> Self {
        KeyError::Fault(super::fault_text(fault))
    }
}

/// Remove a key; whether there was one of this name.
pub fn remove(db: &Db, by: &By, name: &str) -> Result<bool, Fault> {
    let (by, name) = (by.clone(), name.to_owned());
    db.write(move |tx| {
        let sql = "DELETE FROM api_key WHERE name = $1 RETURNING operations";
        let operations: Option<String> = tx.one(sql, args![&name], |row| row.get(0))?;
        let Some(operations) = operations else { return Ok(false) };
        let earlier = json!({ "operations": operations.trim() });
        audit::record(tx, &by, "key remove", &name, Some(&earlier))?;
        Ok(true)
    })
}

data! {
    /// List the API keys of other servers.
    pub struct Keys;
}

/// API keys.
#[derive(Serialize, JsonSchema)]
pub struct KeyList {
    /// The keys, by name.
    keys: Vec<Listed>,
}

impl Op for Keys {
    const NAME: Name = ("admin", "keys");
    const FAULTS: &'static [FaultKind] = &[];
    const EXAMPLE: &'static str = "{}";
    type Caller = Admin<Viewer>;
    type Lane = Work<Scan>;
    type Reply = KeyList;
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, _: Admin<Viewer>) -> Result<KeyList, Fault> {
        Ok(KeyList { keys: list(&context.db().view())? })
    }
}

data! {
    /// Make an API key, with which another server calls the operations that it names.
    pub struct AddKey {
        /// The key's name: 1 to 32 letters, digits, `-`, `_` or `.`.
        name: Text<1, 32>,
        /// The operations, with commas between them, such as `notices,hide_notice`.
        operations: Text<1, 1024>,
    }
}

/// A new API key.
#[derive(Serialize, JsonSchema)]
pub struct AddedKey {
    /// The key. It is shown only once: the server stores only its hash.
    key: String,
}

impl Op for AddKey {
    const NAME: Name = ("admin", "add_key");
    const FAULTS: &'static [FaultKind] = &[];
    const EXAMPLE: &'static str = r#"{"name": "shop-server", "operations": "notices,hide_notice"}"#;
    type Caller = Admin<Owner>;
    type Lane = Work<Scan>;
    type Reply = AddedKey;

    fn run(self, context: &WorkContext, caller: Admin<Owner>) -> Result<AddedKey, Fault> {
        let wrong = |key: &'static str, why: String| Fault::WrongValue(key.into(), why.into());
        match add(context.db(), &By::admin(&caller), &self.name.0, &self.operations.0) {
            Ok(Some(key)) => Ok(AddedKey { key }),
            Ok(None) => Err(wrong("name", "there is a key of this name".to_owned())),
            Err(KeyError::Fault(cause)) => Err(Fault::unknown(cause)),
            Err(why @ KeyError::Name) => Err(wrong("name", why.to_string())),
            Err(why) => Err(wrong("operations", why.to_string())),
        }
    }
}

data! {
    /// Remove an API key: nobody can use it any more.
    pub struct RemoveKey {
        /// Its name.
        name: Text<1, 32>,
    }
}

impl Op for RemoveKey {
    const NAME: Name = ("admin", "remove_key");
    const FAULTS: &'static [FaultKind] = &[FaultKind::NotFound];
    const EXAMPLE: &'static str = r#"{"name": "shop-server"}"#;
    type Caller = Admin<Owner>;
    type Lane = Work<Scan>;
    type Reply = EmptyReply;
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, caller: Admin<Owner>) -> Result<EmptyReply, Fault> {
        done(remove(context.db(), &By::admin(&caller), &self.name.0), "name")
    }
}
