//! The server process: signals, logging, and deleted or foreign files.

use crate::common::{Folder, Server, command, envelope, has};
use serde_json::json;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a test waits for a background event.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Waits until `is_so`; fails with `what`.
fn wait(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < TIMEOUT, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn signal(pid: u32, name: &str) {
    let sent = Command::new("kill").args(["-s", name, &pid.to_string()]).status().unwrap();
    assert!(sent.success(), "{name}");
}

fn shops(server: &Server) -> u16 {
    server.send("POST", "/api", &[], envelope("shop/list", json!({})).as_bytes()).status
}

#[test]
fn stray_signals_are_logged_and_ignored() {
    let mut server = Server::start("");
    let names = ["USR1", "USR2", "QUIT", "ALRM", "XFSZ", "XCPU", "VTALRM", "PROF", "IO", "PWR"];
    for name in names {
        signal(server.pid(), name);
        let line = format!("signal=SIG{name}");
        wait(name, || server.log().contains(&line));
        assert_eq!(shops(&server), 200, "{name}");
    }
    // The signals that programs may use; and SIGPIPE, which is not logged.
    for name in ["34", "64", "PIPE"] {
        signal(server.pid(), name);
    }
    wait("SIGRTMAX", || server.log().contains("signal=SIGRTMIN+30"));
    assert_eq!(shops(&server), 200);
    assert_eq!(server.terminate(), 0);
}

#[test]
fn signal_before_the_listener_is_handled() {
    // The first line on stdout comes after listening; signals may come before.
    for (name, ends) in [("HUP", false), ("USR1", false), ("QUIT", false), ("TERM", true)] {
        let folder = Folder::new();
        let data = folder.path().join("data");
        let config = format!("listen = \"127.0.0.1:0\"\ndata_dir = {data:?}\n");
        fs::write(folder.path().join("guichet.toml"), config).unwrap();
        let mut child =
            command(folder.path()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        // The lock is the first file that is made.
        wait("the lock", || data.join("guichet.db.lock").exists());
        signal(child.id(), name);
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("listening on "), "{name}: {line}");
        if !ends {
            assert!(child.try_wait().unwrap().is_none(), "{name}");
            signal(child.id(), "TERM");
        }
        assert_eq!(child.wait().unwrap().code(), Some(0), "{name}");
    }
}

#[test]
fn hang_up_signal_rereads_the_configuration() {
    let server = Server::start("[log]\nlevel = \"info\"\n");
    let file = server.folder().join("guichet.toml");
    let before = fs::read_to_string(&file).unwrap();
    shops(&server);
    assert!(!server.log().contains("a request"));

    fs::write(&file, before.replace("level = \"info\"", "level = \"info\"\nrequests = true"))
        .unwrap();
    signal(server.pid(), "HUP");
    wait("log.requests", || server.log().contains("applied=log.requests needs_restart=nothing"));
    shops(&server);
    wait("a line of a request", || server.log().contains("a request"));

    fs::write(&file, "level = \n").unwrap();
    signal(server.pid(), "HUP");
    wait("a fault", || server.log().contains("the configuration can't be used"));
    assert_eq!(shops(&server), 200);

    let more = "[shop]\nmax_per_account = 7\n[sms]\nper_day = 9\ntimeout = \"6s\"\n";
    fs::write(&file, format!("{}{more}", before.replace("\"info\"", "\"debug\""))).unwrap();
    signal(server.pid(), "HUP");
    let line = "applied=sms.per_day, shop.max_per_account, log.level, log.requests \
                needs_restart=sms.timeout";
    wait("what needs a restart", || server.log().contains(line));
    // A client's fault is logged at level debug.
    server.call("shop/get", json!({}));
    wait("a line at debug", || server.log().contains("DEBUG"));
}

#[test]
fn hang_up_changes_limits_of_a_running_server() {
    let server = Server::start("");
    let file = server.folder().join("guichet.toml");
    let first = fs::read_to_string(&file).unwrap();
    let changed = |more: &str, line: &str| {
        fs::write(&file, format!("{first}{more}")).unwrap();
        signal(server.pid(), "HUP");
        wait(line, || server.log().contains(line));
    };
    let (_, token) = server.account("nora");
    let shop = |name: &str| server.call_as(&token, "shop/creat", json!({"shop_name": name}));
    assert!(shop("one").contains("\"status\":0,"));
    changed("[shop]\nmax_per_account = 1\n", "applied=shop.max_per_account ");
    assert!(!shop("two").contains("\"status\":0,"));

    let limits = "[limits]\nrequests_per_minute = 1\n";
    changed(limits, "applied=shop.max_per_account, limits.requests_per_minute ");
    assert_eq!((shops(&server), shops(&server)), (200, 429));
    let more = "trusted_proxies = [\"127.0.0.1\"]\n[metrics]\nallow = []\n";
    changed(&format!("{limits}{more}"), "applied=limits.trusted_proxies, metrics.allow ");
    let body = envelope("shop/list", json!({}));
    let of = |client| {
        let headers = [("X-Forwarded-For", client)];
        server.send("POST", "/api", &headers, body.as_bytes()).status
    };
    assert_eq!((of("192.0.2.1"), of("192.0.2.2"), of("192.0.2.1")), (200, 200, 429));
    assert_eq!(server.get("/metrics").status, 404);

    // Keys that wait for a restart count in what must go together.
    let test = "[captcha]\ntest_code = \"abcde\"\n";
    changed(&format!("listen = \"0.0.0.0:0\"\n{test}"), "the configuration can't be used");
    changed("", "applied=limits.requests_per_minute, limits.trusted_proxies, metrics.allow ");
    assert_eq!((shops(&server), shops(&server)), (200, 200));
}

#[test]
fn signals_use_the_existing_runtime() {
    let server = Server::start("");
    let files = fs::read_dir(format!("/proc/{}/fd", server.pid())).unwrap();
    let open: Vec<PathBuf> =
        files.filter_map(|file| fs::read_link(file.unwrap().path()).ok()).collect();
    let polls = open.iter().filter(|file| file.ends_with("anon_inode:[eventpoll]")).count();
    assert_eq!(polls, 2, "those of the one runtime: {open:?}");
}

/// A server whose log is an unread pipe. Returns the process and its address.
fn unread(folder: &Path, log: &str) -> (Child, String) {
    let data = folder.join("data");
    let config = format!("listen = \"127.0.0.1:0\"\ndata_dir = {data:?}\n[log]\n{log}");
    fs::write(folder.join("guichet.toml"), config).unwrap();
    let mut command = command(folder);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim_end().strip_prefix("listening on http://").unwrap().to_owned();
    (child, address)
}

#[test]
fn unread_log_blocks_neither_requests_nor_shutdown() {
    for level in ["level = \"debug\"\n", "level = \"trace\"\n", "requests = true\n"] {
        let folder = Folder::new();
        let (mut child, address) = unread(folder.path(), level);
        let mut stream = TcpStream::connect(&address).unwrap();
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        // Refused, so each is a debug line; a pipe holds some 500 of them.
        let body = envelope("shop/get", json!({}));
        let head =
            format!("POST /api HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", body.len());
        let request = format!("{head}{body}");
        let mut answer = [0; 4096];
        for nth in 0..3_000 {
            stream.write_all(request.as_bytes()).unwrap();
            let length = stream.read(&mut answer);
            assert!(length.is_ok_and(|length| length > 0), "{level}: request {nth} hangs");
        }
        let begun = Instant::now();
        signal(child.id(), "TERM");
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            let waited = begun.elapsed();
            if waited > TIMEOUT {
                child.kill().unwrap();
                panic!("{level}: it does not end");
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        assert_eq!(status.code(), Some(0), "{level}");
        assert!(begun.elapsed() < Duration::from_secs(4), "{level}: {:?}", begun.elapsed());
    }
}

#[test]
fn deleted_database_is_detected_and_writes_refused() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let data = server.folder().join("data");
    let (path, aside) = (data.join("guichet.db"), data.join("aside.db"));
    let check = || {
        let output = command(server.folder()).args(["check", "--quick"]).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let nickname = || server.call_as(&token, "user/update", json!({"nickname": "Nora"}));
    let why = r#"{"status":"failed","why":"the database file was deleted or replaced"}"#;
    fs::rename(&path, &aside).unwrap();
    wait("/readyz", || server.get("/readyz").text() == why);
    assert_eq!(server.get("/readyz").status, 503);
    assert!(nickname().contains("\"status\":-200,"), "{}", nickname());
    assert!(server.log().contains("it was deleted"), "{}", server.log());
    // Reads still work.
    assert!(server.call_as(&token, "user/info", json!({})).contains("nora"));
    let (status, told) = check();
    assert!(status == Some(1) && told.contains("deleted or replaced under the server"), "{told}");

    fs::write(&path, "").unwrap();
    std::thread::sleep(Duration::from_millis(1100));
    assert_eq!(server.get("/readyz").text(), why, "another file is in its place");
    let (status, told) = check();
    assert!(status == Some(1) && told.contains("deleted or replaced under the server"), "{told}");

    fs::rename(&aside, &path).unwrap();
    wait("in its place again", || server.get("/readyz").status == 200);
    assert!(nickname().contains("\"status\":0,"), "{}", nickname());
}

#[test]
fn deleted_database_is_detected_without_requests() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    fs::remove_file(server.folder().join("data/guichet.db")).unwrap();
    // Without requests to /readyz; within a minute, as documented.
    wait("a refusal", || {
        server
            .call_as(&token, "user/update", json!({"nickname": "Nora"}))
            .contains("\"status\":-200,")
    });
}

/// A script that mounts a small disk as the server's data folder.
const SMALL_DISK: &str = r#"mount -t tmpfs -o size=4m tmpfs "$0" && cp -a "$1"/. "$0"/ && chmod 700 "$0" \
    && { dd if=/dev/zero of="$0"/filler bs=64k 2>/dev/null; dd if=/dev/zero of="$0"/filler2 bs=1k 2>/dev/null; shift; exec "$@"; }"#;

#[test]
fn full_disk_at_start_serves_only_reads() {
    if !has("unshare") {
        return;
    }
    let mut server = Server::start("");
    let (_, token) = server.account("nora");
    assert_eq!(server.terminate(), 0);
    let folder = server.into_folder();
    let (data, copy) = (folder.path().join("data"), folder.path().join("copy"));
    fs::rename(&data, &copy).unwrap();
    fs::create_dir(&data).unwrap();
    let probe = Command::new("unshare")
        .args(["--map-root-user", "--mount", "mount", "-t", "tmpfs", "tmpfs"])
        .arg(&data)
        .status();
    if !probe.is_ok_and(|status| status.success()) {
        eprintln!("skipped: no disk may be mounted here, not even in a namespace");
        return;
    }
    let (data, copy) = (data.to_str().unwrap().to_owned(), copy.to_str().unwrap().to_owned());
    let tool = ["unshare", "--map-root-user", "--mount", "sh", "-c", SMALL_DISK, &data, &copy];
    let server = Server::start_under(&tool, folder, "[disk]\nreserve = 0\n");
    let full = r#"{"status":"failed","why":"the database can't be written: the disk is full"}"#;
    assert_eq!((server.get("/readyz").status, server.get("/readyz").text()), (503, full.into()));
    assert_eq!(server.get("/healthz").status, 200);
    assert!(server.call_as(&token, "user/info", json!({})).contains("nora"));
    let nickname = || server.call_as(&token, "user/update", json!({"nickname": "Nora"}));
    assert!(nickname().contains("\"status\":-200,"), "{}", nickname());
    // The disk as the server sees it.
    let disk = PathBuf::from(format!("/proc/{}/root{data}", server.pid()));
    fs::remove_file(disk.join("filler")).unwrap();
    wait("room", || server.get("/readyz").status == 200);
    assert!(nickname().contains("\"status\":0,"), "{}", nickname());
}

/// Runs a command as root in this folder; it must succeed.
fn run(folder: &Path, args: &[&str]) {
    let output = command(folder).args(args).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The owner of each file in a folder.
fn owners(folder: &Path, found: &mut Vec<(PathBuf, u32)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let about = fs::symlink_metadata(&path).unwrap();
        if about.is_dir() {
            owners(&path, found);
        }
        found.push((path, about.uid()));
    }
}

#[test]
fn commands_run_by_root_leave_no_root_files() {
    const SERVER: u32 = 12_345;
    let folder = Folder::new();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    if chown(&data, Some(SERVER), Some(SERVER)).is_err() {
        eprintln!("skipped: only root can give files away");
        return;
    }
    chown(folder.path(), Some(SERVER), Some(SERVER)).unwrap();
    fs::write(folder.path().join("guichet.toml"), format!("data_dir = {data:?}\n")).unwrap();
    run(
        folder.path(),
        &["seed", "--accounts", "3", "--notices", "3", "--scores", "9", "--pictures", "1"],
    );
    run(folder.path(), &["user", "list"]);
    run(folder.path(), &["backup", "one.tar"]);
    run(folder.path(), &["restore", "one.tar"]);
    run(folder.path(), &["export", "out"]);
    let mut found = Vec::new();
    owners(folder.path(), &mut found);
    assert!(found.len() > 8, "{found:?}");
    found.retain(|(path, owner)| *owner != SERVER && !path.ends_with("guichet.toml"));
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn killed_seed_leaves_nothing() {
    let folder = Folder::new();
    let data = folder.path().join("data");
    fs::write(folder.path().join("guichet.toml"), format!("data_dir = {data:?}\n")).unwrap();
    let mut child = command(folder.path())
        .args(["seed", "--pictures", "9", "--notices", "200000", "--scores", "100000"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // Pictures of accounts are drawn after the accounts and before everything else.
    let pictures = data.join("pictures");
    wait("pictures", || fs::read_dir(&pictures).is_ok_and(|mut files| files.next().is_some()));
    assert!(child.try_wait().unwrap().is_none(), "it is still at it");
    child.kill().unwrap();
    child.wait().unwrap();
    for table in ["account", "property", "player", "score", "rank", "shop"] {
        let output = command(folder.path()).args(["export", "--table", table]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{table}");
    }
}

#[test]
fn seed_is_refused_if_any_table_has_rows() {
    let mut server = Server::start("");
    let posted = server.call("score/post", json!({"openid": "p1", "score": 5}));
    assert!(posted.contains("\"status\":0,"), "{posted}");
    assert_eq!(server.terminate(), 0);
    let folder = server.into_folder();
    let output = command(folder.path()).arg("seed").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("has rows already; with --force"), "{said}");
    let server = Server::start_in(folder, "");
    let top = server.call("score/top", json!({}));
    assert!(top.contains("\"score\":5") && !top.contains("demo-"), "{top}");
}
