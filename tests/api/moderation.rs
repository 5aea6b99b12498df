//! What people publish is looked through for words, reported, and decided about; other servers help with keys.

use crate::common::cli::{done, guichet};
use crate::common::console::Console;
use crate::common::notice::{sample, with};
use serde_json::{Value, json};
use std::fs;
use std::time::{Duration, Instant};

/// A console of a server whose list refuses `spam` and 加微信 and holds `casino`.
fn with_words() -> Console {
    let folder = crate::common::cli::folder();
    let words = folder.path().join("words.txt");
    fs::write(&words, "# words\nrefuse spam\nrefuse 加微信\nhold casino\n").unwrap();
    let config = format!("[moderation]\nwords = \"{}\"\n", words.display());
    Console::start_in(folder, &config)
}

/// Wait until it is so.
fn soon(what: &str, mut is_so: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(10);
    while !is_so() {
        assert!(Instant::now() < until, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn reviews(console: &Console, token: &str) -> Vec<Value> {
    let answer = console.call(token, "admin/reviews", &json!({})).json();
    answer["data"]["reviews"].as_array().unwrap().clone()
}

/// How many notices a caller finds.
fn notices(console: &Console, token: &str) -> usize {
    let found = console.server.done(token, "property/query", json!({"type": 1}));
    found.to_string().matches("\"title\"").count()
}

#[test]
fn refused_word_is_a_fault_of_its_field() {
    let console = with_words();
    let server = &console.server;
    let (_, token) = server.account("omar");
    let title = with(sample(), json!({"title": "S\u{200b}PAM!"}));
    let answer = server.send(
        "POST",
        "/api/op/property/add",
        &[("Authorization", &format!("Bearer {token}"))],
        title.to_string().as_bytes(),
    );
    let detail = answer.text();
    assert!(answer.status == 400 && detail.contains("title"), "{detail}");
    let refused = [
        ("property/add", with(sample(), json!({"content": "请加 微-信"}))),
        ("shop/creat", json!({"shop_name": "spam"})),
        ("shop/creat", json!({"shop_name": "x", "shop_content": "all spam"})),
        ("user/update", json!({"nickname": "spam"})),
        ("user/rename", json!({"username": "spam"})),
        ("player/update", json!({"app": "lamps", "openid": "p", "nickname": "Spam"})),
    ];
    for (operation, data) in refused {
        let answer = server.call_as(&token, operation, data);
        assert!(!answer.contains("\"status\":0"), "{operation}: {answer}");
    }
    server.done(&token, "shop/creat", json!({"shop_name": "spamalot"}));
}

#[test]
fn held_notice_is_its_authors_until_approved() {
    let console = with_words();
    let (_, author) = console.server.account("omar");
    let (_, other) = console.server.account("nora");
    let held = with(sample(), json!({"title": "a casino"}));
    console.server.done(&author, "property/add", held);
    assert_eq!((notices(&console, &author), notices(&console, &other)), (1, 0));
    let moderator = console.token("moderator");
    let open = reviews(&console, &moderator);
    assert_eq!(open.len(), 1);
    assert_eq!((&open[0]["reason"], &open[0]["title"]), (&json!("casino"), &json!("a casino")));
    let page = console.page(&moderator, "/reviews");
    assert!(page.body.contains("a casino") && page.body.contains("/do/approve_reviewed"));
    let decided = console.call(&moderator, "admin/approve_reviewed", &json!({"id": open[0]["id"]}));
    assert_eq!(decided.status, 200, "{}", decided.body);
    assert_eq!((notices(&console, &other), reviews(&console, &moderator).len()), (1, 0));
    let again = console.call(&moderator, "admin/approve_reviewed", &json!({"id": open[0]["id"]}));
    assert_eq!(again.status, 404);
}

#[test]
fn held_names_are_used_and_reviewed() {
    let console = with_words();
    let (id, token) = console.server.account("casino");
    console.server.done(&token, "user/update", json!({"nickname": "The Casino"}));
    let player = json!({"app": "lamps", "openid": "p1", "nickname": "casino"});
    console.server.done("", "player/update", player);
    let owner = console.token("owner");
    let open = reviews(&console, &owner);
    let of: Vec<_> = open.iter().map(|review| (&review["kind"], &review["target"])).collect();
    let expected =
        [(&json!("account"), &json!(id.to_string())), (&json!("player"), &json!("lamps p1"))];
    assert_eq!(of, expected);
    for review in &open {
        let answer = console.call(&owner, "admin/remove_reviewed", &json!({"id": review["id"]}));
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    let info = console.server.done(&token, "user/info", json!({}));
    assert_eq!(info["nickname"], "");
}

#[test]
fn report_is_counted_once_and_bounded() {
    let console = Console::start("[moderation]\nreports_per_day = 3\nmax_open_reports = 2\n");
    let server = &console.server;
    let (account, author) = server.account("omar");
    let (_, reporter) = server.account("nora");
    let notice = server.done(&author, "property/add", sample())["uid"].clone();
    let report = |named: Value| {
        let data = with(named, json!({"reason": "junk"}));
        server.send(
            "POST",
            "/api/op/report/add",
            &[("Authorization", &format!("Bearer {reporter}"))],
            data.to_string().as_bytes(),
        )
    };
    assert_eq!(report(json!({"notice": 999})).status, 404);
    assert_eq!(report(json!({})).status, 400);
    assert_eq!(report(json!({"notice": notice, "account": account})).status, 400);
    assert_eq!(report(json!({"notice": notice})).status, 200);
    assert_eq!(report(json!({"notice": notice})).status, 200);
    let owner = console.token("owner");
    assert_eq!(reviews(&console, &owner).len(), 1, "the same one is there once");
    assert_eq!(report(json!({"account": account})).status, 200);
    assert_eq!(report(json!({"account": account})).status, 429, "the account's day");
    let (_, third) = server.account("third");
    let answer = server.call_as(&third, "report/add", json!({"notice": notice, "reason": "x"}));
    assert!(!answer.contains("\"status\":0"), "too many are open: {answer}");
    let nobody = server.send("POST", "/api/op/report/add", &[], b"{\"notice\":1,\"reason\":\"x\"}");
    assert_eq!(nobody.status, 401);
}

#[test]
fn held_score_is_on_no_board_until_confirmed() {
    let console = Console::start("");
    let server = &console.server;
    for (openid, score) in [("cheater", 90), ("fair", 10)] {
        server.done("", "score/post", json!({"app": "lamps", "openid": openid, "score": score}));
    }
    let moderator = console.token("moderator");
    let cheater = json!({"app": "lamps", "openid": "cheater"});
    let act = |operation: &str| console.call(&moderator, operation, &cheater).status;
    assert_eq!(act("admin/confirm_score"), 404);
    assert_eq!(act("admin/hold_score"), 200);
    let best = || server.done("", "score/top", json!({"app": "lamps"}))[0]["score"].clone();
    assert_eq!(best(), 10);
    let posted = json!({"app": "lamps", "openid": "cheater", "score": 99});
    let answer = server.done("", "score/post", posted);
    assert_eq!(answer, json!({"score": 99, "rank": 2, "new": false}));
    assert_eq!(best(), 10, "what is posted meanwhile is held as well");
    let held = console.call(&moderator, "admin/held_scores", &json!({})).json();
    assert_eq!(held["data"]["scores"][0]["score"], 99);
    assert!(console.page(&moderator, "/held").body.contains("cheater"));
    // A restart builds the boards anew from the rows.
    let Console { server, address } = console;
    drop(address);
    let server = server.kill_and_restart();
    let best = || server.done("", "score/top", json!({"app": "lamps"}))[0]["score"].clone();
    assert_eq!(best(), 10);
    done(guichet(server.folder(), &["score", "confirm", "lamps", "cheater"]));
    soon("it counts", || best() == 99);
    let standing = server.done("", "score/get", json!({"app": "lamps", "openid": "cheater"}));
    assert_eq!(standing, json!({"score": 99, "rank": 1}));
}

#[test]
fn board_is_removed_beside_a_running_server() {
    let console = Console::start("");
    let score = json!({"app": "lamps", "openid": "p", "score": 1});
    console.server.done("", "score/post", score.clone());
    done(guichet(console.server.folder(), &["board", "remove", "lamps", "--yes"]));
    // With PostgreSQL the command has done it, and the server hears of it a moment later.
    soon("the board is empty", || {
        console.server.done("", "score/top", json!({"app": "lamps"})) == json!([])
    });
    let posted = console.server.done("", "score/post", score);
    assert_eq!(posted, json!({"score": 1, "rank": 1, "new": true}));
}

#[test]
fn players_are_found_by_openid_or_nickname() {
    let console = Console::start("");
    for (nth, openid) in ["ann", "bob", "cid"].iter().enumerate() {
        let score = json!({"app": "lamps", "openid": openid, "score": 10 - nth});
        console.server.done("", "score/post", score);
    }
    let nickname = json!({"app": "lamps", "openid": "cid", "nickname": "Bobby"});
    console.server.done("", "player/update", nickname);
    let viewer = console.token("viewer");
    let data = json!({"app": "lamps", "text": "BOB"});
    let found = console.call(&viewer, "admin/scores", &data).json();
    let places: Vec<_> = found["data"]["scores"].as_array().unwrap().iter().collect();
    let of: Vec<_> = places.iter().map(|row| (&row["openid"], &row["place"])).collect();
    assert_eq!(of, [(&json!("bob"), &json!(2)), (&json!("cid"), &json!(3))]);
}

#[test]
fn api_key_calls_what_it_names_and_no_more() {
    let console = Console::start("");
    console.server.done("", "score/post", json!({"app": "lamps", "openid": "p", "score": 1}));
    let folder = console.server.folder().to_owned();
    let key = done(guichet(&folder, &["key", "add", "game", "scores,admin/remove_score"]));
    let key = key.trim();
    assert!(key.starts_with("gk_") && key.len() == 35, "{key}");
    let lamps = json!({"app": "lamps", "openid": "p"});
    assert_eq!(console.call(key, "admin/scores", &json!({"app": "lamps"})).status, 200);
    assert_eq!(console.call(key, "admin/remove_score", &lamps).status, 200);
    let last = console.audit().pop().unwrap();
    assert_eq!((&last["actor"], &last["action"]), (&json!("key game"), &json!("score remove")));
    for operation in ["admin/notices", "admin/add_key", "admin/reset_board", "admin/logout"] {
        let data = json!({"app": "lamps", "name": "x", "operations": "scores"});
        assert_eq!(console.call(key, operation, &data).status, 403, "{operation}");
    }
    let junk = format!("gk_{:032x}", 7);
    assert_eq!(console.call(&junk, "admin/scores", &json!({"app": "lamps"})).status, 401);
    // It is no session: no page opens with it, and the API's own port does not know it.
    assert_eq!(console.page(key, "/boards").status, 303);
    let owner = console.token("owner");
    let listed = || console.call(&owner, "admin/keys", &json!({})).json()["data"]["keys"].clone();
    soon("its last use", || listed()[0]["address"] == "127.0.0.1");
    assert!(!listed().to_string().contains(key));
    done(guichet(&folder, &["key", "remove", "game"]));
    assert_eq!(console.call(key, "admin/scores", &json!({"app": "lamps"})).status, 401);
    assert_eq!(listed(), json!([]));
}

#[test]
fn api_key_for_nothing_or_everything_is_refused() {
    let console = Console::start("");
    let owner = console.token("owner");
    for operations in [" ", "nothing", "login", "scores,add_key", "score/post"] {
        let data = json!({"name": "x", "operations": operations});
        let answer = console.call(&owner, "admin/add_key", &data);
        assert_eq!(answer.status, 400, "{operations}: {}", answer.body);
    }
    let form_token = console.page(&owner, "/keys").form_token();
    let body = format!("form_token={form_token}&name=x&operations=notices");
    let made = console.form(&owner, "add_key", &[], &body);
    assert!(made.status == 200 && made.body.contains("gk_"), "{}", made.body);
    let twice =
        console.call(&owner, "admin/add_key", &json!({"name": "x", "operations": "notices"}));
    assert_eq!(twice.status, 400);
}
