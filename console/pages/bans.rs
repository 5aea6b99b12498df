//! Bans.

use super::column;
use crate::console::form::{self, Form, Input};
use crate::console::frame;
use crate::console::table::{Action, Column, Show, table};
use engine::caller::AdminRole::Moderator;
use engine::console::PageRequest;
use maud::html;
use serde_json::Value;

const BAN_COLUMNS: [Column; 4] = [
    column("value", ["Address, network or number", "地址、网段或号码"], Show::Fixed),
    column("made", ["Since", "开始"], Show::Fixed),
    column("ends", ["Until", "结束"], Show::Fixed),
    column("reason", ["Reason", "原因"], Show::Text),
];

const BAN_ACTIONS: [Action; 1] = [Action {
    form: Form {
        operation: "remove_ban",
        least: Moderator,
        label: ["End", "解除"],
        warning: None,
        fields: &[],
    },
    keys: &[("value", "value")],
    only: None,
}];

const ADD_BAN: Form = Form {
    operation: "add_ban",
    least: Moderator,
    label: ["Ban", "封禁"],
    warning: None,
    fields: &[
        Input {
            name: "value",
            label: ["Address, network or number", "地址、网段或号码"],
            kind: "text",
            example: "192.0.2.7",
            is_required: true,
            choices: &[],
        },
        Input {
            name: "time",
            label: ["For how long", "时长"],
            kind: "text",
            example: "7d",
            is_required: false,
            choices: &[],
        },
        Input {
            name: "reason",
            label: ["Reason", "原因"],
            kind: "text",
            example: "",
            is_required: false,
            choices: &[],
        },
    ],
};

/// Bans.
pub fn bans(request: &PageRequest, data: &Value) -> String {
    let content = html! {
        div.fill { (form::button(request, &ADD_BAN, &[])) }
        (table(request, &data["bans"], &BAN_COLUMNS, &BAN_ACTIONS, &[]))
    };
    frame::page(request, ["Bans", "封禁"], &content)
}
