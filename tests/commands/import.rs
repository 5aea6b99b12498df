//! `guichet import`: imports an export into an empty database, completely or not at all.

use crate::common::cli::{done, folder, guichet, refused};
use crate::common::{Folder, Server};
use crate::export::{ODD, export, odd_world};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// Imports the export of one folder into another.
fn import(from: &Path, into: &Path) -> String {
    done(guichet(into, &["import", from.to_str().unwrap()]))
}

/// Answers of a server to an earlier user.
fn answers(server: &Server) -> Vec<Value> {
    let login = |name: &str| {
        let data = json!({"username": name, "password": "guichet-demo"});
        server.done("", "user/login", data)["token"].as_str().unwrap().to_owned()
    };
    let token = login("13800000002");
    let mut answers = vec![
        server.done(&token, "user/info", json!({})),
        server.done("", "shop/list", json!({"limit": 1000})),
        server.done("", "score/top", json!({"app": "lamps", "limit": 1000})),
        server.done("", "score/around", json!({"app": "pinball", "openid": "demo-000002"})),
        server.done(&token, "rank/list", json!({"arange": [1, 100]})),
        server.done(&token, "property/query", json!({"type": 2, "limit": 1000})),
    ];
    for key in ["捡到", "lost", "伞", "100003", "17"] {
        let data = json!({"type": 1, "key": key, "limit": 1000});
        answers.push(server.done(&token, "property/query", data));
    }
    answers
}

#[test]
fn import_reproduces_the_exported_data() {
    // The second account's number is its name for the login.
    let old = odd_world();
    let database = rusqlite::Connection::open(old.path().join("data/guichet.db")).unwrap();
    database.execute_batch("UPDATE account SET mobile = '13800000002' WHERE id = 100003").unwrap();
    drop(database);
    let files = export(old.path(), "out");
    let new = folder();
    let told = import(&old.path().join("out"), new.path());
    let counted: String =
        files.iter().map(|(table, text)| format!("{table}\t{}\n", text.lines().count())).collect();
    assert_eq!(told, counted);
    assert_eq!(export(new.path(), "out"), files);
    let old = Server::start_in(old, "");
    let expected = answers(&old);
    let new = Server::start_in(new, "");
    assert_eq!(answers(&new), expected);
    // The rows of these shops were written by the test, past the old server's text index. An import makes
    // the index anew.
    for text in ODD.iter().filter(|text| !text.contains('\0')) {
        let found = new.done("", "shop/list", json!({"key": text}));
        let found = found.as_array().unwrap();
        assert!(found.iter().any(|shop| shop["shop_name"] == *text), "{text:?}: {found:?}");
    }
    // Ids continue from the last one.
    for server in [&old, &new] {
        assert_eq!(server.account("nora").0, 100_010);
    }
}

#[test]
fn imported_users_must_log_in_again() {
    let old = Server::start("");
    let (id, token) = old.account("nora");
    export(old.folder(), "out");
    let new = folder();
    import(&old.folder().join("out"), new.path());
    let new = Server::start_in(new, "");
    let answer = new.call_as(&token, "user/info", json!({}));
    assert!(answer.contains("\"status\":-101"), "{answer}");
    let token = new.login("nora");
    assert_eq!(new.done(&token, "user/info", json!({}))["user_id"], id);
}

/// An export of a new database, with one file replaced.
fn with(file: &str, text: &str) -> Folder {
    let folder = folder();
    done(guichet(folder.path(), &["user", "list"]));
    export(folder.path(), "out");
    fs::write(folder.path().join("out").join(file), text).unwrap();
    fs::remove_dir_all(folder.path().join("data")).unwrap();
    folder
}

