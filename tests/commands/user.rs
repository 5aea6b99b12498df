//! `guichet user …`, with and without a running server, and options of all commands. The other
//! commands are in `commands/`.

use crate::common::cli::{done, folder, refused};
use crate::common::{Server, command, with_input, wrong_password};
use serde_json::json;
use std::path::Path;
use std::process::{Command, Output};

fn user(folder: &Path, args: &[&str], password: &str) -> Output {
    with_input(command(folder).arg("user").args(args), password)
}

/// `user list` with each creation time, which is checked for its shape, as `@`.
fn list(folder: &Path) -> String {
    let lines = done(user(folder, &["list"], ""));
    let lines = lines.lines().map(|line| {
        let (account, time) = line.rsplit_once('\t').unwrap();
        let shape: String =
            time.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        assert_eq!(shape, "0000-00-00 00:00:00");
        format!("{account}\t@\n")
    });
    lines.collect()
}

#[test]
fn accounts_are_managed_without_a_server() {
    let folder = folder();
    let path = folder.path();
    let add = |name| done(user(path, &["add", name, "--password-stdin"], "secret-1\n"));
    assert_eq!(list(path), "");
    assert_eq!(add("nora"), "100001\n");
    assert_eq!(add("诺拉 😀"), "100002\n");
    assert_eq!(list(path), "100001\tnora\t\tnora\t@\n100002\t诺拉 😀\t\t诺拉 😀\t@\n");
    assert_eq!(done(user(path, &["passwd", "nora", "--password-stdin"], "secret-2\n")), "");
    assert_eq!(done(user(path, &["remove", "nora"], "")), "");
    assert_eq!(list(path), "100002\t诺拉 😀\t\t诺拉 😀\t@\n");
    assert_eq!(add("paula"), "100003\n", "an id is never used again");
}

#[test]
fn changes_without_a_server_are_seen_at_start() {
    let folder = folder();
    let path = folder.path();
    // The end of the line and further lines are not part of a password.
    done(user(path, &["add", "nora", "--password-stdin"], "secret-1\nmore\n"));
    // Eppie-io/Eppie-CLI#622: PowerShell writes a byte order mark before what it pipes.
    done(user(path, &["add", "omar", "--password-stdin"], "\u{feff}secret-1\r\n"));
    done(user(path, &["add", "paula"], "secret-1"));
    let server = Server::start_in(folder, "");
    for name in ["nora", "omar", "paula"] {
        server.login(name);
    }
}

#[test]
fn changes_beside_a_server_apply_at_once() {
    let server = Server::start("");
    let path = server.folder();
    server.account("nora");
    assert_eq!(done(user(path, &["add", "omar", "--password-stdin"], "secret-1\n")), "100002\n");
    let token = server.login("omar");
    server.done(&token, "user/update", json!({"nickname": "O"}));
    assert_eq!(list(path), "100001\tnora\t\tnora\t@\n100002\tomar\t\tO\t@\n");
    done(user(path, &["passwd", "omar", "--password-stdin"], "secret-2\n"));
    let old = server.call("user/login", json!({"username": "omar", "password": "secret-1"}));
    assert_eq!(old, wrong_password());
    done(user(path, &["remove", "nora"], ""));
    assert_eq!(list(path), "100002\tomar\t\tO\t@\n");
    assert_eq!(server.account("paula").0, 100_003);
}

#[test]
fn mobile_number_names_its_account() {
    let server = Server::start("");
    let hash = server.captcha();
    server.done("", "sms/generate", json!({"phone": "13800001234", "hash": hash}));
    let code = server.outbox()[0]["code"].clone();
    let data = json!({"mobile": "13800001234", "sms_code": code, "password": "secret-1"});
    server.done("", "user/register", data);
    let token = server.login("13800001234");
    server.done(&token, "user/rename", json!({"username": "nora"}));
    assert_eq!(list(server.folder()), "100001\tnora\t13800001234\t13800001234\t@\n");
    done(user(server.folder(), &["remove", "13800001234"], ""));
    assert_eq!(list(server.folder()), "");
}

