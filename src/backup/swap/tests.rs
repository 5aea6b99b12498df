//! Swaps interrupted before and after each of their renames.

use super::*;
use crate::config::DatabaseUrl;
use std::collections::BTreeMap;

/// The files of the old and the new data, as paths in `data_dir` or in the database's folder.
type Tree = BTreeMap<String, String>;

/// A layout: the place of the database, and whether old data exists.
struct Case {
    apart: bool,
    empty: bool,
}

const CASES: [Case; 4] = [
    Case { apart: false, empty: false },
    Case { apart: true, empty: false },
    Case { apart: false, empty: true },
    Case { apart: true, empty: true },
];

struct World {
    root: PathBuf,
    config: Config,
    swap: Swap,
}

impl World {
    /// Old data, if the case has any, and new data that is staged and marked.
    fn new(case: &Case, pictures: bool) -> Self {
        let root = std::env::temp_dir().join(format!("swap-{:032x}", rand::random::<u128>()));
        let data_dir = root.join("data");
        let apart = root.join("apart");
        let mut config = Config { data_dir: data_dir.clone(), ..Config::default() };
        if case.apart {
            config.database.url = DatabaseUrl::SqlitePath(apart.join("my.db"));
        }
        let database = config.database_file();
        for folder in [&data_dir, &apart] {
            fs::create_dir_all(folder).unwrap();
        }
        if !case.empty {
            for suffix in ["", "-wal", "-shm"] {
                let mut path = database.clone().into_os_string();
                path.push(suffix);
                fs::write(path, format!("old{suffix}")).unwrap();
            }
            fs::create_dir(data_dir.join("pictures")).unwrap();
            fs::write(data_dir.join("pictures/a.png"), "old a").unwrap();
        }
        fs::write(data_dir.join("outbox.jsonl"), "messages").unwrap();
        let swap = Swap::new(&config, "before-x".into(), pictures);
        swap.stage().unwrap();
        fs::write(swap.new_database(), "new").unwrap();
        fs::write(swap.new_pictures().join("b.png"), "new b").unwrap();
        World { root, config, swap }
    }

    /// Every file below the root, without the names of the staged folders.
    fn tree(&self) -> Tree {
        let mut tree = Tree::new();
        let mut folders = vec![self.root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(&self.root).unwrap().to_str().unwrap().to_owned();
                    tree.insert(name, fs::read_to_string(path).unwrap());
                }
            }
        }
        tree
    }

    /// The expected files after the swap.
    fn swapped(&self, case: &Case) -> Tree {
        let (folder, name) = if case.apart { ("apart", "my.db") } else { ("data", "guichet.db") };
        let mut tree: Tree = [
            ("data/outbox.jsonl".into(), "messages".into()),
            (format!("{folder}/{name}"), "new".into()),
        ]
        .into();
        if !case.empty {
            for suffix in ["", "-wal", "-shm"] {
                tree.insert(format!("{folder}/before-x/{name}{suffix}"), format!("old{suffix}"));
            }
        }
        let old = if self.swap.names.pictures { "data/before-x/pictures" } else { "data/pictures" };
        if !case.empty {
            tree.insert(format!("{old}/a.png"), "old a".into());
        }
        if self.swap.names.pictures {
            tree.insert("data/pictures/b.png".into(), "new b".into());
        }
        tree
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

#[test]
fn next_lock_holder_finishes_interrupted_swap() {
    for case in &CASES {
        for pictures in [true, false] {
            for done in 0.. {
                let world = World::new(case, pictures);
                world.swap.mark().unwrap();
                let more = (0..done).all(|_| world.swap.next().unwrap());
                assert!(refuse_unfinished(&world.config).is_err());
                drop(crate::backup::hold(&world.config).unwrap());
                let mut tree = world.tree();
                tree.retain(|name, _| !name.ends_with(".lock"));
                assert_eq!(tree, world.swapped(case), "after {done} renames");
                refuse_unfinished(&world.config).unwrap();
                // Once more changes nothing.
                drop(crate::backup::hold(&world.config).unwrap());
                if !more {
                    let renames = 1
                        + i32::from(pictures)
                        + if case.empty { 0 } else { 3 + i32::from(pictures) };
                    assert_eq!(done, renames + 1);
                    break;
                }
            }
        }
    }
}

#[test]
fn staged_but_unstarted_restore_is_removed() {
    for case in &CASES {
        let world = World::new(case, true);
        let mut before = world.tree();
        before.retain(|name, _| !name.contains("/restore-"));
        drop(crate::backup::hold(&world.config).unwrap());
        let mut tree = world.tree();
        tree.retain(|name, _| !name.ends_with(".lock"));
        assert_eq!(tree, before);
    }
}

#[test]
fn rollback_from_any_step_restores_the_start() {
    for case in &CASES {
        for done in 0..8 {
            let world = World::new(case, true);
            let before = world.tree();
            let _ = (0..done).all(|_| world.swap.next().unwrap());
            world.swap.back().unwrap();
            assert_eq!(world.tree(), before, "after {done} renames");
        }
    }
}

#[test]
fn swap_failing_half_way_changes_nothing() {
    let world = World::new(&CASES[1], true);
    let before = world.tree();
    // A file is where the folder of the old database would be made.
    fs::write(world.root.join("apart/before-x"), "in the way").unwrap();
    let error = world.swap.run().unwrap_err();
    assert!(!error.to_string().contains("undone"), "{error}");
    fs::remove_file(world.root.join("apart/before-x")).unwrap();
    let mut tree = world.tree();
    tree.retain(|name, _| name != "data/restore.json");
    assert_eq!(tree, before);
    refuse_unfinished(&world.config).unwrap();
    world.swap.unstage().unwrap();
    assert!(world.tree().keys().all(|name| !name.contains("restore-")));
}

#[test]
fn swap_replaces_data_and_returns_old_folder() {
    for case in &CASES {
        let world = World::new(case, true);
        let kept = world.swap.run().unwrap();
        world.swap.unstage().unwrap();
        assert_eq!(world.tree(), world.swapped(case));
        assert_eq!(kept.len(), if case.empty { 0 } else { 1 + usize::from(case.apart) });
        assert!(kept.iter().all(|folder| folder.ends_with("before-x")));
    }
}

#[test]
fn interrupted_swap_overwrites_no_foreign_file() {
    let world = World::new(&CASES[0], true);
    world.swap.mark().unwrap();
    // The pictures are swapped, and the old database is away.
    (0..5).for_each(|_| assert!(world.swap.next().unwrap()));
    let live = world.config.database_file();
    assert!(!live.exists());
    fs::write(&live, "somebody's").unwrap();
    let error = crate::backup::hold(&world.config).unwrap_err().to_string();
    assert!(error.contains("restore.json: a restore was cut off and can't be finished"), "{error}");
    assert!(error.contains("it was made after the restore was begun; move it away"), "{error}");
    assert_eq!(fs::read_to_string(&live).unwrap(), "somebody's");
    fs::remove_file(&live).unwrap();
    drop(crate::backup::hold(&world.config).unwrap());
    assert_eq!(fs::read_to_string(&live).unwrap(), "new");
}

#[test]
fn restore_is_finished_only_for_its_own_database() {
    let world = World::new(&CASES[0], true);
    world.swap.mark().unwrap();
    let mut config = world.config.clone();
    config.database.url = DatabaseUrl::SqlitePath(world.root.join("apart/my.db"));
    let error = crate::backup::hold(&config).unwrap_err().to_string();
    assert!(error.contains("it was begun for the database"), "{error}");
    drop(crate::backup::hold(&world.config).unwrap());
}
