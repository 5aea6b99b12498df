//! Login and profile over the wire (contract page `entry-task.md`; seed 002).

use crate::common::Server;
use crate::common::web::{FORM, JSON, MULTIPART, PNG, entry, file};
use engine::hex::md5;
use serde_json::{Value, json};

fn done() -> String {
    entry(0, "", json!(""))
}

/// The answer to invalid data.
fn wrong(code: i64, msg: &str) -> String {
    entry(code, msg, json!(""))
}

fn login(server: &Server, body: &str) -> String {
    server.ask("POST", "/login", &[JSON], body)
}

fn account(username: &str, password: &str) -> String {
    json!({"username": username, "password": password}).to_string()
}

fn info(username: &str, nickname: &str) -> String {
    let info = json!({"nickname": nickname, "profile_picture": "", "username": username});
    entry(0, "", info)
}

#[test]
fn login_returns_profile_and_token() {
    let server = Server::start("");
    server.account("nora");
    let hex = md5("secret-1");
    for (path, content_type, body) in [
        ("/login", JSON, account("nora", &hex)),
        ("/api/login", JSON, account("nora", &hex.to_uppercase())),
        ("/login", FORM, format!("username=nora&password={hex}")),
        // The body itself decides, not its content type.
        ("/login", FORM, account("nora", &hex)),
        ("/login", JSON, format!("password={hex}&username=nora&")),
        ("/login", ("X-A", "b"), account("nora", &hex)),
    ] {
        let reply = server.send("POST", path, &[content_type], body.as_bytes());
        let answer = reply.json();
        let token = answer["result"]["token"].as_str().unwrap_or_default();
        assert_eq!(token.len(), 32, "{answer}");
        let profile =
            json!({"nickname": "nora", "profilePicture": "", "token": token, "username": "nora"});
        assert_eq!((reply.status, reply.text()), (200, entry(0, "", profile)));
        assert_eq!(reply.header("content-type"), "application/json; charset=utf-8");
        assert_eq!(reply.header("set-cookie"), "");
        let login = [("Authorization", token)];
        assert_eq!(server.ask("GET", "/user/get_user_info", &login, ""), info("nora", "nora"));
    }
}

