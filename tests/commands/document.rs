//! `guichet document`.

use crate::common::{Folder, binary};
use serde_json::{Value, json};
use std::fs;
use std::process::{Command, Output};

fn document(args: &[&str]) -> Output {
    Command::new(binary()).arg("document").args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What `check` says of a file with this text; the name of the file is left out.
fn problems(document_text: &str) -> Vec<String> {
    let folder = Folder::new();
    let file = folder.path().join("own.toml");
    fs::write(&file, document_text).unwrap();
    let output = document(&["check", file.to_str().unwrap()]);
    let told = text(&output.stdout);
    let prefix = format!("{}:", file.display());
    if told.contains(": right, ") {
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        return Vec::new();
    }
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    told.lines().map(|line| line.strip_prefix(&prefix).expect(line).to_owned()).collect()
}

const HEAD: &str = "name = \"own\"\ndescription = \"x\"\n[success]\nbody = [\"${answer.a}\"]\n[failure]\nbody = 1\n[faults]\nany = {}\n";

/// What `check` says of one route, which begins in line 9.
fn route(lines: &str) -> Vec<String> {
    problems(&format!("{HEAD}[[route]]\n{lines}\n"))
}

#[test]
fn skeleton_and_built_in_documents_are_right() {
    let new = document(&["new", "shop"]);
    assert_eq!(problems(&text(&new.stdout)), [""; 0]);
    let shown = text(&document(&["show"]).stdout);
    assert!(shown.lines().count() == 5 && shown.contains("ranking\t"), "{shown}");
    let ranking = text(&document(&["show", "ranking"]).stdout);
    assert!(ranking.contains("operation = \"rank/upload\""), "{ranking}");
    // The name is taken by the built-in one.
    assert_eq!(problems(&ranking), ["1:1: there is a document `ranking` already"]);
    let unknown = document(&["show", "rankin"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("there are external, ranking"), "{unknown:?}");
}

#[test]
fn mistakes_are_told_with_place_and_remedy() {
    for (lines, told) in [
        (
            "path = \"/a\"\noperation = \"score/gat\"",
            "11:13: there is no operation `score/gat`. Did you mean `score/get`? `guichet routes` lists them",
        ),
        (
            "path = \"/a\"\noperation = \"score/get\"\nfields = [\"openid\", \"opp\"]",
            "12:21: score/get has no field `opp`. Did you mean `app`? It has app, openid",
        ),
        (
            "path = \"/a\"\noperation = \"score/get\"",
            "11:13: the operation needs openid; say where it comes from",
        ),
        (
            "path = \"/a\"\noperation = \"user/info\"\nanswer.a = \"${reply.usrname}\"",
            "12:12: `reply.usrname`: the reply has no key `usrname`; it has user_id, username, \
             nickname, profile_picture, mobile, create_time, verified",
        ),
        (
            "path = \"/a\"\noperation = \"user/info\"\nanswer.a = \"${reply.username | bas64}\"",
            "12:12: `bas64` is no function; there are text, number, base64, url, date, default, \
             omit_if_empty, pick, without, rename, camel_case, length, first, page",
        ),
        (
            "path = \"/a\"\noperation = \"user/info\"\nfaults.no_credential = {}",
            "12:8: there is no fault `no_credential`. Did you mean `no_credentials`? `guichet document \
             names` lists them",
        ),
        (
            "path = \"/a\"\noperation = \"score/get\"\n[route.fields]\nopenid = { convert = \"integer\" }",
            "13:1: `openid`: the operation takes text here; the conversion makes none",
        ),
        (
            "method = \"POST\"\npath = \"/a\"\noperation = \"user/avatar\"\n[route.fields]\nbase64 = { from = \"query\" }",
            "14:1: `base64`: a picture comes from JSON or a form",
        ),
        (
            "path = \"/metrics\"\noperation = \"user/info\"",
            "10:8: /metrics: the server answers /metrics itself",
        ),
        (
            "path = \"/api\"\noperation = \"user/info\"",
            "10:8: /api: the server answers /api itself",
        ),
        (
            "path = \"/ranking_list\"\nmethod = \"PUT\"\noperation = \"user/info\"",
            "10:8: PUT /ranking_list is answered by the document `ranking` already",
        ),
        (
            "path = \"/{all}\"\noperation = \"user/info\"",
            "10:8: `/{all}`: a path of parameters alone would hide all others",
        ),
        (
            "path = \"/a/{*rest}\"\noperation = \"user/info\"",
            "10:8: `/a/{*rest}`: `*rest`: a parameter's name has letters, digits and `_` only",
        ),
        ("path = \"a\"\noperation = \"user/info\"", "10:8: `a`: a path begins with `/`"),
        (
            "path = \"/a\"\noperation = \"user/info\"\n[[route.then]]\noperation = \"user/info\"",
            "13:13: `user/info` is called twice by one route",
        ),
        ("path = \"/a\"\noperation = \"user/info\"\nfeilds = []", "12:1: unknown field `feilds`"),
        (
            "path = \"/a\"\noperation = \"user/info\"\ncookie = \"set\"",
            "11:13: `cookie = \"set\"`: no operation of the route replies a token",
        ),
        (
            "path = \"/a/{id}\"\noperation = \"user/info\"",
            "11:13: no field takes `{id}` of the path",
        ),
        (
            "path = \"/a\"\noperation = \"user/info\"\nsuccess.body = \"${reply.username\"",
            "12:16: `${reply.username`: a `}` is missing",
        ),
        (
            "path = \"/a\"\noperation = \"user/info\"\nsuccess.status = 700",
            "11:13: 700: an HTTP status is 200 to 599",
        ),
        (
            "path = \"/a\"\noperation = \"user/info\"\nsuccess.status = \"fault\"\nsuccess.body = 1",
            "12:18: there is no fault where all went well",
        ),
    ] {
        let found = route(lines);
        assert!(
            found.iter().any(|problem| problem.starts_with(told)),
            "{lines}\nexpected: {told}\nfound:    {found:#?}"
        );
    }
}

#[test]
fn fault_without_an_entry_is_told() {
    let file = "name = \"own\"\ndescription = \"x\"\n[success]\nbody = 1\n[failure]\nbody = 1\n[faults]\nlogin = {}\n\
                [[route]]\npath = \"/a\"\noperation = \"user/info\"\n";
    let found = problems(file);
    assert!(
        found[0]
            .starts_with("1:8: no entry in `[faults]` says what clients are told of: envelope_key"),
        "{found:?}"
    );
    assert!(found[0].contains("busy") && !found[0].contains("bad_token"), "{found:?}");
}

#[test]
fn hostile_files_are_refused_with_a_reason() {
    let large = format!("{HEAD}# {}\n", "x".repeat(10 << 20));
    assert_eq!(
        problems(&large),
        ["1:1: is longer than 1048576 bytes, the most that a document may have"]
    );
    let one = "[[route]]\npath=\"/a\"\noperation=\"user/info\"\n";
    let many = format!("{HEAD}{}", one.repeat(10_000));
    assert_eq!(problems(&many), ["1:8: there are more than 1000 routes"]);
    let nested = format!("{HEAD}x = {}1{}\n", "[".repeat(5_000), "]".repeat(5_000));
    assert_eq!(problems(&nested).len(), 1);
    for broken in ["", "\u{0}", "name = 1", "name = \"own\"", "[[route]]"] {
        assert!(!problems(broken).is_empty(), "{broken:?}");
    }
}

#[test]
fn server_with_a_bad_file_does_not_start() {
    let folder = Folder::new();
    let documents = folder.path().join("documents");
    fs::create_dir(&documents).unwrap();
    fs::write(documents.join("own.toml"), "name = 1").unwrap();
    let config = folder.path().join("guichet.toml");
    let settings = format!(
        "listen = \"127.0.0.1:0\"\ndata_dir = {:?}\n[documents]\ndir = {documents:?}\n",
        folder.path().join("data")
    );
    fs::write(&config, settings).unwrap();
    let output = Command::new(binary()).arg("-c").arg(&config).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let told = text(&output.stderr);
    assert!(told.contains("own.toml:1:8: invalid type: integer"), "{told}");
}

#[test]
fn schema_accepts_the_built_in_documents() {
    let schema: Value = serde_json::from_slice(&document(&["schema"]).stdout).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    for name in ["external", "ranking", "mini-game", "login-and-profile", "rental-site"] {
        let shown = text(&document(&["show", name]).stdout);
        let value: Value = toml::from_str(&shown).unwrap();
        let errors: Vec<String> = validator.iter_errors(&value).map(|it| it.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
    }
    assert!(!validator.is_valid(&json!({"name": "a", "description": "b", "routes": []})));
}

#[test]
fn names_lists_faults_groups_and_functions() {
    let names = text(&document(&["names"]).stdout);
    for name in ["login", "proof", "captcha_expired", "too_many_attempts", "omit_if_empty"] {
        assert!(names.lines().any(|line| line.split('\t').next() == Some(name)), "{name}: {names}");
    }
}

/// One request of a recording.
fn entry(method: &str, url: &str, sent: Option<Value>, told: &Value) -> Value {
    let post = sent.map(|sent| json!({"mimeType": "application/json", "text": sent.to_string()}));
    json!({
        "request": {
            "method": method,
            "url": format!("https://old.example{url}"),
            "headers": [{"name": "authorization", "value": "Bearer 5ec4e7"}],
            "postData": post,
        },
        "response": {"content": {"mimeType": "application/json", "text": told.to_string()}},
    })
}

#[test]
fn draft_of_a_recording_passes_the_check() {
    let user = json!({"code": 0, "msg": "ok", "data": {"token": "5ec4e7", "nickName": "Ada L."}});
    let top =
        json!({"code": 0, "msg": "ok", "data": [{"nickname": "Ada L.", "score": 7, "level": 3}]});
    let shop =
        json!({"code": 0, "msg": "ok", "data": {"shop_id": 123_456_789, "shop_name": "Tea"}});
    let wrong = json!({"code": 401, "msg": "no", "data": null});
    let page = json!({
        "request": {"method": "GET", "url": "https://old.example/app.js"},
        "response": {"content": {"mimeType": "text/javascript", "text": "1"}},
    });
    let entries = [
        page,
        entry("POST", "/v3/signin", Some(json!({"account": "ada", "pwd": "hidden-1"})), &user),
        entry("GET", "/v3/game/top?limit=5", None, &top),
        entry("GET", "/v3/shop/123456789", None, &shop),
        entry("GET", "/v3/shop/987654321", None, &wrong),
    ];
    let folder = Folder::new();
    let file = folder.path().join("recording.har");
    fs::write(&file, json!({"log": {"entries": entries}}).to_string()).unwrap();
    let output = document(&["draft", file.to_str().unwrap(), "--name", "old"]);
    let draft = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    for expected in [
        "name = \"old\"",
        "scheme = \"Bearer\"",
        "path = \"/v3/signin\"\noperation = \"user/login\"",
        "fields = { username = \"account\", password = \"pwd\" }",
        "token = \"${reply.token}\", nickName = \"${reply.nickname}\"",
        "path = \"/v3/game/top\"\noperation = \"score/top\"",
        "# Read by the client perhaps, and not in the reply: level",
        "path = \"/v3/shop/{shop_id}\"\noperation = \"shop/get\"",
        "code = 0, msg = \"ok\", data = \"${answer.data}\"",
    ] {
        assert!(draft.contains(expected), "{expected}\n{draft}");
    }
    for secret in ["hidden-1", "5ec4e7", "Ada L.", "123456789"] {
        assert!(!draft.contains(secret), "{secret}\n{draft}");
    }
    assert_eq!(problems(&draft), [""; 0], "{draft}");
}

#[test]
fn recording_that_is_none_is_refused() {
    let folder = Folder::new();
    let file = folder.path().join("recording.har");
    for broken in ["", "{}", "{\"log\": 1}", "{\"log\": {\"entries\": []}}"] {
        fs::write(&file, broken).unwrap();
        let output = document(&["draft", file.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(2), "{broken} {output:?}");
    }
}

#[test]
fn check_reports_documents_of_the_folder() {
    let folder = Folder::new();
    let documents = folder.path().join("documents");
    fs::create_dir(&documents).unwrap();
    fs::write(documents.join("shop.toml"), text(&document(&["new", "shop"]).stdout)).unwrap();
    let check = || {
        let mut command = Command::new(binary());
        command.env("GUICHET__DOCUMENTS__DIR", &documents);
        command.env("GUICHET__DATA_DIR", folder.path().join("data"));
        text(&command.args(["check", "--quick"]).output().unwrap().stdout)
    };
    let told = format!("ok       documents: {}: 1 of your own, 3 routes", documents.display());
    assert!(check().lines().any(|line| line == told), "{}", check());
    fs::write(documents.join("other.toml"), "name = 1").unwrap();
    let told = check();
    assert!(told.contains("wrong    documents: ") && told.contains("other.toml:1:8: "), "{told}");
}
