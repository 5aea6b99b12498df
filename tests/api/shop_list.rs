//! Listing shops (contract: envelope.md "shop", operations.md; not in the seed).

use crate::common::{Server, ok};
use serde_json::{Value, json};

#[test]
fn shop_list_is_newest_first_filtered_and_paged() {
    let server = Server::start("[shop]\nmax_per_account = 200\n");
    let ((nora, token), (otto, other)) = (server.account("nora"), server.account("otto"));
    assert_eq!(server.call("shop/list", json!({})), ok(json!([])));
    for n in 0..101 {
        server.done(&token, "shop/creat", json!({"shop_name": format!("Nora's {n}")}));
    }
    let sent = json!({"shop_name": "伞 50%_\\!", "shop_content": "UMBRELLAS 和 茶"});
    let umbrellas = server.done(&other, "shop/creat", sent)["shop_id"].as_i64().unwrap();
    let list = |ask: Value| server.done("", "shop/list", ask).as_array().unwrap().clone();
    let all = list(json!({"limit": 1000}));
    let place = |row: &Value| {
        (row["creat_time"].as_str().unwrap().to_owned(), row["shop_id"].as_i64().unwrap())
    };
    assert_eq!(all.len(), 102);
    assert!(all.windows(2).all(|pair| place(&pair[0]) > place(&pair[1])), "newest first");
    assert_eq!(list(json!({})), all[..100], "100 unless asked otherwise");
    for (limit, id_as_text) in [(1, false), (7, true), (100, false)] {
        let (mut pages, mut before) = (vec![], Value::Null);
        loop {
            let page = list(json!({"limit": limit, "before": before}));
            let Some(last) = page.last() else { break };
            let id = &last["shop_id"];
            before = if id_as_text { json!(id.to_string()) } else { id.clone() };
            pages.extend(page);
        }
        assert_eq!(pages, all, "pages of {limit}");
    }
    assert!(list(json!({"before": 5})).is_empty(), "after a shop that is not there");
    assert_eq!(list(json!({"user_id": nora, "limit": 1000})).len(), 101);
    let row = &list(json!({ "user_id": otto }))[0];
    let found = server.done("", "shop/get", json!({ "shop_id": umbrellas }));
    assert_eq!(row, &found);
    for key in ["伞", "50%", "%", "_", "\\", "!", "umbrella", "ELLAS 和"] {
        assert_eq!(list(json!({ "key": key })), std::slice::from_ref(&found), "{key}");
    }
    assert_eq!(list(json!({"key": "NORA'S 10"})).len(), 2, "10 and 100");
    assert_eq!(list(json!({"key": "伞", "user_id": nora})).len(), 0);
    assert_eq!(list(json!({"key": null, "user_id": 5})).len(), 0);
}
