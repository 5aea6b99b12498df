//! Boards of games.

use super::{FINAL, column};
use crate::console::form::{self, Form};
use crate::console::frame;
use crate::console::table::{Action, Column, Show, table, text};
use crate::console::{Words, say};
use engine::caller::AdminRole::{Moderator, Owner};
use engine::console::PageRequest;
use maud::html;
use serde_json::Value;

const BOARD_COLUMNS: [Column; 4] = [
    column("name", ["Game", "游戏"], Show::Link("/board", "app")),
    column("players", ["Players", "玩家"], Show::Fixed),
    column("newest", ["Newest score", "最新成绩"], Show::Fixed),
    column("bytes", ["Bytes", "字节"], Show::Fixed),
];

/// The list of boards.
pub fn boards(request: &PageRequest, data: &Value) -> String {
    let unproven = data["unproven"].as_array().map(Vec::as_slice).unwrap_or_default();
    let content = html! {
        @if !unproven.is_empty() {
            p {
                (say(request, [
                    "Anybody may post for any player of these games, because nothing proves who it is: ",
                    "以下游戏未验证玩家身份，任何人都可以替任何玩家提交成绩：",
                ]))
                (unproven.iter().map(text).collect::<Vec<_>>().join(", "))
            }
        }
        (table(request, &data["boards"], &BOARD_COLUMNS, &[], &[]))
    };
    frame::page(request, ["Boards", "排行榜"], &content)
}

const SCORE_COLUMNS: [Column; 5] = [
    column("place", ["Place", "名次"], Show::Fixed),
    column("openid", ["Player", "玩家"], Show::Text),
    column("nickname", ["Nickname", "昵称"], Show::Text),
    column("score", ["Score", "成绩"], Show::Fixed),
    column("reached", ["Reached", "达成时间"], Show::Fixed),
];

const SCORE_ACTIONS: [Action; 2] = [
    on_player("hold_score", ["Hold", "暂扣"], None),
    on_player("remove_score", ["Take off", "移出排行榜"], Some(FINAL)),
];

/// An action on a player of the board that is shown.
const fn on_player(operation: &'static str, label: Words, warning: Option<Words>) -> Action {
    let form = Form { operation, least: Moderator, label, warning, fields: &[] };
    Action { form, keys: &[("openid", "openid")], only: None }
}

const RESET_BOARD: Form = Form {
    operation: "reset_board",
    least: Owner,
    label: ["Begin anew", "清空重来"],
    warning: Some(["All scores of this board are removed.", "该排行榜的全部成绩都将删除。"]),
    fields: &[],
};

const REMOVE_BOARD: Form = Form {
    operation: "remove_board",
    least: Owner,
    label: ["Remove the board", "删除排行榜"],
    warning: Some([
        "All scores and players of this board are removed.",
        "该排行榜的全部成绩和玩家都将删除。",
    ]),
    fields: &[],
};

/// One board.
pub fn board(request: &PageRequest, data: &Value) -> String {
    let app = text(&data["app"]);
    let values: [(&str, &str); 1] = [("app", &app)];
    let content = html! {
        p { (say(request, ["Game", "游戏"])) ": " strong { (app) } }
        (form::search_within(request, &values, ["Player or nickname", "玩家或昵称"]))
        (table(request, &data["scores"], &SCORE_COLUMNS, &SCORE_ACTIONS, &values))
        div.actions {
            (form::button(request, &RESET_BOARD, &values))
            (form::button(request, &REMOVE_BOARD, &values))
        }
    };
    frame::page(request, ["Board", "排行榜"], &content)
}

const HELD_COLUMNS: [Column; 6] = [
    column("app", ["Game", "游戏"], Show::Link("/board", "app")),
    column("openid", ["Player", "玩家"], Show::Text),
    column("nickname", ["Nickname", "昵称"], Show::Text),
    column("score", ["Score", "成绩"], Show::Fixed),
    column("reached", ["Reached", "达成时间"], Show::Fixed),
    column("reason", ["Why", "原因"], Show::Text),
];

const HELD_ACTIONS: [Action; 2] = [
    on_held("confirm_score", ["Confirm", "确认"], None),
    on_held("remove_score", ["Remove", "删除"], Some(FINAL)),
];

/// An action on a score that is held.
const fn on_held(operation: &'static str, label: Words, warning: Option<Words>) -> Action {
    let form = Form { operation, least: Moderator, label, warning, fields: &[] };
    Action { form, keys: &[("app", "app"), ("openid", "openid")], only: None }
}

/// Scores that are held.
pub fn held(request: &PageRequest, data: &Value) -> String {
    let content = html! {
        p { (say(request, [
            "These scores are on no board until they are confirmed.",
            "这些成绩在确认之前不会出现在排行榜上。",
        ])) }
        (table(request, &data["scores"], &HELD_COLUMNS, &HELD_ACTIONS, &[]))
    };
    frame::page(request, ["Held scores", "待确认成绩"], &content)
}
