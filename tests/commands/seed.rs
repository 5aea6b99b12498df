//! `guichet seed`: generated data that can be served.

use crate::check::check;
use crate::common::cli::{bare, done, folder, guichet, refused};
use crate::common::{Folder, Server};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

const SMALL: [&str; 11] = [
    "seed",
    "--accounts",
    "12",
    "--notices",
    "80",
    "--shops",
    "9",
    "--scores",
    "300",
    "--pictures",
    "4",
];

fn rows(folder: &Path, table: &str) -> Vec<Value> {
    let lines = done(guichet(folder, &["export", "--table", table]));
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn seed_makes_the_requested_data() {
    let folder = folder();
    let told = done(guichet(folder.path(), &SMALL));
    let told: BTreeMap<&str, &str> =
        told.lines().map(|line| line.split_once('\t').unwrap()).collect();
    for (step, count) in [
        ("accounts", "12"),
        ("notices", "80"),
        ("shops", "9"),
        ("scores", "300"),
        ("pictures", "4"),
    ] {
        assert_eq!(told[step], count, "{told:?}");
    }
    let password = told["the password of every account"];
    let accounts = rows(folder.path(), "account");
    assert_eq!(accounts.len(), 12);
    let server = Server::start_in(folder, "");
    for account in accounts.iter().take(3) {
        let login = json!({"username": account["username"], "password": password});
        server.done("", "user/login", login);
    }
    let login = json!({"username": accounts[0]["username"], "password": password});
    let token = server.done("", "user/login", login)["token"].as_str().unwrap().to_owned();
    // Boards with avatars and without gaps.
    for app in ["lamps", "pinball"] {
        let top = server.done("", "score/top", json!({"app": app, "limit": 10}));
        let top = top.as_array().unwrap();
        assert_eq!(top.len(), 10);
        assert!(top.iter().all(|row| row["nickname"] != ""), "{top:?}");
        let score = |row: &Value| row["score"].as_i64().unwrap();
        assert!(top.is_sorted_by(|a, b| score(a) >= score(b)) && score(&top[0]) > 0, "{top:?}");
    }
    assert!(server.done(&token, "rank/list", json!({})).as_array().unwrap().len() >= 5);
    assert_eq!(server.done("", "shop/list", json!({})).as_array().unwrap().len(), 9);
    // Every notice is found by a part of its text.
    let query = |data: Value| server.done(&token, "property/query", data);
    let mut found = 0;
    for kind in [1, 2] {
        for notice in query(json!({"type": kind, "limit": 1000})).as_array().unwrap() {
            let title = &notice["title"];
            let same = query(json!({"type": kind, "key": title, "limit": 1000}));
            let ids: Vec<&Value> = same.as_array().unwrap().iter().map(|row| &row["id"]).collect();
            assert!(ids.contains(&&notice["id"]), "{notice}");
            let phone = notice["user_phone"].as_str().unwrap();
            assert!(phone.starts_with("1380000"), "{phone}");
            found += 1;
        }
    }
    assert_eq!(found, 80);
    let picture = |account: &Value| {
        let reply = server.get(&format!("/api/external/get/portrait/{}", account["id"]));
        (reply.status, reply.body.len())
    };
    assert_ne!(picture(&accounts[0]), picture(&accounts[11]), "the last has the default picture");
    let avatar = accounts[0]["avatar"].as_str().unwrap();
    assert_eq!(server.get(&format!("/upload/{avatar}")).status, 200);
    let told = check(server.folder());
    assert!(told.iter().all(|(how, ..)| how != "wrong"), "{told:?}");
}

/// The generated data without values that differ each time.
fn without_varying_values(folder: &Folder) -> BTreeMap<&'static str, Vec<Value>> {
    const FRESH: [&str; 12] = [
        "password",
        "avatar",
        "file",
        "created_at",
        "last_login_at",
        "occurrence_time",
        "publish_time",
        "update_time",
        "position",
        "reached_at",
        "stored_at",
        "id",
    ];
    ["account", "portrait", "property", "shop", "player", "score", "rank"]
        .into_iter()
        .map(|table| {
            let mut rows = rows(folder.path(), table);
            for row in rows.iter_mut().map(|row| row.as_object_mut().unwrap()) {
                row.retain(|key, _| !FRESH.contains(&key.as_str()));
            }
            // Shops are listed by id, and ids are random.
            rows.sort_by_key(Value::to_string);
            (table, rows)
        })
        .collect()
}

#[test]
fn same_seed_makes_the_same_data() {
    let worlds = [("7", folder()), ("7", folder()), ("8", folder())].map(|(seed, folder)| {
        done(guichet(folder.path(), &[&SMALL[..], &["--seed", seed]].concat()));
        without_varying_values(&folder)
    });
    assert_eq!(worlds[0], worlds[1]);
    for table in ["account", "property", "shop", "score"] {
        assert_ne!(worlds[0][table], worlds[2][table], "{table}");
    }
}

#[test]
fn seed_refuses_existing_accounts_without_force() {
    let folder = folder();
    let path = folder.path();
    done(guichet(path, &SMALL));
    let before = rows(path, "account");
    let said = refused(path, guichet(path, &SMALL));
    assert_eq!(said, "there are accounts already; with --force a world is added to them");
    assert_eq!(rows(path, "account"), before);
    let told = done(guichet(path, &[&SMALL[..], &["--force"]].concat()));
    assert!(told.contains("accounts\t12\n") && told.contains("shops\t9\n"), "{told}");
    let after = rows(path, "account");
    assert_eq!((after.len(), &after[..12]), (24, &before[..]));
    assert_eq!(rows(path, "shop").len(), 18);
}

#[test]
fn seed_is_refused_while_a_server_runs() {
    let server = Server::start("");
    let said = refused(server.folder(), guichet(server.folder(), &["seed", "--force"]));
    assert_eq!(said, "@/data/guichet.db: a server holds it; stop it first");
}

#[test]
fn seed_makes_no_data_without_accounts() {
    let folder = folder();
    let none = ["--accounts", "0", "--notices", "5", "--shops", "5", "--scores", "0"];
    let told = done(guichet(folder.path(), &[&["seed"], &none[..]].concat()));
    for step in ["accounts", "notices", "shops", "scores", "players", "ranks", "pictures"] {
        assert!(told.contains(&format!("{step}\t0\n")), "{told}");
    }
    let told = done(guichet(folder.path(), &["seed", "--accounts", "1", "--shops", "9"]));
    assert!(told.contains("shops\t3\n"), "as many as an account may have: {told}");
    for args in [["--accounts", "-1"], ["--scores", "many"], ["--accounts", "99999999"]] {
        let output = bare(&[&["seed"], &args[..]].concat());
        assert_eq!(output.status.code(), Some(2), "{args:?}");
    }
}
