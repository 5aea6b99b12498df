//! Notices: finding them, and what is done to them.

use super::text;
use crate::handlers::moderation::audit::By;
use crate::handlers::moderation::notices::{self, Listed, NOTICE};
use engine::caller::{Admin, Viewer};
use engine::data;
use engine::fault::{Fault, FaultKind};
use engine::op::{Name, Op, Scan, Work, WorkContext};
use schemars::JsonSchema;
use serde::Serialize;

/// The most notices that are listed.
const ROWS: i64 = 100;

data! {
    /// List notices, the newest first, at most 100.
    pub struct Notices {
        /// Only those with this in title, labels or content.
        text: Option<String>,
    }
}

/// Notices.
#[derive(Serialize, JsonSchema)]
pub struct NoticeList {
    /// The notices, the newest first.
    notices: Vec<Listed>,
}

impl Op for Notices {
    const NAME: Name = ("admin", "notices");
    const FAULTS: &'static [FaultKind] = &[];
    const EXAMPLE: &'static str = r#"{"text": "rude"}"#;
    type Caller = Admin<Viewer>;
    type Lane = Work<Scan>;
    type Reply = NoticeList;
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, _: Admin<Viewer>) -> Result<NoticeList, Fault> {
        let notices = notices::list(context.db(), &text(self.text), ROWS)?;
        Ok(NoticeList { notices })
    }
}

on_id! {
    /// Hide a notice from everybody but the account whose it is.
    HideNotice, "hide_notice", r#"{"id": 1}"#, |db, by, id| NOTICE.set_hidden(db, by, id, true)
}

on_id! {
    /// Show a notice again that was hidden.
    UnhideNotice, "unhide_notice", r#"{"id": 1}"#, |db, by, id| NOTICE.set_hidden(db, by, id, false)
}

on_id! {
    /// Remove a notice.
    RemoveNotice, "remove_notice", r#"{"id": 1}"#, |db, by, id| NOTICE.remove(db, by, id)
}
