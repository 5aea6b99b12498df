//! Headers as real clients and proxies send them: cookies, credentials, forwarded addresses,
//! origins; and headers of every answer.

use crate::common::{Folder, Reply, Server, envelope};
use serde_json::json;
use std::fs;

/// Posts an envelope with these header lines, which may contain any bytes.
fn post(server: &Server, name: &str, lines: &[&[u8]]) -> Reply {
    let body = envelope(name, json!({}));
    let mut head = format!("POST /api HTTP/1.1\r\nContent-Length: {}\r\n", body.len()).into_bytes();
    for line in lines {
        head.extend_from_slice(line);
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"Connection: close\r\n\r\n");
    server.raw(&[&head[..], body.as_bytes()].concat())
}

const HOST: &[u8] = b"Host: api.example.com";

#[test]
fn invalid_byte_in_another_cookie_keeps_the_login() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let basic = b"Authorization: Basic cHJveHk6c2VjcmV0";
    for cookie in [
        [&b"Cookie: nick=\xe6\xb5\x8b; session="[..], token.as_bytes()].concat(),
        [&b"Cookie: session=\xff; session="[..], token.as_bytes()].concat(),
        [&b"Cookie: session=eyJhIjoxfQ.abc; session="[..], token.as_bytes()].concat(),
        [&b"Cookie: a=1; __Host-session="[..], token.as_bytes(), b"; b=\x80"].concat(),
    ] {
        for lines in [&[HOST, &cookie][..], &[HOST, basic, &cookie]] {
            let told = post(&server, "user/info", lines).text();
            assert!(told.contains("nora"), "{told}");
        }
    }
    // A token in another place counts too.
    let told = server.call_as(&token, "user/info", json!({}));
    assert!(told.contains("nora"), "{told}");
    let nobody = post(&server, "user/info", &[HOST, basic]).text();
    assert!(nobody.contains("\"status\":-100,"), "{nobody}");
    let wrong = post(&server, "user/info", &[HOST, b"Cookie: session=junk"]).text();
    assert!(wrong.contains("\"status\":-101,"), "{wrong}");
}

#[test]
fn unreadable_origin_is_treated_as_cross_site() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let cookie = format!("Cookie: session={token}");
    for origin in [
        &b"Origin: http://api.example.com\xe9"[..],
        b"Origin: \xff",
        b"Origin: https://api.example.com",
        b"Origin: http://api.example.com:8080",
    ] {
        let told = post(&server, "user/info", &[HOST, cookie.as_bytes(), origin]).text();
        assert!(told.contains("\"status\":-100,"), "{told}");
    }
    for (host, origin) in [
        (HOST, &b"Origin: http://api.example.com:80"[..]),
        (b"Host: api.example.com:443", b"Origin: https://api.example.com"),
        (b"Host: other.example:8080", b"Origin: http://other.example:8080"),
    ] {
        let told = post(&server, "user/info", &[host, cookie.as_bytes(), origin]).text();
        assert!(told.contains("nora"), "{told}");
    }
}

#[test]
fn forwarded_address_is_read_in_all_proxy_forms() {
    let server = Server::start("[limits]\nlogin_attempts = 1\ntrusted_proxies = [\"127.0.0.1\"]\n");
    let is_locked = |line: &[u8]| {
        let body = envelope("user/login", json!({"username": "nora", "password": "x"}));
        let head = format!("POST /api HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n", body.len());
        let rest = b"\r\nConnection: close\r\n\r\n";
        let request = [head.as_bytes(), line, rest, body.as_bytes()].concat();
        server.raw(&request).text().contains("limits.login_attempts")
    };
    // Each line is sent twice: it is one client, which is locked the second time, and no other.
    for line in [
        &b"X-Forwarded-For: 203.0.113.1:5678"[..],
        b"X-Forwarded-For: junk, \xe9, 203.0.113.2",
        b"X-Forwarded-For: [2001:db8:1::1]:443",
        b"Forwarded: for=\"[2001:db8:2::1]:4711\";proto=https",
        b"Forwarded: proto=https;for=203.0.113.3",
        b"X-Real-IP: 203.0.113.4",
    ] {
        let shown = String::from_utf8_lossy(line);
        assert!(!is_locked(line), "{shown}");
        assert!(is_locked(line), "{shown}");
    }
    // An unreadable address is unknown: the proxy does not count as one client.
    for _ in 0..3 {
        assert!(!is_locked(b"X-Forwarded-For: \xe9"));
    }
    assert_eq!(server.log().matches("can't be read").count(), 1, "{}", server.log());
}

#[test]
fn page_of_any_origin_may_send_any_header() {
    let server = Server::start("");
    for wanted in ["x-requested-with", "traceparent, tracestate", "content-type,baggage"] {
        let headers = [
            ("Origin", "https://page.example"),
            ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", wanted),
        ];
        let reply = server.send("OPTIONS", "/api", &headers, b"");
        let allowed = reply.header("access-control-allow-headers");
        for name in wanted.split(',') {
            assert!(allowed.split(", ").any(|one| one == name.trim()), "{wanted}: {allowed}");
        }
        assert_eq!(reply.header("access-control-allow-credentials"), "");
    }
}

