//! `guichet check`: its findings, and that it changes nothing.

use crate::common::cli::{done, folder, guichet, with_config};
use crate::common::{Folder, Server, command, has};
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::{Command, Output};

/// Findings of a check: `(ok | warning | wrong, what, text)`, with `@` for the folder.
pub type Findings = Vec<(String, String, String)>;

/// Parses the output of a check, and compares it with the exit status.
pub fn read(folder: &Path, output: Output) -> Findings {
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let text = String::from_utf8(output.stdout).unwrap().replace(folder.to_str().unwrap(), "@");
    let line = |line: &str| {
        let (how, rest) = line.split_once(' ').unwrap();
        let (what, text) = rest.trim_start().split_once(": ").unwrap();
        assert!(["ok", "warning", "wrong"].contains(&how), "{line}");
        (how.to_owned(), what.to_owned(), text.to_owned())
    };
    let told: Findings = text.lines().map(line).collect();
    let is_wrong = told.iter().any(|(how, ..)| how == "wrong");
    assert_eq!(output.status.code(), Some(i32::from(is_wrong)), "{text}");
    told
}

/// Runs a check with the configuration in `folder`.
pub fn check(folder: &Path) -> Findings {
    read(folder, guichet(folder, &["check"]))
}

/// The worst finding about `what`.
pub fn worst_finding<'a>(told: &'a Findings, what: &str) -> (&'a str, &'a str) {
    let lines = told.iter().filter(|line| line.1 == what);
    let worst = ["wrong", "warning", "ok"]
        .into_iter()
        .find_map(|how| lines.clone().find(|line| line.0 == how));
    let (how, _, text) = worst.unwrap_or_else(|| panic!("{what} in {told:?}"));
    (how, text)
}

/// Everything that is not ok.
pub fn problems(told: &Findings) -> Vec<&str> {
    told.iter().filter(|line| line.0 != "ok").map(|line| line.1.as_str()).collect()
}

/// A folder's files: path, content, mode and time of the last change.
pub fn files(folder: &Path) -> Vec<(String, Vec<u8>, u32, i64)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let (path, about) = {
                let entry = entry.unwrap();
                (entry.path(), entry.metadata().unwrap())
            };
            let is_folder = about.is_dir();
            // The check stores a picture for a moment.
            let time = if is_folder { 0 } else { about.mtime_nsec() };
            let bytes = if is_folder { vec![] } else { fs::read(&path).unwrap() };
            found.push((path.display().to_string(), bytes, about.mode(), time));
            if is_folder {
                folders.push(path);
            }
        }
    }
    found.sort();
    found
}

/// A private folder with a little data.
pub fn world(config: &str) -> Folder {
    let folder = with_config(config);
    let small = ["seed", "--accounts", "8", "--notices", "30", "--scores", "50", "--pictures", "3"];
    done(guichet(folder.path(), &small));
    private(&folder);
    folder
}

fn private(folder: &Folder) {
    let mode = fs::Permissions::from_mode(0o700);
    fs::set_permissions(folder.path().join("data"), mode).unwrap();
}

#[test]
fn check_before_first_start_is_ok_and_makes_nothing() {
    let folder = with_config("listen = \"127.0.0.1:0\"\n");
    let told = check(folder.path());
    assert_eq!(problems(&told), [""; 0], "{told:?}");
    for what in ["data_dir", "database", "pictures"] {
        assert!(
            worst_finding(&told, what).1.contains("not there yet; the first start makes it"),
            "{told:?}"
        );
    }
    assert_eq!(files(folder.path()).len(), 1, "the configuration alone");
}

#[test]
fn check_without_server_is_ok_and_changes_nothing() {
    let folder = world("listen = \"127.0.0.1:0\"\n");
    let before = files(folder.path());
    let told = check(folder.path());
    assert_eq!(problems(&told), ["games"], "{told:?}");
    let (_, database) = worst_finding(&told, "database");
    assert!(database.starts_with("@/data/guichet.db, "), "{database}");
    assert!(database.ends_with("; its pages and indexes are whole; no server holds it"));
    assert!(worst_finding(&told, "pictures").1.ends_with("; rows name 6"), "{told:?}");
    let quick = read(folder.path(), guichet(folder.path(), &["check", "--quick"]));
    assert!(worst_finding(&quick, "database").1.contains("; its pages are whole; "), "{quick:?}");
    assert!(files(folder.path()) == before, "nothing was changed");
}

