//! A disk that fails to sync: unsynced writes are refused and rolled back, and later writes work
//! once the disk does.

use super::facts::{Fact, PICTURES, ask, integrity, lost};
use super::strace::{STRACE, may_trace};
use crate::common::notice::{sample, with};
use crate::common::{Server, database_failed, fault};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::fs;
use std::thread;

/// A server with an account whose `calls` fail with EIO, as strace counts them per thread; and the
/// account's token.
fn failing(calls: &str, when: &str) -> (Server, String) {
    let mut server = Server::start("");
    let (_, token) = server.account("nora");
    assert_eq!(server.terminate(), 0);
    let folder = server.into_folder();
    let record = folder.path().join("trace");
    let (trace, inject) =
        (format!("trace={calls}"), format!("inject={calls}:error=EIO:when={when}"));
    let options = ["-e", &trace, "-e", &inject, "-o", record.to_str().unwrap()];
    (Server::start_under(&[&STRACE, &options[..]].concat(), folder, ""), token)
}

/// What is told of a write that may have been done.
const UNSURE: &str = "the database failed, and it may have been done: look before you repeat it";

/// How many calls failed.
fn failures(server: &Server) -> usize {
    let trace = fs::read_to_string(server.folder().join("trace")).unwrap();
    trace.lines().filter(|line| line.contains("(INJECTED)")).count()
}

/// How a write was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    /// It was not done.
    NotDone,
    /// Nobody knows whether it was done.
    Unsure,
}

/// Publishes a notice or posts a score.
fn write(server: &Server, token: &str, nth: i64) -> Result<Fact, Refusal> {
    let (title, openid) = (format!("notice {nth}"), format!("p{nth}"));
    let (name, data) = match nth % 2 {
        0 => ("property/add", with(sample(), json!({ "title": title }))),
        _ => ("score/post", json!({"openid": openid, "score": nth})),
    };
    let answer = server.call_as(token, name, data);
    if answer == database_failed() {
        return Err(Refusal::NotDone);
    }
    let parsed: Value = serde_json::from_str(&answer).unwrap();
    if parsed["detail"] == UNSURE {
        assert_eq!(parsed["status"], -200, "{answer}");
        return Err(Refusal::Unsure);
    }
    assert_eq!(parsed["status"], 0, "{answer}");
    Ok(match nth % 2 {
        0 => Fact::Notice(parsed["data"]["uid"].as_i64().unwrap(), title, token.to_owned()),
        _ => Fact::Score(openid, nth),
    })
}

/// Checks that exactly the acknowledged writes are stored.
fn compare(server: &Server, token: &str, facts: &[Fact], writes: i64) {
    let wrong = lost(server, &facts.iter().collect::<Vec<_>>());
    assert!(wrong.is_empty(), "{wrong:#?}");
    let notices = ask(server, token, "property/query", json!({"type": 1, "limit": 1000})).unwrap();
    let is_notice = |fact: &&Fact| matches!(fact, Fact::Notice(..));
    assert_eq!(notices.as_array().unwrap().len(), facts.iter().filter(is_notice).count());
    for nth in (1..writes).step_by(2) {
        let openid = format!("p{nth}");
        let known = facts.contains(&Fact::Score(openid.clone(), nth));
        let held = ask(server, "", "score/get", json!({ "openid": openid }));
        assert_eq!(held.is_some(), known, "{openid}: {held:?}");
    }
}

#[test]
fn unsynced_write_is_refused_and_rolled_back() {
    const WRITES: i64 = 24;
    if !may_trace() {
        return;
    }
    // The second is the sync of the folder with the new WAL. SQLite ignores its failure, because
    // the sync of the WAL itself makes its entry durable on common file systems.
    for when in ["1", "3", "4", "5", "9", "3..8", "2+3"] {
        let (server, token) = failing("fdatasync", when);
        let facts: Vec<Fact> =
            (0..WRITES).filter_map(|nth| write(&server, &token, nth).ok()).collect();
        let (failures, refused) =
            (failures(&server), usize::try_from(WRITES).unwrap() - facts.len());
        assert!((1..=failures).contains(&refused), "{when}: {failures} failed, {refused} refused");
        compare(&server, &token, &facts, WRITES);
        let server = server.kill_and_restart();
        compare(&server, &token, &facts, WRITES);
        assert_eq!(integrity(&server.folder().join("data")), "ok");
    }
}

