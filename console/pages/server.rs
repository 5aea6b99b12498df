//! The server: figures, messages, the audit, the log, backups, admins.

use super::{column, older};
use crate::console::form::{self, Form};
use crate::console::frame;
use crate::console::graph;
use crate::console::table::{Action, Column, Show, table, text};
use crate::console::{Words, say};
use engine::caller::AdminRole::Owner;
use engine::console::PageRequest;
use maud::html;
use serde_json::Value;

/// The start page.
pub fn overview(request: &PageRequest, data: &Value) -> String {
    let counts: [(&str, Words, &str); 7] = [
        ("accounts", ["Accounts", "账号"], "/accounts"),
        ("notices", ["Notices", "启事"], "/notices"),
        ("shops", ["Shops", "店铺"], "/shops"),
        ("boards", ["Boards", "排行榜"], "/boards"),
        ("players", ["Players", "玩家"], "/boards"),
        ("messages", ["Messages in 24 hours", "24 小时内短信"], "/messages"),
        ("bans", ["Bans", "封禁"], "/bans"),
    ];
    let content = html! {
        dl.counts {
            @for (key, name, path) in counts {
                div { dt { (say(request, name)) } dd { a href=(path) { (text(&data[key])) } } }
            }
        }
        h2 { (say(request, ["Requests", "请求"])) }
        @if data["answered"].as_array().is_none_or(Vec::is_empty) {
            p.empty {
                (say(request, [
                    "The graphs begin a minute after the start.",
                    "图表在启动一分钟后开始显示。",
                ]))
            }
        } @else {
            (graph::day(request, ["Answered", "已应答"], &data["answered"]))
            (graph::day(request, ["Refused", "已拒绝"], &data["refused"]))
            (graph::day(request, ["Failed", "失败"], &data["failed"]))
        }
        p.small { "Guichet " (text(&data["version"])) }
    };
    frame::page(request, ["Overview", "概览"], &content)
}

const MESSAGE_COLUMNS: [Column; 4] = [
    column("sent", ["Sent", "发送时间"], Show::Fixed),
    column("number", ["Number", "手机号"], Show::Fixed),
    column("address", ["Asked from", "请求地址"], Show::Fixed),
    column("purpose", ["For", "用途"], Show::Text),
];

/// The messages of a day.
pub fn messages(request: &PageRequest, data: &Value) -> String {
    let content = html! {
        p {
            (say(request, ["Messages", "短信"])) ": " strong { (text(&data["count"])) }
            @if !data["cost"].is_null() {
                ", " (say(request, ["cost", "费用"])) ": " strong { (text(&data["cost"])) }
            }
        }
        (table(request, &data["messages"], &MESSAGE_COLUMNS, &[], &[]))
    };
    frame::page(request, ["Messages in 24 hours", "24 小时内短信"], &content)
}

const AUDIT_COLUMNS: [Column; 7] = [
    column("at", ["When", "时间"], Show::Fixed),
    column("actor", ["Who", "操作者"], Show::Text),
    column("address", ["From", "来自"], Show::Fixed),
    column("action", ["What", "操作"], Show::Text),
    column("target", ["On", "对象"], Show::Text),
    column("earlier", ["Before", "之前"], Show::Json),
    column("later", ["After", "之后"], Show::Json),
];

/// The audit.
pub fn audit(request: &PageRequest, data: &Value) -> String {
    let rows = &data["changes"];
    let full = rows.as_array().filter(|rows| rows.len() >= 100).and_then(|rows| rows.last());
    let content = html! {
        (form::search(request, ["Who, what or on whom", "操作者、操作或对象"]))
        (table(request, rows, &AUDIT_COLUMNS, &[], &[]))
        @if let Some(last) = full { (older(request, &text(&last["id"]))) }
    };
    frame::page(request, ["Audit", "审计"], &content)
}

const LOG_COLUMNS: [Column; 1] = [column("line", ["Line", "行"], Show::Json)];

/// The last lines of the log.
pub fn log(request: &PageRequest, data: &Value) -> String {
    let content = html! {
        (form::search(request, ["Lines with", "包含"]))
        (table(request, &data["lines"], &LOG_COLUMNS, &[], &[]))
    };
    frame::page(request, ["Log", "日志"], &content)
}

