//! The console: who may ask, what each role may do, forms, pages, the audit.

use crate::common::Server;
use crate::common::console::{Console, PASSWORD, cookie};
use crate::common::notice::{sample, with};
use crate::common::surface::{DOT, samples};
use serde_json::{Value, json};

/// Data of an operation that changes something, for things that are there.
fn data_of(operation: &str, account: i64, notice: i64, shop: i64) -> Value {
    match operation.strip_prefix("admin/").unwrap() {
        "rename_account" => json!({"id": account, "username": "omar-renamed"}),
        "approve_reviewed" => json!({"id": 1}),
        "hide_reviewed" => json!({"id": 2}),
        "remove_reviewed" => json!({"id": 3}),
        "hold_score" | "confirm_score" => json!({"app": "lamps", "openid": "cheater"}),
        "remove_board" => json!({"app": "lamps"}),
        "set_board" => json!({"app": "weekly", "season": "week"}),
        "end_season" | "advance_season" => json!({"app": "weekly"}),
        "add_key" => json!({"name": "other-server", "operations": "notices"}),
        "remove_key" => json!({"name": "other-server"}),
        "verify_backup" => json!({"name": "guichet-20260101-000000.tar"}),
        "set_account_password" => json!({"id": account, "password": "another secret"}),
        it if it.ends_with("_account") || it == "end_account_sessions" => json!({"id": account}),
        it if it.ends_with("_notice") => json!({"id": notice}),
        it if it.ends_with("_shop") => json!({"id": shop}),
        "remove_score" => json!({"app": "lamps", "openid": "cheater"}),
        "reset_board" | "scores" => json!({"app": "lamps"}),
        it if it.ends_with("_pictures") => json!({"pictures": [format!("portrait {account}")]}),
        "add_ban" | "remove_ban" => json!({"value": "192.0.2.7"}),
        "account" => json!({"id": account}),
        _ => json!({}),
    }
}

/// A notice, a shop and a score of a new account.
fn content(server: &Server) -> (i64, i64, i64) {
    let (account, token) = server.account("omar");
    let notice = with(sample(), json!({"title": "<script>t</script>"}));
    let notice = server.done(&token, "property/add", notice)["uid"].as_i64().unwrap();
    let shop = json!({"shop_name": "<script>shop</script>", "shop_content": "x"});
    let shop = server.done(&token, "shop/creat", shop)["shop_id"].as_i64().unwrap();
    let mut portrait = samples("portrait/upload", 0).swap_remove(0);
    portrait["id"] = account.to_string().into();
    server.done(&token, "portrait/upload", portrait);
    let score = json!({"app": "lamps", "openid": "cheater", "score": 9});
    server.done("", "score/post", score);
    let (_, reporter) = server.account("nora");
    for named in [json!({"notice": notice}), json!({"shop": shop}), json!({"account": account})] {
        server.done(
            &reporter,
            "report/add",
            with(named, json!({"reason": "<script>why</script>"})),
        );
    }
    (account, notice, shop)
}

#[test]
fn each_role_may_do_what_the_registry_says() {
    let console = Console::start("");
    let roles = ["viewer", "moderator", "owner"];
    let tokens = roles.map(|role| console.token(role));
    let operations = console.operations();
    assert!(operations.len() > 25, "{operations:?}");
    for (operation, least) in &operations {
        if operation == "admin/login" || operation == "admin/logout" {
            continue;
        }
        let least = roles.iter().position(|role| role == least).unwrap();
        let nobody = console.call("", operation, &json!({}));
        assert_eq!(nobody.status, 401, "{operation}");
        for (place, token) in tokens.iter().enumerate() {
            // Of nothing that is there: a refusal of the role must come first.
            let data = data_of(operation, 1, 1, 1);
            let status = console.call(token, operation, &data).status;
            let expected = if place >= least { [200, 404, 400] } else { [403; 3] };
            assert!(expected.contains(&status), "{operation} as {}: {status}", roles[place]);
        }
        let public = console.server.send("POST", &format!("/api/op/{operation}"), &[], b"{}");
        assert_eq!(public.status, 404, "{operation} is the console's alone");
    }
}

