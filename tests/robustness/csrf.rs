//! Cross-site requests of a browser: every path that changes something and every operation of the
//! envelope, with the cookie, in each kind of body that needs no preflight.

use crate::common::surface::{Path, operations, paths, samples};
use crate::common::{Reply, Server, envelope};
use serde_json::{Value, json};

/// The origin headers of browsers for foreign pages, and the media types that such pages may use.
const FOREIGN: [&[(&str, &str)]; 4] = [
    &[("Origin", "https://evil.example.net")],
    &[("Origin", "null")],
    &[("Sec-Fetch-Site", "cross-site")],
    &[("Origin", "https://evil.example.net"), ("Sec-Fetch-Site", "cross-site")],
];
const OWN: [&[(&str, &str)]; 3] =
    [&[], &[("Origin", "http://api.example.com")], &[("Sec-Fetch-Site", "same-origin")]];
const KINDS: [&str; 4] = [
    "application/x-www-form-urlencoded",
    "text/plain",
    "multipart/form-data; boundary=border",
    "application/json",
];

/// Does this answer, of any document, say that nobody is logged in?
fn is_not_logged_in(reply: &Reply) -> bool {
    let answer = reply.json();
    let code = ["errno", "code", "status"].map(|key| answer[key].to_string());
    let nobody = ["\"4101\"", "200410", "10086", "-100", "-104"];
    code.iter().any(|code| nobody.contains(&code.as_str()))
}

/// The body that a form of that page would send to a path.
fn body(path: &Path, kind: &str) -> Vec<u8> {
    let value = |field: &str| if field == "rank" { "5" } else { "mallory" }.to_owned();
    let pairs = path.fields.iter().map(|field| (field.as_str(), value(field)));
    match kind {
        "application/x-www-form-urlencoded" => form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish()
            .into_bytes(),
        "application/json" | "text/plain" => {
            let data: serde_json::Map<String, Value> =
                pairs.map(|(field, text)| (field.to_owned(), text.into())).collect();
            Value::Object(data).to_string().into_bytes()
        }
        _ => {
            let part = |(field, text): (&str, String)| {
                let head = "--border\r\nContent-Disposition: form-data; name=";
                format!("{head}\"{field}\"\r\n\r\n{text}\r\n")
            };
            format!("{}--border--\r\n", pairs.map(part).collect::<String>()).into_bytes()
        }
    }
}

/// The data of the account, as its owner sees it.
fn account_data(server: &Server, token: &str) -> [Value; 4] {
    [
        server.done(token, "user/info", json!({})),
        server.done(token, "user/verified", json!({})),
        server.done(token, "rank/list", json!({})),
        server.done(token, "shop/list", json!({})),
    ]
}

/// Paths of documents that change data of the logged-in account.
fn writes() -> Vec<Path> {
    let operations = operations();
    let of_login = |name: &str| operations.iter().any(|op| op.name == name && op.needs_login);
    let is_document = |path: &Path| !path.path.starts_with("/api/op/");
    let writes = paths()
        .into_iter()
        .filter(|path| path.is_write() && is_document(path) && of_login(&path.operation));
    let writes: Vec<Path> = writes.collect();
    assert!(writes.len() > 12, "{writes:?}");
    writes
}

#[test]
fn cross_site_page_writes_nothing_by_any_path() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let cookie = format!("session={token}");
    let before = account_data(&server, &token);
    for site in FOREIGN {
        for kind in KINDS {
            let headers = [site, &[("Cookie", &*cookie), ("Content-Type", kind)]].concat();
            for path in writes() {
                let sent = body(&path, kind);
                let reply = server.send(&path.method, &path.path, &headers, &sent);
                // If the login is by cookie, the whole request is refused.
                match path.path.starts_with("/api/v1.0/") {
                    true => assert_eq!(reply.status, 403, "{path:?} {headers:?}"),
                    false => {
                        assert!(is_not_logged_in(&reply), "{path:?} {headers:?} {}", reply.text())
                    }
                }
                assert_eq!(reply.header("access-control-allow-credentials"), "", "{path:?}");
            }
        }
    }
    assert_eq!(account_data(&server, &token), before);
}

#[test]
fn cross_site_page_opens_no_session() {
    let server = Server::start("");
    server.account("mallory");
    let body = "mobile=mallory&username=mallory&password=secret-1";
    for path in paths().iter().filter(|path| path.is_write() && !path.names().any(|_| true)) {
        for site in FOREIGN {
            let headers = [site, &[("Content-Type", KINDS[0])]].concat();
            let reply = server.send(&path.method, &path.path, &headers, body.as_bytes());
            assert_eq!(reply.header("set-cookie"), "", "{path:?}");
        }
    }
    let headers = [("Content-Type", KINDS[0])];
    let own = server.send("POST", "/api/v1.0/sessions", &headers, body.as_bytes());
    assert!(own.header("set-cookie").starts_with("session="), "{}", own.text());
}

#[test]
fn cross_site_page_calls_no_operation_with_login() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let cookie = format!("session={token}");
    let before = account_data(&server, &token);
    let endpoints: Vec<Path> =
        paths().into_iter().filter(|path| path.operation == "envelope").collect();
    assert!(endpoints.len() > 5);
    for operation in operations().iter().filter(|operation| operation.needs_login) {
        for data in samples(&operation.name, 123_456_789) {
            let sent = envelope(&operation.name, data);
            let batch = format!("[{sent}]");
            for (at, site) in FOREIGN.iter().enumerate() {
                for kind in KINDS {
                    let headers = [*site, &[("Cookie", &*cookie), ("Content-Type", kind)]].concat();
                    let path = &endpoints[at % endpoints.len()].path;
                    let reply = server.send("POST", path, &headers, sent.as_bytes());
                    assert!(is_not_logged_in(&reply), "{sent} {headers:?} {}", reply.text());
                    let reply = server.send("POST", path, &headers, batch.as_bytes());
                    let own = format!("/api/op/{}", operation.name);
                    let data = serde_json::from_str::<Value>(&sent).unwrap()["data"].to_string();
                    let alone = server.send("POST", &own, &headers, data.as_bytes());
                    assert_eq!(alone.status, 401, "{own} {}", alone.text());
                    let status = reply.json()[0]["status"].clone();
                    assert!(status == -100 || status == -104, "{sent} {}", reply.text());
                }
            }
        }
    }
    assert_eq!(account_data(&server, &token), before);
}

#[test]
fn page_of_the_same_site_can_do_everything() {
    let server = Server::start("[limits]\nlogin_attempts = 0\n");
    server.account("nora");
    let mut cookie = format!("session={}", server.login("nora"));
    for site in OWN {
        for path in writes() {
            for kind in KINDS {
                let headers = [site, &[("Cookie", &*cookie), ("Content-Type", kind)]].concat();
                let sent = body(&path, kind);
                let reply = server.send(&path.method, &path.path, &headers, &sent);
                let told = reply.text();
                assert!(
                    reply.status == 200 && !is_not_logged_in(&reply),
                    "{path:?} {headers:?} {told}"
                );
                if path.operation == "user/logout" {
                    cookie = format!("session={}", login(&server));
                }
            }
        }
    }
}

/// A new session of the only account, which may have been renamed.
fn login(server: &Server) -> String {
    let ask = |name| json!({"username": name, "password": "secret-1"});
    let told = ["nora", "mallory"].map(|name| server.call("user/login", ask(name)));
    let told = told.iter().find(|told| told.contains("\"status\":0,")).unwrap();
    let told: Value = serde_json::from_str(told).unwrap();
    told["data"]["token"].as_str().unwrap().to_owned()
}