#[test]
fn check_asks_a_running_server() {
    let server = Server::start("");
    private_of(&server);
    server.account("nora");
    server.done("", "score/post", serde_json::json!({"openid": "a", "score": 1}));
    let ask = |address: &str| {
        let mut check = command(server.folder());
        // It may be secret, and is not needed here.
        check.env("GUICHET__LISTEN", address).arg("check");
        read(server.folder(), check.output().unwrap())
    };
    let told = ask(server.address());
    assert!(
        worst_finding(&told, "configuration").1.ends_with("by the environment: GUICHET__LISTEN")
    );
    let (how, text) = worst_finding(&told, "listen");
    assert!(how == "ok" && text.contains(": our server answers in "), "{text}");
    assert!(worst_finding(&told, "database").1.ends_with("; a server holds it"), "{told:?}");
    // It listens elsewhere.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let told = ask(&free);
    let (how, text) = worst_finding(&told, "listen");
    assert!(how == "warning" && text.contains("started with another configuration"), "{text}");
    server.login("nora");
}

fn private_of(server: &Server) {
    let data = server.folder().join("data");
    fs::set_permissions(data, fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn check_reports_an_address_in_use() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let other = std::thread::spawn(move || drop(taken.accept().unwrap()));
    let told = check(with_config(&format!("listen = \"{address}\"\n")).path());
    let (how, text) = worst_finding(&told, "listen");
    assert!(how == "wrong" && text.contains("another program listens there"), "{text}");
    other.join().unwrap();
    let server = Server::start("");
    let told = check(with_config(&format!("listen = \"{}\"\n", server.address())).path());
    let (how, text) = worst_finding(&told, "listen");
    assert!(how == "wrong" && text.contains("but from another database"), "{text}");
    // An address for documentation: no machine has it.
    let told = check(with_config("listen = \"192.0.2.1:8080\"\n").path());
    let (how, text) = worst_finding(&told, "listen");
    assert!(how == "wrong" && text.ends_with("choose an address of this machine"), "{text}");
}

#[test]
fn check_warns_of_an_overdue_backup() {
    let told = check(with_config("listen = \"127.0.0.1:0\"\n").path());
    assert_eq!(
        worst_finding(&told, "backups"),
        ("ok", "backup.dir is not set: the server makes none by itself")
    );
    let folder =
        with_config("listen = \"127.0.0.1:0\"\ntimezone = \"UTC\"\n[backup]\ndir = \"own\"\n");
    let told = check(folder.path());
    assert!(worst_finding(&told, "backup.dir").1.starts_with("own: not there yet"), "{told:?}");
    assert_eq!(
        worst_finding(&told, "backups"),
        ("ok", "none yet; the server makes one when it starts")
    );
    let own = folder.path().join("own");
    fs::create_dir(&own).unwrap();
    fs::set_permissions(&own, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(
        worst_finding(&check(folder.path()), "backup.dir").0,
        "warning",
        "everybody may look in"
    );
    fs::set_permissions(&own, fs::Permissions::from_mode(0o700)).unwrap();
    fs::write(own.join("guichet-20260101-033000.tar"), "").unwrap();
    let told = check(folder.path());
    assert_eq!(problems(&told), ["backups"], "{told:?}");
    let (_, text) = worst_finding(&told, "backups");
    assert!(
        text.starts_with("the newest is of 2026-01-01 03:30:00, and another was due"),
        "{text}"
    );
    let now = jiff::Timestamp::now().strftime("%Y%m%d-%H%M%S");
    fs::write(own.join(format!("guichet-{now}.tar")), "").unwrap();
    let told = check(folder.path());
    assert_eq!(problems(&told), [""; 0], "{told:?}");
    assert!(worst_finding(&told, "backups").1.starts_with("the newest is of 20"), "{told:?}");
}

#[test]
fn check_stops_at_an_invalid_configuration() {
    let folder = with_config("colour = \"red\"\n");
    let told = check(folder.path());
    assert_eq!(problems(&told), ["configuration"]);
    assert!(told[0].2.starts_with("@/guichet.toml:2:1: colour: unknown key"), "{told:?}");
    assert!(told[0].2.ends_with("nothing else was looked at") && told.len() == 1, "{told:?}");
}

#[test]
fn check_warns_of_risky_settings() {
    for (config, expected) in [
        (
            "listen = \"0.0.0.0:0\"\n",
            &["public_url", "limits.requests_per_minute", "sms.gateway"][..],
        ),
        (
            "listen = \"127.0.0.1:0\"\npublic_url = \"https://www.example.com\"\n",
            &["limits.trusted_proxies", "limits.requests_per_minute", "sms.gateway"],
        ),
        ("listen = \"127.0.0.1:0\"\n[captcha]\ntest_code = \"abcde\"\n", &["captcha.test_code"]),
        (
            "listen = \"127.0.0.1:0\"\n[database]\nsynchronous = \"normal\"\n",
            &["database.synchronous"],
        ),
        ("listen = \"127.0.0.1:0\"\n[limits]\nmax_body = 1000000\n", &["limits.max_body"]),
        (
            "listen = \"127.0.0.1:0\"\n[limits]\ntrusted_proxies = [\"::1\", \"0.0.0.0/0\"]\n",
            &["limits.trusted_proxies"],
        ),
        (
            "listen = \"127.0.0.1:0\"\n[limits]\nlogin_attempts = 0\n[sms]\nper_hour = 0\n",
            &["limits.login_attempts", "sms.per_hour"],
        ),
        ("listen = \"127.0.0.1:0\"\npublic_url = \"http://localhost:8080\"\n", &[]),
        ("listen = \"127.0.0.1:0\"\n[web]\ndir = \"/nonexistent\"\n", &["web.dir"]),
    ] {
        let folder = with_config(config);
        let told = check(folder.path());
        // The limit of open files depends on the machine.
        let bad: Vec<&str> = problems(&told).into_iter().filter(|what| *what != "files").collect();
        assert_eq!(bad, expected, "{config}: {told:?}");
    }
    let folder = with_config("listen = \"127.0.0.1:0\"\n");
    let mut check = command(folder.path());
    check.env("GUICHET__SCORE__SECRETS__LAMPS", "hush").arg("check");
    let told = read(folder.path(), check.output().unwrap());
    assert!(worst_finding(&told, "configuration").1.ends_with(": GUICHET__SCORE__SECRETS__LAMPS"));
    assert!(told.iter().all(|(_, _, text)| !text.contains("hush")), "{told:?}");
}

#[test]
fn check_reports_an_unreachable_gateway() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let webhook = format!("url = \"http://127.0.0.1:{port}/sms\"\nsecret = \"hush\"\n");
    let config = "listen = \"127.0.0.1:0\"\n[sms]\ngateway = \"webhook\"\nper_day_in_all = 9\n";
    let folder = world(&format!("{config}[sms.webhook]\n{webhook}"));
    let told = check(folder.path());
    assert_eq!(problems(&told), ["gateway", "games"], "{told:?}");
    let (how, text) = worst_finding(&told, "gateway");
    assert!(how == "wrong" && text.contains("127.0.0.1") && !text.contains("hush"), "{text}");
}

#[test]
fn check_reports_open_and_unreadable_data_folders() {
    let folder = world("listen = \"127.0.0.1:0\"\n");
    let data = folder.path().join("data");
    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
    let told = check(folder.path());
    assert_eq!(problems(&told), ["data_dir", "games"]);
    let expected = "@/data: everybody on this machine may look in (mode 755); chmod o-rwx @/data";
    assert_eq!(worst_finding(&told, "data_dir"), ("warning", expected));
    // Root can read everything, so another user runs the check.
    let is_root = fs::metadata(&data).unwrap().uid() == 0;
    if is_root && !has("setpriv") {
        return;
    }
    let mut command = match is_root {
        true => {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
            command.arg(env!("CARGO_BIN_EXE_guichet"));
            command
        }
        false => Command::new(env!("CARGO_BIN_EXE_guichet")),
    };
    let mode = if is_root { 0o700 } else { 0 };
    fs::set_permissions(&data, fs::Permissions::from_mode(mode)).unwrap();
    command.arg("-c").arg(folder.path().join("guichet.toml")).arg("check").current_dir("/");
    let told = read(folder.path(), command.output().unwrap());
    fs::set_permissions(&data, fs::Permissions::from_mode(0o700)).unwrap();
    for what in ["data_dir", "database"] {
        assert_eq!(worst_finding(&told, what).0, "wrong", "{told:?}");
    }
    assert!(worst_finding(&told, "data_dir").1.contains("can't read and write there"), "{told:?}");
}

#[test]
fn check_reports_a_folder_that_cannot_be_made() {
    let folder = folder();
    fs::write(folder.path().join("data"), "not a folder").unwrap();
    assert_eq!(worst_finding(&check(folder.path()), "data_dir"), ("wrong", "@/data: not a folder"));
}
