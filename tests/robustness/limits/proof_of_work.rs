//! Proof of work instead of a captcha: solved here as ALTCHA documents it, without code of the
//! server.

use crate::common::{CODE, Folder, Server, envelope, has, run};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use engine::hex;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;
use std::process::Command;

const COST: u64 = 1000;

fn server(kinds: &str) -> Server {
    Server::start(&config(kinds))
}

fn config(kinds: &str) -> String {
    format!("[captcha]\ntest_code = \"{CODE}\"\nkinds = {kinds}\npow_cost = {COST}\n")
}

fn challenge(server: &Server) -> Value {
    server.done("", "img/generate", json!({"kind": "pow"}))
}

/// The number that solves a challenge.
fn number(challenge: &Value) -> u64 {
    let salt = challenge["salt"].as_str().unwrap();
    let is_right = |number: &u64| {
        let hash = hex::encode(&Sha256::digest(format!("{salt}{number}")));
        hash == challenge["challenge"].as_str().unwrap()
    };
    (0..=challenge["maxnumber"].as_u64().unwrap()).find(is_right).unwrap()
}

/// A challenge's proof, as made by ALTCHA's widget.
fn proof(challenge: &Value) -> String {
    let mut proof = challenge.clone();
    proof["number"] = number(challenge).into();
    proof["took"] = 17.into();
    proof.as_object_mut().unwrap().remove("maxnumber");
    STANDARD.encode(proof.to_string())
}

fn status(answer: &str) -> i64 {
    serde_json::from_str::<Value>(answer).unwrap()["status"].as_i64().unwrap()
}

/// Pays for a message to a number with this ending. Returns the answer's status.
fn send(server: &Server, ending: u32, proof: &str) -> i64 {
    let phone = format!("138000{ending:05}");
    status(&server.call("sms/generate", json!({"phone": phone, "hash": proof})))
}

fn validate(server: &Server, proof: &str) -> i64 {
    status(&server.call("img/validate", json!({"hash": proof})))
}

#[test]
fn challenge_is_in_altchas_format() {
    let server = server("[\"image\", \"pow\"]");
    let challenge = challenge(&server);
    let keys: Vec<_> = challenge.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["algorithm", "challenge", "maxnumber", "salt", "signature"]);
    assert_eq!(challenge["algorithm"], "SHA-256");
    assert_eq!(challenge["maxnumber"], COST);
    assert!(hex::is_hex(challenge["challenge"].as_str().unwrap(), 64));
    assert!(hex::is_hex(challenge["signature"].as_str().unwrap(), 64));
    let salt = challenge["salt"].as_str().unwrap();
    assert!(salt.contains("?expires=") && salt.ends_with('&'), "{salt}");
    // A picture is the default kind.
    assert!(server.done("", "img/generate", json!({}))["imgdata"].is_string());
}

#[test]
fn solution_pays_once_even_after_a_restart() {
    let server = server("[\"pow\"]");
    let (first, second) = (proof(&challenge(&server)), proof(&challenge(&server)));
    assert_eq!((validate(&server, &first), validate(&server, &first)), (0, 0));
    assert_eq!(send(&server, 1, &first), 0);
    assert_eq!(send(&server, 2, &first), -4);
    assert_eq!(validate(&server, &first), -1);
    let server = server.kill_and_restart();
    assert_eq!(send(&server, 2, &first), -4);
    assert_eq!(send(&server, 2, &second), 0);
}

#[test]
fn reformatted_solution_does_not_pay_again() {
    let server = server("[\"pow\"]");
    let asked = challenge(&server);
    let proof = proof(&asked);
    assert_eq!(send(&server, 1, &proof), 0);
    let mut json: Value = serde_json::from_slice(&STANDARD.decode(&proof).unwrap()).unwrap();
    json["took"] = 18.into();
    json["signature"] = json["signature"].as_str().unwrap().to_uppercase().into();
    assert_eq!(send(&server, 2, &STANDARD.encode(json.to_string())), -4);
    json["challenge"] = json["challenge"].as_str().unwrap().to_uppercase().into();
    assert_eq!(send(&server, 2, &STANDARD.encode(json.to_string())), -4);
}