#[test]
fn every_change_by_an_admin_is_audited() {
    let console = Console::start("");
    let token = console.token("owner");
    let (account, notice, shop) = content(&console.server);
    // What removes things comes last, and the account after what is in it.
    let mut changing: Vec<String> =
        console.operations().into_iter().map(|(name, _)| name).collect();
    changing.retain(|name| {
        let verbs = "hide unhide disable enable end set add remove reset approve hold confirm rename \
                     export advance";
        verbs.split(' ').any(|verb| name.starts_with(&format!("admin/{verb}_")))
    });
    changing.sort_by_key(|name| {
        let removes = name.contains("/remove_") || name.contains("/reset_");
        let is_last = name.contains("remove_account") || name.contains("remove_board");
        let is_first = name.contains("/set_board");
        (!is_first, removes, is_last, name.contains("/unhide_") || name.contains("/confirm_"))
    });
    assert_eq!(changing.len(), 31, "{changing:?}");
    for operation in &changing {
        let before = console.audit().len();
        let data = data_of(operation, account, notice, shop);
        let answer = console.call(&token, operation, &data);
        assert_eq!(answer.status, 200, "{operation}: {}", answer.body);
        let audit = console.audit();
        // A decision also notes what it did to what was reported.
        assert!(audit.len() > before, "{operation}");
        let last = audit.last().unwrap();
        assert_eq!(
            (&last["actor"], &last["address"]),
            (&json!("admin owner"), &json!("127.0.0.1"))
        );
        assert!(!last["action"].as_str().unwrap().is_empty() && !last["target"].is_null());
    }
    assert!(!console.audit().iter().any(|row| row.to_string().contains("another secret")));
}

#[test]
fn cheater_leaves_the_board_by_a_form_at_once() {
    let console = Console::start("");
    let token = console.token("moderator");
    content(&console.server);
    let page = console.page(&token, "/board?app=lamps");
    assert!(page.body.contains("cheater") && page.body.contains("/do/remove_score"));
    let form_token = page.form_token();
    let body =
        format!("form_token={form_token}&app=lamps&openid=cheater&back=%2Fboard%3Fapp%3Dlamps");
    let answer = console.form(&token, "remove_score", &[("Sec-Fetch-Site", "same-origin")], &body);
    let expected = "/board?app=lamps&done=remove_score";
    assert_eq!((answer.status, answer.header("location")), (303, Some(expected)));
    let top = console.server.done("", "score/top", json!({"app": "lamps"}));
    assert_eq!(top, json!([]));
    assert!(!console.page(&token, "/board?app=lamps").body.contains("cheater"));
}

#[test]
fn form_of_another_site_changes_nothing() {
    let console = Console::start("");
    let token = console.token("owner");
    let form_token = console.page(&token, "/bans").form_token();
    let good = format!("form_token={form_token}&value=192.0.2.7");
    let refused = |lines: &[(&str, &str)], body: &str| {
        assert_eq!(console.form(&token, "add_ban", lines, body).status, 403, "{lines:?} {body}");
    };
    refused(&[], "value=192.0.2.7");
    refused(&[], "form_token=&value=192.0.2.7");
    refused(&[("Sec-Fetch-Site", "cross-site")], &good);
    refused(&[("Sec-Fetch-Site", "same-site")], &good);
    refused(&[("Origin", "https://evil.example")], &good);
    let other = console.token("moderator");
    assert_eq!(console.form(&other, "add_ban", &[], &good).status, 403, "another session's");
    // A program's way needs the header, which pages of other sites can't send.
    let cookie = cookie(&token);
    let by_cookie = console.send("POST", "/api/op/admin/add_ban", &[("Cookie", &cookie)], "{}");
    assert_eq!(by_cookie.status, 401);
    assert!(!console.page(&token, "/bans").body.contains("192.0.2.7/32</td>"));
    let origin = format!("http://{}", console.address);
    let answer = console.form(&token, "add_ban", &[("Origin", &origin)], &good);
    assert_eq!((answer.status, answer.header("location")), (303, Some("/?done=add_ban")));
    assert!(console.page(&token, "/bans").body.contains("192.0.2.7/32</td>"));
    let away = format!("{good}&back=%2F%2Fevil.example");
    let answer = console.form(&token, "add_ban", &[], &away);
    assert_eq!(answer.header("location"), Some("/?done=add_ban"), "not to another server");
}

