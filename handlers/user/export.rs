//! Everything that is kept of an account, for its owner.

use super::profile::{Profile, profile};
use super::sessions::{self, OpenSession};
use super::verify::{RealName, real_name};
use crate::handlers::portrait::NOT_STORED;
use crate::handlers::rank;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::caller::Account;
use engine::db::{Row, View};
use engine::fault::{Fault, FaultKind};
use engine::image_check::ImageKind;
use engine::op::{Name, Op, Store, Work, WorkContext};
use engine::quota::Quota;
use engine::{args, data};
use schemars::JsonSchema;
use serde::Serialize;

/// The most notices of an answer. A notice has up to some 40 kB.
const NOTICES: i64 = 100;

/// The most portraits of an answer besides the account's own.
const PORTRAITS: i64 = 1_000;

/// Answers of one account in a day: as many as ten thousand notices take.
const EXPORTS: Quota = Quota { name: "user/export", window: 86_400 };
const EXPORTS_PER_DAY: u64 = 100;

data! {
    /// Export everything stored about the caller's account. An answer has at most 100 notices: where `more` is true, call
    /// again with the id of the last notice as `after`.
    pub struct Export {
        /// Only notices with a greater id than this; the answer has no pictures then.
        after: Option<i64>,
    }
}

/// Everything stored about an account.
#[derive(Serialize, JsonSchema)]
pub struct Exported {
    /// The account.
    account: Profile,
    /// The real name and the identity card.
    owner: RealName,
    /// The sessions that are open.
    sessions: Vec<OpenSession>,
    /// The newest score on the rank leaderboard, if there is one.
    rank: Option<i64>,
    /// The account's shops.
    shops: Vec<ExportedShop>,
    /// The account's notices, the oldest first.
    notices: Vec<ExportedNotice>,
    /// Are there more notices?
    more: bool,
    /// The account's avatar; `null` if it has none, and where `after` was sent.
    avatar: Option<ExportedPicture>,
    /// The portrait under the account's id; `null` if there is none, and where `after` was sent.
    portrait: Option<ExportedPicture>,
    /// Other ids under which the account uploaded a portrait.
    portraits: Vec<i64>,
}

/// A picture.
#[derive(Serialize, JsonSchema)]
pub struct ExportedPicture {
    /// Its kind: png, jpg, gif or webp.
    r#type: &'static str,
    /// The file in base64.
    base64: String,
}

/// A shop of the account.
#[derive(Serialize, JsonSchema)]
pub struct ExportedShop {
    /// The shop's id.
    shop_id: i64,
    /// Its name.
    shop_name: String,
    /// What it says of itself.
    shop_content: String,
    /// When it was opened.
    creat_time: String,
}

/// A notice of the account: as `property/query` tells it.
#[derive(Serialize, JsonSchema)]
pub struct ExportedNotice {
    /// The notice's id.
    id: i64,
    /// 1 lost, 2 found.
    r#type: i64,
    /// 0 going on, 1 ended.
    state: i64,
    /// Labels, joined by `|`.
    lab: String,
    /// Its title.
    title: String,
    /// What it says.
    content: String,
    /// When it was lost or found.
    occurrence_time: String,
    /// The name to ask for.
    user_name: String,
    /// A telephone number, or empty.
    user_phone: String,
    /// A QQ number, or empty.
    user_qq: String,
    /// Who answered it, or empty.
    user2_id: String,
    /// His name, or empty.
    user2_name: String,
    /// His telephone number, or empty.
    user2_phone: String,
    /// His QQ number, or empty.
    user2_qq: String,
    /// When it was published.
    publish_time: String,
    /// When it was last changed.
    update_time: String,
    /// The first picture's address, or empty.
    pic_url1: String,
    /// The second picture's address, or empty.
    pic_url2: String,
    /// The third picture's address, or empty.
    pic_url3: String,
}

impl Op for Export {
    const NAME: Name = ("user", "export");
    const FAULTS: &'static [FaultKind] = &[FaultKind::Declared(&NOT_STORED)];
    const EXAMPLE: &'static str = "{}";
    type Caller = Account;
    type Lane = Work<Store>;
    type Reply = Exported;
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, caller: Account) -> Result<Exported, Fault> {
        let (id, after) = (caller.id, self.after);
        context.write(move |tx| {
            EXPORTS.check(tx, &id.to_string(), EXPORTS_PER_DAY)?;
            EXPORTS.add(tx, &id.to_string(), 1)
        })?;
        export(context, id, &caller.session, after)
    }
}

