//! Accounts: the list, and one of them.

use super::{ID, STATE, column, older};
use crate::console::form::{self, Form, Input};
use crate::console::frame;
use crate::console::table::{Column, Show, table, text};
use crate::console::{Words, say};
use base64::Engine as _;
use engine::caller::AdminRole::{Moderator, Owner};
use engine::console::PageRequest;
use maud::html;
use serde_json::Value;

const ACCOUNT_COLUMNS: [Column; 6] = [
    column("id", ID, Show::Link("/account", "id")),
    column("username", ["User name", "用户名"], Show::Text),
    column("nickname", ["Nickname", "昵称"], Show::Text),
    column("mobile", ["Number", "手机号"], Show::Fixed),
    column("made", ["Made", "创建时间"], Show::Fixed),
    column("disabled", STATE, Show::Flag(["disabled", "已停用"], ["open", "正常"])),
];

/// The list of accounts.
pub fn accounts(request: &PageRequest, data: &Value) -> String {
    let rows = &data["accounts"];
    let last = rows.as_array().and_then(|rows| rows.last()).map(|row| text(&row["id"]));
    let content = html! {
        (form::search(request, ["Name, number or id", "名称、手机号或编号"]))
        (table(request, rows, &ACCOUNT_COLUMNS, &[], &[]))
        @if let Some(last) = last.filter(|_| data["more"] == true) {
            (older(request, &last))
        }
    };
    frame::page(request, ["Accounts", "账号"], &content)
}

/// What an account has: the operation's names, and the page's.
const ACCOUNT_VALUES: [(&str, Words); 12] = [
    ("id", ID),
    ("user name", ["User name", "用户名"]),
    ("nickname", ["Nickname", "昵称"]),
    ("mobile number", ["Mobile number", "手机号"]),
    ("made", ["Made", "创建时间"]),
    ("last login", ["Last login", "最近登录"]),
    ("disabled", ["Disabled", "已停用"]),
    ("real name told", ["Real name told", "已实名"]),
    ("notices", ["Notices", "启事"]),
    ("shops", ["Shops", "店铺"]),
    ("portraits", ["Portraits", "头像"]),
    ("open sessions", ["Open sessions", "有效登录"]),
];

/// One account.
pub fn account(request: &PageRequest, data: &Value) -> String {
    let account = &data["account"];
    let id = text(&account["id"]);
    let values: [(&str, &str); 1] = [("id", &id)];
    let is_disabled = account["disabled"] == "yes";
    let moderate =
        |operation, label| Form { operation, least: Moderator, label, warning: None, fields: &[] };
    let content = html! {
        dl.values {
            @for (key, name) in ACCOUNT_VALUES {
                div { dt { (say(request, name)) } dd { (yes_or_no(request, &text(&account[key]))) } }
            }
        }
        div.actions {
            @if is_disabled {
                (form::button(request, &moderate("enable_account", ["Enable", "启用"]), &values))
            } @else {
                (form::button(request, &moderate("disable_account", ["Disable", "停用"]), &values))
            }
            (form::button(request, &moderate("end_account_sessions", ["End sessions", "结束登录"]), &values))
            (form::button(request, &RENAME, &values))
            (form::button(request, &SET_PASSWORD, &values))
            (form::button(request, &REMOVE_ACCOUNT, &values))
        }
        @if request.may(Owner) {
            p { a href=(format!("/export?id={id}")) { (say(request, ["Export", "导出"])) } }
        }
    };
    frame::page(request, ["Account", "账号"], &content)
}

/// Everything that is stored of an account, to be saved as a file.
pub fn export(request: &PageRequest, data: &Value) -> String {
    let id = text(&data["account"]["user_id"]);
    let text = serde_json::to_string_pretty(data).unwrap_or_default();
    let encoded = base64::engine::general_purpose::STANDARD.encode(&text);
    let content = html! {
        p {
            a download=(format!("account-{id}.json"))
                href=(format!("data:application/json;base64,{encoded}")) {
                (say(request, ["Save as a file", "保存为文件"]))
            }
        }
        @if data["more"] == true {
            p {
                a href=(format!("/export?id={id}&after={}", last_notice(data))) {
                    (say(request, ["More notices", "更多启事"]))
                }
            }
        }
        pre tabindex="0" { (text) }
    };
    frame::page(request, ["Export", "导出"], &content)
}

fn last_notice(data: &Value) -> String {
    let last = data["notices"].as_array().and_then(|notices| notices.last());
    last.map_or_else(String::new, |notice| text(&notice["id"]))
}

const RENAME: Form = Form {
    operation: "rename_account",
    least: Owner,
    label: ["Rename", "改名"],
    warning: None,
    fields: &[Input {
        name: "username",
        label: ["New user name", "新用户名"],
        kind: "text",
        example: "",
        is_required: true,
        choices: &[],
    }],
};

/// The operation's answers to yes-or-no questions in the admin's language; other values as they are.
fn yes_or_no(request: &PageRequest, value: &str) -> String {
    match value {
        "yes" => say(request, ["yes", "是"]).to_owned(),
        "no" => say(request, ["no", "否"]).to_owned(),
        value => value.to_owned(),
    }
}

const SET_PASSWORD: Form = Form {
    operation: "set_account_password",
    least: Owner,
    label: ["Set a password", "设置密码"],
    warning: Some(["All sessions of the account end.", "该账号的所有登录都将结束。"]),
    fields: &[Input {
        name: "password",
        label: ["New password", "新密码"],
        kind: "password",
        example: "",
        is_required: true,
        choices: &[],
    }],
};

const REMOVE_ACCOUNT: Form = Form {
    operation: "remove_account",
    least: Owner,
    label: ["Remove with all content", "连同全部内容删除"],
    warning: Some([
        "Its notices, shops, scores and pictures go with it. It can't be taken back.",
        "其启事、店铺、成绩和图片将一并删除，无法撤销。",
    ]),
    fields: &[],
};
