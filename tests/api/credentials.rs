//! Where a token may be sent, which of several counts, and when a cookie is ignored (README,
//! "Accounts and tokens").

use crate::common::{Reply, Server, envelope, fault};
use serde_json::json;

const NO_TOKEN: &str = "Missing necessary args";
const BAD_TOKEN: &str = "Error token";

/// Asks for the caller's account, with only these credentials.
fn who(server: &Server, query: &str, headers: &[(&str, &str)], inside: &str) -> Reply {
    let data = if inside.is_empty() { json!({}) } else { json!({"token": inside}) };
    let body = envelope("user/info", data);
    server.send("POST", &format!("/api{query}"), headers, body.as_bytes())
}

/// The user name in the answer.
fn name(reply: &Reply) -> String {
    assert_eq!(reply.status, 200);
    let answer = reply.json();
    assert_eq!(answer["status"], 0, "{answer}");
    answer["data"]["username"].as_str().unwrap().to_owned()
}

#[test]
fn token_is_found_in_every_supported_place() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let bare = token.as_str();
    let query = &format!("?token={token}");
    let in_the_middle = &format!("?a=b&token={token}&token=x&c");
    let encoded = &format!("?to%6ben=%{:x}{}", token.as_bytes()[0], &token[1..]);
    let bearer = &format!("Bearer {token}");
    let lower = &format!("bearer  {token} ");
    let cookie = &format!("session={token}");
    let cookies = &format!("a=b; session={token}; c=d");
    for (query, headers, inside) in [
        ("", &[("Authorization", bare)][..], ""),
        ("", &[("authorization", bearer)], ""),
        ("", &[("AUTHORIZATION", lower)], ""),
        (query, &[], ""),
        (in_the_middle, &[], ""),
        (encoded, &[], ""),
        ("", &[("Cookie", cookie)], ""),
        ("", &[("Cookie", cookies)], ""),
        ("", &[("Cookie", "a=b"), ("Cookie", cookie)], ""),
        ("", &[], bare),
        // An empty value counts as absent.
        ("?token=", &[("Authorization", "Bearer "), ("Cookie", "session=")], bare),
        ("?token=", &[("Authorization", ""), ("Cookie", cookie)], ""),
    ] {
        assert_eq!(name(&who(&server, query, headers, inside)), "nora", "{query} {headers:?}");
    }
}

#[test]
fn token_in_unsupported_place_is_ignored() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    for (query, headers) in [
        (format!("?Token={token}"), vec![]),
        (format!("?session={token}"), vec![]),
        (String::new(), vec![("Cookie", format!("token={token}"))]),
        (String::new(), vec![("Cookie", format!("Session={token}"))]),
        (String::new(), vec![("X-Token", token.clone())]),
        (String::new(), vec![("Set-Cookie", format!("session={token}"))]),
    ] {
        let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let reply = who(&server, &query, &headers, "");
        assert_eq!(reply.text(), fault(-100, NO_TOKEN), "{query} {headers:?}");
    }
}

#[test]
fn foreign_token_is_an_invalid_token() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let upper = token.to_uppercase();
    let (short, long) = (&token[1..], format!("{token}0"));
    let zeros = "0".repeat(32);
    let bearer_twice = format!("Bearer Bearer {token}");
    let basic = format!("Basic {token}");
    for junk in [short, &long, &zeros, &bearer_twice, &basic, "' OR 1=1 --", "null", "é"] {
        let headers = [("Authorization", junk)];
        let reply = who(&server, "", &headers, "");
        // Another scheme is a credential for another service, such as a proxy.
        let is_other = junk == basic;
        let expected = if is_other { (-100, NO_TOKEN) } else { (-101, BAD_TOKEN) };
        assert_eq!(reply.text(), fault(expected.0, expected.1), "{junk}");
        assert_eq!(who(&server, "", &[], junk).text(), fault(-101, BAD_TOKEN), "{junk}");
    }
    if upper != token {
        assert_eq!(who(&server, "", &[], &upper).text(), fault(-101, BAD_TOKEN));
    }
}

