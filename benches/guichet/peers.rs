//! The servers to compare with. One that is not installed is reported and skipped.

use crate::folder::Folder;
use crate::players;
use crate::process::Running;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How durable Redis's writes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// In memory only.
    None,
    /// Synced once a second.
    EverySecond,
    /// Synced before the answer, as Guichet does.
    Always,
}

/// Another server and its folder, which is removed after it has ended.
pub struct Peer {
    pub server: Running,
    _folder: Folder,
}

/// Redis, if it is installed.
pub fn redis(durability: Durability) -> Option<Peer> {
    version("redis-server", &["--version"]).or_else(|| left_out("Redis", "redis-server"))?;
    let folder = Folder::new();
    let (append, sync) = match durability {
        Durability::None => ("no", "no"),
        Durability::EverySecond => ("yes", "everysec"),
        Durability::Always => ("yes", "always"),
    };
    let server = Running::on_port(|port| {
        let mut command = Command::new("redis-server");
        command.current_dir(folder.path()).args(["--bind", "127.0.0.1", "--port"]);
        command.arg(port.to_string()).args(["--save", "", "--auto-aof-rewrite-percentage", "0"]);
        command.args(["--appendonly", append, "--appendfsync", sync]);
        command
    });
    Some(Peer { server, _folder: folder })
}

/// The same operation with a connection pool and a transaction per request; see `serve.rs`.
pub fn pool(players: u64) -> Peer {
    let (folder, database) = with_players(players);
    let mut command = own_program("serve-pool");
    Peer { server: Running::announced(command.arg(database)), _folder: folder }
}

/// Flask under gunicorn, if both are installed.
pub fn flask(players: u64) -> Option<Peer> {
    flask_version().or_else(|| left_out("Flask + gunicorn", "pip install flask gunicorn"))?;
    let (folder, database) = with_players(players);
    let server = Running::on_port(|port| {
        let mut command = Command::new("python3");
        command.current_dir(sources()).env("DB", &database);
        command.args(["-m", "gunicorn", "-k", "gthread", "--workers", "2", "--threads", "16"]);
        command.args(["--keep-alive", "60", "--bind", &format!("127.0.0.1:{port}")]);
        command.arg("flask_app:app");
        command
    });
    Some(Peer { server, _folder: folder })
}

/// Fastify with better-sqlite3, if `npm ci` was run in benches/peers.
pub fn fastify(players: u64) -> Option<Peer> {
    fastify_version()
        .or_else(|| left_out("fastify + better-sqlite3", "npm ci in benches/peers"))?;
    let (folder, database) = with_players(players);
    let mut command = Command::new("node");
    command.current_dir(sources()).env("DB", database).arg("fastify_app.mjs");
    Some(Peer { server: Running::announced(&mut command), _folder: folder })
}

/// axum before Redis, which is built where there is a cargo.
pub fn axum_redis(redis: u16) -> Option<Running> {
    let target = concat!(env!("CARGO_TARGET_TMPDIR"), "/axum-redis");
    let built = Command::new("cargo")
        .args(["build", "--quiet", "--release", "--locked", "--target-dir", target])
        .current_dir(sources().join("axum-redis"))
        .status();
    if !built.is_ok_and(|status| status.success()) {
        return left_out("axum + Redis", "cargo, and crates.io");
    }
    let mut command = Command::new(format!("{target}/release/axum-redis"));
    Some(Running::announced(command.arg(redis.to_string())))
}

/// webdis before Redis, if it is installed.
pub fn webdis(redis: u16) -> Option<Running> {
    // It has no option that tells its version: whatever it is given it takes for a file of configuration.
    let path = std::env::var_os("PATH").unwrap_or_default();
    if !std::env::split_paths(&path).any(|folder| folder.join("webdis").is_file()) {
        return left_out("webdis", "webdis");
    }
    let folder = Folder::new();
    let server = Running::on_port(|port| {
        let file = folder.path().join("webdis.json");
        let config = format!(
            "{{\"redis_host\":\"127.0.0.1\",\"redis_port\":{redis},\"http_host\":\"127.0.0.1\",\"http_port\":{port},\
             \"threads\":2,\"pool_size\":20,\"daemonize\":false,\"database\":0,\"verbosity\":0,\"logfile\":\"/dev/null\"}}"
        );
        fs::write(&file, config).unwrap();
        let mut command = Command::new("webdis");
        command.arg(file);
        command
    });
    Some(server)
}

/// Fastify with ioredis before Redis, if `npm ci` was run in benches/peers.
pub fn ioredis(redis: u16) -> Option<Running> {
    let code = "import 'ioredis'; import 'fastify'";
    version("node", &["--input-type=module", "-e", code])
        .or_else(|| left_out("fastify + ioredis", "npm ci in benches/peers"))?;
    let mut command = Command::new("node");
    command.current_dir(sources()).env("REDIS", redis.to_string()).arg("ioredis_app.mjs");
    Some(Running::announced(&mut command))
}

/// This program, started as a server.
pub fn own_program(task: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg(task).stderr(Stdio::null());
    command
}

fn with_players(count: u64) -> (Folder, PathBuf) {
    let folder = Folder::new();
    let database = folder.path().join("peer.db");
    players::file(&database, count);
    (folder, database)
}

fn sources() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers"))
}

fn left_out<T>(name: &str, how: &str) -> Option<T> {
    eprintln!("  {name} is left out: it is not installed ({how})");
    None
}

/// All measured programs with their versions.
pub fn versions() -> Vec<String> {
    let redis = version("redis-server", &["--version"]).and_then(|line| {
        line.split_whitespace().find_map(|word| word.strip_prefix("v=")).map(str::to_owned)
    });
    let known = [("Redis", redis), ("", flask_version()), ("", fastify_version())];
    let sqlite = Some(rusqlite::version().to_owned());
    let all = known.into_iter().chain([("SQLite (Guichet, pool)", sqlite)]);
    all.filter_map(|(name, version)| Some(format!("{name} {}", version?).trim().to_owned()))
        .collect()
}

fn flask_version() -> Option<String> {
    let code = "import flask, gunicorn, platform, sqlite3; from importlib.metadata import version; \
                print('Flask', version('flask') + ', gunicorn', gunicorn.__version__ + ', Python', \
                platform.python_version() + ', its SQLite', sqlite3.sqlite_version)";
    version("python3", &["-c", code])
}

fn fastify_version() -> Option<String> {
    let code = "import fs from 'fs'; import 'better-sqlite3'; import 'fastify'; \
                const v = (n) => JSON.parse(fs.readFileSync(`node_modules/${n}/package.json`)).version; \
                console.log(`fastify ${v('fastify')}, better-sqlite3 ${v('better-sqlite3')}, \
                Node.js ${process.versions.node}`.replace(/ +/g, ' '))";
    version("node", &["--input-type=module", "-e", code])
}

/// A program's version; `None` if it can't be run.
fn version(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).current_dir(sources()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Remove what an interrupted run left in the temporary folder.
pub fn remove_leftovers() {
    let left = fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten();
    for entry in left.filter(|e| e.file_name().to_string_lossy().starts_with("guichet-bench-")) {
        let age = entry.metadata().and_then(|data| data.modified()).map(|at| at.elapsed());
        if age.is_ok_and(|age| age.is_ok_and(|age| age.as_secs() > 86_400)) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
