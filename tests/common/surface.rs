//! The attack surface: every operation and every path, as listed by `guichet routes`, so that new
//! ones are included.

use super::connection::Connection;
use super::notice;
use super::{Reply, Server, run};
use serde_json::{Value, json};
use std::process::Command;

/// An operation.
pub struct Operation {
    pub name: String,
    pub needs_login: bool,
    pub fields: Vec<String>,
}

/// A path of a document.
#[derive(Debug)]
pub struct Path {
    pub method: String,
    pub path: String,
    /// The first operation that it calls.
    pub operation: String,
    /// The keys of its query or body.
    pub fields: Vec<String>,
}

impl Path {
    /// Does it change anything?
    pub fn is_write(&self) -> bool {
        self.method != "GET"
    }

    /// The names in its path.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.path.split('{').skip(1).map(|rest| rest.split('}').next().unwrap())
    }
}

fn lines() -> Vec<[String; 4]> {
    listed(&mut Command::new(env!("CARGO_BIN_EXE_guichet")))
}

fn listed(command: &mut Command) -> Vec<[String; 4]> {
    let told = run(command.arg("routes"));
    let columns = |line: &str| {
        let mut columns: Vec<String> = line.split('\t').map(str::to_owned).collect();
        columns.resize(4, String::new());
        columns.try_into().unwrap()
    };
    told.lines().map(columns).collect()
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// Every operation.
pub fn operations() -> Vec<Operation> {
    let mut operations = Vec::new();
    for [name, who, fields, _] in lines() {
        if !who.starts_with('/') {
            operations.push(Operation {
                name,
                needs_login: who == "login",
                fields: words(&fields),
            });
        }
    }
    assert!(operations.len() > 30);
    operations
}

/// Every path, those of the envelope and of single operations too.
pub fn paths() -> Vec<Path> {
    let mut paths = Vec::new();
    for [method, path, operations, fields] in lines() {
        if operations == "operation" {
            paths.extend(self::operations().into_iter().map(|operation| Path {
                method: method.clone(),
                path: format!("/api/op/{}", operation.name),
                operation: operation.name,
                fields: operation.fields,
            }));
        } else if path.starts_with('/') {
            let operation = operations.split(' ').next().unwrap().to_owned();
            paths.push(Path { method, path, operation, fields: words(&fields) });
        }
    }
    assert!(paths.len() > 40);
    paths
}

/// The folder of the documents that are examples.
pub const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/documents");

/// Every path of the documents that are examples.
pub fn example_paths() -> Vec<Path> {
    let built_in = paths();
    let mut command = Command::new(env!("CARGO_BIN_EXE_guichet"));
    let lines = listed(command.env("GUICHET__DOCUMENTS__DIR", EXAMPLES));
    let mut paths = Vec::new();
    for [method, path, operations, fields] in lines {
        let is_known = |known: &Path| known.method == method && known.path == path;
        if path.starts_with('/') && operations.contains('/') && !built_in.iter().any(is_known) {
            let operation = operations.split(' ').next().unwrap().to_owned();
            paths.push(Path { method, path, operation, fields: words(&fields) });
        }
    }
    assert!(paths.len() >= 9, "{paths:?}");
    paths
}

/// A picture of one pixel.
pub const DOT: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJg\
                   gg==";

/// Valid data of the operation in each of its shapes, for a logged-in caller, with the notice 1 and
/// this shop. An operation without an entry fails the test.
pub fn samples(name: &str, shop: i64) -> Vec<Value> {
    let picture = DOT;
    let notice = notice::sample();
    let hash = "0123456789abcdef0123456789abcdef";
    let one = match name {
        "img/generate" => json!({"id": "page-1", "format": "png"}),
        "img/validate" => json!({"hash": hash}),
        "sms/validate" => json!({"phone": "13800001234", "hash": hash}),
        "sms/generate" => {
            let named = json!({"phone": "13800001234", "text": "abcd", "id": "page-1"});
            let login = json!({"phone": "13800001234", "hash": hash, "purpose": "login"});
            return vec![json!({"phone": "13800001234", "hash": hash}), named, login];
        }
        "user/register" => {
            let by_name = json!({"username": "mia", "password": "secret-1", "hash": hash});
            let by_mobile =
                json!({"mobile": "13800001235", "sms_code": "123456", "password": "secret-1"});
            return vec![by_name, by_mobile];
        }
        "user/login" => json!({"username": "nora", "password": "wrong-1"}),
        "user/logout" | "user/info" | "user/verified" | "user/sessions" => json!({}),
        "user/end_sessions" => json!({"id": "0123456789abcdef"}),
        "user/export" => json!({"after": 0}),
        "user/login_sms" => json!({"mobile": "13800001234", "sms_code": "123456"}),
        "user/reset" => {
            json!({"mobile": "13800001234", "sms_code": "123456", "new_password": "secret-2"})
        }
        "user/mobile" => {
            return vec![
                json!({"mobile": "13900001234", "sms_code": "123456", "password": "wrong-1"}),
                json!({"mobile": "13900001234", "sms_code": "123456", "old_code": "123456"}),
            ];
        }
        "user/remove" => {
            return vec![json!({"password": "wrong-1"}), json!({"sms_code": "123456"})];
        }
        "user/update" => json!({"nickname": "Mia"}),
        "user/rename" => json!({"username": "mia"}),
        "user/avatar" => json!({"base64": picture, "type": "png"}),
        "user/verify" => json!({"real_name": "林小雨", "id_card": "11010519491231002X"}),
        "user/password" => json!({"old_password": "wrong-1", "new_password": "secret-2"}),
        "portrait/upload" => {
            json!({"name": "x", "id": "7", "base64": picture, "type": "png"})
        }
        "portrait/get" => json!({"id": "7"}),
        "portrait/file" => json!({"name": format!("{hash}.png")}),
        "property/add" => notice,
        "property/update" | "property/delete" => json!({"id": 1}),
        "property/query" => json!({"type": 1}),
        "shop/creat" | "shop/create" => {
            return vec![
                json!({"shop_name": "Nora's"}),
                json!({"shop_id": shop, "shop_content": "x"}),
            ];
        }
        "shop/update" => json!({"shop_id": shop, "shop_content": "x"}),
        "shop/get" => json!({"shop_id": shop}),
        "shop/list" => json!({}),
        "rank/upload" => json!({"rank": 5, "list": true}),
        "rank/list" | "rank/around" => json!({}),
        "score/post" => json!({"app": "game", "openid": "player-1", "score": 5}),
        "score/get" | "score/around" => json!({"app": "game", "openid": "player-1"}),
        "score/top" | "score/board" => json!({"app": "game"}),
        "score/of" => json!({"app": "game", "openids": ["player-1", "player-2"]}),
        "player/guest" => json!({"app": "game"}),
        "round/start" => json!({"app": "game", "openid": "player-1"}),
        "wx/login" => json!({"app": "game", "code": "0a1b2c"}),
        "report/add" => json!({"shop": shop, "reason": "junk"}),
        "player/update" => json!({"app": "game", "openid": "player-1"}),
        name => panic!("{name}: say in surface.rs what data it takes"),
    };
    vec![one]
}

/// Disables limits that would stop the test, and limits login attempts to save hashing.
const OPEN: &str = "[database]\nsynchronous = \"normal\"\n[limits]\nlogin_attempts = 1\n\
                    login_attempts_per_address = 0\nrenames_per_day = 0\n\
                    [captcha]\ntest_code = \"abcde\"\nwrong_per_address = 0\n\
                    [shop]\nmax_per_account = 1000\n\
                    [sms]\nper_30_seconds = 0\nper_hour = 0\nper_day = 0\n\
                    per_day_per_address = 0\nper_day_in_all = 0\n";

/// A server with one account, a notice and a shop. Returns the token and the shop's id.
pub fn server_with_data() -> (Server, String, i64) {
    server_with(OPEN)
}

/// The same with the documents that are examples.
pub fn server_with_examples() -> (Server, String, i64) {
    server_with(&format!("{OPEN}[documents]\ndir = {EXAMPLES:?}\n"))
}

fn server_with(config: &str) -> (Server, String, i64) {
    let server = Server::start(config);
    let (_, token) = server.account("nora");
    assert_eq!(notice::add(&server, &token, notice::sample()), 1);
    let shop = server.done(&token, "shop/creat", json!({"shop_name": "Nora's first"}));
    (server, token, shop["shop_id"].as_i64().unwrap())
}

/// Checks that the log has only lines of our own and no errors, and that the server answers.
pub fn assert_healthy(server: &Server) {
    let log = server.log();
    let bad: Vec<&str> = log.lines().filter(|line| line.contains("ERROR")).collect();
    assert!(bad.is_empty(), "{bad:?}");
    let plain = |line: &str| line.starts_with("20") && line.contains(" INFO ");
    assert!(log.lines().all(|line| plain(line) || line.contains(" WARN ")), "{log}");
    assert!(server.call("shop/get", json!({"shop_id": 1})).starts_with("{\"id\":7,\"status\":-2,"));
}

/// Sends a request on an open connection; `None` if the server has closed it.
pub fn ask(
    connection: &mut Connection,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Option<Reply> {
    let lines: String =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: api.example.com\r\n{lines}Content-Length: {length}\r\n\r\n"
    );
    connection.write(&[head.as_bytes(), body].concat());
    connection.read()
}
