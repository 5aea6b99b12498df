//! Shops (contract page `envelope.md`, "shop"; seed 003).

use super::EmptyReply;
use crate::handlers::moderation::reviews::{self, Kind};
use crate::handlers::moderation::words;
use engine::caller::{Account, Anyone};
use engine::data::{Data, Fields, IntBetween, IntOrText, Text};
use engine::db::{
    ColumnFormat, ListQuery, Listed, Projection, Row, Rows, Search, TextIndex, Tx, View,
};
use engine::fault::{Class, Declared, Fault, FaultKind};
use engine::op::{Name, Op, Read, RegisteredTwice, Registry, Scan, Work, WorkContext, Write};
use engine::quota::Quota;
use engine::services::Services;
use engine::status::Status;
use engine::{args, data};
use rand::RngExt;
use schemars::JsonSchema;
use serde::Serialize;

pub fn register(registry: &mut Registry) -> Result<(), RegisteredTwice> {
    registry.op::<Creat>()?.op::<Update>()?.op::<Get>()?.op::<List>()?;
    Ok(())
}

/// The search index of shops: any part of name and content is found.
pub static SHOPS: TextIndex = TextIndex {
    table: "shop",
    group: "0",
    index: "shop_text",
    texts: &["name", "content"],
    words: &[],
    step: 2,
};

/// The group of all shops in their index.
const ALL: i64 = 0;

/// The longest `key` of a list, in characters: what a search costs grows with it.
const KEY: usize = 64;

/// How often an account may write a long content in an hour. To index 10,000 different characters takes
/// the writer some 10 ms, for which everybody's writes wait.
const LONG_CONTENTS: Quota = Quota { name: "shop.long_contents", window: 3600 };
const LONG_CONTENTS_PER_HOUR: u64 = 60;

/// A content of this many bytes or more counts as long.
const LONG: usize = 3_000;

/// Count the content that an account is about to write.
fn count_content(tx: &mut Tx, account: i64, content: &str) -> Result<(), Fault> {
    if content.len() < LONG {
        return Ok(());
    }
    let key = account.to_string();
    LONG_CONTENTS.check(tx, &key, LONG_CONTENTS_PER_HOUR)?;
    LONG_CONTENTS.add(tx, &key, 1)
}

/// A shop has the name already.
static NAME_USED: Declared = Declared {
    name: "shop_name_taken",
    class: Class::Taken,
    status: Status { code: 100, message: "The shop name was used" },
    detail: "the name is taken",
};

/// The codes that shops have of their own.
fn status(fault: &Fault) -> Status {
    let (code, message) = match fault {
        Fault::NotOwner => (100, "No right to update"),
        Fault::LimitReached(_) => (101, "The number of shops has been capped"),
        // The contract's -102: whose shop it should be is not whose token it is.
        Fault::WrongValue(key, _) if key == "user_id" => (-102, "Get userid failed for the token"),
        fault => return engine::status::status(fault),
    };
    Status { code, message }
}

data! {
    /// Open a shop. A `shop_id` without a `shop_name` changes that shop instead, as `shop/update` does.
    enum Creat {
        Open(Open),
        Update(Update),
    } read by read
}

data! {
    /// Open a shop under a name that no shop has.
    pub struct Open {
        /// The shop's name; no other shop has it, and it can't be changed.
        shop_name: Text<1, 100>,
        /// What the shop says of itself.
        shop_content: Option<Text<0, 10_000>>,
        /// The caller's id.
        user_id: Option<i64>,
    }
}

data! {
    /// Change what one of the caller's shops says of itself.
    struct Update {
        /// The shop's id.
        shop_id: IntOrText,
        /// What the shop says of itself.
        shop_content: Text<0, 10_000>,
    }
}

/// The seed's own sample sends an update as `shop/creat`.
fn read(fields: &mut Fields<'_>) -> Result<Creat, Fault> {
    if fields.get("shop_id").is_some() && fields.get("shop_name").is_none() {
        Update::read(fields).map(Creat::Update)
    } else {
        Open::read(fields).map(Creat::Open)
    }
}

