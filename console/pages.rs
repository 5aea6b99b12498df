//! The pages, each for the answer of its operation.

mod accounts;
mod bans;
mod boards;
mod content;
mod entry;
mod keys;
mod pictures;
mod reviews;
mod server;

pub use accounts::{account, accounts, export};
pub use bans::bans;
pub use boards::{board, boards, held};
pub use content::{notices, shops};
pub use entry::{fault, login};
pub use keys::{added_key, keys};
pub use pictures::{PICTURE, pictures};
pub use reviews::reviews;
pub use server::{
    BACKUP, admins, audit, backups, config, log, messages, overview, verified_backup,
};

use super::form::Form;
use super::table::{Action, Column, Show};
use super::{Words, say};
use engine::caller::AdminRole::Moderator;
use engine::console::PageRequest;
use maud::{Markup, html};

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

/// A link to the next page of a list.
fn older(request: &PageRequest, last: &str) -> Markup {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("text", request.parameter("text")).append_pair("before", last);
    html! {
        p { a href=(format!("{}?{}", request.path, query.finish())) { (say(request, ["Older ones", "更早的"])) } }
    }
}
