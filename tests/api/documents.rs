//! Documents of one's own, from files in `documents.dir`.

use crate::common::surface;
use crate::common::{Folder, Reply, Server};
use serde_json::{Value, json};
use std::fs;

/// A server with these files in its folder of documents.
fn serving(files: &[(&str, &str)], config: &str) -> Server {
    let folder = Folder::new();
    let documents = folder.path().join("documents");
    fs::create_dir(&documents).unwrap();
    for (name, text) in files {
        fs::write(documents.join(name), text).unwrap();
    }
    let config = format!("{config}\n[documents]\ndir = {documents:?}\n");
    Server::start_in(folder, &config)
}

/// What every document here begins with.
const HEAD: &str = r#"
name = "own"
description = "For a test."

[success]
body = { ok = true, data = "${answer.data}" }

[failure]
status = "fault"
body = { ok = false, code = "${fault.code}", text = "${fault.text}", key = "${fault.field}" }

[faults]
login = { code = "L" }
"missing:player" = { code = "M", text = "who?" }
any = { code = "${fault.name}" }
"#;

fn own(routes: &str) -> String {
    format!("{HEAD}{routes}")
}

fn answer(reply: &Reply) -> (u16, Value) {
    (reply.status, reply.json())
}

#[test]
fn file_serves_paths_names_and_codes() {
    let routes = r#"
        [[route]]
        path = ["/own/{game}/best/{player}", "/own/best/{player}"]
        operation = "score/get"
        fields = { app = "game", openid = "player" }
        answer.data = { points = "${reply.score}", place = "${reply.rank | text}" }

        [[route]]
        method = "POST"
        path = "/own/best"
        operation = "score/post"
        fields = { openid = "player", score = { name = "points", convert = "integer" } }
        success = { status = 201, headers = { "X-Made-By" = "own" }, body = { made = "${reply.new}" } }
    "#;
    let server = serving(&[("own.toml", &own(routes))], "");
    let reply = server.send("POST", "/own/best", &[], br#"{"player":"ada","points":"7"}"#);
    assert_eq!(answer(&reply), (201, json!({"made": true})));
    assert_eq!(reply.header("x-made-by"), "own");
    let told = json!({"ok": true, "data": {"points": 7, "place": "1"}});
    assert_eq!(answer(&server.get("/own/best/ada")), (200, told));
    let reply = server.get("/own/chess/best/ada");
    assert_eq!((reply.status, &reply.json()["code"]), (404, &json!("not_found")));
    let reply = server.send("POST", "/own/best", &[], b"points=7");
    let told = json!({"ok": false, "code": "M", "text": "who?", "key": "player"});
    assert_eq!(answer(&reply), (400, told));
    let reply = server.send("POST", "/own/best", &[], br#"{"player":"ada","points":"x"}"#);
    let told = json!({"ok": false, "code": "wrong_type", "text": "points: expected an integer", "key": "points"});
    assert_eq!(answer(&reply), (400, told));
}

#[test]
fn fields_come_from_every_named_place() {
    let routes = r#"
        [[route]]
        method = "POST"
        path = "/own/places"
        operation = "score/post"
        [route.fields]
        app = { name = "X-Game", from = "header", default = "default" }
        openid = { name = "who", from = "cookie" }
        score = { name = "points", from = "query" }
        [route.answer.data]
        score = "${reply.score}"
        who = "${request.openid}"
    "#;
    let server = serving(&[("own.toml", &own(routes))], "");
    let headers = [("Cookie", "a=b; who=ada"), ("X-Game", "chess")];
    // The same names elsewhere are not looked at.
    let body = br#"{"who":"eve","points":99}"#;
    let reply = server.send("POST", "/own/places?points=5&who=eve", &headers, body);
    let told = json!({"ok": true, "data": {"score": 5, "who": "ada"}});
    assert_eq!(answer(&reply), (200, told));
    let known = server.done("", "score/get", json!({"app": "chess", "openid": "ada"}));
    assert_eq!(known["score"], 5);
    let reply = server.send("POST", "/own/places?points=5", &[], b"");
    assert_eq!((reply.status, &reply.json()["key"]), (400, &json!("who")));
}

#[test]
fn values_are_converted_on_their_way() {
    let routes = r#"
        [[route]]
        method = "POST"
        path = "/own/login"
        operation = "user/login"
        [route.fields]
        username = { convert = ["base64_decode", "trim"] }
        password = { convert = "md5" }
        hash = { convert = ["null_is_absent", "empty_is_absent"] }
        [route.answer.data]
        name = "${reply.username | base64}"
    "#;
    let server = serving(&[("own.toml", &own(routes))], "");
    let md5 = engine::hex::md5("plain-text-1");
    let data = json!({"username": "ada", "password": md5, "hash": server.captcha()});
    server.done("", "user/register", data);
    let send = |data: Value| server.send("POST", "/own/login", &[], data.to_string().as_bytes());
    // `ada` between blanks, in base64.
    let reply = send(json!({"username": "IGFkYSA=", "password": "plain-text-1", "hash": ""}));
    assert_eq!(answer(&reply), (200, json!({"ok": true, "data": {"name": "YWRh"}})));
    let reply = send(json!({"username": "IGFkYSA=", "password": "plain-text-1", "hash": null}));
    assert_eq!(reply.status, 200);
    let reply = send(json!({"username": "!", "password": "plain-text-1"}));
    assert_eq!((reply.status, &reply.json()["key"]), (400, &json!("username")));
}

#[test]
fn token_travels_where_the_document_says() {
    let document = r#"
        name = "own"
        description = "For a test."
        [credentials]
        header = "X-Session"
        scheme = "Key"
        cookie = "sid"
        query = "session"
        body = "session"
        [success]
        body = { name = "${reply.username}" }
        [failure]
        status = "fault"
        body = { code = "${fault.name}" }
        [faults]
        any = {}
        [[route]]
        path = "/own/me"
        operation = "user/info"
        [[route]]
        method = "POST"
        path = "/own/me"
        operation = "user/info"
        [[route]]
        method = "POST"
        path = "/own/login"
        operation = "user/login"
        fields = ["username", "password"]
        cookie = "set"
        [[route]]
        method = "DELETE"
        path = "/own/login"
        operation = "user/logout"
        cookie = "clear"
        success.body = {}
    "#;
    let server = serving(&[("own.toml", document)], "");
    let (_, token) = server.account("ada");
    let named = (200, json!({"name": "ada"}));
    let key = format!("key {token}");
    let cookie = format!("sid={token}");
    for headers in [[("X-Session", &*key)], [("Cookie", &*cookie)]] {
        assert_eq!(answer(&server.send("GET", "/own/me", &headers, b"")), named, "{headers:?}");
    }
    assert_eq!(answer(&server.get(&format!("/own/me?session={token}"))), named);
    for body in [format!("session={token}"), json!({"session": token}).to_string()] {
        assert_eq!(answer(&server.send("POST", "/own/me", &[], body.as_bytes())), named, "{body}");
    }
    let part = "--b\r\nContent-Disposition: form-data; name=\"session\"\r\n\r\n";
    let body = format!("{part}{token}\r\n--b--\r\n");
    let multipart = [("Content-Type", "multipart/form-data; boundary=b")];
    assert_eq!(answer(&server.send("POST", "/own/me", &multipart, body.as_bytes())), named);
    // The usual places are ignored.
    let bearer = format!("Bearer {token}");
    let reply =
        server.send("GET", &format!("/own/me?token={token}"), &[("Authorization", &bearer)], b"");
    assert_eq!(answer(&reply), (401, json!({"code": "no_credentials"})));
    // A cookie proves nothing to a page of another site.
    let headers = [("Cookie", &*cookie), ("Origin", "http://evil.example")];
    assert_eq!(server.send("POST", "/own/me", &headers, b"").status, 403);

    let body = json!({"username": "ada", "password": "secret-1"}).to_string();
    let reply = server.send("POST", "/own/login", &[], body.as_bytes());
    let set = reply.header("set-cookie");
    assert!(set.starts_with("sid=") && set.contains("; HttpOnly; SameSite=Lax"), "{set}");
    let cookie = set.split(';').next().unwrap().to_owned();
    let reply = server.send("DELETE", "/own/login", &[("Cookie", &cookie)], b"");
    assert_eq!((reply.status, reply.text()), (200, "{}".to_owned()));
    assert!(reply.header("set-cookie").starts_with("sid=; Path=/; Max-Age=0"));
    assert_eq!(server.send("GET", "/own/me", &[("Cookie", &cookie)], b"").status, 401);
}

#[test]
fn other_kinds_of_bodies_are_refused() {
    let routes = r#"
        [[route]]
        method = "POST"
        path = "/own/json"
        operation = "score/post"
        fields = ["openid", "score"]
        accepts = ["json"]
    "#;
    let server = serving(&[("own.toml", &own(routes))], "");
    assert_eq!(server.send("POST", "/own/json", &[], br#"{"openid":"a","score":1}"#).status, 200);
    let reply = server.send("POST", "/own/json", &[], b"openid=a&score=1");
    assert_eq!((reply.status, &reply.json()["code"]), (400, &json!("envelope_value")));
}

#[test]
fn pictures_are_sent_as_bytes_or_urls() {
    let routes = r#"
        [[route]]
        path = "/own/captcha/{id}"
        operation = "img/generate"
        success = { bytes = "${reply.imgdata}", content_type = "image/png" }
        [[route]]
        path = "/own/me"
        operation = "user/info"
        answer.data = { picture = "${reply.profile_picture | url | omit_if_empty}", since = "${reply.create_time | date('%Y')}" }
    "#;
    let server = serving(&[("own.toml", &own(routes))], "");
    let reply = server.get("/own/captcha/one");
    assert_eq!(reply.header("content-type"), "image/png");
    assert!(reply.body.starts_with(b"\x89PNG"));
    let (_, token) = server.account("ada");
    let data = server.get(&format!("/own/me?token={token}")).json()["data"].clone();
    assert_eq!(data.as_object().unwrap().len(), 1, "{data}");
    assert_eq!(data["since"].as_str().unwrap().len(), 4);
}

#[test]
fn sighup_reloads_documents_unless_one_is_invalid() {
    let route = |path: &str| {
        own(&format!("[[route]]\npath = \"{path}\"\noperation = \"user/info\"\nanswer.data = 1\n"))
    };
    let server = serving(&[("own.toml", &route("/own/one"))], "");
    let file = server.folder().join("documents/own.toml");
    let status = |path: &str| server.get(path).status;
    assert_eq!((status("/own/one"), status("/own/two")), (401, 404));
    fs::write(&file, route("/own/two")).unwrap();
    server.hang_up();
    server.wait_for_log("the configuration was read again");
    assert_eq!((status("/own/one"), status("/own/two")), (404, 401));
    let described = server.get("/api/openapi.json").json();
    assert!(described["paths"]["/own/two"].is_object() && described["paths"]["/own/one"].is_null());
    fs::write(&file, route("/api")).unwrap();
    server.hang_up();
    server.wait_for_log("a document is wrong; nothing was changed");
    assert_eq!(status("/own/two"), 401);
}

#[test]
fn requests_of_documents_are_counted_by_route() {
    let routes = "[[route]]\npath = \"/own/{game}/top\"\noperation = \"score/top\"\nfields = { app = \"game\" }\nanswer.data = 1\n";
    let server = serving(&[("own.toml", &own(routes))], "");
    server.get("/own/default/top");
    server.get("/own/default/top");
    let line = "guichet_document_requests_total{document=\"own\",method=\"GET\",path=\"/own/{game}/top\"} 2";
    let is_counted = || server.get("/metrics").text().lines().any(|it| it == line);
    assert!(is_counted());
    // Files that are as they were are not read anew.
    server.hang_up();
    server.wait_for_log("the configuration was read again");
    assert!(is_counted());
}

#[test]
fn example_documents_refuse_requests_without_login() {
    let (server, token, _) = surface::server_with_examples();
    let stale = server.login("nora");
    let change = json!({"old_password": "secret-1", "new_password": "secret-2"});
    server.done(&token, "user/password", change);
    let needs_login: Vec<String> = surface::operations()
        .into_iter()
        .filter(|operation| operation.needs_login)
        .map(|operation| operation.name)
        .collect();
    let mut asked = 0;
    for path in surface::example_paths() {
        if !needs_login.contains(&path.operation) {
            continue;
        }
        for token in ["", "junk", &stale] {
            let bearer = format!("Bearer {token}");
            let headers = [("Authorization", &*bearer), ("X-Token", token)];
            let target = path.path.replace("{kind}", "1");
            let reply = server.send(&path.method, &target, &headers, b"");
            let answer = reply.json();
            let is_told = (reply.status, &answer["message"]) == (401, &json!("Please log in."))
                || (reply.status, &answer["code"]) == (200, &json!(40100));
            assert!(is_told, "{path:?} {token}: {reply:?}");
            asked += 1;
        }
    }
    assert!(asked >= 12, "{asked}");
}

#[test]
fn example_documents_are_described() {
    let (server, ..) = surface::server_with_examples();
    let described = server.get("/api/openapi.json").json();
    let places = |path: &str, method: &str| -> Vec<(String, String)> {
        let parameters = described["paths"][path][method]["parameters"].as_array().cloned();
        let place = |it: &Value| {
            let text = |key: &str| it[key].as_str().unwrap().to_owned();
            (text("name"), text("in"))
        };
        parameters.unwrap_or_default().iter().map(place).collect()
    };
    let query = |name: &str| (name.to_owned(), "query".to_owned());
    let shops = places("/market/api/shops", "get");
    assert_eq!(shops, [query("keyword"), query("pageNo"), query("pageSize")]);
    assert_eq!(places("/market/api/shops/{shopId}", "get"), [("shopId".into(), "path".into())]);
    let schemes = &described["components"]["securitySchemes"];
    assert_eq!(
        schemes["market-header"],
        json!({"type": "apiKey", "in": "header", "name": "x-token"})
    );
    assert_eq!(schemes["campus-header"], json!({"type": "http", "scheme": "bearer"}));
    let create = &described["paths"]["/market/api/shops"]["post"];
    assert_eq!(create["security"], json!([{"market-header": []}]));
    let body = &create["requestBody"]["content"]["application/json"]["schema"]["properties"];
    assert!(body["shopName"].is_object() && body["shop_name"].is_null(), "{body}");
}
