//! The request log, if configured: its fields, that there is one line per request, and that its id
//! is the one under which causes are logged.

use crate::common::held::{lock_database, post, queue_depth};
use crate::common::scrape::{ACCEPT, Scrape};
use crate::common::{Folder, Server, command, envelope};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::symlink;
use std::process::Stdio;
use std::time::{Duration, Instant};

const TEXT: &str = "[log]\nrequests = true\n";
const JSON: &str = "[log]\nrequests = true\nformat = \"json\"\n";

/// Waits for `count` request lines, and returns their fields, for both formats.
fn lines(server: &Server, count: usize) -> Vec<Map<String, Value>> {
    let begun = Instant::now();
    loop {
        let log = server.log();
        let whole = log.rsplit_once('\n').map_or("", |(whole, _)| whole);
        let lines: Vec<_> = whole.lines().filter(|line| line.contains("a request")).collect();
        if lines.len() >= count {
            assert_eq!(lines.len(), count, "{log}");
            return lines.into_iter().map(fields).collect();
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "{count} lines: {log}");
        std::thread::yield_now();
    }
}

/// The fields of a line, without its time and level.
fn fields(line: &str) -> Map<String, Value> {
    if line.starts_with('{') {
        let mut fields: Map<String, Value> = serde_json::from_str(line).unwrap();
        assert!(fields.remove("timestamp").is_some_and(|at| at.is_string()), "{line}");
        assert_eq!(fields.remove("level"), Some("INFO".into()), "{line}");
        assert_eq!(fields.remove("message"), Some("a request".into()), "{line}");
        return fields;
    }
    let (front, pairs) = line.split_once("  INFO a request ").unwrap();
    assert!(front.len() == 27 && front.ends_with('Z'), "{line}");
    let pairs = pairs.split(' ').map(|pair| {
        let (name, value) = pair.split_once('=').expect(line);
        let number = value.parse::<i64>().ok().filter(|_| name != "request");
        (name.to_owned(), number.map_or(value.into(), Value::from))
    });
    pairs.collect()
}

