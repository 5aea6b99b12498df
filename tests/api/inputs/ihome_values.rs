//! Values that seed 004's document refuses at `user/name` and `user/auth` (row F9 of the inputs): its pages
//! show the texts of 4001 there, and nothing where they get 4103.

use crate::common::Server;
use crate::common::web::{FORM, JSON, MULTIPART, refused, success};
use serde_json::{Value, json};

/// A server and the session of a user.
fn user() -> (Server, String) {
    let server = Server::start("[limits]\nrenames_per_day = 0\n");
    let session = server.registered("13800000001");
    (server, session)
}

fn ask(
    server: &Server,
    session: &str,
    method: &str,
    path: &str,
    kind: (&str, &str),
    body: &[u8],
) -> String {
    let headers = [("Authorization", session), kind];
    let reply = server.send(method, &format!("/api/v1.0/user/{path}"), &headers, body);
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.text()
}

/// A form with this field, and those after it.
fn form(field: &str, value: &str) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair(field, value);
    form.finish()
}

#[test]
fn refused_name_has_the_4001_text() {
    let (server, session) = user();
    server.account("nora");
    let why = refused("4001", "保存用户信息失败");
    for name in [
        "x".repeat(33),
        "名".repeat(33),
        "nora".into(),
        "NORA".into(),
        "a\nb".into(),
        "a\u{0}b".into(),
        "\u{200b}".into(),
        "\u{202e}abc".into(),
        "13800000002".into(),
    ] {
        let shown = name.escape_debug().to_string();
        let sent = json!({"name": name}).to_string();
        assert_eq!(ask(&server, &session, "PUT", "name", JSON, sent.as_bytes()), why, "{shown}");
        let sent = form("name", &name);
        assert_eq!(ask(&server, &session, "PUT", "name", FORM, sent.as_bytes()), why, "{shown}");
    }
    let bad = refused("4103", "参数错误");
    for (kind, body) in [
        (JSON, "{}"),
        (JSON, r#"{"name":""}"#),
        (JSON, r#"{"name":null}"#),
        (JSON, r#"{"name":5}"#),
        (JSON, r#"{"name":true}"#),
        (JSON, r#"{"name":["a"]}"#),
        (JSON, r#"{"name":{"a":1}}"#),
        (JSON, r#"{"username":"a"}"#),
        (JSON, r#"{"name":"a","name":"b"}"#),
        (JSON, r#"{"name":"#),
        (JSON, "[]"),
        (FORM, ""),
        (FORM, "name="),
        (FORM, "name=a&name=b"),
        (MULTIPART, "--border--\r\n"),
    ] {
        assert_eq!(ask(&server, &session, "PUT", "name", kind, body.as_bytes()), bad, "{body}");
    }
    let name = "n".repeat(32);
    let sent = json!({"name": name}).to_string();
    assert_eq!(
        ask(&server, &session, "PUT", "name", JSON, sent.as_bytes()),
        success(json!({"name": name}))
    );
}

#[test]
fn refused_identity_has_the_4001_text() {
    let (server, session) = user();
    let why = refused("4001", "保存用户实名信息失败");
    let good = "11010519491231002X";
    let asked = |sent: &Value| {
        let text = sent.to_string();
        let by_form: Vec<String> = sent
            .as_object()
            .unwrap()
            .iter()
            .map(|(key, value)| form(key, value.as_str().unwrap()))
            .collect();
        let answer = ask(&server, &session, "POST", "auth", JSON, text.as_bytes());
        let form = by_form.join("&");
        assert_eq!(ask(&server, &session, "POST", "auth", FORM, form.as_bytes()), answer, "{sent}");
        answer
    };
    for (real_name, id_card) in [
        // The check digit, the date, the length, other signs.
        ("Mia", "110105194912310021"),
        ("Mia", "11010519490231002X"),
        ("Mia", "11010519491331002X"),
        ("Mia", "11010529491231002X"),
        ("Mia", "1101051949123100"),
        ("Mia", "11010519491231002XX"),
        ("Mia", "110105491231002"),
        ("Mia", "1101051949123100２X"),
        ("Mia", "1101O519491231002X"),
        ("Mia", " 1010519491231002X"),
        // The name's length, and invalid characters.
        ("M", good),
        (&"M".repeat(33), good),
        ("名", good),
        ("M\nia", good),
        ("Mi\u{0}a", good),
        ("\u{200b}\u{200b}", good),
        ("   ", good),
    ] {
        let sent = json!({"real_name": real_name, "id_card": id_card});
        assert_eq!(asked(&sent), why, "{sent}");
    }
    let bad = refused("4103", "参数错误");
    for (kind, body) in [
        (JSON, "{}".to_owned()),
        (JSON, json!({"real_name": "Mia"}).to_string()),
        (JSON, json!({"id_card": good}).to_string()),
        (JSON, json!({"real_name": "", "id_card": good}).to_string()),
        (JSON, json!({"real_name": "Mia", "id_card": ""}).to_string()),
        (JSON, json!({"real_name": null, "id_card": good}).to_string()),
        (JSON, json!({"real_name": 5, "id_card": good}).to_string()),
        (JSON, json!({"real_name": "Mia", "id_card": 110_105_194_912_310_021_i64}).to_string()),
        (JSON, json!({"real_name": ["Mia"], "id_card": good}).to_string()),
        (JSON, json!({"real_name": "Mia", "id_card": false}).to_string()),
        (FORM, "real_name=Mia".into()),
        (FORM, format!("real_name=&id_card={good}")),
        (FORM, format!("real_name=Mia&id_card={good}&id_card={good}")),
        (JSON, "{".into()),
    ] {
        assert_eq!(ask(&server, &session, "POST", "auth", kind, body.as_bytes()), bad, "{body}");
    }
    let nobody = json!({"real_name": null, "id_card": null});
    let told: Value =
        serde_json::from_str(&ask(&server, &session, "GET", "auth", FORM, b"")).unwrap();
    assert_eq!(
        (&told["data"]["real_name"], &told["data"]["id_card"]),
        (&nobody["real_name"], &nobody["id_card"])
    );
    let sent = json!({"real_name": "Mia", "id_card": good}).to_string();
    assert_eq!(ask(&server, &session, "POST", "auth", JSON, sent.as_bytes()), success(Value::Null));
    // Once it is set, an invalid one gets this answer too.
    assert_eq!(
        ask(&server, &session, "POST", "auth", JSON, sent.as_bytes()),
        refused("4003", "已实名认证")
    );
}
