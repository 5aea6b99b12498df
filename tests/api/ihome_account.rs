//! Avatar, name and real name (contract page `ihome.md`; seed 004).

use crate::common::Server;
use crate::common::web::{
    FORM, GIF, JPEG, JSON, MULTIPART, PNG, SVG, WEBP, file, refused, success,
};
use serde_json::{Value, json};

/// A server, and a logged-in user.
struct User {
    server: Server,
    token: String,
}

impl User {
    fn new() -> Self {
        let server = Server::start("[limits]\nrenames_per_day = 0\n");
        let token = server.registered("13800000001");
        User { server, token }
    }

    fn ask(&self, method: &str, path: &str, more: (&str, &str), body: &str) -> String {
        let cookie = format!("session={}", self.token);
        let headers = [("Cookie", &*cookie), more];
        self.server.ask(method, &format!("/api/v1.0/{path}"), &headers, body)
    }

    fn upload(&self, body: &[u8]) -> Result<String, String> {
        let headers = [("Authorization", &*self.token), MULTIPART];
        let reply = self.server.send("POST", "/api/v1.0/user/avatar", &headers, body);
        assert_eq!(reply.status, 200);
        match reply.json()["data"]["avatar_url"].as_str() {
            Some(url) => {
                assert_eq!(reply.text(), success(json!({"avatar_url": url})));
                Ok(url.to_owned())
            }
            None => Err(reply.text()),
        }
    }
}

fn bad() -> String {
    refused("4103", "参数错误")
}

#[test]
fn avatar_type_follows_its_bytes_and_is_served() {
    let user = User::new();
    let mut last = String::new();
    // The file name does not matter.
    for (name, bytes, kind, content_type) in [
        ("a.png", PNG, "png", "image/png"),
        ("a.exe", GIF, "gif", "image/gif"),
        ("../../a.png", JPEG, "jpg", "image/jpeg"),
        ("头像", WEBP, "webp", "image/webp"),
    ] {
        let url = user.upload(&file("avatar", name, bytes)).unwrap();
        let path = url.strip_prefix("http://api.example.com").unwrap();
        let (stem, ending) = path.strip_prefix("/upload/").unwrap().split_once('.').unwrap();
        assert!(stem.len() == 32 && ending == kind, "{url}");
        let reply = user.server.get(path);
        assert_eq!((reply.status, reply.header("content-type")), (200, content_type));
        assert!(reply.body == bytes, "{name}");
        // The previous one is deleted.
        assert!(last.is_empty() || user.server.get(&last).status == 404);
        assert_eq!(user.server.pictures(), [format!("{stem}.{kind}")]);
        last = path.to_owned();
    }
    let url = format!("http://api.example.com{last}");
    let info = user.server.done(&user.token, "user/info", json!({}));
    assert_eq!(
        user.ask("GET", "user", FORM, ""),
        success(json!({
            "user_id": 100_001, "name": "13800000001", "avatar": url, "avatar_url": url,
            "mobile": "13800000001", "create_time": info["create_time"],
        }))
    );
}