#[test]
fn failed_user_command_prints_one_line() {
    let folder = folder();
    let path = folder.path();
    done(user(path, &["add", "nora", "--password-stdin"], "secret-1\n"));
    let long = "n".repeat(33);
    let length = "the password must have 6 to 64 characters";
    for (args, password, expected) in [
        (&["add", "nora", "--password-stdin"][..], "secret-1", "NAME: it is taken"),
        (&["add", "", "--password-stdin"], "secret-1", "NAME: must not be empty"),
        (&["add", &long, "--password-stdin"], "secret-1", "NAME: 1 to 32 characters"),
        (
            &["add", "a\nb", "--password-stdin"],
            "secret-1",
            "NAME: control characters can't be part of a name",
        ),
        (
            &["add", "13800001234", "--password-stdin"],
            "secret-1",
            "username: another's telephone number can't be a name",
        ),
        (&["add", "omar", "--password-stdin"], "short", length),
        (&["add", "omar", "--password-stdin"], "", length),
        (&["add", "omar", "--password-stdin"], "\nsecret-1", length),
        (&["passwd", "nora", "--password-stdin"], "short", length),
        (&["passwd", "omar", "--password-stdin"], "secret-1", "omar: there is no such account"),
        (&["remove", "omar"], "", "omar: there is no such account"),
        (&["remove", ""], "", ": there is no such account"),
    ] {
        let said = refused(path, user(path, args, password));
        assert_eq!(said, expected, "{args:?}");
    }
    assert_eq!(list(path), "100001\tnora\t\tnora\t@\n");
}

#[test]
fn invalid_command_line_exits_with_2() {
    for args in [
        &["--nonsense"][..],
        &["nonsense"],
        &["user"],
        &["user", "nonsense"],
        &["user", "add"],
        &["user", "add", "nora", "omar"],
        &["user", "list", "--password-stdin"],
        &["-c"],
    ] {
        let folder = folder();
        let output = Command::new(env!("CARGO_BIN_EXE_guichet"))
            .args(args)
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?} {output:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{args:?}");
        assert!(!folder.path().join("data").exists(), "nothing is touched: {args:?}");
    }
}

#[test]
fn help_and_version_are_printed_on_stdout() {
    let run = |args: &[&str]| {
        let folder = folder();
        let mut command = Command::new(env!("CARGO_BIN_EXE_guichet"));
        done(command.args(args).current_dir(folder.path()).output().unwrap())
    };
    let version = format!("guichet {} (", env!("CARGO_PKG_VERSION"));
    assert!(run(&["--version"]).starts_with(&version));
    for (args, words) in [
        (
            &["--help"][..],
            &["Usage: guichet", "--config <FILE>", "user", "backup", "restore", "routes"][..],
        ),
        (&["-h"], &["Usage: guichet"]),
        (&["user", "--help"], &["add", "list", "passwd", "remove"]),
        (&["user", "add", "--help"], &["--password-stdin", "<NAME>"]),
        (&["backup", "--help"], &["[DIR|FILE]", "--force"]),
        (&["restore", "--help"], &["<FILE>", "--verify-only"]),
    ] {
        let help = run(args);
        for word in words {
            assert!(help.contains(word), "{args:?}: {word:?} is not in {help}");
        }
    }
}

#[test]
fn routes_list_every_operation_and_path() {
    let folder = folder();
    let told = done(command(folder.path()).arg("routes").output().unwrap());
    let lines: Vec<&str> = told.lines().collect();
    for line in [
        "user/logout\tlogin\t",
        "shop/create\tlogin\tshop_name shop_content user_id shop_id",
        "user/register\tanyone\tusername password hash mobile sms_code",
        "portrait/upload\tanyone\tname id base64 type",
        "POST\t/api\tenvelope\tid status type subtype data",
        "POST\t/{app}/api/post_score\tscore/post\topenid score",
        "POST\t/api/v1.0/users\tuser/register user/login user/info\tmobile sms_code password",
        "GET\t/user/get_user_info\tuser/info\t",
    ] {
        assert_eq!(lines.iter().filter(|told| **told == line).count(), 1, "{line:?}\n{told}");
    }
    assert!(lines.iter().all(|line| !line.contains("r#")), "{told}");
    assert!(!folder.path().join("data").exists(), "nothing is touched");
}

#[test]
fn config_option_may_follow_the_command() {
    let folder = folder();
    let config = folder.path().join("guichet.toml");
    let output = Command::new(env!("CARGO_BIN_EXE_guichet"))
        .args(["user", "list", "--config"])
        .arg(config)
        .current_dir("/")
        .output()
        .unwrap();
    assert_eq!(done(output), "");
}
