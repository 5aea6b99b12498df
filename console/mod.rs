//! The console's pages, for the people who look after the server: how the answers of `admin/…` operations look.
//!
//! A page is a function from an operation's answer to HTML. It names no socket and no database. Every page works without
//! script; every text is there in English and Chinese, because [`Words`] has both.

mod form;
mod frame;
mod graph;
mod pages;
mod table;

use engine::console::{Console, Page, PageRequest};
use engine::op::RegisteredTwice;

/// A text in each of the console's languages: English, Chinese.
type Words = [&'static str; 2];

/// The text in the language of the request.
fn say(request: &PageRequest, words: Words) -> &'static str {
    words[usize::from(request.language == "zh")]
}

/// The console: its operations and its pages.
pub fn console() -> Result<Console, RegisteredTwice> {
    Ok(Console {
        registry: crate::handlers::admin::registry()?,
        pages: PAGES,
        results: &[("add_key", pages::added_key), ("verify_backup", pages::verified_backup)],
        login: ("admin", "login"),
        logout: ("admin", "logout"),
        picture: Some((pages::PICTURE, ("admin", "picture"))),
        backup: Some((pages::BACKUP, ("admin", "download_backup"))),
        login_page: Some(pages::login),
        fault_page: Some(pages::fault),
        files: &[
            ("/console.css", "text/css; charset=utf-8", include_str!("../assets/console.css")),
            ("/console.js", "text/javascript; charset=utf-8", include_str!("../assets/console.js")),
        ],
    })
}

const fn page(
    path: &'static str,
    operation: &'static str,
    render: fn(&PageRequest, &serde_json::Value) -> String,
) -> Page {
    Page { path, operation: ("admin", operation), render }
}

/// The pages; the first is the start page.
const PAGES: &[Page] = &[
    page("/overview", "overview", pages::overview),
    page("/accounts", "accounts", pages::accounts),
    page("/account", "account", pages::account),
    page("/notices", "notices", pages::notices),
    page("/shops", "shops", pages::shops),
    page("/boards", "boards", pages::boards),
    page("/board", "scores", pages::board),
    page("/reviews", "reviews", pages::reviews),
    page("/held", "held_scores", pages::held),
    page("/export", "export_account", pages::export),
    page("/messages", "messages", pages::messages),
    page("/bans", "bans", pages::bans),
    page("/audit", "audit", pages::audit),
    page("/log", "log", pages::log),
    page("/backups", "backups", pages::backups),
    page("/admins", "admins", pages::admins),
    page("/keys", "keys", pages::keys),
    page("/pictures", "pictures", pages::pictures),
    page("/config", "config", pages::config),
];