/// The new shop; nothing where it was an update.
#[derive(Serialize, JsonSchema)]
struct Created {
    /// The new shop's id; absent where a shop was changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    shop_id: Option<i64>,
}

impl Op for Creat {
    const NAME: Name = ("shop", "creat");
    const ALIASES: &'static [Name] = &[("shop", "create")];
    const FAULTS: &'static [FaultKind] =
        &[FaultKind::Declared(&NAME_USED), FaultKind::LimitReached, FaultKind::NotOwner];
    const EXAMPLE: &'static str =
        r#"{"shop_name": "Night market", "shop_content": "Open until two."}"#;
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
        let now = tx.clock.now();
        self.run_at(tx, caller, now)
    }

    /// The same as if it were opened at another time, in seconds since 1970.
    pub fn run_at(self, tx: &mut Tx, caller: &Account, now: i64) -> Result<i64, Fault> {
        if self.user_id.is_some_and(|user| user != caller.id) {
            return Err(Fault::value(
                "user_id",
                "must be the id of the account that the token is of",
            ));
        }
        tx.turn("shop owner", &caller.id.to_string())?;
        let name: &str = &self.shop_name;
        if tx.one("SELECT 1 FROM shop WHERE name = $1", args![name], |_| Ok(()))?.is_some() {
            return Err(NAME_USED.fault());
        }
        let sql = "SELECT count(*) FROM shop WHERE owner = $1";
        let shops: i64 = tx.one(sql, args![caller.id], |row| row.get(0))?.unwrap_or(0);
        if shops >= i64::from(tx.config.shop.max_per_account) {
            return Err(Fault::LimitReached("the account has as many shops as it may"));
        }
        let content = self.shop_content.as_deref().unwrap_or("");
        let held = words::check(tx, &[("shop_name", name), ("shop_content", content)])?;
        count_content(tx, caller.id, content)?;
        loop {
            let id = rand::rng().random_range(100_000_000..=999_999_999);
            let position = tx.one(
                "INSERT INTO shop (id, name, content, owner, created_at)
                 VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING RETURNING position",
                args![id, name, content, caller.id, now],
                |row| row.get(0),
            )?;
            if let Some(position) = position {
                tx.index(&SHOPS, (ALL, position), &[name, content], &[]);
                reviews::hold(tx, Kind::Shop, &id.to_string(), held.as_deref())?;
                return Ok(id);
            }
        }
    }
}

impl Op for Update {
    const NAME: Name = ("shop", "update");
    const FAULTS: &'static [FaultKind] = &[FaultKind::NotOwner];
    const EXAMPLE: &'static str = r#"{"shop_id": 123456789, "shop_content": "Open until three."}"#;
    type Caller = Account;
    type Lane = Write;
    type Reply = EmptyReply;

    fn status(fault: &Fault) -> Status {
        status(fault)
    }

    fn run(self, tx: &mut Tx, caller: Account) -> Result<EmptyReply, Fault> {
        let content: &str = &self.shop_content;
        let id = self.shop_id.0;
        let (position, name, before): (i64, String, String) = tx
            .one(
                "SELECT position, name, content FROM shop WHERE id = $1 AND owner = $2",
                args![id, caller.id],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )?
            .ok_or(Fault::NotOwner)?;
        if content != before {
            let held = words::check(tx, &[("shop_content", content)])?;
            count_content(tx, caller.id, content)?;
            reviews::hold(tx, Kind::Shop, &id.to_string(), held.as_deref())?;
            tx.execute("UPDATE shop SET content = $1 WHERE id = $2", args![content, id])?;
            tx.unindex(&SHOPS, position);
            tx.index(&SHOPS, (ALL, position), &[&name, content], &[]);
        }
        Ok(EmptyReply {})
    }
}

