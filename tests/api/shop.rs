//! Shops (contract: envelope.md "shop"; operations.md; seed 003).

use crate::common::{Server, command, envelope, fault, fault_with, ok};
use serde_json::{Value, json};

const KEY: &str = "Error data key";
const VALUE: &str = "Error JSON value";

/// Opens a shop. Returns its id.
fn open(server: &Server, token: &str, name: &str) -> i64 {
    server.done(token, "shop/creat", json!({ "shop_name": name }))["shop_id"].as_i64().unwrap()
}

/// The answer of `shop/get`, with its `creat_time` checked and replaced by TIME.
fn get(server: &Server, id: i64) -> String {
    let answer = server.call("shop/get", json!({ "shop_id": id }));
    let parsed: Value = serde_json::from_str(&answer).unwrap();
    let at = parsed["data"]["creat_time"].as_str().unwrap();
    assert!(engine::clock::DateTime::parse(at).is_some(), "{at}");
    answer.replace(at, "TIME")
}

/// The expected answer of `shop/get`, with TIME as its `creat_time`.
fn shown(id: i64, name: &str, content: &str, owner: i64) -> String {
    let (name, content) = (json!(name), json!(content));
    format!(
        "{{\"id\":7,\"status\":0,\"message\":\"successful\",\"data\":{{\"shop_id\":{id},\
         \"shop_name\":{name},\"shop_content\":{content},\"user_id\":{owner},\
         \"creat_time\":\"TIME\"}}}}"
    )
}

#[test]
fn owner_changes_a_shop_and_anyone_sees_it() {
    let server = Server::start("");
    let (nora, token) = server.account("nora");
    // As the seed shows it: its own address, the token in the query.
    let path = format!("/api/external/shop?token={token}");
    let seeds = json!({"shop_name": "小雨的店铺", "shop_id": 5, "creat_time": "x", "colour": 1});
    let answer = server.post(&path, &envelope("shop/creat", seeds));
    let id = serde_json::from_str::<Value>(&answer).unwrap()["data"]["shop_id"].as_i64().unwrap();
    assert_eq!(answer, ok(json!({ "shop_id": id })));
    assert!((100_000_000..=999_999_999).contains(&id), "{id} has 9 digits");
    assert_eq!(get(&server, id), shown(id, "小雨的店铺", "", nora));

    let full = json!({"shop_name": "b", "shop_content": "雨伞 ☂️ \"大\"\n", "user_id": nora});
    let other = server.done(&token, "shop/create", full)["shop_id"].as_i64().unwrap();
    assert_eq!(get(&server, other), shown(other, "b", "雨伞 ☂️ \"大\"\n", nora));

    for (name, id_sent, content) in [
        ("shop/update", json!(id), "新"),
        ("shop/update", json!(id.to_string()), "更新"),
        // The seed's own sample sends the update under the other name, the id as text.
        ("shop/creat", json!(id.to_string()), "这是小雨家的店铺"),
        ("shop/create", json!(id), "又"),
        ("shop/update", json!(format!("0{id}")), ""),
    ] {
        let sent = json!({"shop_id": id_sent, "shop_content": content, "user_id": 1});
        assert_eq!(server.post(&path, &envelope(name, sent)), ok(json!({})), "{name} {id_sent}");
        assert_eq!(get(&server, id), shown(id, "小雨的店铺", content, nora));
    }
    // The name never changes, even if an update contains one.
    let renamed = json!({"shop_id": id, "shop_content": "c", "shop_name": "d"});
    assert_eq!(server.call_as(&token, "shop/update", renamed), ok(json!({})));
    assert_eq!(get(&server, id), shown(id, "小雨的店铺", "c", nora));
    assert_eq!(get(&server, other), shown(other, "b", "雨伞 ☂️ \"大\"\n", nora));
}