#[test]
fn solution_pays_once_in_a_batch() {
    let server = server("[\"pow\"]");
    let proof = proof(&challenge(&server));
    let message = |nth: u32| {
        let phone = format!("138000{nth:05}");
        envelope("sms/generate", json!({"phone": phone, "hash": proof}))
    };
    let batch = format!("[{}]", (0..5).map(message).collect::<Vec<_>>().join(","));
    let answers: Vec<Value> = serde_json::from_str(&server.post("/api", &batch)).unwrap();
    let paid = answers.iter().filter(|answer| answer["status"] == 0).count();
    assert_eq!((paid, server.outbox().len()), (1, 1), "{answers:?}");
}

#[test]
fn solution_pays_for_an_account_and_for_a_login() {
    let server = server("[\"pow\"]");
    let data = json!({
        "username": "nora", "password": "secret-1", "hash": proof(&challenge(&server)),
    });
    assert_eq!(status(&server.call("user/register", data)), 0);
    let login = json!({
        "username": "nora", "password": "secret-1", "hash": proof(&challenge(&server)),
    });
    assert_eq!(status(&server.call("user/login", login.clone())), 0);
    assert_eq!(status(&server.call("user/login", login)), -4);
}

#[test]
fn altered_solutions_are_refused() {
    let server = server("[\"pow\"]");
    let asked = challenge(&server);
    let right: Value = serde_json::from_slice(&STANDARD.decode(proof(&asked)).unwrap()).unwrap();
    let salt = right["salt"].as_str().unwrap();
    let later = salt.replace("?expires=", "?expires=9");
    let mine = {
        let mut mine = right.clone();
        mine["salt"] = later.clone().into();
        let hash = Sha256::digest(format!("{later}{}", right["number"]));
        mine["challenge"] = hex::encode(&hash).into();
        mine
    };
    assert_eq!(validate(&server, &STANDARD.encode(mine.to_string())), -1);
    let number = right["number"].as_u64().unwrap();
    for (key, value) in [
        ("salt", json!(later)),
        // The same text to hash, with a digit of the number in the time.
        ("salt", json!(format!("{}{number}", salt.trim_end_matches('&')))),
        ("signature", json!("00".repeat(32))),
        ("signature", json!("")),
        ("number", json!(number + 1)),
        ("number", json!(-1)),
        ("number", json!(number.to_string())),
        ("number", Value::Null),
        ("algorithm", json!("SHA-1")),
        ("algorithm", json!("sha-256")),
        ("challenge", json!("00".repeat(32))),
    ] {
        let mut changed = right.clone();
        changed[key] = value;
        assert_eq!(validate(&server, &STANDARD.encode(changed.to_string())), -1, "{changed}");
    }
    for text in ["ey", "eyJ9", "e30=", &format!("eyJ{}", "A".repeat(100_000))] {
        assert_eq!(validate(&server, text), -1);
    }
    // The announced cost is not part of the proof.
    let mut cheap = right.clone();
    cheap["maxnumber"] = 1.into();
    assert_eq!(validate(&server, &STANDARD.encode(cheap.to_string())), 0);
}

#[test]
fn solution_for_another_server_is_refused() {
    let (one, other) = (server("[\"pow\"]"), server("[\"pow\"]"));
    assert_eq!(validate(&other, &proof(&challenge(&one))), -1);
}

#[test]
fn solution_expires_with_the_captchas_ttl() {
    let server = Server::start("[captcha]\nkinds = [\"pow\"]\npow_cost = 1000\nttl = \"1s\"\n");
    let proof = proof(&challenge(&server));
    let started = std::time::Instant::now();
    while validate(&server, &proof) == 0 {
        assert!(started.elapsed().as_secs() < 20);
    }
    assert_eq!(send(&server, 1, &proof), -4);
}

#[test]
fn wrong_solutions_count_as_wrong_captchas() {
    let server =
        Server::start("[captcha]\nkinds = [\"pow\"]\npow_cost = 1000\nwrong_per_address = 3\n");
    let good = proof(&challenge(&server));
    for nth in 0..3 {
        let wrong = STANDARD.encode(json!({"number": nth}).to_string());
        assert_eq!(validate(&server, &wrong), -1);
    }
    let answer = server.call("img/validate", json!({"hash": "wrong"}));
    assert!(answer.contains("captcha.wrong_per_address"), "{answer}");
    assert_eq!(validate(&server, &good), 0, "nobody guesses a proof of work");
}