const BACKUP_COLUMNS: [Column; 3] = backup_columns(Show::Fixed);

/// For owners, who may download a backup.
const OWNERS_BACKUP_COLUMNS: [Column; 3] = backup_columns(Show::Link(BACKUP, "name"));

const fn backup_columns(name: Show) -> [Column; 3] {
    [
        column("name", ["File", "文件"], name),
        column("made", ["Made", "创建时间"], Show::Fixed),
        column("bytes", ["Bytes", "字节"], Show::Fixed),
    ]
}

const MAKE_BACKUP: Form = Form {
    operation: "make_backup",
    least: Owner,
    label: ["Make one now", "立即备份"],
    warning: None,
    fields: &[],
};

const BACKUP_ACTIONS: [Action; 1] = [Action {
    form: Form {
        operation: "verify_backup",
        least: Owner,
        label: ["Verify", "校验"],
        warning: None,
        fields: &[],
    },
    keys: &[("name", "name")],
    only: None,
}];

/// What a backup has that was found to be complete and unchanged.
pub fn verified_backup(request: &PageRequest, data: &Value) -> String {
    let content = html! {
        p { (say(request, ["The backup is complete and unchanged.", "备份完整且未被改动。"])) }
        dl.values {
            @for (key, value) in data.as_object().into_iter().flatten() {
                div { dt { (key) } dd { (text(value)) } }
            }
        }
        p { a href="/backups" { (say(request, ["Back to the backups", "返回备份列表"])) } }
    };
    frame::page(request, ["Backup", "备份"], &content)
}

/// The backups.
pub fn backups(request: &PageRequest, data: &Value) -> String {
    let columns = if request.may(Owner) { OWNERS_BACKUP_COLUMNS } else { BACKUP_COLUMNS };
    let content = html! {
        div.fill { (form::button(request, &MAKE_BACKUP, &[])) }
        (table(request, &data["backups"], &columns, &BACKUP_ACTIONS, &[]))
        p { (say(request, [
            "A backup is put in the place of the data on the server's command line: ",
            "在服务器的命令行中恢复备份：",
        ])) code { "guichet restore --help" } }
    };
    frame::page(request, ["Backups", "备份"], &content)
}

const ADMIN_COLUMNS: [Column; 5] = [
    column("name", ["Name", "名称"], Show::Text),
    column("role", ["Role", "角色"], Show::Text),
    column("totp", ["Authenticator app", "身份验证器"], Show::Flag(["yes", "有"], ["no", "无"])),
    column("made", ["Made", "创建时间"], Show::Fixed),
    column("last_login", ["Last login", "最近登录"], Show::Fixed),
];

/// The admins.
pub fn admins(request: &PageRequest, data: &Value) -> String {
    let content = html! {
        (table(request, &data["admins"], &ADMIN_COLUMNS, &[], &[]))
        p { (say(request, [
            "Admins are made and removed on the server's command line: ",
            "管理员在服务器的命令行中添加和删除：",
        ])) code { "guichet admin --help" } }
    };
    frame::page(request, ["Admins", "管理员"], &content)
}

const CONFIG_COLUMNS: [Column; 3] = [
    column("key", ["Key", "键"], Show::Fixed),
    column("value", ["Value", "值"], Show::Text),
    column("default", ["Default", "默认"], Show::Flag(["yes", "是"], ["no", "否"])),
];

/// The configuration that is in effect.
pub fn config(request: &PageRequest, data: &Value) -> String {
    let content = html! {
        p { (say(request, [
            "The file, the environment and the defaults together. Secrets are masked. What is empty is not set.",
            "配置文件、环境变量与默认值合并后的结果。密钥已隐去，空白表示未设置。",
        ])) }
        (table(request, &data["keys"], &CONFIG_COLUMNS, &[], &[]))
    };
    frame::page(request, ["Configuration", "配置"], &content)
}

/// The path at which a browser downloads a backup.
pub const BACKUP: &str = "/backup";
