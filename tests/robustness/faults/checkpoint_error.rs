//! A disk that fails during a checkpoint of the WAL: no request is refused, nothing is lost, each
//! failure is logged, and a later checkpoint succeeds.

use super::facts::{Fact, integrity, lost};
use super::strace::{STRACE, may_trace};
use crate::common::notice::{sample, with};
use crate::common::{Folder, Server, envelope};
use serde_json::{Value, json};
use std::fs;
use std::io::Read;
use std::thread::sleep;
use std::time::Duration;

/// Commits between checkpoints (src/db/sqlite/checkpoint.rs).
const GROUPS: usize = 1_000;

/// Writes in a batch. Each is a commit, because a read stands between two.
const BATCH: usize = 25;

/// A server under test and its acknowledged writes.
struct Case {
    server: Server,
    token: String,
    facts: Vec<Fact>,
}

impl Case {
    /// A server whose `calls` on the database file fail with EIO, as strace counts them per thread.
    /// Commits write to the WAL; the database file is written only by checkpoints.
    fn failing(calls: &str, when: &str) -> Self {
        let mut server = Server::start("");
        let (_, token) = server.account("nora");
        assert_eq!(server.terminate(), 0);
        let folder = server.into_folder();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        fs::copy(path("data/guichet.db"), path("before.db")).unwrap();
        let inject = format!("inject={calls}:error=EIO:when={when}");
        let (database, record) = (path("data/guichet.db"), path("trace"));
        let options =
            ["-P", &database, "-e", "trace=pwrite64,fdatasync", "-e", &inject, "-o", &record];
        let server = Server::start_under(&[&STRACE, &options[..]].concat(), folder, "");
        Case { server, token, facts: Vec::new() }
    }

    /// Makes `commits` commits: scores, and a notice at the end. All are acknowledged.
    fn write(&mut self, commits: usize) {
        let first = self.facts.len();
        let scores = || (first + 1..first + commits).map(|nth| (format!("p{}", nth % 100), nth));
        let score = |(openid, nth)| envelope("score/post", json!({"openid": openid, "score": nth}));
        let mut batch: Vec<String> = scores().map(score).collect();
        let title = format!("notice {first}");
        let notice = with(sample(), json!({ "title": title, "token": self.token }));
        batch.push(envelope("property/add", notice));
        let read = format!(",{},", envelope("shop/list", json!({})));
        let answers = self.server.post("/api", &format!("[{}]", batch.join(&read)));
        let answers: Vec<Value> = serde_json::from_str(&answers).unwrap();
        let answers: Vec<Value> = answers.into_iter().step_by(2).collect();
        assert_eq!(answers.len(), commits);
        assert!(answers.iter().all(|answer| answer["status"] == 0), "{answers:?}");
        let id = answers[commits - 1]["data"]["uid"].as_i64().unwrap();
        let fact = |(openid, nth)| Fact::Score(openid, i64::try_from(nth).unwrap());
        self.facts.extend(scores().map(fact));
        self.facts.push(Fact::Notice(id, title, self.token.clone()));
    }

    /// Writes until `happened`. A checkpoint is complete, and syncs, only if nobody writes
    /// meanwhile, so the commits around it are made one by one.
    fn write_until(&mut self, happened: impl Fn(&Case) -> bool) {
        // On a slow machine a checkpoint may come too early.
        for _ in 0..5 {
            for _ in 1..GROUPS / BATCH {
                self.write(BATCH);
            }
            for _ in 0..2 * BATCH {
                if happened(self) {
                    return;
                }
                self.write(1);
                sleep(Duration::from_millis(50));
            }
        }
        panic!("it does not happen: {}", self.server.log());
    }

    /// Number of failed calls, and of syncs after a checkpoint.
    fn traced(&self) -> (usize, usize) {
        let trace = fs::read_to_string(self.server.folder().join("trace")).unwrap();
        let (failed, done): (Vec<&str>, Vec<&str>) =
            trace.lines().partition(|line| line.contains("(INJECTED)"));
        (failed.len(), done.iter().filter(|line| line.contains("fdatasync(")).count())
    }

