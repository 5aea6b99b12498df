//! Nothing that a client sends is in the log, at any level and in any format, and it can't forge a
//! log line; secrets are not stored in the database in clear.

use crate::common::surface::{operations, paths, samples};
use crate::common::web;
use crate::common::web::FORM;
use crate::common::{Server, envelope};
use engine::hex::md5;
use engine::signature::sign;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

/// Not hex digits: no digest contains it by chance.
const READS: &str = "kmnpq";
/// A text in everything that is sent, at the end of a forged log line.
const CANARY: &str = "cAnArY";

/// A server with the most verbose log in this format, and [`READS`] in every captcha.
fn verbose_server(format: &str) -> Server {
    Server::start(&format!(
        "[log]\nlevel = \"trace\"\nformat = \"{format}\"\nrequests = true\n[captcha]\ntest_code = \"{READS}\"\n\
         [score.secrets]\nsigned = \"{CANARY}-secret\"\n[limits]\nlogin_attempts = 0\n\
         [sms]\nper_30_seconds = 0\n"
    ))
}

/// Checks that every log line is genuine, and that none contains what was sent.
fn assert_no_secrets(log: &str, format: &str, secrets: &[&str]) {
    for line in log.lines() {
        let is_one = match format {
            "json" => {
                serde_json::from_str::<Value>(line).is_ok_and(|line| line["level"].is_string())
            }
            _ => {
                let level = line.split_whitespace().nth(1).unwrap_or_default();
                let levels = ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"];
                line.as_bytes().get(10) == Some(&b'T') && levels.contains(&level)
            }
        };
        assert!(is_one && !line.contains("forged"), "{line}");
        for secret in secrets {
            assert!(!line.contains(secret), "{secret}: {line}");
        }
    }
}

/// A text that looks like a log line.
fn forged(nth: usize) -> String {
    format!("x\r\n2026-01-01T00:00:00.000000Z ERROR forged {CANARY}-{nth}")
}

#[test]
fn no_sent_value_is_logged() {
    for format in ["text", "json"] {
        let mut server = verbose_server(format);
        let lines = |server: &Server| server.log().lines().count();
        let before = lines(&server);
        let mut nth = 0;
        for operation in operations() {
            let fields = operation.fields.iter().map(String::as_str).chain([CANARY]);
            for field in fields {
                for mut data in samples(&operation.name, 123_456_789) {
                    nth += 1;
                    let text = forged(nth);
                    let odd = json!([text, {(text.clone()): text}]);
                    for value in [json!(text), json!(format!("{CANARY}-{nth}")), odd] {
                        data[field] = value;
                        let body = envelope(&operation.name, data.clone());
                        let broken = body.replacen('{', &format!("{{\"{CANARY}\":{CANARY},"), 1);
                        let target = format!("/api?token={CANARY}&{CANARY}=%0D%0Aforged");
                        let cookie = format!("session={CANARY}; {CANARY}={CANARY}");
                        server.post(&target, &body);
                        server.send("POST", "/api", &[("Cookie", &cookie)], body.as_bytes());
                        server.send(
                            "POST",
                            "/api",
                            &[("Authorization", CANARY)],
                            broken.as_bytes(),
                        );
                    }
                }
            }
            let name = format!("{CANARY}\r\nforged/{CANARY}");
            server.call(&name, json!({}));
        }
        for path in paths() {
            let named = path.path.replace('{', "%0D%0Aforged").replace('}', CANARY);
            for target in [&path.path, &named, &format!("{named}/{CANARY}")] {
                let target = format!("{target}?token={CANARY}&id={CANARY}&text={CANARY}");
                let form: Vec<String> =
                    path.fields.iter().map(|f| format!("{f}=%0Aforged{CANARY}")).collect();
                let headers = [("X-Signature", CANARY), ("X-CSRFToken", CANARY), FORM];
                server.send(&path.method, &target, &headers, form.join("&").as_bytes());
                server.send(CANARY, &target, &[("Referer", CANARY), ("Origin", CANARY)], b"");
            }
        }
        // Bytes that are not HTTP.
        for raw in
            ["Bad Header", "Content-Length: x", "Transfer-Encoding: x", "\u{1}", "Host: x\nY"]
        {
            let head = format!("GET /{CANARY} HTTP/1.1\r\n{raw} {CANARY}\r\nX: {CANARY}\r\n\r\n");
            server.raw(head.as_bytes());
            server.raw(format!("{CANARY} {head}").as_bytes());
        }
        let metrics = server.get("/metrics").text();
        // The names of boards are public, and clients choose them.
        let told = |line: &&str| !line.starts_with("guichet_board_players");
        let told: String = metrics.lines().filter(told).collect();
        assert!(told.contains("guichet_requests_total") && !told.contains(CANARY), "{told}");
        // The lines of requests come a moment later.
        assert_eq!(server.terminate(), 0);
        let log = server.log();
        assert!(lines(&server) > before + 100, "the log says something: {log}");
        assert!(log.contains("a request"), "also of each request");
        assert_no_secrets(&log, format, &[CANARY]);
    }
}

