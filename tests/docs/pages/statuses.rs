//! The tables of the envelope's statuses.

use super::rows;
use crate::common::Server;
use engine::fault::{Cause, Exceeded, Fault};
use engine::sms::codes;
use engine::status;
use serde_json::{Value, json};

/// A table of statuses: code and message.
fn statuses(name: &str) -> Vec<(i64, String)> {
    rows(name).into_iter().map(|[code, text, _]| (code.parse().unwrap(), text)).collect()
}

#[test]
fn status_tables_match_the_program() {
    let documented = statuses("status");
    let cause = || Cause::new("");
    for fault in [
        Fault::EnvelopeKey("id"),
        Fault::EnvelopeValue("".into()),
        Fault::NoSuchOperation,
        Fault::NoCredentials,
        Fault::BadToken,
        Fault::StaleToken,
        Fault::AccountGone,
        Fault::Missing("".into()),
        Fault::Password,
        Fault::TooManyAttempts(Exceeded { limit: "", retry_after: 1, instead: None }),
        Fault::Database(cause()),
        Fault::Unsure(cause()),
        Fault::Unknown(cause()),
    ] {
        let status = status::status(&fault);
        assert!(documented.contains(&(status.code, status.message.to_owned())), "{fault:?}");
    }
    let sms = statuses("status sms");
    for (code, text) in &sms {
        assert_eq!(codes::message(*code), text);
    }
    let known = (0..70_000).filter(|code| codes::message(*code) != codes::message(codes::OTHER));
    assert_eq!(sms.len(), known.count() + 1);
    for code in [codes::PHONE, codes::HALF_MINUTE, codes::HOUR, codes::DAY] {
        assert!(sms.iter().any(|(told, _)| *told == code), "{code}");
    }
}

/// The tables of the types that have their own, row by row in their order.
#[test]
fn type_tables_match_the_program() {
    let server = Server::start("[shop]\nmax_per_account = 1\n");
    let (_, token) = server.account("nora");
    let (_, other) = server.account("omar");
    let notice = |title: Value| {
        json!({"type": 1, "lab": "a", "title": title, "content": "a", "occurrence_time": "",
               "user_name": "Nora", "user_phone": "", "user_qq": ""})
    };
    let told = |calls: &[(&str, &str, Value)]| -> Vec<(i64, String)> {
        let told = calls.iter().map(|(token, name, data)| {
            let answer = server.call_as(token, name, data.clone());
            let answer: Value = serde_json::from_str(&answer).unwrap();
            (answer["status"].as_i64().unwrap(), answer["message"].as_str().unwrap().to_owned())
        });
        told.collect()
    };
    let property = told(&[
        (&token, "property/delete", json!({"id": 1})),
        (&token, "property/add", notice(json!(""))),
        (&token, "property/add", json!({"type": 1})),
        (&token, "property/add", notice(json!(1))),
        (&token, "property/add", notice(json!("a".repeat(21)))),
    ]);
    assert_eq!(property, statuses("status property"));
    let query = told(&[
        (&token, "property/query", json!({"type": 1, "colour": "red"})),
        (&token, "property/query", json!({"type": "lost"})),
        (&token, "property/query", json!({"type": 1, "key": "a", "title": "a"})),
        (&token, "property/query", json!({})),
        ("nobody", "property/query", json!({"type": 1})),
        (&token, "property/query", json!({"type": 3})),
    ]);
    assert_eq!(query, statuses("status query"));
    server.done(&token, "shop/creat", json!({"shop_name": "a"}));
    let shop = told(&[
        (&other, "shop/creat", json!({"shop_name": "a"})),
        (&other, "shop/update", json!({"shop_id": 1, "shop_content": ""})),
        (&token, "shop/creat", json!({"shop_name": "b"})),
    ]);
    assert_eq!(shop, statuses("status shop"));
}