    /// Lines of the log that contain this.
    fn logged(&self, text: &str) -> usize {
        self.server.log().lines().filter(|line| line.contains(text)).count()
    }

    /// Number of notices in the database file without the WAL; none while it is being written.
    fn moved(&self) -> usize {
        let folder = Folder::new();
        let copy = folder.path().join("copy.db");
        fs::copy(self.server.folder().join("data/guichet.db"), &copy).unwrap();
        let count = rusqlite::Connection::open(copy).and_then(|database| {
            database.query_row("SELECT count(*) FROM property", [], |row| row.get(0))
        });
        count.map_or(0, |count: i64| usize::try_from(count).unwrap())
    }

    /// The salt of the WAL, which changes each time it restarts.
    fn salt(&self) -> [u8; 32] {
        let mut header = [0; 32];
        let log = self.server.folder().join("data/guichet.db-wal");
        fs::File::open(log).unwrap().read_exact(&mut header).unwrap();
        header
    }

    /// Checks that all acknowledged writes survive if no checkpoint reached the disk: with the old
    /// database file and the WAL.
    fn survives_a_power_cut(&self) {
        let cut = Folder::new();
        let (from, to) = (self.server.folder(), cut.path().join("data"));
        fs::create_dir(&to).unwrap();
        fs::copy(from.join("data/guichet.db-wal"), to.join("guichet.db-wal")).unwrap();
        fs::copy(from.join("before.db"), to.join("guichet.db")).unwrap();
        self.is_all_in(&Server::start_in(cut, ""));
    }

    /// Checks that all acknowledged writes survive `kill -9`.
    fn survives_a_kill(self) {
        let Case { server, token, facts } = self;
        let case = Case { server: server.kill_and_restart(), token, facts };
        case.is_all_in(&case.server);
    }

    fn is_all_in(&self, server: &Server) {
        assert_eq!(lost(server, &self.facts.iter().collect::<Vec<_>>()), [""; 0]);
        assert_eq!(integrity(&server.folder().join("data")), "ok");
    }
}

const FAILED: &str = "checkpoint failed";

#[test]
fn failed_checkpoint_keeps_writes_in_the_wal() {
    if !may_trace() {
        return;
    }
    for calls in ["pwrite64", "fdatasync"] {
        let mut case = Case::failing(calls, "1+");
        for failures in 1..=2 {
            case.write_until(|case| case.logged(FAILED) == failures);
            assert_eq!(case.traced(), (failures, 0), "each is told once");
        }
        assert_eq!(case.logged("ERROR"), 0);
        case.is_all_in(&case.server);
        case.survives_a_power_cut();
        case.survives_a_kill();
    }
}

#[test]
fn checkpoint_succeeds_once_the_disk_works() {
    if !may_trace() {
        return;
    }
    for calls in ["pwrite64", "fdatasync"] {
        let mut case = Case::failing(calls, "1");
        case.write_until(|case| case.logged(FAILED) == 1);
        assert_eq!(case.traced(), (1, 0), "nothing was moved for good");
        let notices = case.facts.iter().filter(|fact| matches!(fact, Fact::Notice(..))).count();
        case.write_until(|case| case.traced() == (1, 1));
        assert!(case.moved() >= notices, "{} of {notices} notices", case.moved());
        assert_eq!((case.logged(FAILED), case.logged("ERROR")), (1, 0));
        case.survives_a_kill();
    }
}

#[test]
fn writer_continues_after_a_failed_checkpoint() {
    if !may_trace() {
        return;
    }
    let mut case = Case::failing("pwrite64", "1");
    while case.logged("the writer's checkpoint failed") == 0 {
        assert!(case.facts.len() < 20_000, "the log is never long");
        case.write(BATCH);
    }
    assert_eq!(case.traced().0, 2, "the thread's and the writer's");
    let before = case.salt();
    while case.salt() == before {
        assert!(case.facts.len() < 40_000, "the log never starts over");
        case.write(BATCH);
    }
    assert_eq!((case.logged(FAILED), case.logged("ERROR")), (2, 0));
    case.survives_a_kill();
}
