//! Difficult values in every field of every path of a document, in every kind of body: the
//! document's own answer comes back, and there is no internal error.

use crate::common::connection::Connection;
use crate::common::naughty;
use crate::common::surface::{self, Path, ask, assert_healthy, paths, server_with_data};
use crate::common::{Reply, Server};
use serde_json::Value;

/// Percent-encodes every byte.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Usual values of the names in a path.
fn usual(name: &str) -> &'static str {
    match name {
        "app" => "game",
        "mobile" => "13800001234",
        "id" | "shopId" => "7",
        "kind" => "1",
        "name" => "0123456789abcdef0123456789abcdef.png",
        name => panic!("{name}: say what a path takes here"),
    }
}

/// The path with `text` in place of the name `this`.
fn filled(path: &Path, this: &str, text: &str) -> String {
    path.names().fold(path.path.clone(), |filled, name| {
        let value = if name == this { encoded(text) } else { usual(name).into() };
        filled.replace(&format!("{{{name}}}"), &value)
    })
}

/// A body with `text` as the value of `field`, and its media type; `turn` selects one of the three
/// kinds.
fn body(path: &Path, field: &str, text: &str, turn: usize) -> (String, Vec<u8>) {
    let others = path.fields.iter().filter(|other| *other != field).map(|other| match &**other {
        "password" => (other, "0123456789abcdef0123456789abcdef".to_owned()),
        "mobile" => (other, "13800001234".to_owned()),
        "score" | "rank" => (other, "5".to_owned()),
        other_key => (other, format!("x-{}", other_key.len())),
    });
    match turn % 3 {
        0 => {
            let mut data: Value = others.map(|(key, text)| (key.clone(), text)).collect();
            data[field] = text.into();
            ("application/json".into(), data.to_string().into_bytes())
        }
        1 => {
            let mut form = form_urlencoded::Serializer::new(String::new());
            form.append_pair(field, text).extend_pairs(others);
            ("application/x-www-form-urlencoded".into(), form.finish().into_bytes())
        }
        _ => {
            let part = |key: &str, text: &str| {
                format!(
                    "--border\r\nContent-Disposition: form-data; name=\"{key}\"\r\n\r\n{text}\r\n"
                )
            };
            let rest: String = others.map(|(key, text)| part(key, &text)).collect();
            let body = format!("{}{rest}--border--\r\n", part(field, text));
            ("multipart/form-data; boundary=border".into(), body.into_bytes())
        }
    }
}

/// Is this an answer that the contract allows for a bad text?
fn is_documents(reply: &Reply) -> bool {
    let kind = reply.header("content-type");
    match reply.status {
        200 if kind.starts_with("application/json") => {
            let answer = reply.json();
            let failed = ["500", "4500", "4301", "10500", "200500", "-404", "-200"];
            let codes = ["code", "errno", "status"].map(|key| answer[key].to_string());
            codes.iter().any(|code| code != "null")
                && codes.iter().all(|code| !failed.contains(&code.trim_matches('"')))
        }
        200 | 400 | 404 if kind.starts_with("image/") => true,
        // No such path (a `/` is one more segment), or a head that is too large.
        400 | 404 | 431 => reply.json()["status"] == -2,
        _ => false,
    }
}

/// Is this an answer that the contract allows for a bad text, at this path? Where an operation has a path
/// of its own, the HTTP status follows the fault.
fn is_allowed(path: &Path, reply: &Reply) -> bool {
    let is_own = path.path.starts_with("/api/op/");
    is_documents(reply)
        || is_own
            && matches!(reply.status, 400 | 403 | 404 | 409 | 422 | 429)
            && reply.header("content-type").starts_with("application/json")
            && reply.json()["status"].as_i64().is_some_and(|code| code != 0 && code != -404)
}

/// The paths of documents, and of single operations.
fn documents() -> Vec<Path> {
    let mut paths = paths();
    // Its answer never ends (tests/api/events.rs).
    paths.retain(|path| path.operation != "events");
    paths.retain(|path| !["envelope", "json-rpc"].contains(&&*path.operation));
    paths
}

#[test]
fn odd_text_in_any_path_field_is_answered() {
    let (server, token, _) = server_with_data();
    send_odd_texts(&server, &token, &documents(), is_allowed);
}

#[test]
fn odd_text_in_own_documents_is_answered() {
    let (server, token, _) = surface::server_with_examples();
    send_odd_texts(&server, &token, &surface::example_paths(), is_own_documents);
}

/// Is this an answer of a document that is an example, and no failure of the server?
fn is_own_documents(_: &Path, reply: &Reply) -> bool {
    // No such path (a `/` is one more segment), or a head that is too large.
    if matches!(reply.status, 400 | 404 | 431) && reply.json()["status"] == -2 {
        return true;
    }
    let answer = reply.json();
    let is_market = answer["code"].as_i64().is_some_and(|code| code < 50_000);
    let is_campus = answer["success"].is_boolean() && reply.status < 500;
    is_market || is_campus
}

