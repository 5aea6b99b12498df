//! The pages, each for the answer of its operation.

use super::form::{self, Form, Input};
use super::frame;
use super::graph;
use super::table::{Action, Column, Show, table, text};
use super::{Words, say};
use engine::caller::AdminRole::{Moderator, Owner};
use engine::console::PageRequest;
use maud::{Markup, html};
use serde_json::Value;

const fn column(key: &'static str, title: Words, show: Show) -> Column {
    Column { key, title, show }
}

const ID: Words = ["Id", "编号"];
const STATE: Words = ["State", "状态"];
const HIDDEN: Show = Show::Flag(["hidden", "已隐藏"], ["shown", "显示中"]);
const ACCOUNT: Column = column("account", ["Account", "账号"], Show::Link("/account", "id"));
const FINAL: Words = ["It can't be taken back.", "此操作无法撤销。"];

/// An action on rows that have an `id`.
const fn on_id(
    operation: &'static str,
    label: Words,
    warning: Option<Words>,
    only: Option<(&'static str, bool)>,
) -> Action {
    let form = Form { operation, least: Moderator, label, warning, fields: &[] };
    Action { form, keys: &[("id", "id")], only }
}

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

/// A link to the next page of a list.
fn older(request: &PageRequest, last: &str) -> Markup {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("text", request.parameter("text")).append_pair("before", last);
    html! {
        p { a href=(format!("{}?{}", request.path, query.finish())) { (say(request, ["Older ones", "更早的"])) } }
    }
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
            (form::button(request, &SET_PASSWORD, &values))
            (form::button(request, &REMOVE_ACCOUNT, &values))
        }
    };
    frame::page(request, ["Account", "账号"], &content)
}

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

const MESSAGE_COLUMNS: [Column; 4] = [
    column("sent", ["Sent", "发送时间"], Show::Fixed),
    column("number", ["Number", "手机号"], Show::Fixed),
    column("address", ["Asked from", "请求地址"], Show::Fixed),
    column("purpose", ["For", "用途"], Show::Text),
];

/// The messages of a day.
pub fn messages(request: &PageRequest, data: &Value) -> String {
    let content = table(request, &data["messages"], &MESSAGE_COLUMNS, &[], &[]);
    frame::page(request, ["Messages in 24 hours", "24 小时内短信"], &content)
}

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
        },
        Input {
            name: "time",
            label: ["For how long", "时长"],
            kind: "text",
            example: "7d",
            is_required: false,
        },
        Input {
            name: "reason",
            label: ["Reason", "原因"],
            kind: "text",
            example: "",
            is_required: false,
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

const BACKUP_COLUMNS: [Column; 3] = [
    column("name", ["File", "文件"], Show::Fixed),
    column("made", ["Made", "创建时间"], Show::Fixed),
    column("bytes", ["Bytes", "字节"], Show::Fixed),
];

const MAKE_BACKUP: Form = Form {
    operation: "make_backup",
    least: Owner,
    label: ["Make one now", "立即备份"],
    warning: None,
    fields: &[],
};

/// The backups.
pub fn backups(request: &PageRequest, data: &Value) -> String {
    let content = html! {
        div.fill { (form::button(request, &MAKE_BACKUP, &[])) }
        (table(request, &data["backups"], &BACKUP_COLUMNS, &[], &[]))
        p { (say(request, [
            "A backup is looked through and put in the place of the data on the server's command line: ",
            "在服务器的命令行中检查和恢复备份：",
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

/// The page on which somebody logs in.
pub fn login(request: &PageRequest, problem: Option<(u16, &Value)>) -> String {
    let content = html! {
        @if let Some((status, answer)) = problem { (why(request, status, answer)) }
        form.login method="post" action="/login" {
            label { span { (say(request, ["Name", "名称"])) }
                input name="name" required autocomplete="username" autofocus; }
            label { span { (say(request, ["Password", "密码"])) }
                input type="password" name="password" required autocomplete="current-password"; }
            label { span { (say(request, [
                "Code of the authenticator app, or a recovery code, if you have one",
                "身份验证器的验证码或恢复码（如有）",
            ])) }
                input name="code" autocomplete="one-time-code"; }
            button type="submit" { (say(request, ["Log in", "登录"])) }
        }
        p.small { (say(request, [
            "Nobody can sign up here. The first admin is made on the server's command line: ",
            "此处不能注册。第一位管理员在服务器的命令行中添加：",
        ])) code { "guichet admin add NAME" } }
    };
    frame::page(request, ["Log in", "登录"], &content)
}

/// What went wrong: in the admin's language, and in the words of the operation, which are English.
fn why(request: &PageRequest, status: u16, answer: &Value) -> Markup {
    let words = match status {
        403 => ["Your role may not do this.", "你的角色无权执行此操作。"],
        404 => ["It is not there, or not any more.", "对象不存在或已被删除。"],
        400 => ["What was filled in is not right.", "填写的内容不正确。"],
        422 => ["It was not accepted.", "未被接受。"],
        429 => ["There were too many tries. Wait some minutes.", "尝试次数过多，请几分钟后再试。"],
        _ => ["It was not done. The server's log says why.", "操作未完成，原因见服务器日志。"],
    };
    let detail = text(&answer["detail"]);
    html! {
        p.problem role="alert" {
            (say(request, words))
            @if !detail.is_empty() { br; span lang="en" { (detail) } }
        }
    }
}

/// The page that says why something was not done.
pub fn fault(request: &PageRequest, status: u16, answer: &Value) -> String {
    let content = html! {
        (why(request, status, answer))
        p { a href="/" { (say(request, ["To the overview", "返回概览"])) } }
    };
    frame::page(request, ["Not done", "未完成"], &content)
}
