//! Any text that an operation stores comes back unchanged, and refusals follow only the contract's
//! limits.

use crate::common::Server;
use crate::common::naughty;
use crate::common::notice;
use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization as _;

/// The beginning of a successful answer.
const DONE: &str = "{\"id\":7,\"status\":0,";

/// Has this text `min` to `max` characters without NUL?
fn fits(text: &str, min: usize, max: usize) -> bool {
    (min..=max).contains(&text.chars().count()) && !text.contains('\0')
}

/// Is this text allowed in a list of players: no control characters, line ends or direction marks?
fn is_shown(text: &str) -> bool {
    let turns = ['\u{61c}', '\u{200e}', '\u{200f}'].into_iter();
    let turns: Vec<char> =
        turns.chain('\u{2028}'..='\u{202e}').chain('\u{2066}'..='\u{2069}').collect();
    !text.contains(|c: char| c.is_control() || turns.contains(&c))
}

/// Stores every difficult text. `keep` returns the answer, `give` the stored value.
fn all_are_kept(
    may: impl Fn(&str) -> bool,
    mut keep: impl FnMut(&str) -> String,
    mut give: impl FnMut() -> Value,
) {
    let texts = naughty::texts();
    let mut kept = 0;
    for text in &texts {
        let answer = keep(text);
        assert_eq!(answer.starts_with(DONE), may(text), "{text:.200?}: {answer}");
        if may(text) {
            assert_eq!(give(), **text, "{text:.200?}");
            kept += 1;
        }
    }
    assert!(kept > 50, "{kept} of {}", texts.len());
}

/// The text keys of a notice: limit, and whether it may be empty.
const NOTICE: [(&str, usize, bool); 13] = [
    ("lab", 50, false),
    ("title", 20, false),
    ("content", 500, false),
    ("user_name", 10, false),
    ("user_phone", 15, true),
    ("user_qq", 15, true),
    ("pic_url1", 1024, true),
    ("pic_url2", 1024, true),
    ("pic_url3", 1024, true),
    ("user2_name", 10, true),
    ("user2_id", 15, true),
    ("user2_phone", 15, true),
    ("user2_qq", 15, true),
];

fn row(server: &Server, token: &str, id: i64) -> Value {
    server.done(token, "property/query", json!({"type": 1, "id": id}))[0].clone()
}

#[test]
fn notice_returns_odd_texts_unchanged() {
    let server = Server::start("[database]\nsynchronous = \"normal\"\n");
    let (_, token) = server.account("nora");
    let id = notice::add(&server, &token, notice::sample());
    for (field, max, may_be_empty) in NOTICE {
        let min = usize::from(!may_be_empty);
        let may = |text: &str| fits(text, min, max);
        let update =
            |text: &str| server.call_as(&token, "property/update", json!({"id": id, field: text}));
        all_are_kept(may, update, || row(&server, &token, id)[field].clone());
        if !field.starts_with("user2") {
            for text in naughty::texts().iter().filter(|text| may(text)) {
                let sent = notice::with(notice::sample(), json!({field: text}));
                let added = notice::add(&server, &token, sent);
                assert_eq!(row(&server, &token, added)[field], **text, "{field} {text:.200?}");
            }
        }
    }
}

#[test]
fn shop_returns_and_finds_odd_texts() {
    let server = Server::start("[shop]\nmax_per_account = 1000\n");
    let (_, token) = server.account("nora");
    let open = |text: &str| server.call_as(&token, "shop/creat", json!({"shop_name": text}));
    for text in naughty::texts() {
        let answer = open(&text);
        // `%` is in the list twice.
        let is_taken = answer.contains("\"status\":100,");
        assert!(
            is_taken && text == "%" || answer.starts_with(DONE) == fits(&text, 1, 100),
            "{text:?}"
        );
    }
    let id = server.done(&token, "shop/creat", json!({"shop_name": "one"}))["shop_id"].clone();
    let get = || server.done("", "shop/get", json!({"shop_id": id}))["shop_content"].clone();
    let update = |text: &str| {
        server.call_as(&token, "shop/update", json!({"shop_id": id, "shop_content": text}))
    };
    all_are_kept(|text| fits(text, 0, 10_000), update, get);
    // Each is found by its whole name, and wildcards match only themselves.
    let names = server.done("", "shop/list", json!({"limit": 1000}));
    let names: Vec<&str> =
        names.as_array().unwrap().iter().map(|shop| shop["shop_name"].as_str().unwrap()).collect();
    assert!(names.len() > 80, "{names:?}");
    server.done(&token, "shop/update", json!({"shop_id": id, "shop_content": ""}));
    for name in names.iter().filter(|name| name.len() <= 256) {
        let found = server.done("", "shop/list", json!({"key": name, "limit": 1000}));
        let found: Vec<&str> = found
            .as_array()
            .unwrap()
            .iter()
            .map(|shop| shop["shop_name"].as_str().unwrap())
            .collect();
        let key = name.to_ascii_lowercase();
        let expected: Vec<&str> =
            names.iter().filter(|n| n.to_ascii_lowercase().contains(&key)).copied().collect();
        assert_eq!(found, expected, "{name:?}");
    }
}

#[test]
fn names_and_nicknames_return_odd_texts_unchanged() {
    let server = Server::start("[limits]\nrenames_per_day = 0\n");
    let (_, token) = server.account("nora");
    let given = |field: &str| server.done(&token, "user/info", json!({}))[field].clone();
    // Multi-line and invisible texts are refused; stored texts come back unchanged. A user name is
    // stored in NFC.
    let never = |text: &str| {
        !fits(text, 1, 32)
            || text.contains(|c: char| {
                c.is_control() || matches!(c, '\u{202e}' | '\u{2066}' | '\u{2028}')
            })
            || text.trim().is_empty()
    };
    for (operation, field) in [("user/update", "nickname"), ("user/rename", "username")] {
        let mut kept = 0;
        for text in naughty::texts() {
            let answer = server.call_as(&token, operation, json!({field: text}));
            if !answer.starts_with(DONE) {
                continue;
            }
            kept += 1;
            assert!(!never(&text), "{text:.200?}: {answer}");
            let composed: String = text.nfc().collect();
            let expected = if field == "username" { &composed } else { &text };
            assert_eq!(given(field), **expected, "{text:?}");
        }
        assert!(kept > 50, "{field}: {kept}");
    }
}

#[test]
fn player_returns_odd_texts_and_leaks_none() {
    let server = Server::start("");
    server.done("", "score/post", json!({"openid": "player-1", "score": 5}));
    let tell = |field: &'static str| {
        let server = &server;
        move |text: &str| server.call("player/update", json!({"openid": "player-1", field: text}))
    };
    let top = || server.done("", "score/top", json!({}))[0].clone();
    let may = |text: &str| fits(text, 0, 64) && is_shown(text);
    all_are_kept(may, tell("nickname"), || top()["nickname"].clone());
    let url = |text: &str| format!("https://example.com/{text}");
    all_are_kept(
        |text| fits(&url(text), 1, 1024) && is_shown(text),
        |text| tell("headimgurl")(&url(text)),
        || top()["avatar"].as_str().unwrap().strip_prefix("https://example.com/").unwrap().into(),
    );
}
