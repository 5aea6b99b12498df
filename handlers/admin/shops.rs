//! Shops: finding them, and what is done to them.

use super::{done, text};
use crate::handlers::EmptyReply;
use crate::handlers::moderation::audit::By;
use crate::handlers::moderation::shops::{self, Listed, SHOP};
use engine::caller::{Admin, Moderator, Viewer};
use engine::data;
use engine::data::IntOrText;
use engine::fault::{Fault, FaultKind};
use engine::op::{Name, Op, Scan, Work, WorkContext};
use schemars::JsonSchema;
use serde::Serialize;

/// The most shops that are listed.
const ROWS: i64 = 100;

data! {
    /// List shops, the newest first, at most 100.
    pub struct Shops {
        /// Only those with this in name or content.
        text: Option<String>,
    }
}

/// Shops.
#[derive(Serialize, JsonSchema)]
pub struct ShopList {
    /// The shops, the newest first.
    shops: Vec<Listed>,
}

impl Op for Shops {
    const NAME: Name = ("admin", "shops");
    const FAULTS: &'static [FaultKind] = &[];
    const EXAMPLE: &'static str = r#"{"text": "rude"}"#;
    type Caller = Admin<Viewer>;
    type Lane = Work<Scan>;
    type Reply = ShopList;
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, _: Admin<Viewer>) -> Result<ShopList, Fault> {
        let shops = shops::list(context.db(), &text(self.text), ROWS)?;
        Ok(ShopList { shops })
    }
}

data! {
    /// Hide a shop from everybody but the account whose it is.
    pub struct HideShop {
        /// Its id.
        id: IntOrText,
    }
}

impl Op for HideShop {
    const NAME: Name = ("admin", "hide_shop");
    const FAULTS: &'static [FaultKind] = &[FaultKind::NotFound];
    const EXAMPLE: &'static str = r#"{"id": 1}"#;
    type Caller = Admin<Moderator>;
    type Lane = Work<Scan>;
    type Reply = EmptyReply;
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, caller: Admin<Moderator>) -> Result<EmptyReply, Fault> {
        done(SHOP.set_hidden(context.db(), &By::admin(&caller), self.id.0, true), "id")
    }
}

data! {
    /// Show a shop again that was hidden.
    pub struct UnhideShop {
        /// Its id.
        id: IntOrText,
    }
}

impl Op for UnhideShop {
    const NAME: Name = ("admin", "unhide_shop");
    const FAULTS: &'static [FaultKind] = &[FaultKind::NotFound];
    const EXAMPLE: &'static str = r#"{"id": 1}"#;
    type Caller = Admin<Moderator>;
    type Lane = Work<Scan>;
    type Reply = EmptyReply;
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, caller: Admin<Moderator>) -> Result<EmptyReply, Fault> {
        done(SHOP.set_hidden(context.db(), &By::admin(&caller), self.id.0, false), "id")
    }
}

data! {
    /// Remove a shop.
    pub struct RemoveShop {
        /// Its id.
        id: IntOrText,
    }
}

impl Op for RemoveShop {
    const NAME: Name = ("admin", "remove_shop");
    const FAULTS: &'static [FaultKind] = &[FaultKind::NotFound];
    const EXAMPLE: &'static str = r#"{"id": 1}"#;
    type Caller = Admin<Moderator>;
    type Lane = Work<Scan>;
    type Reply = EmptyReply;
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, caller: Admin<Moderator>) -> Result<EmptyReply, Fault> {
        done(SHOP.remove(context.db(), &By::admin(&caller), self.id.0), "id")
    }
}
