//! An address with too many wrong captcha proofs: people who share it with an attacker can go on
//! with new, longer captchas that can't be guessed.

use super::captcha_guesses::{LIMIT, MISMATCH, PROXY, from, guess, server, validate};
use crate::common::connection::Connection;
use crate::common::{CODE, Server, envelope, ok};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use engine::hex::md5;
use rusqlite::Connection as Database;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Instant;

/// Requests a captcha from this address. Returns the answer.
fn draw(server: &Server, address: &str, data: Value) -> Value {
    let told: Value = serde_json::from_str(&from(server, address, "img/generate", data)).unwrap();
    assert_eq!(told["status"], 0, "{told}");
    told["data"].clone()
}

/// The proof of a new captcha for this address.
fn captcha(server: &Server, address: &str) -> String {
    md5(&format!("{CODE}{}", draw(server, address, json!({}))["rand"].as_str().unwrap()))
}

/// The number of wrong proofs counted for all addresses.
fn counted(server: &Server) -> i64 {
    let database = Database::open(server.folder().join("data/guichet.db")).unwrap();
    let sql = "SELECT sum(count) FROM quota WHERE name = ?1";
    database.query_row(sql, [LIMIT], |row| row.get(0)).unwrap()
}

/// Number of concurrent students. One in [`BY_NAME`] registers by name, which hashes a password.
/// The others request the SMS code for registration: a captcha pays for either, and hashing 500
/// passwords would take minutes.
const STUDENTS: usize = 500;
const BY_NAME: usize = 10;
/// Students who have their captcha before the attack begins.
const EARLY: usize = 25;
/// Connections of the attacker.
const STRANGERS: usize = 3;

/// Registers a student like a page, with a new captcha after each refusal. Returns the number of
/// tries.
fn register(server: &Server, school: &str, student: usize, first: Option<String>) -> usize {
    let mut hash = first.unwrap_or_else(|| captcha(server, school));
    for tries in 1..4 {
        let told = if student.is_multiple_of(BY_NAME) {
            let name = format!("student-{student}");
            let data = json!({"username": name, "password": "secret-1", "hash": hash});
            from(server, school, "user/register", data)
        } else {
            let phone = format!("138000{student:05}");
            from(server, school, "sms/generate", json!({"phone": phone, "hash": hash}))
        };
        if told.contains("\"status\":0,") {
            return tries;
        }
        assert!(told.contains(LIMIT) && told.contains("ask for a new captcha"), "{told}");
        hash = captcha(server, school);
    }
    panic!("student {student} can't register");
}

