//! Forms and queries as pages and scripts send them (rows U and B, numbers in forms).

use crate::common::Server;
use crate::common::web::{FORM, success};
use serde_json::json;

const DONE: &str = r#"{"status":200,"code":200,"msg":"修改用户信息成功"}"#;
const SAVED: &str = r#"{"status":200,"code":200,"msg":"修改成绩成功","data":{"score":7,"rank":1}}"#;

/// A server with one player `p`, whose score is 7.
fn with_player() -> Server {
    let server = Server::start("");
    post(&server, "post_score", FORM.1, b"openid=p&score=7");
    post(&server, "post_user_info", FORM.1, b"openid=p");
    server
}

fn post(server: &Server, path: &str, kind: &str, body: &[u8]) -> String {
    let path = format!("/api/{path}");
    let reply = server.send("POST", &path, &[("Content-Type", kind)], body);
    assert_eq!(reply.status, 200, "{path}: {}", reply.text());
    reply.text()
}

fn nickname(server: &Server) -> String {
    let top = server.done("", "score/top", json!({}));
    top[0]["nickname"].as_str().unwrap().to_owned()
}

#[test]
fn unknown_fields_are_ignored_without_parsing() {
    let server = with_player();
    for body in [
        // Submit buttons and keys in GBK (expressjs/body-parser#205 and #237).
        &b"openid=p&score=7&submit=\xcc\xe1\xbd\xbb"[..],
        b"\xcc\xe1\xbd\xbb=1&openid=p&score=7&%CC%E1%BD%BB=%CE",
        b"x=%CE%A2%D0%C5&x=%CE&x&openid=p&x=1&score=7",
        b"from=%&openid=p&to=%zz&score=7&%=%",
        b"openid=p&score=7&score[]=8&score.x=9&score%5B0%5D=1&SCORE=9",
        b"openid=p&score=7&openid%00=q&+openid=q&openid+=q",
        b"openid=p&score=7&__proto__=1&constructor=%ff",
        br#"{"openid":"p","score":7,"x":1e400,"y":"\ud83d","z":[[{"n":-1E999}]]}"#,
        br#"{"openid":"p","z":123456789012345678901234567890,"score":7}"#,
    ] {
        let shown = String::from_utf8_lossy(body);
        assert_eq!(post(&server, "post_score", FORM.1, body), SAVED, "{shown}");
    }
    for path in ["post_score?from=%CE%A2%D0%C5", "post_score?%CE%A2=1&a=%ff&a=%fe&_=1764"] {
        assert_eq!(post(&server, path, FORM.1, b"openid=p&score=7"), SAVED, "{path}");
    }
}

#[test]
fn unknown_fields_are_ignored_where_text_is_strict() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let put = |query: &str, body: &[u8]| {
        let path = format!("/api/v1.0/user/name?{query}");
        let login = [("Authorization", &*token), FORM];
        server.send("PUT", &path, &login, body).text()
    };
    for (n, (query, body)) in [
        ("", &b"submit=\xb1\xa3\xb4\xe6&name="[..]),
        ("from=%CE%A2%D0%C5", b"name="),
        ("%CE=%CE&a=%ff&a=%ff", b"a=%ff&a=%ff&name="),
        ("_=1764000000000&_=%ff", b"x=%EF%BF%BD&name="),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("nora {n}");
        let body = [body, name.as_bytes()].concat();
        assert_eq!(put(query, &body), success(json!({"name": name})), "{query}");
    }
    // A known field is read, and refused if it is not UTF-8.
    for body in [&b"name=%B1%A3"[..], b"name=\xb1\xa3", b"name=a%ff"] {
        assert_eq!(put("", body), r#"{"errno":"4001","errmsg":"保存用户信息失败"}"#);
    }
}

#[test]
fn cache_buster_of_jquery_is_ignored_by_queries() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let get = |query: &str| {
        server.get(&format!("/api/external/get/property?token={token}&{query}")).json()
    };
    for query in ["type=1&_=1764000000000", "_=1&type=2&_=%ff", "type=1&_"] {
        assert_eq!(get(query)["status"], 0, "{query}");
    }
    // Errors of other parameters stay in the document's format.
    for query in ["type=1&__=1", "type=1&callback=jQuery1", "type=1&%CE=1", "type=1&_x=1"] {
        let answer = get(query);
        assert_eq!((&answer["status"], &answer["data"]), (&json!(-100), &json!([])), "{query}");
    }
    for (query, status) in [("type=1&state=", -101), ("type=1&key=", -106), ("type=1&title=", -106)]
    {
        assert_eq!(get(query)["status"], status, "{query}");
    }
    assert_eq!(get("type=1&limit=")["status"], -101);
}