#[test]
fn stored_script_is_text_on_every_page() {
    let console = Console::start("");
    let token = console.token("owner");
    let (account, notice, _) = content(&console.server);
    let face = json!({"app": "lamps", "openid": "cheater", "nickname": "<script>nick</script>"});
    console.server.done("", "player/update", face);
    console.call(
        &token,
        "admin/add_ban",
        &json!({"value": "192.0.2.7", "reason": "<script>why</script>"}),
    );
    console.call(&token, "admin/remove_notice", &json!({"id": notice}));
    let account = format!("/account?id={account}");
    let mut shown = 0;
    let paths = [
        "/",
        "/accounts?text=%3Cscript%3Etext%3C/script%3E",
        &account,
        "/notices",
        "/shops",
        "/boards",
        "/board?app=lamps",
        "/messages",
        "/log",
        "/backups",
        "/bans",
        "/audit",
        "/admins",
        "/accounts?before=%3Cscript%3E",
        "/login",
    ];
    for path in paths {
        for language in ["en", "zh"] {
            let cookies = format!("{}; language={language}", cookie(&token));
            let page = console.send("GET", path, &[("Cookie", &cookies)], "");
            let scripts = page.body.matches("<script").count();
            assert_eq!(scripts, 1, "{path}: only the console's own");
            assert!(page.body.contains("<script src=\"/console.js\" defer>"), "{path}");
            assert!(
                page.header("content-security-policy").unwrap().starts_with("default-src 'none'")
            );
            assert_eq!(page.header("x-frame-options"), Some("DENY"), "{path}");
            let tag = if language == "zh" { "<html lang=\"zh-CN\">" } else { "<html lang=\"en\">" };
            assert!(page.body.contains(tag), "{path}");
            shown += page.body.matches("&lt;script&gt;").count();
        }
    }
    assert!(shown >= 10, "{shown}: the texts are shown, as text");
}

#[test]
fn only_own_names_and_allowed_addresses_are_answered() {
    let console = Console::start("[console]\nallow = [\"127.0.0.1\"]\n");
    let status = |lines: &[(&str, &str)]| console.send("GET", "/login", lines, "").status;
    assert_eq!(status(&[]), 200);
    assert_eq!(status(&[("Host", "localhost:8081")]), 200);
    assert_eq!(status(&[("Host", "rebound.example")]), 403);
    assert_eq!(status(&[("X-Forwarded-For", "127.0.0.1")]), 403, "a proxy that nobody trusts");
    assert_eq!(status(&[("Via", "1.1 proxy")]), 403);
    let console = Console::start("[console]\nallow = [\"192.0.2.0/24\"]\n");
    assert_eq!(console.send("GET", "/login", &[], "").status, 403);
    assert_eq!(console.send("GET", "/console.css", &[], "").status, 403);
}

#[test]
fn five_wrong_logins_stop_a_name_for_a_while() {
    let console = Console::start("");
    console.token("owner");
    let login = |name: &str, password: &str| {
        console.call("", "admin/login", &json!({"name": name, "password": password})).status
    };
    for _ in 0..5 {
        assert_eq!(login("owner", "wrong"), 422);
    }
    assert_eq!(login("owner", PASSWORD), 429, "also with the right one");
    let unknown = console.call("", "admin/login", &json!({"name": "nobody", "password": "wrong"}));
    assert_eq!(unknown.status, 422, "told as a wrong password");
}