#[test]
fn refused_write_is_absent_after_a_crash() {
    if !may_trace() {
        return;
    }
    for when in ["3", "6", "7"] {
        let (server, token) = failing("fdatasync", when);
        let mut facts = Vec::new();
        let refusal = (0..24).find_map(|nth| match write(&server, &token, nth) {
            Ok(fact) => {
                facts.push(fact);
                None
            }
            Err(refusal) => Some(refusal),
        });
        assert_eq!(refusal, Some(Refusal::NotDone), "one sync failed, the next worked");
        let server = server.kill_and_restart();
        compare(&server, &token, &facts, 24);
        assert_eq!(integrity(&server.folder().join("data")), "ok");
    }
}

#[test]
fn unsynced_commit_group_is_refused_whole() {
    const WRITES: i64 = 128;
    if !may_trace() {
        return;
    }
    let (server, token) = failing("fdatasync", "3+3");
    let facts: Vec<Fact> = thread::scope(|scope| {
        let (server, token) = (&server, &token);
        let writers: Vec<_> =
            (0..WRITES).map(|nth| scope.spawn(move || write(server, token, nth))).collect();
        writers.into_iter().filter_map(|writer| writer.join().unwrap().ok()).collect()
    });
    assert!(failures(&server) > 0 && facts.len() < usize::try_from(WRITES).unwrap());
    compare(&server, &token, &facts, WRITES);
    let server = server.kill_and_restart();
    compare(&server, &token, &facts, WRITES);
    assert_eq!(integrity(&server.folder().join("data")), "ok");
}

#[test]
fn permanent_sync_failure_still_serves_reads() {
    const WRITES: i64 = 20;
    if !may_trace() {
        return;
    }
    let (mut server, token) = failing("fdatasync", "9+");
    let facts: Vec<_> = (0..WRITES).map(|nth| write(&server, &token, nth)).collect();
    let done = facts.iter().take_while(|fact| fact.is_ok()).count();
    assert!(done > 0 && done < facts.len(), "{facts:?}");
    // What was in the log when the disk began to fail is found there after a crash.
    let is_unsure = |fact: &Result<_, _>| matches!(fact, Err(Refusal::Unsure));
    assert!(facts.iter().skip(done).all(is_unsure), "{facts:?}");
    // Its row may be found after a crash too, so the picture stays.
    let (kind, bytes) = PICTURES[1];
    let upload = json!({"name": "", "id": "5", "base64": STANDARD.encode(bytes), "type": kind});
    let answer: Value = serde_json::from_str(&server.call("portrait/upload", upload)).unwrap();
    assert_eq!(answer["detail"], UNSURE);
    assert_eq!(fs::read_dir(server.folder().join("data/pictures")).unwrap().count(), 1);
    let facts: Vec<Fact> = facts.into_iter().flatten().collect();
    compare(&server, &token, &facts, WRITES);
    assert_eq!(server.terminate(), 0);
    let server = Server::start_in(server.into_folder(), "");
    let wrong = lost(&server, &facts.iter().collect::<Vec<_>>());
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(integrity(&server.folder().join("data")), "ok");
}

#[test]
fn unsynced_picture_leaves_no_file() {
    if !may_trace() {
        return;
    }
    // The file's own sync fails, and its folder's.
    for when in ["1", "2"] {
        let (server, _) = failing("fsync", when);
        let (kind, bytes) = PICTURES[1];
        let base64 = STANDARD.encode(bytes);
        let upload = json!({"name": "", "id": "5", "base64": base64, "type": kind});
        let answer = server.call("portrait/upload", upload.clone());
        assert_eq!(answer, fault(1000, "头像文件创建失败"));
        let pictures = || fs::read_dir(server.folder().join("data/pictures")).unwrap().count();
        assert_eq!((failures(&server), pictures()), (1, 0));
        // Another thread that takes the job fails first too.
        let uploaded = || ask(&server, "", "portrait/upload", upload.clone()).is_some();
        assert!((0..100).any(|_| uploaded()), "no upload is taken any more");
        assert_eq!(lost(&server, &[&Fact::Picture(5, 1)]), [""; 0]);
        assert_eq!(pictures(), 1);
    }
}
