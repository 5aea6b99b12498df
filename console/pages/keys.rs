//! API keys of other servers.

use super::{FINAL, column};
use crate::console::form::{self, Form, Input};
use crate::console::table::{Action, Column, Show, table, text};
use crate::console::{frame, say};
use engine::caller::AdminRole::Owner;
use engine::console::PageRequest;
use maud::html;
use serde_json::Value;

const KEY_COLUMNS: [Column; 5] = [
    column("name", ["Name", "名称"], Show::Text),
    column("operations", ["May call", "可调用"], Show::Json),
    column("made", ["Made", "创建时间"], Show::Fixed),
    column("last_used", ["Last used", "最近使用"], Show::Fixed),
    column("address", ["From", "来自"], Show::Fixed),
];

const KEY_ACTIONS: [Action; 1] = [Action {
    form: Form {
        operation: "remove_key",
        least: Owner,
        label: ["Remove", "删除"],
        warning: Some(FINAL),
        fields: &[],
    },
    keys: &[("name", "name")],
    only: None,
}];

const ADD_KEY: Form = Form {
    operation: "add_key",
    least: Owner,
    label: ["Make a key", "创建密钥"],
    warning: None,
    fields: &[
        Input {
            name: "name",
            label: ["Name", "名称"],
            kind: "text",
            example: "game-server",
            is_required: true,
            choices: &[],
        },
        Input {
            name: "operations",
            label: ["Operations", "操作"],
            kind: "text",
            example: "scores,remove_score",
            is_required: true,
            choices: &[],
        },
    ],
};

/// The list of keys.
pub fn keys(request: &PageRequest, data: &Value) -> String {
    let content = html! {
        p { (say(request, [
            "With a key another server calls the operations that it names, as Authorization: Bearer KEY.",
            "其他服务器凭密钥（Authorization: Bearer KEY）调用其列出的操作。",
        ])) }
        div.fill { (form::button(request, &ADD_KEY, &[])) }
        (table(request, &data["keys"], &KEY_COLUMNS, &KEY_ACTIONS, &[]))
    };
    frame::page(request, ["Keys", "密钥"], &content)
}

/// A new key, which is told once.
pub fn added_key(request: &PageRequest, data: &Value) -> String {
    let content = html! {
        p { (say(request, [
            "This is the key. It is shown only now: the server keeps its hash.",
            "这是新密钥，仅显示这一次：服务器只保存其哈希。",
        ])) }
        p { code { (text(&data["key"])) } }
        p { a href="/keys" { (say(request, ["Back to the keys", "返回密钥列表"])) } }
    };
    frame::page(request, ["New key", "新密钥"], &content)
}
