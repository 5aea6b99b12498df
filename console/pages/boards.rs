//! Boards of games.

use super::{FINAL, column};
use crate::console::form::{self, Form};
use crate::console::frame;
use crate::console::say;
use crate::console::table::{Action, Column, Show, table, text};
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
    let content = table(request, &data["boards"], &BOARD_COLUMNS, &[], &[]);
    frame::page(request, ["Boards", "排行榜"], &content)
}

const SCORE_COLUMNS: [Column; 5] = [
    column("place", ["Place", "名次"], Show::Fixed),
    column("openid", ["Player", "玩家"], Show::Text),
    column("nickname", ["Nickname", "昵称"], Show::Text),
    column("score", ["Score", "成绩"], Show::Fixed),
    column("reached", ["Reached", "达成时间"], Show::Fixed),
];

const SCORE_ACTIONS: [Action; 1] = [Action {
    form: Form {
        operation: "remove_score",
        least: Moderator,
        label: ["Take off", "移出排行榜"],
        warning: Some(FINAL),
        fields: &[],
    },
    keys: &[("openid", "openid")],
    only: None,
}];

const RESET_BOARD: Form = Form {
    operation: "reset_board",
    least: Owner,
    label: ["Begin anew", "清空重来"],
    warning: Some(["All scores of this board are removed.", "该排行榜的全部成绩都将删除。"]),
    fields: &[],
};

/// One board.
pub fn board(request: &PageRequest, data: &Value) -> String {
    let app = text(&data["app"]);
    let values: [(&str, &str); 1] = [("app", &app)];
    let content = html! {
        p { (say(request, ["Game", "游戏"])) ": " strong { (app) } }
        (table(request, &data["scores"], &SCORE_COLUMNS, &SCORE_ACTIONS, &values))
        div.actions { (form::button(request, &RESET_BOARD, &values)) }
    };
    frame::page(request, ["Board", "排行榜"], &content)
}
