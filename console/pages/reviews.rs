//! What waits for a decision.

use super::{FINAL, ID, column, on_id};
use crate::console::table::{Action, Column, Show, table};
use crate::console::{frame, say};
use engine::console::PageRequest;
use maud::html;
use serde_json::Value;

const REVIEW_COLUMNS: [Column; 7] = [
    column("id", ID, Show::Fixed),
    column("since", ["Since", "时间"], Show::Fixed),
    column("kind", ["Kind", "类型"], Show::Fixed),
    column("target", ["Of", "对象"], Show::Text),
    column("title", ["Title or name", "标题或名称"], Show::Text),
    column("reporter", ["Reported by", "举报账号"], Show::Fixed),
    column("reason", ["Why", "原因"], Show::Text),
];

const REVIEW_ACTIONS: [Action; 3] = [
    on_id("approve_reviewed", ["Approve", "通过"], None, None),
    on_id("hide_reviewed", ["Hide", "隐藏"], None, None),
    on_id("remove_reviewed", ["Remove", "删除"], Some(FINAL), None),
];

/// The reviews, those that have waited longest first.
pub fn reviews(request: &PageRequest, data: &Value) -> String {
    let content = html! {
        p { (say(request, [
            "What was reported, or has a word of the list (then the reporter is 0). Hiding an account disables it, hiding \
             a player holds the score; removing an account takes its nickname away.",
            "被举报或含有词表词语（此时举报账号为 0）的内容。隐藏账号即停用，隐藏玩家即暂扣成绩；删除账号仅清除其昵称。",
        ])) }
        (table(request, &data["reviews"], &REVIEW_COLUMNS, &REVIEW_ACTIONS, &[]))
    };
    frame::page(request, ["Reviews", "待审核"], &content)
}