#[test]
fn shop_name_is_unique_and_checked_before_the_cap() {
    let server = Server::start("[shop]\nmax_per_account = 2\n");
    let ((_, nora), (_, otto)) = (server.account("nora"), server.account("otto"));
    let creat =
        |token: &str, name: &str| server.call_as(token, "shop/creat", json!({ "shop_name": name }));
    let taken = fault_with(100, "The shop name was used", "the name is taken");
    let words = "the account has as many shops as it may";
    let capped = fault_with(101, "The number of shops has been capped", words);
    open(&server, &nora, "伞");
    assert_eq!(creat(&otto, "伞"), taken);
    assert_eq!(creat(&nora, "伞"), taken);
    // A different text is a different name.
    open(&server, &nora, "伞 ");
    assert_eq!(creat(&nora, "书"), capped);
    assert_eq!(creat(&nora, "伞"), taken);
    open(&server, &otto, "书");
    // An update is possible at the cap.
    let update = json!({"shop_id": open(&server, &otto, "茶"), "shop_content": "绿"});
    assert_eq!(server.call_as(&otto, "shop/creat", update), ok(json!({})));
    assert_eq!(creat(&otto, "花"), capped);
}

#[test]
fn account_has_three_shops_unless_configured() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    for name in ["a", "b", "c"] {
        open(&server, &token, name);
    }
    let answer = server.call_as(&token, "shop/creat", json!({"shop_name": "d"}));
    let words = "the account has as many shops as it may";
    assert_eq!(answer, fault_with(101, "The number of shops has been capped", words));
}

#[test]
fn shop_name_has_100_and_content_10000_characters() {
    let server = Server::start("[shop]\nmax_per_account = 9\n");
    let (nora, token) = server.account("nora");
    for character in ["x", "店", "😀"] {
        let (name, content) = (character.repeat(100), character.repeat(10_000));
        let sent = json!({"shop_name": name, "shop_content": content});
        let id = server.done(&token, "shop/creat", sent)["shop_id"].as_i64().unwrap();
        assert_eq!(get(&server, id), shown(id, &name, &content, nora));
        let long = json!({"shop_name": character.repeat(101)});
        let told = fault_with(-2, VALUE, "shop_name: 1 to 100 characters");
        assert_eq!(server.call_as(&token, "shop/creat", long), told);
        let told = fault_with(-2, VALUE, "shop_content: at most 10000 characters");
        for sent in [json!({"shop_name": "y"}), json!({ "shop_id": id })] {
            let mut sent = sent;
            sent["shop_content"] = json!(character.repeat(10_001));
            assert_eq!(server.call_as(&token, "shop/creat", sent.clone()), told);
        }
        let update = json!({"shop_id": id, "shop_content": character.repeat(9_999)});
        assert_eq!(server.call_as(&token, "shop/update", update), ok(json!({})));
    }
}

#[test]
fn invalid_shop_data_names_the_key_in_detail() {
    let server = Server::start("");
    let (nora, token) = server.account("nora");
    let id = open(&server, &token, "伞");
    let missing = |key: &str| fault_with(-3, KEY, &format!("{key}: missing"));
    let wrong = |detail: &str| fault_with(-2, VALUE, detail);
    let big = 9_223_372_036_854_775_808_u64;
    let cases = [
        ("shop/creat", json!({}), missing("shop_name")),
        ("shop/create", json!({"shop_content": 5}), missing("shop_name")),
        ("shop/creat", json!({"shop_name": ""}), wrong("shop_name: must not be empty")),
        ("shop/creat", json!({"shop_name": 5}), wrong("shop_name: expected a string")),
        ("shop/creat", json!({"shop_name": null}), wrong("shop_name: expected a string")),
        (
            "shop/creat",
            json!({"shop_name": "a", "shop_content": 5}),
            wrong("shop_content: expected a string"),
        ),
        (
            "shop/creat",
            json!({"shop_name": "a", "user_id": nora.to_string()}),
            wrong("user_id: expected an integer"),
        ),
        (
            "shop/creat",
            json!({"shop_name": "a", "user_id": 1.0}),
            wrong("user_id: expected an integer"),
        ),
        ("shop/creat", json!({ "shop_id": id }), missing("shop_content")),
        (
            "shop/creat",
            json!({"shop_id": "x", "shop_content": ""}),
            wrong("shop_id: expected an integer"),
        ),
        ("shop/update", json!({}), missing("shop_id")),
        ("shop/update", json!({"shop_name": "a"}), missing("shop_id")),
        ("shop/update", json!({"shop_content": 5}), missing("shop_id")),
        ("shop/update", json!({ "shop_id": id }), missing("shop_content")),
        (
            "shop/update",
            json!({"shop_id": [], "shop_content": ""}),
            wrong("shop_id: expected an integer"),
        ),
        (
            "shop/update",
            json!({"shop_id": "", "shop_content": ""}),
            wrong("shop_id: expected an integer"),
        ),
        (
            "shop/update",
            json!({"shop_id": "+5", "shop_content": ""}),
            wrong("shop_id: expected an integer"),
        ),
        (
            "shop/update",
            json!({"shop_id": big, "shop_content": ""}),
            wrong("shop_id: expected an integer"),
        ),
        (
            "shop/update",
            json!({"shop_id": id, "shop_content": null}),
            wrong("shop_content: expected a string"),
        ),
        ("shop/get", json!({}), missing("shop_id")),
        ("shop/get", json!({"shop_id": "x"}), wrong("shop_id: expected an integer")),
        ("shop/get", json!({"shop_id": 5}), wrong("shop_id: nothing is known under it")),
        ("shop/get", json!({"shop_id": -id}), wrong("shop_id: nothing is known under it")),
        ("shop/list", json!({"user_id": "x"}), wrong("user_id: expected an integer")),
        ("shop/list", json!({"key": 5}), wrong("key: expected a string")),
        ("shop/list", json!({"limit": "5"}), wrong("limit: expected an integer")),
        ("shop/list", json!({"limit": 0}), wrong("limit: 1 to 1000")),
        ("shop/list", json!({"limit": 1001}), wrong("limit: 1 to 1000")),
        ("shop/list", json!({"before": "x"}), wrong("before: expected an integer")),
    ];
    for (name, data, told) in cases {
        assert_eq!(server.call_as(&token, name, data.clone()), told, "{name} {data}");
    }
    assert_eq!(get(&server, id), shown(id, "伞", "", nora));
    assert_eq!(server.done("", "shop/list", json!({})).as_array().unwrap().len(), 1);
}