/// Everything stored about an account; `session` is the key of the session that asks, `""` where it is not the account's.
pub fn export(
    context: &WorkContext,
    id: i64,
    session: &str,
    after: Option<i64>,
) -> Result<Exported, Fault> {
    let (mut exported, files) =
        context.read(|view| Ok((rows(view, id, session, after)?, files(view, id)?)))?;
    if after.is_none() {
        let [avatar, portrait] = files.map(|file| picture(context, file));
        (exported.avatar, exported.portrait) = (avatar?, portrait?);
    }
    Ok(exported)
}

/// What tables have of the account.
fn rows(view: &View, id: i64, session: &str, after: Option<i64>) -> Result<Exported, Fault> {
    let mut notices = view.all(
        "SELECT id, type, state, lab, title, content, occurrence_time, user_name, user_phone, user_qq,
                user2_id, user2_name, user2_phone, user2_qq, publish_time, update_time,
                pic_url1, pic_url2, pic_url3
           FROM property WHERE user_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        args![id, after.unwrap_or(0), NOTICES + 1],
        |row| notice(view, row),
    )?;
    let most = usize::try_from(NOTICES).unwrap_or(usize::MAX);
    let more = notices.len() > most;
    notices.truncate(most);
    let sql = "SELECT id, name, content, created_at FROM shop WHERE owner = $1 ORDER BY id";
    let shops = view.all(sql, args![id], |row| {
        Ok(ExportedShop {
            shop_id: row.get(0)?,
            shop_name: row.get(1)?,
            shop_content: row.get(2)?,
            creat_time: view.clock.format(row.get(3)?),
        })
    })?;
    let sql = "SELECT id FROM portrait WHERE owner = $1 AND id <> $1 ORDER BY id LIMIT $2";
    Ok(Exported {
        account: profile(view, id)?,
        owner: real_name(view, id)?,
        sessions: sessions::open(view, id, session)?,
        // From memory: the row may be written later.
        rank: rank::score(view, id),
        shops,
        notices,
        more,
        avatar: None,
        portrait: None,
        portraits: view.all(sql, args![id, PORTRAITS], |row| row.get(0))?,
    })
}

fn notice(view: &View, row: &Row<'_>) -> Result<ExportedNotice, Fault> {
    Ok(ExportedNotice {
        id: row.get(0)?,
        r#type: row.get(1)?,
        state: row.get(2)?,
        lab: row.get(3)?,
        title: row.get(4)?,
        content: row.get(5)?,
        occurrence_time: view.clock.format(row.get(6)?),
        user_name: row.get(7)?,
        user_phone: row.get(8)?,
        user_qq: row.get(9)?,
        user2_id: row.get(10)?,
        user2_name: row.get(11)?,
        user2_phone: row.get(12)?,
        user2_qq: row.get(13)?,
        publish_time: view.clock.format(row.get(14)?),
        update_time: view.clock.format(row.get(15)?),
        pic_url1: row.get(16)?,
        pic_url2: row.get(17)?,
        pic_url3: row.get(18)?,
    })
}

/// The files of the account's picture and of its portrait.
fn files(view: &View, id: i64) -> Result<[Option<String>; 2], Fault> {
    let avatar: Option<String> =
        view.one("SELECT avatar FROM account WHERE id = $1", args![id], |row| row.get(0))?;
    let portrait =
        view.one("SELECT file FROM portrait WHERE id = $1", args![id], |row| row.get(0))?;
    Ok([avatar.filter(|file| !file.is_empty()), portrait])
}

fn picture(context: &WorkContext, file: Option<String>) -> Result<Option<ExportedPicture>, Fault> {
    let Some(file) = file else { return Ok(None) };
    let bytes = context.pictures.get(&file).map_err(|cause| NOT_STORED.caused_by(cause))?;
    Ok(bytes.and_then(|bytes| {
        let kind = ImageKind::sniff(&bytes)?;
        Some(ExportedPicture { r#type: kind.extension(), base64: STANDARD.encode(bytes) })
    }))
}
