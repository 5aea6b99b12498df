//! Logging in, and what was not done.

use crate::console::frame;
use crate::console::say;
use crate::console::table::text;
use engine::console::PageRequest;
use maud::{Markup, html};
use serde_json::Value;

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