#[test]
fn app_with_its_own_scheme_can_be_listed() {
    let origin = "capacitor://localhost";
    let server = Server::start(&format!("[cors]\nallowed_origins = [{origin:?}]\n"));
    let (_, token) = server.account("nora");
    let cookie = format!("session={token}");
    let body = envelope("user/info", json!({}));
    let reply =
        server.send("POST", "/api", &[("Origin", origin), ("Cookie", &cookie)], body.as_bytes());
    assert!(reply.text().contains("nora"), "{}", reply.text());
    assert_eq!(reply.header("access-control-allow-origin"), origin);
}

#[test]
fn personal_answers_are_not_cacheable() {
    let server = Server::start("");
    let (id, token) = server.account("nora");
    let bearer = format!("Bearer {token}");
    let auth = [("Authorization", bearer.as_str())];
    let body = envelope("user/info", json!({}));
    for (method, path, body) in [
        ("POST", "/api", body.as_str()),
        ("GET", "/api/v1.0/user", ""),
        ("GET", "/user/get_user_info", ""),
        ("PUT", "/ranking_list", "{}"),
        ("GET", "/api/external/get/property", ""),
        ("POST", "/api", "junk"),
        ("GET", "/no/such", ""),
    ] {
        let reply = server.send(method, path, &auth, body.as_bytes());
        assert_eq!(reply.header("cache-control"), "no-store", "{path}");
        assert_eq!(reply.header("vary"), "Authorization, Cookie", "{path}");
    }
    let picture = server.get(&format!("/api/external/get/portrait/{id}"));
    assert_ne!(picture.header("vary"), "Authorization, Cookie");
}

#[test]
fn session_under_https_has_a_host_cookie() {
    let server = Server::start("public_url = \"https://api.example.com\"\n");
    let (_, token) = server.account("nora");
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let login = b"mobile=nora&password=secret-1";
    let reply = server.send("POST", "/api/v1.0/sessions", &form, login);
    let cookie = reply.header("set-cookie");
    assert!(cookie.starts_with("__Host-session=") && cookie.contains("; Path=/;"), "{cookie}");
    assert!(cookie.ends_with("; Secure") && !cookie.contains("Domain"), "{cookie}");
    // A cookie with the earlier name is read until it expires.
    let old = format!("session={token}");
    let told = server.send("GET", "/api/v1.0/user", &[("Cookie", &old)], b"");
    assert!(told.text().contains("nora"), "{}", told.text());
    let out = server.send("DELETE", "/api/v1.0/session", &[("Cookie", &old)], b"");
    let cleared: Vec<&str> = out
        .headers
        .iter()
        .filter(|(name, _)| name == "set-cookie")
        .map(|(_, value)| value.split(';').next().unwrap())
        .collect();
    assert_eq!(cleared, ["__Host-session=", "session="]);
}

/// A server with pages, and further lines in its section `web`.
fn pages(files: &[(&str, &str)], more: &str) -> Server {
    let folder = Folder::new();
    fs::create_dir(folder.path().join("web")).unwrap();
    for (name, text) in files {
        fs::write(folder.path().join("web").join(name), text).unwrap();
    }
    Server::start_in(folder, &format!("[web]\ndir = \"web\"\n{more}"))
}

#[test]
fn pages_are_not_framed_by_other_sites() {
    let built_in = Server::start("");
    let folder = pages(&[("index.html", "home")], "");
    for (server, path) in [(&built_in, "/"), (&folder, "/"), (&folder, "/missing")] {
        let reply = server.send("GET", path, &[("Accept", "text/html")], b"");
        for (name, value) in [
            ("content-security-policy", "frame-ancestors 'self'"),
            ("referrer-policy", "strict-origin-when-cross-origin"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(reply.header(name), value, "{path} {name}");
        }
    }
    let own = "headers = { \"Content-Security-Policy\" = \"default-src 'self'\", \
               \"Referrer-Policy\" = \"\", \"X-App\" = \"1\" }\n";
    let reply = pages(&[("index.html", "home")], own).get("/");
    assert_eq!(reply.header("content-security-policy"), "default-src 'self'");
    assert_eq!((reply.header("referrer-policy"), reply.header("x-app")), ("", "1"));
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
}

#[test]
fn browser_gets_an_html_page_on_404() {
    let ask =
        |server: &Server, accept: &str| server.send("GET", "/missing", &[("Accept", accept)], b"");
    let browser = "text/html,application/xhtml+xml,*/*;q=0.8";
    let plain = pages(&[("index.html", "home")], "");
    let reply = ask(&plain, browser);
    assert_eq!((reply.status, reply.header("content-type")), (404, "text/html; charset=utf-8"));
    assert!(reply.text().contains("no such page"), "{}", reply.text());
    let own = pages(&[("404.html", "<p>lost")], "");
    let reply = ask(&own, browser);
    assert_eq!((reply.status, reply.text().as_str()), (404, "<p>lost"));
    for server in [&plain, &own] {
        let reply = ask(server, "application/json");
        assert_eq!((reply.status, &reply.json()["id"]), (404, &json!(-1)));
    }
}
