//! Shops: finding them, and what is done to them.

use super::text;
use crate::handlers::moderation::audit::By;
use crate::handlers::moderation::shops::{self, Listed, SHOP};
use engine::caller::{Admin, Viewer};
use engine::data;
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

on_id! {
    /// Hide a shop from everybody but the account whose it is.
    HideShop, "hide_shop", r#"{"id": 1}"#, |db, by, id| SHOP.set_hidden(db, by, id, true)
}

on_id! {
    /// Show a shop again that was hidden.
    UnhideShop, "unhide_shop", r#"{"id": 1}"#, |db, by, id| SHOP.set_hidden(db, by, id, false)
}

on_id! {
    /// Remove a shop.
    RemoveShop, "remove_shop", r#"{"id": 1}"#, |db, by, id| SHOP.remove(db, by, id)
}