#[test]
fn authenticator_code_or_recovery_code_is_needed() {
    let console = Console::start("");
    console.token("owner");
    let told = console.admin(&["totp", "owner"]);
    let codes: Vec<&str> =
        told.lines().filter_map(|line| line.strip_prefix("recovery code\t")).collect();
    assert_eq!(codes.len(), 10, "{told}");
    let login = |code: &str| {
        let data = json!({"name": "owner", "password": PASSWORD, "code": code});
        let answer = console.call("", "admin/login", &data);
        (answer.status, answer.json()["detail"].as_str().unwrap_or_default().to_owned())
    };
    let (status, detail) = login("");
    assert!(status == 422 && detail.contains("authenticator"), "{detail}");
    assert_eq!(login("not-a-code").0, 422);
    assert_eq!(login(codes[0]).0, 200);
    assert_eq!(login(codes[0]).0, 422, "good once");
    assert_eq!(login(codes[1]).0, 200);
    let secret = told.lines().find_map(|line| line.strip_prefix("secret\t")).unwrap();
    let secret = totp_rs::Secret::try_from_base32(secret).unwrap();
    let app = totp_rs::Builder::new().with_secret(secret).build().unwrap();
    let code = app.generate_current().to_string();
    assert_eq!(login(&code).0, 200);
    assert_eq!(login(&code).0, 422, "good once");
    console.admin(&["totp", "owner", "--off"]);
    assert_eq!(login("").0, 200);
}

#[test]
fn console_that_others_can_reach_needs_an_app() {
    let config = "[console]\npublic_url = \"https://console.example.com\"\n";
    let console = Console::start(config);
    console.admin(&["add", "nora", "--password-stdin"]);
    let login = |name: &str, code: &str| {
        let body = format!("name={name}&password=a+long+secret&code={code}");
        console.send("POST", "/login", &[("Host", "console.example.com")], &body)
    };
    let refused = login("nora", "");
    assert!(
        refused.status == 422 && refused.body.contains("guichet admin totp"),
        "{}",
        refused.body
    );
    let told = console.admin(&["totp", "nora"]);
    let code = told.lines().find_map(|line| line.strip_prefix("recovery code\t")).unwrap();
    let answer = login("nora", code);
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-guichet_console="), "{cookie}");
    for part in ["Path=/", "HttpOnly", "SameSite=Strict", "Secure"] {
        assert!(cookie.contains(part), "{cookie}");
    }
}

#[test]
fn session_ends_with_logout_password_role_and_removal() {
    let console = Console::start("");
    let enter = || {
        let data = json!({"name": "owner", "password": PASSWORD});
        let answer = console.call("", "admin/login", &data);
        answer.json()["data"]["token"].as_str().unwrap().to_owned()
    };
    let first = console.token("owner");
    let page = console.page(&first, "/");
    assert_eq!(page.status, 200);
    let body = format!("form_token={}", page.form_token());
    let left = console.form(&first, "logout", &[], &body);
    assert!(left.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert_eq!(console.page(&first, "/").header("location"), Some("/login"));
    for args in [
        &["passwd", "owner", "--password-stdin"][..],
        &["role", "owner", "viewer"],
        &["remove", "owner", "--yes"],
    ] {
        let token = enter();
        assert_eq!(console.page(&token, "/").status, 200);
        console.admin(args);
        assert_eq!(console.page(&token, "/").header("location"), Some("/login"), "{args:?}");
    }
    assert_eq!(console.page(DOT, "/").status, 303);
    assert_eq!(console.admin(&["list"]), "");
}

#[test]
fn viewer_sees_no_form_that_changes_something() {
    let console = Console::start("");
    let token = console.token("viewer");
    let (account, ..) = content(&console.server);
    for path in
        ["/notices", "/shops", "/bans", "/board?app=lamps", &format!("/account?id={account}")]
    {
        let page = console.page(&token, path);
        assert_eq!(page.status, 200, "{path}");
        assert_eq!(page.body.matches("action=\"/do/").count(), 1, "{path}: to log out");
    }
    let refused = console.page(&token, "/admins");
    assert!(refused.status == 403 && refused.body.contains("Your role may not do this."));
    assert_eq!(console.page(&token, "/account?id=1").status, 404);
    assert_eq!(console.page(&token, "/nothing").status, 404);
}