/// Every text or blob value in the database, as text.
fn cells(server: &Server) -> Vec<String> {
    let path = server.folder().join("data/guichet.db");
    let database = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table'
                     AND sql NOT LIKE 'CREATE VIRTUAL%'";
    let mut tables = database.prepare(tables).unwrap();
    let tables: Vec<String> =
        tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut cells = Vec::new();
    for table in tables {
        let mut rows = database.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
        let columns = rows.column_count();
        let mut rows = rows.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..columns {
                match row.get_ref(column).unwrap() {
                    ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                        cells.push(String::from_utf8_lossy(bytes).into_owned());
                    }
                    ValueRef::Integer(number) => cells.push(number.to_string()),
                    ValueRef::Real(_) | ValueRef::Null => {}
                }
            }
        }
    }
    cells
}

/// Logs in. Returns the token.
fn login(server: &Server, name: &str, password: &str) -> String {
    let data = json!({"username": name, "password": password});
    server.done("", "user/login", data)["token"].as_str().unwrap().to_owned()
}

#[test]
fn secrets_are_never_stored_or_logged_in_clear() {
    for format in ["text", "json"] {
        let server = verbose_server(format);
        let captcha = || {
            let rand = server.done("", "img/generate", json!({}))["rand"].clone();
            md5(&format!("{READS}{}", rand.as_str().unwrap()))
        };
        let data = json!({"phone": "13800001234", "hash": captcha()});
        let rand = server.done("", "sms/generate", data)["rand"].as_str().unwrap().to_owned();
        let codes = || -> Vec<String> {
            let sent = server.outbox();
            sent.iter().map(|sent| sent["code"].as_str().unwrap().to_owned()).collect()
        };
        let proof = md5(&format!("{}{rand}", codes()[0]));
        server.done("", "sms/validate", json!({"phone": "13800001234", "hash": proof}));
        let passwords = ["sEcReT-one", "sEcReT-two", "sEcReT-wrong"];
        let (name, hash) = ("nora", captcha());
        let data = json!({"username": name, "password": passwords[0], "hash": hash});
        server.done("", "user/register", data);
        let first = login(&server, name, passwords[0]);
        let second = login(&server, name, &md5(passwords[0]));
        server.call("user/login", json!({"username": name, "password": passwords[2]}));
        let (real, card) = ("欧阳小雨", "440524188001010014");
        server.done(&first, "user/verify", json!({"real_name": real, "id_card": card}));
        server.done(&first, "user/verified", json!({}));
        // By the documents: a named captcha, its message, an account, its session.
        assert_eq!(server.get("/api/v1.0/imagecode/page-1").status, 200);
        let send = format!("/api/v1.0/smscode/13800001235?id=page-1&text={}", &READS[..4]);
        assert!(server.get(&send).text().contains("\"0\""));
        let code = codes().pop().unwrap();
        let body = format!("mobile=13800001235&sms_code={code}&password={}", passwords[0]);
        let reply = server.send("POST", "/api/v1.0/users", &[FORM], body.as_bytes());
        let third = web::session(&reply);
        // A signed score, and one with a wrong signature.
        let body = b"openid=player-1&score=5";
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().to_string();
        let (path, nonce) = ("/signed/api/post_score", "0123456789abcdef");
        let secret = format!("{CANARY}-secret");
        let signature = sign(secret.as_bytes(), "POST", path, &now, nonce, body);
        for (signature, status) in [(signature.as_str(), 200), (&"0".repeat(64), 403)] {
            let headers =
                [("X-Timestamp", &*now), ("X-Nonce", nonce), ("X-Signature", signature), FORM];
            let reply = server.send("POST", path, &headers, body);
            assert_eq!(reply.json()["code"], status, "{}", reply.text());
        }
        let change = json!({"old_password": passwords[0], "new_password": passwords[1]});
        server.done(&first, "user/password", change);
        let fourth = login(&server, name, passwords[1]);

        let md5s = passwords.map(md5);
        let mut secrets = vec![READS, &*first, &*second, &*third, &*fourth, CANARY];
        secrets.extend(passwords.iter().chain(&[real, card, &*hash, &*proof, &*signature]));
        secrets.extend(md5s.iter().map(String::as_str));
        let log = server.log();
        assert_no_secrets(&log, format, &secrets);
        let is_word = |text: &str, code: &String| {
            text.split(|c: char| !c.is_alphanumeric()).any(|word| word == code)
        };
        assert_eq!(codes().len(), 2);
        assert!(codes().iter().all(|code| !is_word(&log, code)), "{log}");

        let cells = cells(&server);
        // Values needed for comparison are stored. Values shown to their owner again are
        // encrypted.
        for kept in [&*hash, &*proof] {
            assert!(
                cells.iter().any(|cell| cell == kept),
                "{kept} is looked for in the right place"
            );
        }
        secrets.retain(|secret| ![&*hash, &*proof].contains(secret));
        for cell in &cells {
            assert!(secrets.iter().all(|secret| !cell.contains(secret)), "{cell}");
            assert!(codes().iter().all(|code| !is_word(cell, code)), "{cell}");
        }
    }
}