/// The fields without those that differ each time, which are checked here.
fn without_varying_fields(mut fields: Map<String, Value>) -> Value {
    let id = fields.remove("request").unwrap();
    let id = id.as_str().unwrap();
    assert!(id.len() == 16 && id.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')), "{id}");
    assert!(fields.remove("micros").unwrap().as_u64().is_some_and(|micros| micros < 60_000_000));
    fields.into()
}

#[test]
fn each_request_is_one_log_line() {
    for config in [TEXT, JSON] {
        let server = Server::start(&format!(
            "{config}[limits]\ntrusted_proxies = [\"127.0.0.1\"]\nmax_body = 1000\n"
        ));
        let token = "0123456789abcdef0123456789abcdef";
        server.call_as(token, "shop/list", json!({}));
        server.call("shop/get", json!({}));
        let (list, get) = (envelope("shop/list", json!({})), envelope("shop/get", json!({})));
        server.post("/api", &format!("[{list},{get},3]"));
        server.post("/api/external", "junk");
        server.post("/api", r#"{"jsonrpc":"2.0","id":1,"method":"shop.get"}"#);
        let client = [("X-Forwarded-For", "203.0.113.7")];
        server.send("POST", "/pinball/api/post_score", &client, b"openid=p&score=1");
        server.send("HEAD", "/api/external/get/portrait/7?token=secret", &[], b"");
        server.send("PUT", "/api/v1.0/user/name", &[("Origin", "http://evil.example")], b"name=x");
        server.get("/no/such/path");
        server.send("FROB", "/", &[], b"");
        server.send("POST", "/api", &[], &[b'x'; 1001]);
        server.get("/healthz");
        let local = "127.0.0.1";
        let api = |rest: Value| {
            let mut line = json!({"client": local, "method": "POST", "path": "/api", "http": 200});
            line.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
            line
        };
        let expected = [
            api(json!({"operation": "shop/list", "status": 0})),
            api(json!({"operation": "shop/get", "status": -3})),
            api(json!({"operation": "shop/list", "operations": 3, "status": -3})),
            api(json!({"path": "/api/external", "status": -2})),
            api(json!({"operation": "shop/get", "status": -3})),
            api(json!({"path": "/{app}/api/post_score", "client": "203.0.113.7",
                       "operation": "score/post", "status": 0})),
            api(json!({"method": "HEAD", "path": "/api/external/get/portrait/{id}",
                       "operation": "portrait/get", "status": 0})),
            api(json!({"method": "PUT", "path": "/api/v1.0/user/name", "http": 403})),
            api(json!({"method": "GET", "path": "none", "http": 404})),
            api(json!({"method": "other", "path": "page", "http": 405})),
            api(json!({"http": 413})),
            api(json!({"method": "GET", "path": "/healthz"})),
        ];
        let told: Vec<Value> = lines(&server, 12).into_iter().map(without_varying_fields).collect();
        assert_eq!(told, expected, "{config}");
        assert!(!server.log().contains(token) && !server.log().contains("secret"));
    }
}

#[test]
fn operations_of_one_request_share_a_log_line() {
    let server = Server::start(JSON);
    server.get("/api/v1.0/imagecode/page-1");
    server.get("/api/v1.0/smscode/13800001234?id=page-1&text=abcd");
    let code = server.outbox()[0]["code"].clone();
    let body = json!({"mobile": "13800001234", "sms_code": code, "password": "secret-1"});
    server.send("POST", "/api/v1.0/users", &[], body.to_string().as_bytes());
    let line = without_varying_fields(lines(&server, 3).pop().unwrap());
    assert_eq!((&line["operation"], &line["operations"]), (&json!("user/register"), &json!(3)));
    assert_eq!((&line["status"], &line["path"]), (&json!(0), &json!("/api/v1.0/users")));
}

#[test]
fn cause_is_logged_once_with_the_request_id() {
    let folder = Folder::new();
    fs::create_dir_all(folder.path().join("data")).unwrap();
    symlink("/dev/full", folder.path().join("data/outbox.jsonl")).unwrap();
    let server = Server::start_in(folder, &format!("{JSON}level = \"debug\"\n"));
    let hash = server.captcha();
    server.call("sms/generate", json!({"phone": "13800001234", "hash": hash}));
    server.call("shop/get", json!({}));
    let ids: Vec<Value> =
        lines(&server, 3).into_iter().map(|line| line["request"].clone()).collect();
    assert_eq!(ids.iter().map(Value::to_string).collect::<BTreeSet<_>>().len(), 3, "each its own");
    let log = server.log();
    let others = |id: &Value| -> Vec<Value> {
        let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter(|line| line["request"] == *id && line["message"] != "a request").collect()
    };
    assert_eq!(others(&ids[0]), [json!(null); 0]);
    let [cause] = &others(&ids[1])[..] else { panic!("{log}") };
    assert_eq!((&cause["level"], &cause["operation"]), (&json!("ERROR"), &json!("sms/generate")));
    let said = cause["cause"].as_str().unwrap();
    assert!(said.starts_with("the SMS gateway answered 1007: outbox: "), "{said}");
    assert_eq!(log.matches("outbox: ").count(), 1, "once: {log}");
    let [refused] = &others(&ids[2])[..] else { panic!("{log}") };
    assert_eq!((&refused["level"], &refused["message"]), (&json!("DEBUG"), &json!("refused")));
}

#[test]
fn client_leaving_early_is_logged_without_status() {
    let server = Server::start(TEXT);
    let held = lock_database(&server);
    let before = queue_depth(&server);
    let leaves = post(&server);
    while queue_depth(&server) == before {}
    drop(leaves);
    let left = || {
        let lines = server.log();
        lines.lines().find(|line| line.contains("/post") && !line.contains(" http=")).map(fields)
    };
    let begun = Instant::now();
    let line = loop {
        if let Some(line) = left() {
            break without_varying_fields(line);
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "{}", server.log());
    };
    let known = json!({"client": "127.0.0.1", "method": "POST", "path": "/api",
                       "operation": "score/post"});
    assert_eq!(line, known);
    held.unlock();
}

#[test]
fn requests_are_logged_only_if_configured() {
    for config in ["", "[log]\nlevel = \"trace\"\n", "[log]\nrequests = true\nlevel = \"warn\"\n"] {
        let mut server = Server::start(config);
        server.call("shop/list", json!({}));
        server.get("/nowhere");
        assert_eq!(server.terminate(), 0);
        assert!(!server.log().contains("a request"), "{config}: {}", server.log());
    }
}

#[test]
fn shutdown_loses_no_log_line() {
    let mut server = Server::start(TEXT);
    for _ in 0..200 {
        server.get("/healthz");
    }
    assert_eq!(server.terminate(), 0);
    lines(&server, 200);
}

#[test]
fn unread_log_drops_and_counts_lines() {
    let folder = Folder::new();
    let data = folder.path().join("data");
    let config = format!("listen = \"127.0.0.1:0\"\ndata_dir = {data:?}\n{JSON}");
    fs::write(folder.path().join("guichet.toml"), config).unwrap();
    let mut command = command(folder.path());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim_end().strip_prefix("listening on http://").unwrap();
    // Nobody reads the log, and each line is longer than 100 bytes: a pipe holds 64 KiB of them,
    // and the server 4 MiB.
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let get = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
    stream.write_all(get).unwrap();
    let mut one = vec![0; 4096];
    let length = stream.read(&mut one).unwrap();
    assert!(one[..length].ends_with(br#"{"status":"ok"}"#));
    let (many, rounds) = (get.repeat(500), 100);
    for _ in 0..rounds {
        stream.write_all(&many).unwrap();
        let mut answers = vec![0; length * 500];
        stream.read_exact(&mut answers).unwrap();
    }
    let head = format!("Host: a\r\nAccept: {ACCEPT}\r\nConnection: close\r\n\r\n");
    stream.write_all(format!("GET /metrics HTTP/1.1\r\n{head}").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let told = Scrape::parse(answer.split_once("\r\n\r\n").unwrap().1);
    assert!(told.get("guichet_log_dropped_total") > 0.0);
    child.kill().unwrap();
    child.wait().unwrap();
}
