//! Pictures that people have uploaded.

use crate::console::form;
use crate::console::frame;
use crate::console::say;
use crate::console::table::text;
use engine::caller::AdminRole::Moderator;
use engine::console::PageRequest;
use maud::html;
use serde_json::Value;

/// The path at which a browser gets a picture.
pub const PICTURE: &str = "/picture";

/// The pictures of a kind, with a box for each, and what can be done with those that are ticked.
pub fn pictures(request: &PageRequest, data: &Value) -> String {
    let rows = data["pictures"].as_array().map(Vec::as_slice).unwrap_or_default();
    let kind = text(&data["kind"]);
    let is_avatar = kind == "avatar";
    let last = rows.last().map(|row| text(&row["id"])).unwrap_or_default();
    let content = html! {
        p {
            a href="/pictures?kind=portrait" aria-current=[(!is_avatar).then_some("true")] {
                (say(request, ["Portraits", "证件照"]))
            }
            " · "
            a href="/pictures?kind=avatar" aria-current=[is_avatar.then_some("true")] {
                (say(request, ["Avatars", "头像"]))
            }
        }
        @if rows.is_empty() {
            p.empty { (say(request, ["Nothing is here.", "这里没有内容。"])) }
        } @else {
            form method="post" action="/do/remove_pictures" {
                input type="hidden" name="form_token" value=(request.form_token);
                input type="hidden" name="back" value=(form::here(request));
                ul.pictures {
                    @for row in rows {
                        @let name = text(&row["picture"]);
                        li {
                            label {
                                @if request.may(Moderator) {
                                    input type="checkbox" name="pictures" value=(name);
                                }
                                img src=(address(&name)) alt=(name) loading="lazy" width="120" height="120";
                                span { (text(&row["id"])) }
                                @if row["hidden"] == true {
                                    span.note { (say(request, ["hidden", "已隐藏"])) }
                                }
                            }
                            @if !row["owner"].is_null() {
                                a href=(format!("/account?id={}", text(&row["owner"]))) {
                                    (say(request, ["Account", "账号"]))
                                }
                            }
                        }
                    }
                }
                @if request.may(Moderator) {
                    div.actions {
                        @if !is_avatar {
                            button.plain type="submit" formaction="/do/hide_pictures" {
                                (say(request, ["Hide", "隐藏"]))
                            }
                            button.plain type="submit" formaction="/do/unhide_pictures" {
                                (say(request, ["Show again", "重新显示"]))
                            }
                        }
                        details {
                            summary { (say(request, ["Remove", "删除"])) "…" }
                            p { (say(request, super::FINAL)) }
                            button.danger type="submit" { (say(request, ["Remove", "删除"])) }
                        }
                    }
                }
            }
            @if rows.len() >= 48 {
                p { a href=(format!("/pictures?kind={kind}&after={last}")) {
                    (say(request, ["Older", "更早"]))
                } }
            }
        }
    };
    frame::page(request, ["Pictures", "图片"], &content)
}

fn address(picture: &str) -> String {
    let query =
        form_urlencoded::Serializer::new(String::new()).append_pair("picture", picture).finish();
    format!("{PICTURE}?{query}")
}
