//! What accounts publish: notices and shops.

use super::{ACCOUNT, FINAL, HIDDEN, ID, STATE, column, on_id};
use crate::console::form::{self};
use crate::console::frame;
use crate::console::table::{Action, Column, Show, table};
use engine::console::PageRequest;
use maud::html;
use serde_json::Value;

const NOTICE_COLUMNS: [Column; 6] = [
    column("id", ID, Show::Fixed),
    column("kind", ["Kind", "类型"], Show::Kind(["lost", "寻物"], ["found", "招领"])),
    ACCOUNT,
    column("changed", ["Changed", "修改时间"], Show::Fixed),
    column("is_hidden", STATE, HIDDEN),
    column("title", ["Title", "标题"], Show::Text),
];

const NOTICE_ACTIONS: [Action; 3] = [
    on_id("hide_notice", ["Hide", "隐藏"], None, Some(("is_hidden", false))),
    on_id("unhide_notice", ["Show", "恢复显示"], None, Some(("is_hidden", true))),
    on_id("remove_notice", ["Remove", "删除"], Some(FINAL), None),
];

/// The list of notices.
pub fn notices(request: &PageRequest, data: &Value) -> String {
    let content = html! {
        (form::search(request, ["Title, labels or content", "标题、标签或内容"]))
        (table(request, &data["notices"], &NOTICE_COLUMNS, &NOTICE_ACTIONS, &[]))
    };
    frame::page(request, ["Notices", "启事"], &content)
}

const SHOP_COLUMNS: [Column; 5] = [
    column("id", ID, Show::Fixed),
    ACCOUNT,
    column("opened", ["Opened", "开店时间"], Show::Fixed),
    column("is_hidden", STATE, HIDDEN),
    column("name", ["Name", "名称"], Show::Text),
];

const SHOP_ACTIONS: [Action; 3] = [
    on_id("hide_shop", ["Hide", "隐藏"], None, Some(("is_hidden", false))),
    on_id("unhide_shop", ["Show", "恢复显示"], None, Some(("is_hidden", true))),
    on_id("remove_shop", ["Remove", "删除"], Some(FINAL), None),
];

/// The list of shops.
pub fn shops(request: &PageRequest, data: &Value) -> String {
    let content = html! {
        (form::search(request, ["Name or content", "名称或内容"]))
        (table(request, &data["shops"], &SHOP_COLUMNS, &SHOP_ACTIONS, &[]))
    };
    frame::page(request, ["Shops", "店铺"], &content)
}
