//! Shops (contract page `envelope.md`, "shop"; seed 003).

use super::Nothing;
use engine::caller::{Account, Anyone};
use engine::data::{Data, Digits, Fields, Text, Within};
use engine::db::{Row, Search, Statement, Tx, View};
use engine::fault::{Fault, Unique};
use engine::op::{Desk, Name, Op, Read, RegisteredTwice, Registry, Scan, Work, Write};
use engine::services::Services;
use engine::status::Status;
use engine::{args, data};
use rand::RngExt;
use serde::Serialize;

pub fn register(registry: &mut Registry) -> Result<(), RegisteredTwice> {
    registry.op::<Creat>()?.op::<Update>()?.op::<Get>()?.op::<List>()?;
    Ok(())
}

/// The codes that shops have of their own.
fn status(fault: &Fault) -> Status {
    let (code, message) = match fault {
        Fault::Taken(_) => (100, "The shop name was used"),
        Fault::NotOwner => (100, "No right to update"),
        Fault::Capped(_) => (101, "The number of shops has been capped"),
        fault => return engine::status::status(fault),
    };
    Status { code, message }
}

/// Open a shop. The seed's own sample sends an update under this name too: a `shop_id` without a
/// `shop_name` is one.
enum Creat {
    Open(Open),
    Update(Update),
}

data! {
    /// Open a shop under a name that no shop has.
    pub struct Open {
        shop_name: Text<1, 100>,
        shop_content: Option<Text<0, 10_000>>,
        user_id: Option<i64>,
    }
}

data! {
    /// Change what a shop of the caller's says.
    struct Update {
        shop_id: Digits,
        shop_content: Text<0, 10_000>,
    }
}

impl Data for Creat {
    const FIELDS: &'static [&'static [&'static str]] = &[Open::FIELDS[0], Update::FIELDS[0]];

    fn read(fields: &mut Fields<'_>) -> Result<Self, Fault> {
        if fields.get("shop_id").is_some() && fields.get("shop_name").is_none() {
            Update::read(fields).map(Creat::Update)
        } else {
            Open::read(fields).map(Creat::Open)
        }
    }
}

/// The new shop; nothing where it was an update.
#[derive(Serialize)]
struct Created {
    #[serde(skip_serializing_if = "Option::is_none")]
    shop_id: Option<i64>,
}

impl Op for Creat {
    const NAME: Name = ("shop", "creat");
    const ALIASES: &'static [Name] = &[("shop", "create")];
    type Caller = Account;
    type Lane = Write;
    type Reply = Created;

    fn status(fault: &Fault) -> Status {
        status(fault)
    }

    fn run(self, tx: &mut Tx, caller: Account) -> Result<Created, Fault> {
        match self {
            Creat::Open(open) => open.run(tx, &caller).map(|id| Created { shop_id: Some(id) }),
            Creat::Update(update) => update.run(tx, caller).map(|_| Created { shop_id: None }),
        }
    }
}

impl Open {
    /// Open it as the caller's; its id.
    pub fn run(self, tx: &mut Tx, caller: &Account) -> Result<i64, Fault> {
        if self.user_id.is_some_and(|user| user != caller.id) {
            // The contract's -102: whose shop it should be is not who the token says.
            return Err(Fault::AccountGone);
        }
        let name: &str = &self.shop_name;
        if tx.one("SELECT 1 FROM shop WHERE name = $1", args![name], |_| Ok(()))?.is_some() {
            return Err(Fault::Taken(Unique::Name));
        }
        let sql = "SELECT count(*) FROM shop WHERE owner = $1";
        let shops: i64 = tx.one(sql, args![caller.id], |row| row.get(0))?.unwrap_or(0);
        if shops >= i64::from(tx.config.shop.max_per_account) {
            return Err(Fault::Capped("the account has as many shops as it may"));
        }
        let content = self.shop_content.as_deref().unwrap_or("");
        let now = tx.clock.now();
        loop {
            let id = rand::rng().random_range(100_000_000..=999_999_999);
            let opened = tx.execute(
                "INSERT INTO shop (id, name, content, owner, created_at)
                 VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING",
                args![id, name, content, caller.id, now],
            )?;
            if opened == 1 {
                return Ok(id);
            }
        }
    }
}

impl Op for Update {
    const NAME: Name = ("shop", "update");
    type Caller = Account;
    type Lane = Write;
    type Reply = Nothing;

    fn status(fault: &Fault) -> Status {
        status(fault)
    }

    fn run(self, tx: &mut Tx, caller: Account) -> Result<Nothing, Fault> {
        let content: &str = &self.shop_content;
        let changed = tx.execute(
            "UPDATE shop SET content = $1 WHERE id = $2 AND owner = $3",
            args![content, self.shop_id.0, caller.id],
        )?;
        if changed == 1 { Ok(Nothing {}) } else { Err(Fault::NotOwner) }
    }
}

/// The columns of a [`Shop`], in its order.
const COLUMNS: &str = "id, name, content, owner, created_at";

/// A shop, as anyone sees it.
#[derive(Serialize)]
struct Shop {
    shop_id: i64,
    shop_name: String,
    shop_content: String,
    user_id: i64,
    creat_time: String,
}

impl Shop {
    fn read(row: &Row<'_>, services: &Services) -> Result<Self, Fault> {
        Ok(Shop {
            shop_id: row.get(0)?,
            shop_name: row.get(1)?,
            shop_content: row.get(2)?,
            user_id: row.get(3)?,
            creat_time: services.clock.format(row.get(4)?),
        })
    }
}

data! {
    /// One shop.
    struct Get {
        shop_id: Digits,
    }
}

impl Op for Get {
    const NAME: Name = ("shop", "get");
    type Caller = Anyone;
    type Lane = Read;
    type Reply = Shop;

    fn run(self, view: &View, _: Anyone) -> Result<Shop, Fault> {
        let sql = format!("SELECT {COLUMNS} FROM shop WHERE id = $1");
        view.one(&sql, args![self.shop_id.0], |row| Shop::read(row, view))?
            .ok_or(Fault::Absent("shop_id".into()))
    }
}

data! {
    /// Shops, newest first: all, one account's, or those whose name or content has a text in it.
    struct List {
        user_id: Option<i64>,
        key: Option<Search>,
        limit: Option<Within<1, 1000>>,
        before: Option<Digits>,
    }
}

impl Op for List {
    const NAME: Name = ("shop", "list");
    type Caller = Anyone;
    type Lane = Work<Scan>;
    type Reply = Vec<Shop>;
    const NEEDS_SPACE: bool = false;

    fn run(self, desk: &Desk, _: Anyone) -> Result<Vec<Shop>, Fault> {
        let sql = format!("SELECT {COLUMNS} FROM shop WHERE 1 = 1");
        let mut statement = Statement::new(sql);
        if let Some(owner) = self.user_id {
            statement.with(" AND owner = ?", owner);
        }
        if let Some(key) = self.key {
            statement.with(
                " AND (lower(name) LIKE ? ESCAPE '!' OR lower(content) LIKE ? ESCAPE '!')",
                key.pattern(),
            );
        }
        if let Some(Digits(before)) = self.before {
            statement.with(
                " AND (created_at, id) < (SELECT created_at, id FROM shop WHERE id = ?)",
                before,
            );
        }
        let limit = self.limit.map_or(100, |limit| limit.0);
        statement.with(" ORDER BY created_at DESC, id DESC LIMIT ?", limit);
        desk.read(|view| view.select(&statement, |row| Shop::read(row, view)))
    }
}
