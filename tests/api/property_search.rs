//! Searches agree with a scan of every notice after random writes (contract: envelope.md "GET
//! /api/external/get/property"). The texts consist of few characters, so that there are matches;
//! the random seed is fixed.

use crate::common::notice::{found, search};
use crate::common::world::{World, lower, number};
use serde_json::Value;

fn is_found_by(row: &Value, key: &str) -> bool {
    let small = key.to_ascii_lowercase();
    ["lab", "title", "content"].iter().any(|field| lower(row, field).contains(&small))
        || *number(row, "id") == *key
        || row["user_id"] == key
}

#[test]
fn search_agrees_with_a_full_scan() {
    for seed in 0..3 {
        let mut world = World::new(seed);
        for _ in 0..6 {
            world.add(40);
            world.change_randomly(30);
            for kind in ["1", "2"] {
                let all = world.all(kind);
                assert!(all.iter().all(|(row, _)| *number(row, "type") == *kind));
                for _ in 0..40 {
                    let key = world.key(&all);
                    world.compare(kind, &all, &[("key", &key)], |row| is_found_by(row, &key));
                }
                for _ in 0..15 {
                    let [lab, title] = [(); 2].map(|()| world.key(&all));
                    world.compare(kind, &all, &[("content", &lab)], |row| {
                        lower(row, "content").contains(&lab.to_ascii_lowercase())
                    });
                    world.compare(kind, &all, &[("lab", &lab), ("title", &title)], |row| {
                        lower(row, "lab").contains(&lab.to_ascii_lowercase())
                            && lower(row, "title").contains(&title.to_ascii_lowercase())
                    });
                }
            }
        }
        let file = world.server.folder().join("data/guichet.db");
        let database = rusqlite::Connection::open(file).unwrap();
        let column = |sql: &str| -> Vec<i64> {
            let mut rows = database.prepare(sql).unwrap();
            rows.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
        };
        // Deleted and moved rows are not in the index either.
        let indexed = column("SELECT rowid FROM property_text ORDER BY rowid");
        assert_eq!(indexed, column("SELECT position FROM property ORDER BY position"));
        drop(database);
        // Nothing is lost by a shutdown or a kill.
        let all = world.all("1");
        world.server =
            if seed == 0 { world.server.restart() } else { world.server.kill_and_restart() };
        for _ in 0..20 {
            let key = world.key(&all);
            world.compare("1", &all, &[("key", &key)], |row| is_found_by(row, &key));
        }
    }
}

#[test]
fn page_before_an_unknown_notice_is_empty() {
    let mut world = World::new(7);
    world.add(40);
    let ask = |key, more: &[(&str, &str)]| {
        let asked = [&[("type", "1"), ("key", key)], more].concat();
        search(&world.server, &world.tokens[0], &asked)
    };
    for key in ["钥", "钥匙", "1", "100001"] {
        assert_ne!(ask(key, &[]), found(&[]), "{key}");
        assert_eq!(ask(key, &[("before", "99999")]), found(&[]), "{key}");
    }
}