/// One connection of the attacker, which guesses an existing captcha. It drops `free` at its first
/// refusal, and continues until after `end`. Returns the number of checked guesses.
fn guess_on(
    server: &Server,
    rand: &str,
    nth: usize,
    mut free: Option<Sender<()>>,
    end: &AtomicBool,
) -> usize {
    let mut connection = Connection::open(server);
    let mut looked_at = 0;
    for batch in 0.. {
        let is_last = end.load(Ordering::SeqCst);
        let guesses: Vec<String> = (0..64)
            .map(|guess| md5(&format!("{nth}-{batch}-{guess}{rand}")))
            .map(|hash| envelope("img/validate", json!({"hash": hash})))
            .collect();
        let body = format!("[{}]", guesses.join(","));
        let head = format!(
            "POST /api HTTP/1.1\r\nHost: api.example.com\r\nX-Forwarded-For: 192.0.2.1\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        );
        connection.write(format!("{head}{body}").as_bytes());
        let told = connection.read().unwrap().text();
        let (wrong, refused) = (told.matches(MISMATCH).count(), told.matches(LIMIT).count());
        assert_eq!(wrong + refused, 64, "{told}");
        looked_at += wrong;
        if refused > 0 {
            free = None;
        }
        if is_last {
            break;
        }
    }
    drop(free);
    looked_at
}

#[test]
fn five_hundred_students_register_beside_a_guesser() {
    let unlimited = "[sms]\nper_day_per_address = 0\nper_day_in_all = 0\n";
    let server = &Server::start(&format!("{PROXY}{unlimited}"));
    let school = "192.0.2.1";
    let early: Vec<String> = (0..EARLY).map(|_| captcha(server, school)).collect();
    let rand = draw(server, school, json!({}))["rand"].as_str().unwrap().to_owned();
    let (end, (free, is_free)) = (&AtomicBool::new(false), channel());
    let begun = Instant::now();
    thread::scope(|scope| {
        let rand = &rand;
        let strangers: Vec<_> = (0..STRANGERS)
            .map(|nth| (nth, Some(free.clone())))
            .map(|(nth, free)| scope.spawn(move || guess_on(server, rand, nth, free, end)))
            .collect();
        drop(free);
        assert!(is_free.recv().is_err(), "every connection of the stranger's is refused");
        let early = &early;
        let pages: Vec<_> = (0..5)
            .map(|page| {
                scope.spawn(move || {
                    let students = (page..STUDENTS).step_by(5);
                    students
                        .map(|nth| register(server, school, nth, early.get(nth).cloned()))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        let tries: Vec<_> = pages.into_iter().map(thread::ScopedJoinHandle::join).collect();
        end.store(true, Ordering::SeqCst);
        let tries: Vec<usize> = tries.into_iter().flat_map(|page| page.unwrap()).collect();
        let looked_at: usize = strangers.into_iter().map(|nth| nth.join().unwrap()).sum();
        assert_eq!(tries.len(), STUDENTS);
        // Those with a guessable captcha needed a new one, and nobody needed more.
        assert_eq!(tries.iter().sum::<usize>(), STUDENTS + EARLY, "{tries:?}");
        let windows = usize::try_from(begun.elapsed().as_secs() / 300).unwrap() + 1;
        assert!((500..=500 * windows).contains(&looked_at), "{looked_at}");
    });
}

#[test]
fn new_captcha_pays_at_a_locked_address() {
    let server = Server::start(&format!(
        "{PROXY}login_attempts_per_address = 1\n[captcha]\ntest_code = \"{CODE}\"\n\
         wrong_per_address = 3\n"
    ));
    server.account("nora");
    let address = "192.0.2.1";
    let early = captcha(&server, address);
    assert_eq!(guess(&server, address, 10), (3, 7));
    let login = |name: &str, password: &str, hash: &str| {
        let data = json!({"username": name, "password": password, "hash": hash});
        from(&server, address, "user/login", data)
    };
    assert!(login("nora", "wrong-1", "").contains("user name or password is wrong"));
    assert!(login("nora", "secret-1", "").contains("limits.login_attempts_per_address"));
    for _ in 0..2 {
        let told = validate(&server, address, &early);
        assert!(told.contains("(captcha.wrong_per_address); ask for a new captcha"), "{told}");
    }
    assert!(login("nora", "secret-1", &early).contains("ask for a new captcha"));
    let new = || captcha(&server, address);
    assert!(login("nora", "secret-1", &new()).contains("\"token\""));
    let hash = new();
    assert_eq!(validate(&server, address, &hash), ok(json!({})));
    let data = json!({"phone": "13800001234", "hash": hash});
    assert!(from(&server, address, "sms/generate", data).contains("\"rand\""));
    assert!(validate(&server, address, &hash).contains(LIMIT), "it has paid");
    let data = json!({"username": "omar", "password": "secret-1", "hash": new()});
    assert!(from(&server, address, "user/register", data).contains("user_id"));
    assert_eq!(guess(&server, address, 64), (0, 64));
    assert_eq!(counted(&server), 3, "nothing is written for a refused proof");
}

#[test]
fn named_captcha_pays_at_a_locked_address() {
    let server = server(2);
    let headers = [("X-Forwarded-For", "192.0.2.1")];
    let draw = || server.send("GET", "/api/v1.0/imagecode/page", &headers, b"");
    let send = |text: &str| {
        let path = format!("/api/v1.0/smscode/13800001234?id=page&text={text}");
        server.send("GET", &path, &headers, b"").text()
    };
    let refused = r#"{"errno":"4201","errmsg":"请求次数受限"}"#;
    draw();
    assert_eq!(guess(&server, "192.0.2.1", 3), (2, 1));
    assert_eq!(send("abcd"), refused);
    assert_eq!(send("wxyz"), refused);
    draw();
    assert!(send("wxyz").contains("4004"), "a wrong text");
    assert!(send("abcd").contains("4002"), "it was looked at");
    draw();
    assert!(send("AbCd").contains(r#""errno":"0""#));
    assert_eq!(counted(&server), 2);
}

#[test]
fn captcha_at_locked_address_has_ten_characters() {
    let server = Server::start(&format!("{PROXY}[captcha]\nwrong_per_address = 20\n"));
    // The width is 20 pixels and 30 per character.
    let characters = |address: &str, data: Value| {
        let picture = draw(&server, address, data)["imgdata"].as_str().unwrap().to_owned();
        let png = STANDARD.decode(picture).unwrap();
        (u32::from_be_bytes(png[16..20].try_into().unwrap()) - 20) / 30
    };
    let both = |address| [json!({}), json!({"id": "page"})].map(|data| characters(address, data));
    assert_eq!(guess(&server, "192.0.2.1", 17), (17, 0));
    assert_eq!(both("192.0.2.1"), [5, 4]);
    // From nine tenths of the limit on, so that earlier captchas stay valid when it is reached.
    assert_eq!(guess(&server, "192.0.2.1", 1), (1, 0));
    assert_eq!(both("192.0.2.1"), [10, 10]);
    assert_eq!(guess(&server, "192.0.2.1", 64), (2, 62));
    assert_eq!(both("192.0.2.1"), [10, 10]);
    assert_eq!(both("192.0.2.2"), [5, 4]);
}