#[test]
fn invalid_import_line_is_named_and_imports_nothing() {
    let shop = |fields: &str| format!("{{\"id\":1,{fields}}}\n");
    let good = shop(r#""name":"a","content":"","owner":1,"created_at":1"#);
    for (file, text, expected) in [
        ("shop.jsonl", format!("{good}{{"), "shop.jsonl:2: EOF while parsing an object"),
        ("shop.jsonl", format!("{good}\n{good}"), "shop.jsonl:3: UNIQUE constraint failed: shop."),
        ("shop.jsonl", "[1]\n".into(), "shop.jsonl:1: expected an object, a row"),
        ("shop.jsonl", "{}\n".into(), "shop.jsonl:1: expected the columns of a row"),
        ("shop.jsonl", good.repeat(2), "shop.jsonl:2: UNIQUE constraint failed: shop."),
        (
            "shop.jsonl",
            good.replace("\"owner\":1", "\"owner\":\"1\""),
            "shop.jsonl:1: owner: expected an integer of 64 bits",
        ),
        ("shop.jsonl", good.replace("\"a\"", "7"), "shop.jsonl:1: name: expected a text"),
        (
            "shop.jsonl",
            good.replace("\"a\"", "null"),
            "shop.jsonl:1: NOT NULL constraint failed: shop.name",
        ),
        (
            "shop.jsonl",
            good.replace("owner", "owned"),
            "shop.jsonl:1: owned: shop has no such column",
        ),
        (
            "shop.jsonl",
            good.replace("\"id\":1", "\"id\":1,\"id\":2"),
            "shop.jsonl:1: a key stands twice in one object",
        ),
        ("shop.jsonl", "{\"id\":1}\n".into(), "shop.jsonl:1: NOT NULL constraint failed"),
        ("shops.jsonl", String::new(), "shops.jsonl: there is no table shops"),
        ("property_text.jsonl", String::new(), "property_text.jsonl: there is no table"),
    ] {
        let folder = with(file, &text);
        let path = folder.path();
        let out = path.join("out");
        let said = refused(path, guichet(path, &["import", out.to_str().unwrap()]));
        assert!(said.starts_with(&format!("@/out/{expected}")), "{text}: {said}");
        let rows = |table| done(guichet(path, &["export", "-t", table]));
        assert_eq!((rows("account"), rows("shop")), (String::new(), String::new()), "{text}");
        // The corrected folder is imported.
        fs::remove_file(out.join(file)).unwrap();
        fs::write(out.join("shop.jsonl"), &good).unwrap();
        assert!(import(&out, path).contains("shop\t1\n"));
    }
}

#[test]
fn some_tables_can_be_imported_with_the_id_sequence() {
    let old = odd_world();
    let files = export(old.path(), "out");
    let out = old.path().join("out");
    for table in files.keys().filter(|table| !["account", "sequence"].contains(&table.as_str())) {
        fs::remove_file(out.join(format!("{table}.jsonl"))).unwrap();
    }
    let new = folder();
    assert_eq!(import(&out, new.path()), "account\t9\nsequence\t8\n");
    fs::remove_file(out.join("sequence.jsonl")).unwrap();
    let other = folder();
    let said = refused(old.path(), guichet(other.path(), &["import", out.to_str().unwrap()]));
    assert_eq!(said, "@/out: sequence.jsonl is missing");
}

#[test]
fn import_refuses_a_filled_or_served_database() {
    let old = odd_world();
    export(old.path(), "out");
    let from = old.path().join("out");
    let from = from.to_str().unwrap();
    let used = folder();
    done(guichet(used.path(), &["seed", "--accounts", "1", "--notices", "0", "--scores", "0"]));
    let before = export(used.path(), "before");
    let said = refused(used.path(), guichet(used.path(), &["import", from]));
    assert_eq!(
        said,
        "@/data/guichet.db: the table account has rows of its own already; import needs an empty \
         database"
    );
    assert_eq!(export(used.path(), "after"), before);
    let server = Server::start("");
    let said = refused(server.folder(), guichet(server.folder(), &["import", from]));
    assert!(said.starts_with("@/data/guichet.db: held by another guichet"), "{said}");
    server.account("nora");
    // An account was deleted: its id must not be reused, and the audit tells of it.
    let gone = folder();
    done(crate::common::with_input(
        crate::common::command(gone.path()).args(["user", "add", "nora"]),
        "secret-1",
    ));
    done(guichet(gone.path(), &["user", "remove", "nora"]));
    let said = refused(gone.path(), guichet(gone.path(), &["import", from]));
    assert!(said.contains("the table audit has rows of its own"), "{said}");
}

#[test]
fn import_refuses_a_folder_without_an_export() {
    let folder = folder();
    let path = folder.path();
    fs::create_dir(path.join("empty")).unwrap();
    for (from, expected) in [
        ("empty", "@/empty: there is no file TABLE.jsonl in it"),
        ("nowhere", "@/nowhere: No such file or directory"),
        ("guichet.toml", "@/guichet.toml: Not a directory"),
    ] {
        let said = refused(path, guichet(path, &["import", path.join(from).to_str().unwrap()]));
        assert!(said.starts_with(expected), "{said}");
    }
    assert!(!path.join("data").exists());
}

#[test]
fn account_of_an_older_export_is_in_use() {
    let old = odd_world();
    let files = export(old.path(), "out");
    let accounts: String = files["account"]
        .lines()
        .map(|line| {
            let mut row: Value = serde_json::from_str(line).unwrap();
            row.as_object_mut().unwrap().remove("last_login_at");
            format!("{row}\n")
        })
        .collect();
    let out = old.path().join("out");
    fs::write(out.join("account.jsonl"), accounts).unwrap();
    let new = folder();
    import(&out, new.path());
    let database = rusqlite::Connection::open(new.path().join("data/guichet.db")).unwrap();
    let sql = "SELECT count(*) FROM account WHERE last_login_at <> created_at";
    let odd: i64 = database.query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(odd, 0);
}