#[test]
fn refused_picture_leaves_the_old_one_in_place() {
    let user = User::new();
    let url = user.upload(&file("avatar", "a.png", PNG)).unwrap();
    let before = user.server.pictures();
    let refusal = refused("4004", "数据错误");
    let cut = &PNG[..PNG.len() - 20];
    let mut large = PNG.to_vec();
    large.resize((1 << 20) + 1, 0);
    for bytes in [b"not a picture".as_slice(), SVG, cut, &large, b"\x89PNG\r\n\x1a\n"] {
        assert_eq!(user.upload(&file("avatar", "a.png", bytes)), Err(refusal.clone()));
    }
    // A field that is no file, and not base64 either.
    assert_eq!(user.ask("POST", "user/avatar", FORM, "avatar=nothing%21"), refusal);
    for (more, body) in [
        (MULTIPART, file("avatar", "a.png", b"")),
        (MULTIPART, file("picture", "a.png", PNG)),
        (MULTIPART, file("base64", "a.png", PNG)),
        (MULTIPART, b"--border--\r\n".to_vec()),
        (MULTIPART, b"no part at all".to_vec()),
        (MULTIPART, file("avatar", "a.png", PNG)[..200].to_vec()),
        (("Content-Type", "multipart/form-data"), file("avatar", "a.png", PNG)),
        (JSON, b"{}".to_vec()),
        (JSON, br#"{"avatar":null}"#.to_vec()),
        (JSON, br#"{"avatar":5}"#.to_vec()),
        (FORM, Vec::new()),
        (FORM, b"avatar=".to_vec()),
    ] {
        let headers = [("Authorization", &*user.token), more];
        let reply = user.server.send("POST", "/api/v1.0/user/avatar", &headers, &body);
        assert_eq!((reply.status, reply.text()), (200, bad()), "{more:?} {}", body.len());
    }
    assert_eq!(user.server.pictures(), before);
    let info = user.server.done(&user.token, "user/info", json!({}));
    assert_eq!(info["profile_picture"], url);
    let mut whole = PNG.to_vec();
    whole.resize(1 << 20, 0);
    user.upload(&file("avatar", "a.png", &whole)).unwrap();
}

#[test]
fn name_is_unique_and_has_1_to_32_characters() {
    let user = User::new();
    user.server.account("nora");
    user.server.registered("13800000002");
    let longest = "名".repeat(32);
    for name in ["Mia", "Mia", "小雨😀", "x y", &longest, "13800000001"] {
        let body = json!({"name": name}).to_string();
        assert_eq!(user.ask("PUT", "user/name", JSON, &body), success(json!({"name": name})));
        let session = success(json!({"user_id": 100_001, "name": name}));
        assert_eq!(user.ask("GET", "session", FORM, ""), session);
    }
    let taken = refused("4001", "保存用户信息失败");
    assert_eq!(user.ask("PUT", "user/name", JSON, r#"{"name":"nora"}"#), taken);
    // Names that differ only in case, or only in invisible characters.
    for name in ["Nora", " nora", "no\u{200b}ra"] {
        let body = json!({"name": name}).to_string();
        assert_eq!(user.ask("PUT", "user/name", JSON, &body), taken);
    }
    let longer = format!(r#"{{"name":"{}"}}"#, "名".repeat(33));
    for body in [
        "{}",
        "",
        "name",
        r#"{"name":""}"#,
        r#"{"name":null}"#,
        r#"{"name":5}"#,
        r#"{"name":["x"]}"#,
        r#"{"name":"x","name":"x"}"#,
        r#"{"username":"x"}"#,
    ] {
        assert_eq!(user.ask("PUT", "user/name", JSON, body), bad(), "{body}");
    }
    for body in [
        r#"{"name":"a\u0000"}"#,
        r#"{"name":"a\nb"}"#,
        // The mobile number of somebody else, registered or not.
        r#"{"name":"13800000002"}"#,
        r#"{"name":"13800000009"}"#,
        &longer,
    ] {
        assert_eq!(user.ask("PUT", "user/name", JSON, body), taken, "{body}");
    }
    assert_eq!(user.server.done(&user.token, "user/info", json!({}))["username"], "13800000001");
}

#[test]
fn renamed_user_logs_in_by_number_and_name() {
    let user = User::new();
    user.ask("PUT", "user/name", FORM, "name=Mia");
    user.ask("PUT", "user/name", FORM, "name=Mia+Lin");
    for name in ["13800000001", "Mia Lin"] {
        let body = json!({"mobile": name, "password": "secret-1"}).to_string();
        let answer = user.server.ask("POST", "/api/v1.0/sessions", &[], &body);
        assert_eq!(answer, success(json!({"user_id": 100_001})));
    }
    // The old name is held for its owner.
    assert_eq!(user.ask("PUT", "user/name", FORM, "name=Mia"), success(json!({"name": "Mia"})));
}

/// 17 digits with their check digit, by the weights that GB 11643-1999 lists.
fn card(digits: &str) -> String {
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: usize = digits.bytes().zip(weights).map(|(d, w)| usize::from(d - b'0') * w).sum();
    format!("{digits}{}", char::from(b"10X98765432"[sum % 11]))
}

#[test]
fn real_name_is_null_until_set_once() {
    let user = User::new();
    let (_, stranger) = user.server.account("nora");
    let nobody = |id: i64| success(json!({"user_id": id, "real_name": null, "id_card": null}));
    assert_eq!(user.ask("GET", "user/auth", FORM, ""), nobody(100_001));
    let good = card("11010519491231002");
    assert_eq!(good, "11010519491231002X");
    let with = |key: &str, value: Value| {
        let mut body = json!({"real_name": "林小雨", "id_card": good});
        body[key] = value;
        body.to_string()
    };
    let wrong_digit = format!("{}{}", &good[..17], 1);
    for (key, value) in [
        ("real_name", json!(null)),
        ("real_name", json!("")),
        ("real_name", json!("林")),
        ("real_name", json!("林".repeat(33))),
        ("real_name", json!(12)),
        ("id_card", json!(null)),
        ("id_card", json!("")),
        ("id_card", json!(440_524_188_001_010_014_i64)),
        ("id_card", json!(wrong_digit)),
        ("id_card", json!(&good[..17])),
        ("id_card", json!(format!("{good}X"))),
        ("id_card", json!("110105491231002")),
        ("id_card", json!("1101051949123100XX")),
        ("id_card", json!("１1010519491231002X")),
        // Nonexistent days, and a day in the future.
        ("id_card", json!(card("11010519490229002"))),
        ("id_card", json!(card("11010519000229002"))),
        ("id_card", json!(card("11010519491301002"))),
        ("id_card", json!(card("11010519490431002"))),
        ("id_card", json!(card("11010519490400002"))),
        ("id_card", json!(card("11010529991231002"))),
    ] {
        let is_wrong = value.as_str().is_some_and(|text| !text.is_empty());
        let expected =
            if is_wrong { refused("4001", "保存用户实名信息失败") } else { bad() };
        assert_eq!(
            user.ask("POST", "user/auth", JSON, &with(key, value.clone())),
            expected,
            "{value}"
        );
    }
    for body in [r#"{"real_name":"林小雨"}"#, r#"{"id_card":"11010519491231002X"}"#, "{}", ""] {
        assert_eq!(user.ask("POST", "user/auth", JSON, body), bad(), "{body}");
    }
    assert_eq!(user.ask("GET", "user/auth", FORM, ""), nobody(100_001));

    // A lower-case x is the same digit.
    let body = with("id_card", json!("11010519491231002x"));
    assert_eq!(user.ask("POST", "user/auth", JSON, &body), success(Value::Null));
    let told = success(json!({"user_id": 100_001, "real_name": "林小雨", "id_card": good}));
    assert_eq!(user.ask("GET", "user/auth", FORM, ""), told);
    let again = refused("4003", "已实名认证");
    assert_eq!(user.ask("POST", "user/auth", JSON, &body), again);
    let other = with("id_card", json!(card("11010520000229001")));
    assert_eq!(user.ask("POST", "user/auth", JSON, &other), again);
    assert_eq!(user.ask("GET", "user/auth", FORM, ""), told);

    // It is not shared: another account may set the same name, in a form, with two characters.
    let headers = [("Authorization", &*stranger)];
    let theirs = |method, body| user.server.ask(method, "/api/v1.0/user/auth", &headers, body);
    assert_eq!(theirs("GET", ""), nobody(100_002));
    let leap = card("11010520000229001");
    let body = format!("real_name=%E6%9E%97%E9%9B%A8&id_card={leap}");
    assert_eq!(theirs("POST", &body), success(Value::Null));
    let told = json!({"user_id": 100_002, "real_name": "林雨", "id_card": leap});
    assert_eq!(theirs("GET", ""), success(told));
}

#[test]
fn body_is_json_or_form_whatever_its_content_type() {
    let user = User::new();
    for more in [JSON, FORM, ("Content-Type", "text/plain"), ("Content-Type", ""), ("X-A", "b")] {
        for (body, name) in [
            (r#"{"name":"Mia 1"}"#, "Mia 1"),
            ("\r\n {\"name\":\"Mia 2\", \"more\":[1]}\n", "Mia 2"),
            ("name=Mia+3", "Mia 3"),
            ("name=Mia%204&", "Mia 4"),
        ] {
            let answer = user.ask("PUT", "user/name", more, body);
            assert_eq!(answer, success(json!({"name": name})), "{more:?} {body}");
        }
    }
    let part = "Content-Disposition: form-data; name=\"name\"\r\n\r\nMia";
    let form = format!("--border\r\n{part} 5\r\n--border--\r\n");
    assert_eq!(user.ask("PUT", "user/name", MULTIPART, &form), success(json!({"name": "Mia 5"})));
    let twice = format!("--border\r\n{part}\r\n--border\r\n{part}\r\n--border--\r\n");
    assert_eq!(user.ask("PUT", "user/name", MULTIPART, &twice), bad());
    for (path, body) in [
        ("user/name?name=Mia", r#"{"name":"Mia"}"#),
        ("user/name?name=Mia", "name=Mia"),
        ("user/name?name=Mia&name=Mia", ""),
        ("user/name", "name=Mia&name=Mia"),
        ("user/name", r#"{"name":"Mia","n\u0061me":"Mia"}"#),
        ("user/name", r#"{"name":"Mia"} {}"#),
        ("user/name", r#"["Mia"]"#),
    ] {
        assert_eq!(user.ask("PUT", path, FORM, body), bad(), "{path} {body}");
    }
    assert_eq!(user.ask("PUT", "user/name?name=Mia", FORM, ""), success(json!({"name": "Mia"})));
}