#[test]
fn only_the_owner_may_update_a_shop() {
    let server = Server::start("");
    let ((nora, token), (otto, other)) = (server.account("nora"), server.account("otto"));
    let id = open(&server, &token, "伞");
    let no_right = fault(100, "No right to update");
    for name in ["shop/update", "shop/creat"] {
        for shop in [json!(id), json!(5), json!(-1), json!(i64::MAX), json!(id.to_string())] {
            let sent = json!({"shop_id": shop, "shop_content": "mine", "user_id": nora});
            assert_eq!(server.call_as(&other, name, sent), no_right, "{name} {shop}");
        }
    }
    let why = "user_id: must be the id of the account that the token is of";
    let gone = fault_with(-102, "Get userid failed for the token", why);
    for user in [otto, 5, 0, -1] {
        // Reported before the name is looked up.
        for name in ["伞", "书"] {
            let sent = json!({"shop_name": name, "user_id": user});
            assert_eq!(server.call_as(&token, "shop/creat", sent), gone);
        }
    }
    assert_eq!(get(&server, id), shown(id, "伞", "", nora));
}

#[test]
fn shop_writes_need_a_login_and_reads_do_not() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let id = open(&server, &token, "伞");
    let writes = |check: &dyn Fn(&str, Value)| {
        for name in ["shop/creat", "shop/create", "shop/update"] {
            check(name, json!({}));
            check(name, json!({"shop_name": "茶"}));
            check(name, json!({"shop_id": id, "shop_content": "x"}));
        }
    };
    writes(&|name, data| {
        assert_eq!(server.call(name, data), fault(-100, "Missing necessary args"));
    });
    for bad in ["junk", &"0".repeat(32), &token.to_uppercase()] {
        writes(&|name, data| {
            assert_eq!(server.call_as(bad, name, data), fault(-101, "Error token"));
        });
        let answer = server.call_as(bad, "shop/get", json!({ "shop_id": id }));
        assert!(answer.starts_with("{\"id\":7,\"status\":0,"), "{answer}");
    }
    assert!(command(server.folder()).args(["user", "remove", "nora"]).status().unwrap().success());
    writes(&|name, data| {
        let gone = fault(-102, "Get userid failed for the token");
        assert_eq!(server.call_as(&token, name, data), gone);
    });
    // The shop went with its owner.
    let answer = server.call("shop/get", json!({ "shop_id": id }));
    assert!(answer.contains("nothing is known under it"), "{answer}");
}
