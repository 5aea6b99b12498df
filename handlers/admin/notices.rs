//! Notices: finding them, and what is done to them.

use super::{done, text};
use crate::handlers::EmptyReply;
use crate::handlers::moderation::audit::By;
use crate::handlers::moderation::notices::{self, Listed, NOTICE};
use engine::caller::{Admin, Moderator, Viewer};
use engine::data;
use engine::data::IntOrText;
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

data! {
    /// Hide a notice from everybody but the account whose it is.
    pub struct HideNotice {
        /// Its id.
        id: IntOrText,
    }
}

impl Op for HideNotice {
    const NAME: Name = ("admin", "hide_notice");
    const FAULTS: &'static [FaultKind] = &[FaultKind::NotFound];
    const EXAMPLE: &'static str = r#"{"id": 1}"#;
    type Caller = Admin<Moderator>;
    type Lane = Work<Scan>;
    type Reply = EmptyReply;
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, caller: Admin<Moderator>) -> Result<EmptyReply, Fault> {
        done(NOTICE.set_hidden(context.db(), &By::admin(&caller), self.id.0, true), "id")
    }
}

data! {
    /// Show a notice again that was hidden.
    pub struct UnhideNotice {
        /// Its id.
        id: IntOrText,
    }
}

impl Op for UnhideNotice {
    const NAME: Name = ("admin", "unhide_notice");
    const FAULTS: &'static [FaultKind] = &[FaultKind::NotFound];
    const EXAMPLE: &'static str = r#"{"id": 1}"#;
    type Caller = Admin<Moderator>;
    type Lane = Work<Scan>;
    type Reply = EmptyReply;
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, caller: Admin<Moderator>) -> Result<EmptyReply, Fault> {
        done(NOTICE.set_hidden(context.db(), &By::admin(&caller), self.id.0, false), "id")
    }
}

data! {
    /// Remove a notice.
    pub struct RemoveNotice {
        /// Its id.
        id: IntOrText,
    }
}

impl Op for RemoveNotice {
    const NAME: Name = ("admin", "remove_notice");
    const FAULTS: &'static [FaultKind] = &[FaultKind::NotFound];
    const EXAMPLE: &'static str = r#"{"id": 1}"#;
    type Caller = Admin<Moderator>;
    type Lane = Work<Scan>;
    type Reply = EmptyReply;
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, caller: Admin<Moderator>) -> Result<EmptyReply, Fault> {
        done(NOTICE.remove(context.db(), &By::admin(&caller), self.id.0), "id")
    }
}