/// The columns that [`Shop::read`] reads, in order.
const COLUMNS: &str = "id, name, content, owner, created_at";

/// A shop, as anyone sees it.
#[derive(Serialize, JsonSchema)]
struct Shop {
    /// The shop's id: nine digits.
    shop_id: i64,
    /// Its name, which no other shop has.
    shop_name: String,
    /// What it says of itself.
    shop_content: String,
    /// The account whose it is.
    user_id: i64,
    /// When it was opened, `YYYY-MM-DD HH:MM:SS`.
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

/// The account that asks, which sees its hidden shops; 0, which is none, without a login.
fn viewer(view: &View, caller: &Anyone) -> i64 {
    let account = caller.session().and_then(|_| caller.account(view).ok());
    account.map_or(0, |account| account.id)
}

data! {
    /// Get a shop.
    struct Get {
        /// The shop's id.
        shop_id: IntOrText,
    }
}

impl Op for Get {
    const NAME: Name = ("shop", "get");
    const FAULTS: &'static [FaultKind] = &[FaultKind::NotFound];
    const EXAMPLE: &'static str = r#"{"shop_id": 123456789}"#;
    type Caller = Anyone;
    type Lane = Read;
    type Reply = Shop;

    fn run(self, view: &View, caller: Anyone) -> Result<Shop, Fault> {
        let sql =
            format!("SELECT {COLUMNS} FROM shop WHERE id = $1 AND (hidden = 0 OR owner = $2)");
        view.one(&sql, args![self.shop_id.0, viewer(view, &caller)], |row| Shop::read(row, view))?
            .ok_or(Fault::NotFound("shop_id".into()))
    }
}

data! {
    /// List shops, the newest first: all of them, those of an account, or those that contain a text.
    struct List {
        /// Only this account's shops.
        user_id: Option<i64>,
        /// Only shops with this text in the name or the content.
        key: Option<Search<KEY>>,
        /// The most shops; 100 where it is absent.
        limit: Option<IntBetween<1, 1000>>,
        /// Only shops after this one in the list: its id.
        before: Option<IntOrText>,
    }
}

/// A shop in a list: as [`Shop`] has it.
struct ListedShop;

impl Listed for ListedShop {
    const COLUMNS: Projection = &[
        ("id AS shop_id", ColumnFormat::Integer, "The shop's id: nine digits."),
        ("name AS shop_name", ColumnFormat::Text, "Its name, which no other shop has."),
        ("content AS shop_content", ColumnFormat::Text, "What it says of itself."),
        ("owner AS user_id", ColumnFormat::Integer, "The account whose it is."),
        ("created_at AS creat_time", ColumnFormat::DateTime, "When it was opened."),
    ];
}

impl Op for List {
    const NAME: Name = ("shop", "list");
    const FAULTS: &'static [FaultKind] = &[];
    const EXAMPLE: &'static str = r#"{"key": "market", "limit": 20}"#;
    type Caller = Anyone;
    type Lane = Work<Scan>;
    type Reply = Rows<ListedShop>;
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, caller: Anyone) -> Result<Rows<ListedShop>, Fault> {
        let limit = self.limit.map_or(100, |limit| limit.0);
        let mut listing = ListQuery::new(&SHOPS, ALL, limit);
        let viewer = context.read(|view| Ok(viewer(view, &caller)))?;
        listing.with(" AND (hidden = 0 OR owner = ?)", viewer);
        if let Some(owner) = self.user_id {
            listing.with(" AND owner = ?", owner);
        }
        if let Some(key) = self.key {
            // An account has a few shops, which are found faster by their owner.
            if self.user_id.is_none() {
                listing.wanted().text(key.text());
            }
            listing.with(" AND (contains(name, ?) OR contains(content, ?))", key.needle());
        }
        if let Some(IntOrText(before)) = self.before {
            listing.before(before);
        }
        context.read(|view| view.list(&listing))
    }
}
