//! Boards of games.

use super::{FINAL, column};
use crate::console::form::{self, Form, Input};
use crate::console::frame;
use crate::console::table::{Action, Column, Show, table, text};
use crate::console::{Words, say};
use engine::caller::AdminRole::{Moderator, Owner};
use engine::console::PageRequest;
use maud::{Markup, html};
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
        @if request.may(Owner) {
            h2 { (say(request, ["A board with rules of its own", "自定义规则的排行榜"])) }
            p { (say(request, [
                "A board that nobody has made keeps each player's highest score for ever. Rules are fixed once there are scores.",
                "未自定义的排行榜永久保留每位玩家的最高成绩。一旦有成绩，规则便不能再改。",
            ])) }
            (form::button(request, &SET_BOARD, &[]))
        }
    };
    frame::page(request, ["Boards", "排行榜"], &content)
}

const SET_BOARD: Form = Form {
    operation: "set_board",
    least: Owner,
    label: ["Make the board", "创建排行榜"],
    warning: None,
    fields: &[
        Input::text("app", ["Game", "游戏"], "lamps").required(),
        Input::choice("rule", ["Which score counts", "计分方式"], &["best", "last", "sum"]),
        Input::choice("order", ["Which score stands first", "排序"], &["highest", "lowest"]),
        Input::choice("ties", ["Equal scores", "同分"], &["first", "shared"]),
        Input::choice("season", ["Season", "赛季"], &["none", "day", "week", "month", "manual"]),
        Input::text("timezone", ["Time zone", "时区"], "Asia/Shanghai"),
    ],
};

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

const END_SEASON: Form = Form {
    operation: "end_season",
    least: Owner,
    label: ["End the season", "结束赛季"],
    warning: Some(["The next season begins empty.", "下一赛季将从零开始。"]),
    fields: &[],
};

const ADVANCE_SEASON: Form = Form {
    operation: "advance_season",
    least: Owner,
    label: ["The clock is right: go on", "时钟无误，继续"],
    warning: None,
    fields: &[],
};

const SEASON_COLUMNS: [Column; 5] = [
    column("number", ["Season", "赛季"], Show::Fixed),
    column("began_at", ["Began", "开始时间"], Show::Fixed),
    column("ended_at", ["Ended", "结束时间"], Show::Fixed),
    column("players", ["Players", "玩家"], Show::Fixed),
    column("told_at", ["Webhook told", "已通知"], Show::Fixed),
];

/// The rules of a board and its seasons.
fn rules(request: &PageRequest, board: &Value, values: &[(&str, &str)]) -> Markup {
    let has_seasons = !text(&board["rules"]).contains("season = \"none\"");
    html! {
        p { code { (text(&board["rules"])) } }
        @if has_seasons {
            p {
                (say(request, ["Season", "赛季"])) " " (text(&board["season"])) ", "
                (say(request, ["began", "开始于"])) " " (text(&board["began_at"]))
                @if !board["ends_at"].is_null() {
                    ", " (say(request, ["ends", "结束于"])) " " (text(&board["ends_at"]))
                }
            }
            @if board["waits"] == true {
                p { (say(request, [
                    "More than one season would have ended since this board was last served. If the clock is right, let it go on.",
                    "自上次运行以来已跨越多个赛季。若时钟无误，请点击继续。",
                ])) }
                (form::button(request, &ADVANCE_SEASON, values))
            }
            @if board["ended"].as_array().is_some_and(|ended| !ended.is_empty()) {
                (table(request, &board["ended"], &SEASON_COLUMNS, &[], &[]))
            }
            div.actions { (form::button(request, &END_SEASON, values)) }
        }
    }
}

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
        @if !data["board"].is_null() { (rules(request, &data["board"], &values)) }
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
