//! Starting: configuration errors, the environment, one server per folder.

use crate::common::{Folder, Server, command};
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A folder with this configuration; `@` in it stands for the folder itself.
fn folder(config: &str) -> Folder {
    let folder = Folder::new();
    let config = config.replace('@', folder.path().to_str().unwrap());
    fs::write(folder.path().join("guichet.toml"), config).unwrap();
    folder
}

/// The error line of a server that does not start, with `@` for the folder.
fn refused(folder: &Folder, output: Output) -> String {
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "nothing is listened on");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.ends_with('\n') && said.lines().count() == 1, "{said:?}");
    said.trim_end().replace(folder.path().to_str().unwrap(), "@")
}

/// The error line for this configuration.
fn wrong(config: &str) -> String {
    let folder = folder(config);
    let said = refused(&folder, command(folder.path()).output().unwrap());
    assert!(!folder.path().join("data").exists(), "nothing was touched");
    said
}

#[test]
fn configuration_error_names_its_place() {
    let port = "listen = \"127.0.0.1:0\"\n";
    for (config, place, what) in [
        (format!("{port}lisen = 1\n"), "2:1: lisen", "unknown key; expected one of "),
        (format!("{port}[sms]\n\n  per_our = 1\n"), "4:3: sms.per_our", "unknown key; expected "),
        (format!("{port}[smss]\nx = 1\n"), "2:2: smss", "unknown key; expected one of "),
        (format!("{port}[sms]\nper_hour = -1\n"), "3:12: sms.per_hour", ""),
        (format!("{port}[sms]\nper_hour = \"5\"\n"), "3:12: sms.per_hour", ""),
        (format!("{port}[sms]\nttl = \"5 m\"\n"), "3:7: sms.ttl", "\"5 m\" is not a duration"),
        (
            format!("{port}[captcha]\nlength = 11\n"),
            "3:10: captcha.length",
            "11 is not from 1 to 10",
        ),
        ("listen = \"nowhere\"\n".into(), "1:10: listen", "\"nowhere\" is not an address"),
        ("listen = \":8080\"\n".into(), "1:10: listen", "\":8080\" is not an address"),
        ("listen = 8080\n".into(), "1:10: listen", ""),
        ("timezone = \"Mars/Base\"\n".into(), "1:12: timezone", "\"Mars/Base\" is not a time zone"),
        ("[log]\nlevel = \"loud\"\n".into(), "2:9: log.level", "unknown value `loud`"),
        ("[sms\n".into(), "1:5: sms", ""),
        ("a = 1\na = 2\n".into(), "2:1: a", ""),
        (
            "listen = \"0.0.0.0:0\"\n[captcha]\ntest_code = \"abcde\"\n".into(),
            "3:13: captcha.test_code",
            "refused unless `listen` is a loopback address",
        ),
        (
            "[database]\nurl = \"postgres://nora:hush@db.example.com/x\"\n".into(),
            "1:1: store.kind",
            "with PostgreSQL the pictures must be where all servers see them",
        ),
    ] {
        let said = wrong(&config);
        let expected = format!("guichet: @/guichet.toml:{place}: {what}");
        assert!(said.starts_with(&expected), "{config}: {said}");
        assert!(!said.contains("hush"), "a secret is not repeated: {said}");
    }
}

#[test]
fn unreadable_configuration_is_named() {
    let folder = folder("");
    fs::remove_file(folder.path().join("guichet.toml")).unwrap();
    let said = refused(&folder, command(folder.path()).output().unwrap());
    assert_eq!(said, "guichet: @/guichet.toml: no such file");
    fs::write(folder.path().join("guichet.toml"), b"listen = \"\xff\"").unwrap();
    let said = refused(&folder, command(folder.path()).output().unwrap());
    assert_eq!(said, "guichet: @/guichet.toml: not UTF-8 text");
    fs::remove_file(folder.path().join("guichet.toml")).unwrap();
    fs::create_dir(folder.path().join("guichet.toml")).unwrap();
    let said = refused(&folder, command(folder.path()).output().unwrap());
    assert!(said.starts_with("guichet: @/guichet.toml: "), "{said}");
}

#[test]
fn data_dir_that_cannot_be_made_is_named() {
    let folder = folder("listen = \"127.0.0.1:0\"\ndata_dir = \"@/file/data\"\n");
    fs::write(folder.path().join("file"), "not a folder").unwrap();
    for args in [&[][..], &["user", "list"]] {
        let said = refused(&folder, command(folder.path()).args(args).output().unwrap());
        assert!(said.starts_with("guichet: @/file/data: "), "{args:?}: {said}");
    }
    assert_eq!(fs::read(folder.path().join("file")).unwrap(), b"not a folder");
}