#[test]
fn first_token_place_wins_even_if_invalid() {
    let server = Server::start("");
    let people = ["header", "query", "cookie", "inside"];
    let tokens = people.map(|name| server.account(name).1);
    let bad = "0".repeat(32);
    for first in 0..4 {
        // Every place from `first` on has a token of its own.
        let ask = |tokens: &[String; 4]| {
            let query = format!("?token={}", tokens[1]);
            let cookie = format!("session={}", tokens[2]);
            let headers = [("Authorization", tokens[0].as_str()), ("Cookie", &cookie)];
            let headers = match first {
                0 => &headers[..],
                1 | 2 => &headers[1..],
                _ => &[],
            };
            who(&server, if first > 1 { "" } else { &query }, headers, &tokens[3])
        };
        assert_eq!(name(&ask(&tokens)), people[first]);
        let mut spoilt = tokens.clone();
        spoilt[first] = bad.clone();
        assert_eq!(ask(&spoilt).text(), fault(-101, BAD_TOKEN), "{}", people[first]);
    }
}

#[test]
fn cookie_is_ignored_in_cross_site_write() {
    let config = "[cors]\nallowed_origins = [\"https://friend.example.com\"]\n";
    let server = Server::start(config);
    let (_, token) = server.account("nora");
    let cookie = format!("session={token}");
    for (site, is_welcome) in [
        (vec![], true),
        (vec![("Origin", "https://friend.example.com")], true),
        // The test client uses this host; it is also the public_url.
        (vec![("Origin", "http://api.example.com")], true),
        (vec![("Sec-Fetch-Site", "same-origin")], true),
        (vec![("Sec-Fetch-Site", "none")], true),
        (vec![("Origin", "https://friend.example.com"), ("Sec-Fetch-Site", "cross-site")], true),
        (vec![("Origin", "https://evil.example.com")], false),
        (vec![("Origin", "https://evil.example.com"), ("Sec-Fetch-Site", "same-origin")], false),
        (vec![("Origin", "http://friend.example.com")], false),
        (vec![("Origin", "https://friend.example.com.evil.example")], false),
        (vec![("Origin", "https://friend.example.com:8443")], false),
        (vec![("Origin", "http://api.example.com:81")], false),
        (vec![("Origin", "null")], false),
        (vec![("Origin", "")], false),
        (vec![("Sec-Fetch-Site", "cross-site")], false),
        (vec![("Sec-Fetch-Site", "same-site")], false),
    ] {
        let told = |reply: Reply| {
            if is_welcome {
                assert_eq!(name(&reply), "nora", "{site:?}");
            } else {
                assert_eq!(reply.text(), fault(-100, NO_TOKEN), "{site:?}");
            }
        };
        let mut headers = site.clone();
        headers.push(("Cookie", &cookie));
        told(who(&server, "", &headers, ""));
        // Requests that a browser sends without a preflight: a form, or text.
        for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
            let mut headers = headers.clone();
            headers.push(("Content-Type", kind));
            told(who(&server, "", &headers, ""));
        }
        // A token that the page itself sends is not a cookie.
        let mut headers = site.clone();
        headers.push(("Authorization", &token));
        assert_eq!(name(&who(&server, "", &headers, "")), "nora", "{site:?}");
        assert_eq!(name(&who(&server, "", &site, &token)), "nora", "{site:?}");
    }
}

#[test]
fn origin_star_does_not_accept_cookies() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let cookie = format!("session={token}");
    let headers = [("Origin", "https://any.example.com"), ("Cookie", cookie.as_str())];
    let reply = who(&server, "", &headers, "");
    assert_eq!(reply.text(), fault(-100, NO_TOKEN));
    assert_eq!(reply.header("access-control-allow-origin"), "*");
    assert_eq!(reply.header("access-control-allow-credentials"), "");
}

#[test]
fn cookie_is_accepted_for_reads_from_any_site() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let cookie = format!("session={token}");
    let headers = [("Origin", "https://evil.example.com"), ("Cookie", cookie.as_str())];
    let reply = server.send("GET", "/api/external/get/property?type=1", &headers, b"");
    assert_eq!(reply.json()["status"], 0, "nobody else can read the answer: {}", reply.text());
    assert_eq!(reply.header("access-control-allow-credentials"), "");
}
