//! Bodies as the published games send them, and pages of other origins.

use super::{FORM, INFO_ADDED, INFO_CHANGED, JSON, added, changed, fault, get, post, top};
use crate::common::Server;

#[test]
fn body_decides_if_content_type_is_missing_or_wrong() {
    let server = Server::start("");
    let text = [("Content-Type", "text/plain;charset=UTF-8")];
    let mime = [("Content-Type", "not a media type")];
    let charset = [("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")];
    let headers: [&[(&str, &str)]; 6] = [JSON, FORM, &[], &text, &mime, &charset];
    for (n, headers) in (1..).zip(headers) {
        let openid = format!("p{n}");
        let body = format!("openid={openid}&score=5");
        assert_eq!(post(&server, "/api/post_score", headers, body), added(5, n));
        for body in [
            format!(r#"{{"openid":"{openid}","score":5}}"#),
            format!(r#" {{"score":"5","openid":"{openid}"}}{}"#, "\r\n"),
            format!(r#"{{"openid":"{openid}","score":"-0"}}"#),
        ] {
            assert_eq!(post(&server, "/api/post_score", headers, body), changed(5, n));
        }
    }
}

#[test]
fn malformed_form_is_read_leniently() {
    let server = Server::start("");
    for (n, body) in (1..).zip([
        "openid=o1&score=7&",
        "&&openid=o2&&score=7&&",
        "score=7&openid=o3&level=3&time=12:30&name=a b&x=%&=&y",
        "openid=o4&score=007\r\n",
        "openid=o5&score=7&url=http://a.example.com/?a=b&c=d",
        "%6Fpenid=o%36&score=%37",
    ]) {
        assert_eq!(post(&server, "/api/post_score", FORM, body), added(7, n), "{body}");
    }
    for (body, error) in [
        ("openid=o1&score=+7", "score: expected an integer"),
        ("openid=o1&score=7.5", "score: expected an integer"),
        ("openid=o1&score=", "score: expected an integer"),
        ("openid=o1&score", "score: expected an integer"),
        ("openid=o1", "score: missing"),
        ("openid=&score=1", "openid: must not be empty"),
        ("openid=o1&score=1&score=2", "score: sent twice"),
        ("openid=a%00&score=1", "openid: 1 to 64 of A-Z a-z 0-9 _ -"),
    ] {
        assert_eq!(post(&server, "/api/post_score", FORM, body), fault(400, error), "{body}");
    }
    assert_eq!(post(&server, "/api/post_score", FORM, ""), fault(400, "openid: missing"));
}

#[test]
fn plus_is_a_space_and_raw_characters_are_kept() {
    let server = Server::start("");
    post(&server, "/api/post_score", FORM, "openid=p&score=1");
    let url = "https://img.example.com/a?b=1";
    for (body, answer, nickname, avatar) in [
        ("openid=p&nickname=a+b", INFO_ADDED, "a b", ""),
        ("openid=p&nickname=a%2Bb%26c", INFO_CHANGED, "a+b&c", ""),
        ("openid=p&nickname=100%&sex=2&", INFO_CHANGED, "100%", ""),
        ("openid=p&nickname=小明😀 x", INFO_CHANGED, "小明😀 x", ""),
        ("openid=p&nickname=%E5%B0%8F", INFO_CHANGED, "小", ""),
        (
            "openid=p&nickname=a=b&headimgurl=https://img.example.com/a?b=1&c=2",
            INFO_CHANGED,
            "a=b",
            url,
        ),
        ("openid=p&nickname={x}&headimgurl=", INFO_CHANGED, "{x}", ""),
    ] {
        assert_eq!(post(&server, "/api/post_user_info", FORM, body), answer, "{body}");
        assert_eq!(get(&server, "/api/top_score"), top(&[(nickname, avatar, 1)]), "{body}");
    }
}

#[test]
fn multipart_and_query_fields_are_accepted() {
    let server = Server::start("");
    let headers = [("Content-Type", "multipart/form-data; boundary=XX")];
    let body = "--XX\r\nContent-Disposition: form-data; name=\"openid\"\r\n\r\np\r\n\
                --XX\r\nContent-Disposition: form-data; name=\"score\"\r\n\r\n9\r\n--XX--\r\n";
    assert_eq!(post(&server, "/api/post_score", &headers, body), added(9, 1));
    assert_eq!(post(&server, "/api/post_score?openid=p&score=11", &[], ""), changed(11, 1));
    let answer = post(&server, "/api/post_score?openid=p", FORM, "openid=q&score=99");
    assert_eq!(answer, fault(400, "openid: sent twice"));
}

#[test]
fn malformed_json_is_refused_in_the_dialect() {
    let server = Server::start("");
    let eof = "not a JSON text: EOF while parsing an object at line 1 column 13";
    for (body, error) in [
        (&b"{\"openid\":\"p\""[..], eof),
        (b"[{\"openid\":\"p\",\"score\":1}]", "the body is not a JSON object"),
        (
            b"{\"openid\":\"p\",\"openid\":\"p\",\"score\":1}",
            "not a JSON text: a key stands twice in one object at line 1 column 22",
        ),
    ] {
        assert_eq!(post(&server, "/g/api/post_score", JSON, body), fault(400, error));
    }
    assert_eq!(get(&server, "/g/api/top_score"), top(&[]));
}

#[test]
fn pages_of_any_origin_may_call_and_read() {
    let server = Server::start("");
    let origin = ("Origin", "https://game.example.com");
    let body = br#"{"openid":"p","score":1}"#;
    let reply = server.send("POST", "/g/api/post_score", &[origin, JSON[0]], body);
    assert_eq!(reply.header("access-control-allow-origin"), "*");
    assert_eq!(reply.header("access-control-allow-credentials"), "");
    assert_eq!(reply.text(), added(1, 1));
    let reply = server.send("GET", "/g/api/top_score", &[origin], b"");
    assert_eq!(reply.header("access-control-allow-origin"), "*");
    // Without an origin there is nothing to allow.
    assert_eq!(server.get("/g/api/top_score").header("access-control-allow-origin"), "");

    for (path, methods) in [
        ("/g/api/post_score", "POST"),
        ("/api/post_user_info", "POST"),
        ("/api/top_score", "GET, HEAD"),
        ("/g/api/tpinball_score", "GET, HEAD"),
        ("/api/user_score", "GET, HEAD"),
    ] {
        let asks = [
            origin,
            ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", "content-type, x-signature"),
        ];
        let reply = server.send("OPTIONS", path, &asks, b"");
        assert_eq!((reply.status, reply.body.len()), (204, 0));
        assert_eq!(reply.header("access-control-allow-origin"), "*");
        assert_eq!(reply.header("access-control-allow-methods"), methods);
        let headers = "authorization, content-type, x-csrftoken, x-nonce, x-signature, x-timestamp";
        assert_eq!(reply.header("access-control-allow-headers"), headers);
        assert_eq!(reply.header("access-control-max-age"), "600");
        assert_eq!(reply.header("access-control-allow-credentials"), "");
    }
}

#[test]
fn only_listed_origins_may_read() {
    let server = Server::start("[cors]\nallowed_origins = [\"https://game.example.com\"]\n");
    for (origin, allowed, credentials) in [
        ("https://game.example.com", "https://game.example.com", "true"),
        ("https://other.example.com", "", ""),
        ("null", "", ""),
    ] {
        let reply = server.send("GET", "/g/api/top_score", &[("Origin", origin)], b"");
        assert_eq!(reply.header("access-control-allow-origin"), allowed, "{origin}");
        assert_eq!(reply.header("access-control-allow-credentials"), credentials, "{origin}");
        assert_eq!(reply.header("vary"), "Origin");
        assert_eq!(reply.text(), top(&[]));
    }
}
