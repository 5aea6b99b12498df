//! The envelope, row by row of the contract's first table (envelope.md, "The one POST endpoint").

use crate::common::{Server, envelope, ok};
use serde_json::{Value, json};

/// An envelope that lists shops; there are none, so its answer is short.
fn shops(id: &str) -> String {
    format!(r#"{{"id":{id},"status":0,"type":"shop","subtype":"list","data":{{}}}}"#)
}

fn no_shops(id: &str) -> String {
    format!(r#"{{"id":{id},"status":0,"message":"successful","data":[]}}"#)
}

fn wrong_value(id: &str, detail: &str) -> String {
    let answer = r#""status":-2,"message":"Error JSON value","data":{}"#;
    format!(r#"{{"id":{id},{answer},"detail":"{detail}"}}"#)
}

#[test]
fn envelope_id_comes_back_as_an_integer() {
    let server = Server::start("");
    for (sent, answered) in [
        ("7", "7"),
        ("-7", "-7"),
        ("0", "0"),
        ("9223372036854775807", "9223372036854775807"),
        ("-9223372036854775808", "-9223372036854775808"),
        (r#""7""#, "7"),
        (r#""-7""#, "-7"),
        (r#""007""#, "7"),
        (r#""\u0037""#, "7"),
        (r#""9223372036854775807""#, "9223372036854775807"),
        (r#""-9223372036854775808""#, "-9223372036854775808"),
    ] {
        assert_eq!(server.post("/api", &shops(sent)), no_shops(answered), "{sent}");
    }
}

#[test]
fn invalid_envelope_id_is_served_with_id_minus_1() {
    let server = Server::start("");
    for id in [
        "9223372036854775808",
        "-9223372036854775809",
        "18446744073709551616",
        "1e300",
        "7.0",
        "7e0",
        "null",
        "true",
        "[7]",
        r#"{"id":7}"#,
        r#""""#,
        r#""-""#,
        r#""+7""#,
        r#"" 7""#,
        r#""7 ""#,
        r#""7.0""#,
        r#""7a""#,
        r#""0x7""#,
        r#""seven""#,
        r#""７""#,
        r#""9223372036854775808""#,
    ] {
        assert_eq!(server.post("/api", &shops(id)), no_shops("-1"), "{id}");
    }
}

#[test]
fn each_of_the_five_keys_is_required() {
    let server = Server::start("");
    for key in ["id", "status", "type", "subtype", "data"] {
        let mut request: Value = serde_json::from_str(&shops("7")).unwrap();
        request.as_object_mut().unwrap().remove(key);
        let id = if key == "id" { "-1" } else { "7" };
        let expected = format!(
            r#"{{"id":{id},"status":-1,"message":"Error JSON key","data":{{}},"detail":"{key}: missing from the envelope"}}"#
        );
        assert_eq!(server.post("/api", &request.to_string()), expected);
        // A missing key is reported before a wrong one.
        request["Id"] = json!(7);
        if key != "status" {
            request["status"] = json!("0");
        }
        assert_eq!(server.post("/api", &request.to_string()), expected);
    }
}

#[test]
fn envelope_keys_of_wrong_type_are_refused() {
    let server = Server::start("");
    let others = ["null", "true", "0.5", "[]", "9223372036854775808", "1e2"];
    for (key, also, expected) in [
        ("status", r#""0""#, "status: expected an integer"),
        ("status", "{}", "status: expected an integer"),
        ("type", "0", "type: expected a string"),
        ("type", "{}", "type: expected a string"),
        ("subtype", "0", "subtype: expected a string"),
        ("subtype", r#"["list"]"#, "subtype: expected a string"),
        ("data", "0", "data: expected an object"),
        ("data", r#""{}""#, "data: expected an object"),
    ] {
        for value in others.iter().chain([&also]) {
            let mut request: Value = serde_json::from_str(&shops("7")).unwrap();
            request[key] = json!("@");
            let request = request.to_string().replace(r#""@""#, value);
            let answer = server.post("/api", &request);
            assert_eq!(answer, wrong_value("7", expected), "{key} {value}");
        }
    }
}

#[test]
fn any_status_passes_and_extra_keys_are_ignored() {
    let server = Server::start("");
    for status in ["-404", "1", "9223372036854775807"] {
        let request = shops("7").replace(r#""status":0"#, &format!(r#""status":{status}"#));
        assert_eq!(server.post("/api", &request), no_shops("7"));
    }
    let request = shops("7").replace(r#""id""#, r#""message":[{}],"":null,"id""#);
    assert_eq!(server.post("/api", &request), no_shops("7"));
    let reordered = r#" {"data":{"x":1},"sub\u0074ype":"list", "type":"shop","status":0,"id":7}
"#;
    assert_eq!(server.post("/api", reordered), no_shops("7"));
}

#[test]
fn unknown_operation_is_a_wrong_value() {
    let server = Server::start("");
    for (kind, subtype) in
        [("img", "none"), ("IMG", "generate"), ("", ""), ("img/generate", ""), ("shop", "list ")]
    {
        let request = json!({"id": 7, "status": 0, "type": kind, "subtype": subtype, "data": {}});
        let expected = wrong_value("7", "type, subtype: no such operation");
        assert_eq!(server.post("/api", &request.to_string()), expected, "{kind:?} {subtype:?}");
    }
}

#[test]
fn non_object_body_is_a_wrong_value_without_id() {
    let server = Server::start("");
    for body in ["7", r#""text""#, "null", "true", "-0.5e-3"] {
        assert_eq!(server.post("/api", body), wrong_value("-1", "not an object"), "{body}");
    }
}

/// Checks the refusal of malformed JSON; the reason comes from the parser.
fn assert_not_json(server: &Server, body: &[u8]) {
    let reply = server.send("POST", "/api", &[], body);
    let (answer, shown) = (reply.text(), String::from_utf8_lossy(&body[..body.len().min(80)]));
    let expected = r#"{"id":-1,"status":-2,"message":"Error JSON value","data":{},"detail":"not a JSON text: "#;
    assert!(answer.starts_with(expected) && answer.ends_with("\"}"), "{shown}: {answer}");
    assert_eq!(reply.json().as_object().unwrap().len(), 5, "{shown}: {answer}");
    assert_eq!(reply.status, 200, "{shown}");
}

#[test]
fn malformed_json_is_a_wrong_value_without_id() {
    let server = Server::start("");
    let with = |data: &str| shops("7").replace("{}", data).into_bytes();
    for body in [
        b"".to_vec(),
        b" \r\n".to_vec(),
        b"nul".to_vec(),
        b"{".to_vec(),
        b"{'id':7}".to_vec(),
        b"[1,]".to_vec(),
        b"NaN".to_vec(),
        b"id=7&status=0&type=shop&subtype=list".to_vec(),
        "{}\u{feff}".into(),
        [shops("7").as_bytes(), b"x"].concat(),
        [shops("7").as_bytes(), shops("8").as_bytes()].concat(),
        [shops("7").as_bytes(), b"\0"].concat(),
        with(r#"{"x":01}"#),
        with(r#"{"x":+1}"#),
        with(r#"{"x":1.}"#),
        with(r#"{"x":1,}"#),
        with("{\"x\":\"\t\"}"),
        with(r#"{"x":"\x"}"#),
        with(r#"{"key":"\ud83d"}"#),
        with(r#"{"x":1e400,"key":"\ude00\ud83d"}"#),
        with(r#"{"\ud83d":1}"#),
        with(r#"{"x":1,"x":1}"#),
        with(r#"{"x":{"a":1,"b":2,"\u0061":3}}"#),
        shops("7").replace(r#""status""#, r#""id":8,"status""#).into_bytes(),
        shops("7").replace("shop", "\u{1}").into_bytes(),
    ] {
        assert_not_json(&server, &body);
    }
    for bad in [&b"\xff"[..], b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82"] {
        let mut body = with(r#"{"x":"@"}"#);
        let at = body.iter().position(|&byte| byte == b'@').unwrap();
        body.splice(at..=at, bad.iter().copied());
        assert_not_json(&server, &body);
    }
}

#[test]
fn nesting_deeper_than_128_levels_is_refused() {
    let server = Server::start("");
    // The envelope and its data are two levels.
    let nested = |levels: usize| {
        let value = format!("{{\"x\":{}{}}}", "[".repeat(levels - 2), "]".repeat(levels - 2));
        shops("7").replace("{}", &value)
    };
    assert_eq!(server.post("/api", &nested(128)), no_shops("7"));
    assert_not_json(&server, nested(129).as_bytes());
    assert_not_json(&server, "[".repeat(1_000_000).as_bytes());
    assert_not_json(&server, "{\"x\":".repeat(300_000).as_bytes());
}

#[test]
fn data_integers_have_64_bits_and_no_fraction() {
    let server = Server::start("");
    for (limit, detail) in [
        ("9223372036854775807", "limit: 1 to 1000"),
        ("-9223372036854775808", "limit: 1 to 1000"),
        ("9223372036854775808", "limit: expected an integer"),
        ("-9223372036854775809", "limit: expected an integer"),
        ("1.0", "limit: expected an integer"),
        ("1e2", "limit: expected an integer"),
        (r#""1""#, "limit: expected an integer"),
    ] {
        let request = shops("7").replace("{}", &format!(r#"{{"limit":{limit}}}"#));
        assert_eq!(server.post("/api", &request), wrong_value("7", detail), "{limit}");
    }
}

#[test]
fn text_in_answers_is_unescaped_utf_8() {
    let server = Server::start("");
    let (_, token) = server.account("诺拉😀");
    let answer = server.call_as(&token, "user/rename", json!({"username": "诺拉\u{7f}\"\\😀é"}));
    assert!(answer.contains("control characters"), "{answer}");
    let answer = server.call_as(&token, "user/rename", json!({"username": "诺\"\\😀é/"}));
    assert_eq!(
        answer,
        r#"{"id":7,"status":0,"message":"successful","data":{"username":"诺\"\\😀é/"}}"#
    );
}

#[test]
fn every_endpoint_ignores_the_request_content_type() {
    let server = Server::start("");
    for path in [
        "/api",
        "/api/external",
        "/api/external/captcha",
        "/api/external/portrait",
        "/api/external/property",
        "/api/external/shop",
    ] {
        for kind in ["application/json", "text/plain", "application/x-www-form-urlencoded", "x"] {
            let headers = [("Content-Type", kind)];
            let reply = server.send("POST", path, &headers, shops("7").as_bytes());
            assert_eq!((reply.status, reply.text()), (200, no_shops("7")), "{path} {kind}");
            assert_eq!(reply.header("content-type"), "application/json; charset=utf-8");
        }
        assert_eq!(server.post(path, &shops("7")), no_shops("7"), "{path}");
    }
    let reply = server.send("POST", "/api/external/sms", &[], shops("7").as_bytes());
    assert_eq!(reply.status, 404);
}

#[test]
fn answers_are_plain_text_if_configured() {
    let server = Server::start("[envelope]\ncontent_type = \"text/plain\"\n");
    for body in [envelope("user/register", json!({})), shops("7"), "junk".into()] {
        let reply = server.send("POST", "/api", &[], body.as_bytes());
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("content-type"), "text/plain; charset=utf-8");
    }
    assert_eq!(server.call("shop/list", json!({})), ok(json!([])));
}