#[test]
fn byte_order_mark_is_skipped_before_every_body() {
    let server = with_player();
    // n8n-io/n8n#35933, seanmonstar/reqwest#426, DaveGamble/cJSON#184.
    for (kind, body) in [
        (FORM.1, "\u{feff}openid=p&nickname=n"),
        (FORM.1, "%EF%BB%BFopenid=p&nickname=n"),
        (FORM.1, "\u{feff}{\"openid\":\"p\",\"nickname\":\"n\"}"),
        ("application/json", "\u{feff}{\"openid\":\"p\",\"nickname\":\"n\"}"),
        ("application/json", "\u{feff} \r\n{\"openid\":\"p\",\"nickname\":\"n\"}"),
        ("text/plain", "\u{feff}openid=p\r\nnickname=n\r\n"),
        (
            "multipart/form-data; boundary=XX",
            "\u{feff}--XX\r\nContent-Disposition: form-data; name=openid\r\n\r\n\
          \u{feff}p\r\n--XX\r\nContent-Disposition: form-data; name=nickname\r\n\r\n\u{feff}n\r\n--XX--",
        ),
    ] {
        assert_eq!(post(&server, "post_user_info", kind, body.as_bytes()), DONE, "{kind} {body}");
        assert_eq!(nickname(&server), "n", "{kind} {body}");
        post(&server, "post_user_info", FORM.1, b"openid=p&nickname=");
    }
    for envelope in [
        "\u{feff}{\"id\":7,\"status\":0,\"type\":\"score\",\"subtype\":\"top\",\"data\":{}}",
        "\u{feff}[{\"id\":7,\"status\":0,\"type\":\"score\",\"subtype\":\"top\",\"data\":{}}]",
        "\u{feff}{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"score.top\"}",
        "\u{feff}{\"jsonrpc\":\"2.0\",\"id\":18446744073709551615,\"method\":\"score.top\"}",
    ] {
        let answer = server.post("/api", envelope);
        assert!(
            answer.contains(r#""id":7,"#) || answer.contains(r#""id":18446744073709551615,"#),
            "{answer}"
        );
        assert!(answer.contains(r#""score":7"#), "{answer}");
    }
}

#[test]
fn other_encodings_are_named() {
    let server = with_player();
    let json = r#"{"openid":"p","score":7}"#;
    let wide = |order: fn(u16) -> [u8; 2]| json.encode_utf16().flat_map(order).collect::<Vec<u8>>();
    let gzip = b"\x1f\x8b\x08\0\0\0\0\0\0\x03abc".to_vec();
    for (body, encoding) in [
        (wide(u16::to_le_bytes), "UTF-16"),
        (wide(u16::to_be_bytes), "UTF-16"),
        ([b"\xff\xfe", &*wide(u16::to_le_bytes)].concat(), "UTF-16"),
        ([b"\xfe\xff", &*wide(u16::to_be_bytes)].concat(), "UTF-16"),
        (json.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect(), "UTF-32"),
        (gzip, "gzip"),
    ] {
        for kind in ["application/json", FORM.1, ""] {
            let told = format!(
                r#"{{"status":400,"code":400,"msg":"the body is in {encoding}, not in UTF-8"}}"#
            );
            assert_eq!(post(&server, "post_score", kind, &body), told);
        }
        let reply = server.send("POST", "/api", &[], &body).text();
        assert!(
            reply.contains(&format!("not a JSON text: it is in {encoding}, not in UTF-8")),
            "{reply}"
        );
    }
    for (coding, body, told) in [
        (
            "gzip",
            json,
            r#"{"status":400,"code":400,"msg":"the body is compressed (gzip); send it as it is"}"#,
        ),
        (
            "BR",
            json,
            r#"{"status":400,"code":400,"msg":"the body is compressed (br); send it as it is"}"#,
        ),
        ("identity", json, SAVED),
        ("utf-8", json, SAVED),
        ("", json, SAVED),
        ("gzip", "", r#"{"status":400,"code":400,"msg":"openid: missing"}"#),
    ] {
        let reply = server.send(
            "POST",
            "/api/post_score",
            &[("Content-Encoding", coding)],
            body.as_bytes(),
        );
        assert_eq!(reply.text(), told, "{coding}");
    }
}

#[test]
fn forms_of_pages_and_scripts_are_understood() {
    let server = with_player();
    for (kind, body, name) in [
        ("application/x-www-form-urlencoded; charset=UTF-8", "openid=p&nickname=a+b", "a b"),
        ("application/x-www-form-urlencoded;charset=GBK", "openid=p&nickname=abc", "abc"),
        ("application/x-www-form-urlencoded; charset=\"\u{ff}\"", "openid=p&nickname=d", "d"),
        ("application/json;;charset", r#"{"openid":"p","nickname":"e"}"#, "e"),
        ("application/json", "nickname=f&openid=p", "f"),
        // A form with one key: JSON that a library sent as a form.
        (FORM.1, r#"{"openid":"p","nickname":"g"}="#, "g"),
        (FORM.1, "%7B%22openid%22%3A%22p%22%2C%22nickname%22%3A%22h+i%22%7D=", "h i"),
        (FORM.1, "%7b%22openid%22%3a%22p%22%2c%22nickname%22%3a%22j%22%7d", "j"),
        // `escape()` of old scripts is not standard, and the same text may be literal.
        (FORM.1, "openid=p&nickname=%u6D4B", "%u6D4B"),
        // A form with `enctype="text/plain"`: nothing is encoded.
        ("text/plain", "openid=p\r\nnickname=k+l%20=&m\r\n", "k+l%20=&m"),
        ("text/plain;charset=UTF-8", "openid=p&nickname=n+o", "n o"),
        ("", "openid=p&nickname=%EF%BF%BD", "\u{fffd}"),
    ] {
        assert_eq!(post(&server, "post_user_info", kind, body.as_bytes()), DONE, "{kind} {body}");
        assert_eq!(nickname(&server), name, "{kind} {body}");
    }
}

#[test]
fn integers_in_forms_are_ascii_digits_alone() {
    let server = Server::start("");
    let told = |score: &str| {
        let body = format!("openid=p&score={score}");
        post(&server, "post_score", FORM.1, body.as_bytes())
    };
    for (score, number) in [
        ("7", "7"),
        ("%37", "7"),
        ("007", "7"),
        ("-0", "7"),
        ("9223372036854775807", "9223372036854775807"),
    ] {
        assert!(told(score).contains(&format!(r#""score":{number},"#)), "{score}");
    }
    for score in [
        "",
        "+7",
        "%2B7",
        "7+",
        "+",
        "7.0",
        "7e0",
        "1E400",
        "0x7",
        "7_000",
        "7%2C000",
        "--7",
        "-",
        "%EF%BC%97",
        "%D9%A7",
        "9223372036854775808",
        "18446744073709551615",
        "%37%00",
        "7%0A",
        "%B2",
        "NaN",
        "null",
        "true",
    ] {
        let answer = told(score);
        assert!(answer.contains("score: expected an integer"), "{score}: {answer}");
    }
    for score in [
        "1.0",
        "1e2",
        "1e400",
        "-1E999",
        "18446744073709551615",
        "123456789012345678901234567890",
        "-0",
        "true",
    ] {
        let body = format!(r#"{{"openid":"p","score":{score}}}"#);
        let answer = post(&server, "post_score", "application/json", body.as_bytes());
        assert!(answer.contains("score: expected an integer"), "{score}: {answer}");
    }
}

#[test]
fn empty_optional_fields_count_as_absent() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let ask = |method: &str, path: &str, kind: &str, body: &str| {
        let headers = [("Authorization", &*token), ("Content-Type", kind)];
        server.send(method, path, &headers, body.as_bytes()).text()
    };
    let json = "application/json";
    let rows = ask("PUT", "/ranking_list", json, r#"{"rank":1}"#);
    assert!(rows.contains(r#""rank_score":1"#), "{rows}");
    for (kind, body) in [
        (json, r#"{"rank":1,"arange":[],"version":""}"#),
        (json, r#"{"rank":1,"arange":"","version":null}"#),
        (json, r#"{"rank":1,"arange":null}"#),
        (FORM.1, "rank=1&arange=&version="),
        (FORM.1, "rank=1&arange[]="),
        (FORM.1, "rank=1&arange[]=1&arange[]=10"),
        (FORM.1, "rank=1&arange%5B0%5D=1&arange%5B1%5D=10&version="),
        (FORM.1, "rank=1&arange=1&arange=10"),
    ] {
        assert_eq!(ask("PUT", "/ranking_list", kind, body), rows, "{body}");
    }
    assert_eq!(
        server.call_as(&token, "rank/list", json!({"arange": []})),
        server.call_as(&token, "rank/list", json!({}))
    );
    for (kind, body) in [
        (json, r#"{"rank":1,"arange":[1]}"#),
        (json, r#"{"rank":1,"arange":["1","2"]}"#),
        (json, r#"{"rank":1,"arange":[1,""]}"#),
        (FORM.1, "rank=1&arange=1"),
        (FORM.1, "rank=1&arange[]=1&arange[]="),
        (FORM.1, "rank=1&arange[]=1&arange[]=2&arange[]=3"),
    ] {
        let answer = ask("PUT", "/ranking_list", kind, body);
        assert_eq!(
            answer, r#"{"code":10099,"error":"arange: expected a list of two integers"}"#,
            "{body}"
        );
    }
    let server = with_player();
    for (kind, body) in [
        (FORM.1, "openid=p&nickname=n&sex=&province=&city=&country=&headimgurl="),
        (json, r#"{"openid":"p","nickname":"n","sex":"","headimgurl":""}"#),
        (json, r#"{"openid":"p","nickname":"n","sex":null}"#),
    ] {
        assert_eq!(post(&server, "post_user_info", kind, body.as_bytes()), DONE, "{body}");
    }
    let top = server.get("/api/top_score").text();
    assert_eq!(server.get("/api/top_score?limit=").text(), top);
    assert!(server.get("/api/top_score?limit=0").json()["code"] == 400);
}