#[test]
fn each_login_error_has_its_own_code() {
    let server = Server::start("");
    server.account("nora");
    let hex = md5("secret-1");
    let not_md5 = wrong(200_400, "password: expected an md5, 32 hex digits");
    let (no_name, no_password) =
        (wrong(200_401, "username: missing"), wrong(200_401, "password: missing"));
    let unknown = wrong(3002, "user name or password is wrong");
    for (body, answer) in [
        (account("nora", "secret-1"), &not_md5),
        (account("nora", &hex[1..]), &not_md5),
        (account("nora", &format!("{hex}0")), &not_md5),
        (account("nora", &format!("{}g", &hex[1..])), &not_md5),
        (json!({"username": "nora"}).to_string(), &no_password),
        (json!({"username": "nora", "password": null}).to_string(), &no_password),
        (json!({"password": hex}).to_string(), &no_name),
        (json!({"username": null, "password": hex}).to_string(), &no_name),
        (json!({}).to_string(), &no_name),
        (String::new(), &no_name),
        ("username".to_owned(), &wrong(200_400, "the body is not a JSON object")),
        (account("nora", ""), &wrong(200_401, "password: must not be empty")),
        (account("", &hex), &wrong(200_401, "username: must not be empty")),
        (
            json!({"username": 5, "password": hex}).to_string(),
            &wrong(200_400, "username: expected a string"),
        ),
        (
            json!({"username": "nora", "password": 5}).to_string(),
            &wrong(200_400, "password: expected a string"),
        ),
        ("[]".to_owned(), &wrong(200_400, "the body is not a JSON object")),
        (
            format!("username=nora&username=nora&password={hex}"),
            &wrong(200_400, "username: sent twice"),
        ),
        // Unknown user and wrong password: the same bytes.
        (account("nora", &md5("secret-2")), &unknown),
        (account("nobody", &hex), &unknown),
    ] {
        assert_eq!(login(&server, &body), *answer, "{body}");
    }
    assert!(login(&server, "{").starts_with(r#"{"code":200400,"msg":"not a JSON text: "#));
}

#[test]
fn right_password_after_five_failures_is_refused() {
    let server = Server::start("");
    server.account("nora");
    for name in ["nora", "nobody"] {
        for _ in 0..5 {
            let answer = login(&server, &account(name, &md5("secret-2")));
            assert_eq!(answer, wrong(3002, "user name or password is wrong"));
        }
        let answer = login(&server, &account(name, &md5("secret-1")));
        assert_eq!(
            answer,
            wrong(3003, "too many attempts (limits.login_attempts); try again in 900 s")
        );
    }
}

#[test]
fn token_is_valid_on_both_paths_until_logout() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let bearer = format!("Bearer {token}");
    for login in [&*token, &bearer] {
        for path in ["/user/get_user_info", "/api/user/get_user_info"] {
            let answer = server.ask("GET", path, &[("Authorization", login)], "");
            assert_eq!(answer, info("nora", "nora"));
        }
    }
    for prefix in ["", "/api"] {
        let token = server.login("nora");
        let login = [("Authorization", &*token)];
        assert_eq!(server.ask("POST", &format!("{prefix}/user/logout"), &login, ""), done());
        let answer = server.ask("POST", &format!("{prefix}/user/logout"), &login, "");
        assert_eq!(answer, wrong(200_412, "the token is not valid"));
    }
    let answer = server.ask("GET", "/user/get_user_info", &[("Authorization", &token)], "");
    assert_eq!(answer, info("nora", "nora"));
}

#[test]
fn a_nickname_has_1_to_32_characters_of_any_script() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let login = ("Authorization", &*token);
    let longest = "😀".repeat(32);
    for (path, content_type, body, nickname) in [
        ("/user/update_user_info", JSON, json!({"nickname": "小雨😀"}).to_string(), "小雨😀"),
        ("/api/user/update_user_info", FORM, "nickname=Nora+Lin%21".to_owned(), "Nora Lin!"),
        ("/user/update_user_info", FORM, json!({"nickname": longest}).to_string(), &*longest),
        // Only JSON distinguishes a number from a text of digits.
        ("/user/update_user_info", JSON, "nickname=5".to_owned(), "5"),
        ("/user/update_user_info?nickname=Mia", JSON, String::new(), "Mia"),
    ] {
        assert_eq!(server.ask("PUT", path, &[login, content_type], &body), done(), "{body}");
        let answer = server.ask("GET", "/user/get_user_info", &[login], "");
        assert_eq!(answer, info("nora", nickname));
    }
    let longer = json!({"nickname": "😀".repeat(33)}).to_string();
    for (body, code, msg) in [
        ("", 200_401, "nickname: missing"),
        ("{}", 200_401, "nickname: missing"),
        (r#"{"nickname":null}"#, 200_401, "nickname: missing"),
        (r#"{"nickname":""}"#, 200_401, "nickname: must not be empty"),
        ("nickname=", 200_401, "nickname: must not be empty"),
        (r#"{"nickname":5}"#, 200_400, "nickname: expected a string"),
        (r#"{"nickname":["a"]}"#, 200_400, "nickname: expected a string"),
        (&longer, 200_400, "nickname: 1 to 32 characters"),
        (r#"{"nickname":"a\tb"}"#, 200_400, "nickname: control characters can't be part of a name"),
        ("nickname=a&nickname=a", 200_400, "nickname: sent twice"),
    ] {
        let answer = server.ask("PUT", "/user/update_user_info", &[login], body);
        assert_eq!(answer, wrong(code, msg), "{body}");
    }
    assert_eq!(server.ask("GET", "/user/get_user_info", &[login], ""), info("nora", "Mia"));
}

#[test]
fn missing_login_is_reported_before_other_errors() {
    let server = Server::start("");
    let picture = file("file", "a.png", PNG);
    let junk = "0".repeat(32);
    for (method, path, content_type, body) in [
        ("POST", "user/logout", JSON, &b""[..]),
        ("PUT", "user/update_user_info", JSON, b"{}"),
        ("PUT", "user/update_user_info", FORM, b"nickname=a&nickname=a"),
        ("PUT", "user/update_user_info", JSON, br#"{"nickname":"Mia"}"#),
        ("PUT", "user/update_user_profile_picture", MULTIPART, &picture),
        ("PUT", "user/update_user_profile_picture", MULTIPART, b"--border--\r\n"),
        ("GET", "user/get_user_info", JSON, b""),
    ] {
        for prefix in ["/", "/api/"] {
            let path = format!("{prefix}{path}");
            for (login, answer) in [
                ("", wrong(200_410, "no token")),
                ("Bearer", wrong(200_410, "no token")),
                ("Bearer ", wrong(200_410, "no token")),
                ("junk", wrong(200_412, "the token is not valid")),
                (&junk, wrong(200_412, "the token is not valid")),
            ] {
                let headers = [("Authorization", login), content_type];
                let reply = server.send(method, &path, &headers, body);
                assert_eq!((reply.status, reply.text()), (200, answer), "{path} {login}");
            }
        }
    }
    assert_eq!(server.pictures(), [""; 0]);
}

#[test]
fn wrong_method_is_405_and_wrong_path_is_404() {
    let server = Server::start("");
    let refusal = |detail: &str| {
        let answer = json!({
            "id": -1, "status": -2, "message": "Error JSON value", "data": {}, "detail": detail,
        });
        answer.to_string()
    };
    for (path, method, allow) in [
        ("login", "GET", "POST"),
        ("login", "PUT", "POST"),
        ("user/logout", "DELETE", "POST"),
        ("user/update_user_info", "POST", "PUT"),
        ("user/update_user_profile_picture", "POST", "PUT"),
        ("user/get_user_info", "POST", "GET, HEAD"),
    ] {
        for prefix in ["/", "/api/"] {
            let reply = server.send(method, &format!("{prefix}{path}"), &[], b"");
            assert_eq!((reply.status, reply.header("allow")), (405, allow), "{path}");
            assert_eq!(reply.text(), refusal("the path does not answer this method"));
            let reply = server.send(method, &format!("{prefix}{path}/"), &[], b"");
            assert_eq!((reply.status, reply.text()), (404, refusal("no such path")), "{path}/");
        }
    }
    for path in ["/user/login", "/Login", "//login", "/user", "/api/upload", "/upload"] {
        assert_eq!(server.send("POST", path, &[], b"").status, 404, "{path}");
    }
    let reply = server.send("POST", "/upload/x", &[], b"");
    assert_eq!((reply.status, reply.header("allow")), (405, "GET, HEAD"));
}

#[test]
fn profile_is_the_same_in_every_answer() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let login = [("Authorization", &*token), MULTIPART];
    let path = "/user/update_user_profile_picture";
    let reply = server.send("PUT", path, &login, &file("file", "a.png", PNG));
    assert_eq!((reply.status, reply.text()), (200, done()));
    server.ask("PUT", "/user/update_user_info", &login[..1], "nickname=Mia");
    let picture = server.done(&token, "user/info", json!({}))["profile_picture"].clone();
    let expected = json!({"nickname": "Mia", "profile_picture": picture, "username": "nora"});
    let answer = server.ask("GET", "/api/user/get_user_info", &login[..1], "");
    assert_eq!(answer, entry(0, "", expected));
    let answer = self::login(&server, &account("nora", &md5("secret-1")));
    let result: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(result["result"]["profilePicture"], picture);
    assert_eq!(result["result"]["nickname"], "Mia");
}
