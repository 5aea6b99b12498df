//! What is around every page: the head, the navigation, who is logged in.

use super::form::{self, Form};
use super::{Words, say};
use engine::caller::AdminRole;
use engine::console::PageRequest;
use maud::{DOCTYPE, Markup, html};

/// What the navigation leads to: path, name, and the role that it takes.
const NAVIGATION: [(&str, Words, AdminRole); 16] = [
    ("/overview", ["Overview", "概览"], AdminRole::Viewer),
    ("/accounts", ["Accounts", "账号"], AdminRole::Viewer),
    ("/notices", ["Notices", "启事"], AdminRole::Viewer),
    ("/shops", ["Shops", "店铺"], AdminRole::Viewer),
    ("/pictures", ["Pictures", "图片"], AdminRole::Viewer),
    ("/boards", ["Boards", "排行榜"], AdminRole::Viewer),
    ("/held", ["Held scores", "待确认成绩"], AdminRole::Viewer),
    ("/reviews", ["Reviews", "待审核"], AdminRole::Viewer),
    ("/messages", ["Messages", "短信"], AdminRole::Viewer),
    ("/bans", ["Bans", "封禁"], AdminRole::Viewer),
    ("/audit", ["Audit", "审计"], AdminRole::Viewer),
    ("/log", ["Log", "日志"], AdminRole::Viewer),
    ("/backups", ["Backups", "备份"], AdminRole::Viewer),
    ("/admins", ["Admins", "管理员"], AdminRole::Owner),
    ("/keys", ["Keys", "密钥"], AdminRole::Viewer),
    ("/config", ["Configuration", "配置"], AdminRole::Owner),
];

/// A whole page.
pub fn page(request: &PageRequest, title: Words, content: &Markup) -> String {
    let title = say(request, title);
    let is_here = |path: &str| request.path == path || (request.path == "/" && path == "/overview");
    let markup = html! {
        (DOCTYPE)
        html lang=(if request.language == "zh" { "zh-CN" } else { "en" }) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Guichet" }
                link rel="icon" href="data:,";
                link rel="stylesheet" href="/console.css";
                script src="/console.js" defer {}
            }
            body {
                a.skip href="#content" { (say(request, ["Skip to content", "跳到正文"])) }
                header {
                    a.brand href="/" { "Guichet" }
                    @if let Some((name, role)) = &request.admin {
                        nav aria-label=(say(request, ["Pages", "页面"])) {
                            @for (path, name, least) in NAVIGATION {
                                @if request.may(least) {
                                    a href=(path) aria-current=[is_here(path).then_some("page")] {
                                        (say(request, name))
                                    }
                                }
                            }
                        }
                        div.who {
                            span { (name) " (" (role_name(request, *role)) ")" }
                            (form::button(request, &LOGOUT, &[]))
                            (language(request))
                        }
                    } @else {
                        div.who { (language(request)) }
                    }
                }
                main id="content" {
                    @if request.path != "/login" && !request.parameter("done").is_empty() {
                        p.done role="status" { (say(request, ["Done.", "已完成。"])) }
                    }
                    h1 { (title) }
                    (content)
                }
            }
        }
    };
    markup.into_string()
}

const LOGOUT: Form = Form {
    operation: "logout",
    least: AdminRole::Viewer,
    label: ["Log out", "退出"],
    warning: None,
    fields: &[],
};

fn language(request: &PageRequest) -> Markup {
    let (other, name) = if request.language == "zh" { ("en", "English") } else { ("zh", "中文") };
    let back = if request.path == "/login" { "/" } else { request.path.as_str() };
    html! { a href=(format!("/language?to={other}&back={back}")) lang=(other) { (name) } }
}

/// A role's name.
pub fn role_name(request: &PageRequest, role: AdminRole) -> &'static str {
    let name = match role {
        AdminRole::Viewer => ["viewer", "查看者"],
        AdminRole::Moderator => ["moderator", "版主"],
        AdminRole::Owner => ["owner", "所有者"],
    };
    say(request, name)
}