/// Puts odd texts into every field of the paths.
fn send_odd_texts(
    server: &Server,
    token: &str,
    paths: &[Path],
    is_allowed: fn(&Path, &Reply) -> bool,
) {
    let mut connection = Connection::open(server);
    let bearer = format!("Bearer {token}");
    for path in paths {
        let mut places: Vec<(bool, String)> = path.names().map(|n| (true, n.to_owned())).collect();
        places.extend(path.fields.iter().map(|field| (false, field.clone())));
        let login = if path.operation == "user/logout" { "junk" } else { &bearer };
        for (is_name, place) in places {
            for (turn, text) in naughty::texts().iter().enumerate() {
                let this = if is_name { &*place } else { "" };
                let mut target = filled(path, this, text);
                let field = if is_name { "x" } else { &place };
                let mut headers = vec![("Authorization", login), ("X-Token", token)];
                let (kind, sent) = body(path, field, text, turn);
                if path.is_write() {
                    headers.push(("Content-Type", &kind));
                } else if !is_name {
                    target = format!("{target}?type=1&{place}={}", encoded(text));
                }
                let sent = if path.is_write() { &sent[..] } else { b"" };
                let reply = ask(&mut connection, &path.method, &target, &headers, sent);
                let reply = reply.unwrap_or_else(|| panic!("{path:?} {target:.300}: closed"));
                assert!(is_allowed(path, &reply), "{path:?} {place} {text:.100?}\n{reply:.500?}");
                if reply.header("connection") == "close" {
                    connection = Connection::open(server);
                }
            }
        }
    }
    assert_healthy(server);
}

#[test]
fn odd_value_in_any_body_field_is_answered() {
    let (server, token, _) = server_with_data();
    send_odd_values(&server, &token, &documents(), is_allowed);
}

#[test]
fn odd_value_in_own_documents_is_answered() {
    let (server, token, _) = surface::server_with_examples();
    send_odd_values(&server, &token, &surface::example_paths(), is_own_documents);
}

/// Puts odd values of JSON into every field of the paths' bodies.
fn send_odd_values(
    server: &Server,
    token: &str,
    paths: &[Path],
    is_allowed: fn(&Path, &Reply) -> bool,
) {
    let mut connection = Connection::open(server);
    let bearer = format!("Bearer {token}");
    for path in paths.iter().filter(|path| path.is_write()) {
        let target = filled(path, "", "");
        for field in &path.fields {
            let (kind, sent) = body(path, field, "@@", 0);
            let text = String::from_utf8(sent).unwrap();
            let (before, after) = text.split_once("\"@@\"").unwrap();
            let headers =
                [("Authorization", &*bearer), ("X-Token", token), ("Content-Type", &kind)];
            for value in naughty::values() {
                let sent = [before.as_bytes(), &value, after.as_bytes()].concat();
                let reply = ask(&mut connection, &path.method, &target, &headers, &sent).unwrap();
                let sent = String::from_utf8_lossy(&sent);
                let is_own = path.path.starts_with("/api/op/") || path.path.starts_with("/campus/");
                let is_told = (reply.status == 200 || is_own) && is_allowed(path, &reply);
                assert!(is_told, "{path:?} {sent:.300}\n{reply:.500?}");
            }
        }
    }
    assert_healthy(server);
}

/// Headers that the server reads, or that a proxy or a browser adds.
const HEADERS: [&str; 16] = [
    "Authorization",
    "Cookie",
    "Content-Type",
    "Content-Disposition",
    "Origin",
    "Referer",
    "Sec-Fetch-Site",
    "X-Forwarded-For",
    "X-Signature",
    "X-CSRFToken",
    "If-None-Match",
    "Access-Control-Request-Method",
    "Access-Control-Request-Headers",
    "Accept",
    "Range",
    "User-Agent",
];

#[test]
fn odd_text_in_any_header_is_answered() {
    let (server, ..) = server_with_data();
    let mut connection = Connection::open(&server);
    let targets = [
        ("POST", "/signed/api/post_score"),
        ("PUT", "/api/v1.0/user/name"),
        ("GET", "/api/external/get/portrait/7"),
        ("OPTIONS", "/api"),
    ];
    // Line ends are left out, because they would end the header.
    let texts: Vec<String> = naughty::texts()
        .into_iter()
        .filter(|text| !text.contains(['\r', '\n', '\0']) && text.len() < 10_000)
        .collect();
    for (method, target) in targets {
        for header in HEADERS {
            for text in &texts {
                for text in [text.clone(), format!("session={text}; boundary={text}")] {
                    let headers = [(header, &*text)];
                    let reply = ask(&mut connection, method, target, &headers, b"{\"openid\":1}");
                    let reply = reply.unwrap_or_else(|| panic!("{header} {text:.300?}: closed"));
                    let expected = [200, 204, 400, 403, 405];
                    assert!(
                        expected.contains(&reply.status),
                        "{header} {text:.300?} {reply:.300?}"
                    );
                    if reply.header("connection") == "close" {
                        connection = Connection::open(&server);
                    }
                }
            }
        }
    }
    assert_healthy(&server);
}