#[test]
fn new_data_dir_is_private_and_existing_is_kept() {
    let mode = |folder: &Path| fs::metadata(folder).unwrap().permissions().mode() & 0o777;
    let server = Server::start("");
    let data = server.folder().join("data");
    assert_eq!((mode(&data), mode(&data.join("pictures"))), (0o700, 0o700));
    drop(server);
    let folder = Folder::new();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::set_permissions(&data, fs::Permissions::from_mode(0o750)).unwrap();
    let _server = Server::start_in(folder, "");
    assert_eq!(mode(&data), 0o750);
}

#[test]
fn foreign_database_file_is_refused_unchanged() {
    let folder = folder("listen = \"127.0.0.1:0\"\ndata_dir = \"@/data\"\n");
    let file = folder.path().join("data/guichet.db");
    fs::create_dir(folder.path().join("data")).unwrap();
    let text = "somebody's novel, chapter one. ".repeat(1_000);
    fs::write(&file, &text).unwrap();
    let said = refused(&folder, command(folder.path()).output().unwrap());
    assert!(said.starts_with("guichet: @/data/guichet.db: not a guichet database"), "{said}");
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn address_in_use_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let folder = folder(&format!("listen = \"{address}\"\ndata_dir = \"@/data\"\n"));
    let said = refused(&folder, command(folder.path()).output().unwrap());
    assert!(said.starts_with(&format!("guichet: listen: {address}: ")), "{said}");
}

#[test]
fn second_server_on_one_folder_is_refused() {
    let server = Server::start("");
    let output = command(server.folder()).output().unwrap();
    assert_eq!((output.status.code(), output.stdout), (Some(2), Vec::new()));
    let file = server.folder().join("data/guichet.db");
    let expected = format!(
        "guichet: {}: held by another guichet; one process at a time may serve a database\n",
        file.display()
    );
    assert_eq!(String::from_utf8(output.stderr).unwrap(), expected);
    server.account("nora");
    // Once the first has ended, by shutdown or kill, the folder is free.
    let server = server.kill_and_restart();
    server.login("nora");
}

#[test]
fn first_line_is_the_address_and_the_only_one() {
    let folder = folder("listen = \"127.0.0.1:0\"\ndata_dir = \"@/data\"\n");
    let mut child =
        command(folder.path()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let port = line.strip_prefix("listening on http://127.0.0.1:").unwrap();
    let port: u16 = port.strip_suffix('\n').unwrap().parse().unwrap();
    // Connections are possible once the line is printed.
    drop(std::net::TcpStream::connect(("127.0.0.1", port)).unwrap());
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0), "SIGTERM ends well");
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
}

#[test]
fn environment_variable_overrides_the_file() {
    let folder = folder("data_dir = \"@/data\"\n[session]\nttl = \"junk\"\n");
    let list = |variables: &[(&str, &str)]| {
        let mut command = command(folder.path());
        command.args(["user", "list"]).envs(variables.iter().copied()).output().unwrap()
    };
    let said = refused(&folder, list(&[]));
    assert!(said.starts_with("guichet: @/guichet.toml:3:7: session.ttl: "), "{said}");
    // It overrides an invalid value of the file, and the data folder.
    let other = folder.path().join("other");
    let variables =
        [("GUICHET__SESSION__TTL", "1d"), ("GUICHET__DATA_DIR", other.to_str().unwrap())];
    assert_eq!(list(&variables).status.code(), Some(0));
    assert!(other.join("guichet.db").exists() && !folder.path().join("data").exists());
    for (name, text, what) in [
        ("GUICHET__SESSION__TTL", "never", "\"never\" is not a duration"),
        ("GUICHET__LISTEN", "nowhere", "\"nowhere\" is not an address"),
        ("GUICHET__SMS__PER_HOUR", "many", ""),
        ("GUICHET__SMS__PER_OUR", "5", "unknown key"),
        ("GUICHET__NONSENSE", "5", "unknown key"),
        (
            "GUICHET__LIMITS__TRUSTED_PROXIES",
            "127.0.0.1, home",
            "\"home\" is neither an IP address nor a network",
        ),
    ] {
        let variables = [("GUICHET__SESSION__TTL", "1d"), (name, text)];
        let said = refused(&folder, list(&variables));
        assert!(said.starts_with(&format!("guichet: {name}: {what}")), "{said}");
    }
}
