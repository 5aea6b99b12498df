//! PostgreSQL as the database of the servers under test, each with a schema of its own.
//!
//! With `GUICHET_TEST_POSTGRES`, the address of a database, all tests use it. `tests/postgres.sh` starts one and runs
//! a command with it. Tests of several servers start one by themselves.

use super::{Folder, Server};
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

const VARIABLE: &str = "GUICHET_TEST_POSTGRES";

/// In a server's folder: the address of its database.
const NOTE: &str = "postgres-url";

/// Do all tests use PostgreSQL? Those that look into SQLite's file have nothing to look into then.
pub fn is_used() -> bool {
    let is_used = std::env::var_os(VARIABLE).is_some();
    if is_used {
        eprintln!("skipped: it is about SQLite's file");
    }
    is_used
}

/// Where all tests use PostgreSQL, give the server in `folder` a schema, unless it has one.
pub fn give_schema(folder: &Path) {
    if let Ok(database) = std::env::var(VARIABLE)
        && !folder.join(NOTE).exists()
    {
        fs::write(folder.join(NOTE), make_schema(&database)).unwrap();
    }
}

/// The address of the database of the server in `folder`, if it is PostgreSQL's.
pub fn url_of(folder: &Path) -> Option<String> {
    fs::read_to_string(folder.join(NOTE)).ok()
}

/// Makes a schema; the address by which it is used.
fn make_schema(database: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("test_{}_{count}", std::process::id());
    ask(database, &format!("CREATE SCHEMA {name}"));
    let database = database.split('?').next().unwrap_or(database);
    format!(
        "{database}?target_session_attrs=read-write&options=-c%20search_path%3D{name}&application_name={name}"
    )
}

/// Runs SQL by `psql`; what it prints.
pub fn ask(url: &str, sql: &str) -> String {
    let told = Command::new("psql").args(["-qAt", "-d", url, "-c", sql]).output().unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    String::from_utf8(told.stdout).unwrap().trim_end().to_owned()
}

/// The address of a database; `None`, and a word that the test is skipped, where PostgreSQL is not installed.
/// It ends with this process.
pub fn database() -> Option<String> {
    static DATABASE: OnceLock<Option<String>> = OnceLock::new();
    let start = || {
        if let Ok(database) = std::env::var(VARIABLE) {
            return Some(database);
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/postgres.sh");
        let mut child =
            Command::new(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        if line.is_empty() {
            assert_eq!(child.wait().unwrap().code(), Some(77), "PostgreSQL did not start");
            return None;
        }
        // It ends when its input does.
        std::mem::forget(child);
        Some(line.trim_end().to_owned())
    };
    let database = DATABASE.get_or_init(start).clone();
    if database.is_none() {
        eprintln!("skipped: PostgreSQL is not installed");
    }
    database
}

/// A database with a standby that confirms each COMMIT.
pub struct Pair {
    child: Child,
    told: BufReader<ChildStdout>,
    /// The address of both.
    pub url: String,
}

impl Pair {
    /// Starts both; `None` where PostgreSQL is not installed.
    pub fn start() -> Option<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/postgres.sh");
        let mut child = Command::new(script)
            .env("GUICHET_TEST_STANDBY", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut told = BufReader::new(child.stdout.take().unwrap());
        let mut url = String::new();
        told.read_line(&mut url).unwrap();
        if url.is_empty() {
            assert_eq!(child.wait().unwrap().code(), Some(77), "PostgreSQL did not start");
            eprintln!("skipped: PostgreSQL is not installed");
            return None;
        }
        Some(Pair { child, told, url: url.trim_end().to_owned() })
    }

    /// `crash` or `promote`.
    pub fn order(&mut self, order: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{order}").unwrap();
        let mut done = String::new();
        self.told.read_line(&mut done).unwrap();
        assert_eq!(done, "done\n", "{order}");
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        // The script ends both when its input ends.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// Servers on one database.
pub struct Nodes {
    pub servers: Vec<Server>,
    /// The database, with the schema.
    pub url: String,
    config: String,
}

impl Nodes {
    /// `count` servers; `None` where PostgreSQL is not installed.
    pub fn start(count: usize, config: &str) -> Option<Self> {
        Some(Nodes::start_on(&database()?, count, config))
    }

    /// `count` servers on a database.
    pub fn start_on(database: &str, count: usize, config: &str) -> Self {
        let url = make_schema(database);
        let mut nodes = Nodes { servers: Vec::new(), url, config: config.to_owned() };
        for _ in 0..count {
            nodes.add();
        }
        nodes
    }

    /// One more server.
    pub fn add(&mut self) {
        let folder = Folder::new();
        fs::write(folder.path().join(NOTE), &self.url).unwrap();
        if let Some(first) = self.servers.first() {
            // Servers on one database have one key.
            fs::copy(first.folder().join("data.key"), folder.path().join("data.key")).unwrap();
        }
        self.servers.push(Server::start_in(folder, &self.config));
    }

    /// Runs SQL in the schema.
    pub fn ask(&self, sql: &str) -> String {
        ask(&self.url, sql)
    }
}