#[test]
fn disabled_captcha_kind_is_refused() {
    let pictures = server("[\"image\"]");
    let answer = pictures.call("img/generate", json!({"kind": "pow"}));
    assert!(status(&answer) == -2 && answer.contains("kind: image"), "{answer}");
    let (work, both) = (server("[\"pow\"]"), server("[\"image\", \"pow\"]"));
    for data in [json!({}), json!({"kind": "image"}), json!({"id": "x", "kind": "pow"})] {
        let answer = work.call("img/generate", data);
        assert!(status(&answer) == -2 && answer.contains("kind"), "{answer}");
    }
    assert_eq!(status(&both.call("img/generate", json!({"kind": "sound"}))), -2);
    let (proof, hash) = (proof(&challenge(&both)), both.captcha());
    // The same data with another configuration: earlier captchas of a disabled kind are refused
    // too.
    let folder = both.into_folder();
    let both = Server::start_in(folder, &config("[\"image\"]"));
    assert_eq!((validate(&both, &proof), send(&both, 1, &proof)), (-1, -4));
    assert_eq!(validate(&both, &hash), 0);
    let both = Server::start_in(both.into_folder(), &config("[\"pow\"]"));
    assert_eq!((validate(&both, &hash), send(&both, 1, &hash)), (-1, -4));
    assert_eq!(send(&both, 1, &proof), 0);
}

#[test]
fn challenges_are_not_stored() {
    let server = server("[\"pow\"]");
    let item = envelope("img/generate", json!({"kind": "pow"}));
    let batch = format!("[{}]", vec![item; 64].join(","));
    server.post("/api", &batch);
    let size = |server: &Server| {
        let data = server.folder().join("data");
        let files = ["guichet.db", "guichet.db-wal"].map(|name| fs::metadata(data.join(name)));
        files.into_iter().flatten().map(|file| file.len()).sum::<u64>()
    };
    let before = size(&server);
    for _ in 0..20 {
        let answer = server.post("/api", &batch);
        assert!(answer.contains("signature"), "{answer}");
    }
    assert_eq!(size(&server), before);
}

#[test]
fn names_tried_with_one_solution_count_together() {
    let server = server("[\"image\", \"pow\"]");
    server.account("nora");
    let proof = proof(&challenge(&server));
    let mut json: Value = serde_json::from_slice(&STANDARD.decode(proof).unwrap()).unwrap();
    let mut told = 0;
    for took in 0..20 {
        json["took"] = took.into();
        let hash = STANDARD.encode(json.to_string());
        let data = json!({"username": "nora", "password": "secret-1", "hash": hash});
        told += u32::from(server.call("user/register", data).contains("taken"));
    }
    assert!((1..=10).contains(&told), "{told}");
}

#[test]
fn example_page_script_solves_a_challenge() {
    if !has("node") {
        return;
    }
    let server = server("[\"pow\"]");
    let folder = Folder::new();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/web/solve.js");
    fs::copy(script, folder.path().join("solve.mjs")).unwrap();
    let run_it = "import { solve } from './solve.mjs';\n\
                  console.log(await solve(JSON.parse(process.argv[2])));\n";
    fs::write(folder.path().join("run.mjs"), run_it).unwrap();
    let mut node = Command::new("node");
    node.arg(folder.path().join("run.mjs")).arg(challenge(&server).to_string());
    let proof = run(&mut node);
    assert_eq!(send(&server, 1, proof.trim()), 0);
}

#[test]
fn proof_of_work_pays_at_a_locked_address() {
    let config = config("[\"image\", \"pow\"]");
    let server = Server::start(&format!("{config}wrong_per_address = 1\n"));
    let (first, picture) = (proof(&challenge(&server)), server.captcha());
    assert_eq!(validate(&server, "wrong"), -1);
    assert_eq!([validate(&server, "wrong"), validate(&server, &picture)], [-2, -2]);
    assert_eq!(validate(&server, &first), 0, "of an earlier challenge");
    assert_eq!(send(&server, 1, &first), 0);
    assert_eq!(send(&server, 2, &first), -2, "it has paid");
    assert_eq!(send(&server, 2, &proof(&challenge(&server))), 0);
}
