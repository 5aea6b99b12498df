//! Copies of the database during concurrent writes.

use super::*;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::thread;

const SCHEMA: Schema = Schema {
    steps: &["CREATE TABLE number (n BIGINT NOT NULL, filler TEXT NOT NULL)"],
    ..Schema::EMPTY
};

fn folder() -> (PathBuf, Config) {
    let data_dir = std::env::temp_dir().join(format!("copy-{:032x}", rand::random::<u128>()));
    std::fs::create_dir_all(&data_dir).unwrap();
    (data_dir.clone(), Config { data_dir, ..Config::default() })
}

/// A database in WAL mode with `rows` rows of 1 kB, numbered from 0.
fn database(config: &Config, rows: i64) -> Connection {
    let mut database = Connection::open(config.database_file()).unwrap();
    database.pragma_update(None, "journal_mode", "WAL").unwrap();
    database.busy_timeout(TIMEOUT).unwrap();
    schema::migrate(&mut database, SCHEMA.steps).unwrap();
    let all = database.transaction().unwrap();
    (0..rows).for_each(|n| add(&all, n));
    all.commit().unwrap();
    database
}

fn add(database: &Connection, n: i64) {
    let sql = "INSERT INTO number VALUES ($1, hex(zeroblob(512)))";
    database.prepare_cached(sql).unwrap().execute([n]).unwrap();
}

fn numbers(path: &Path) -> (i64, i64) {
    let copy = Connection::open(path).unwrap();
    let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    copy.query_row("SELECT count(*), max(n) + 1 FROM number", [], row).unwrap()
}

/// Stops the writer when the test ends, also by a panic.
struct StopOnDrop<'a>(&'a AtomicBool);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn copy_under_writes_is_consistent_and_never_restarts() {
    let (folder, config) = folder();
    let writer = database(&config, 4_000);
    let (ended, written) = (&AtomicBool::new(false), &AtomicI64::new(4_000));
    thread::scope(|scope| {
        let _ending = StopOnDrop(ended);
        scope.spawn(move || {
            let mut n = 4_000;
            while !ended.load(Ordering::SeqCst) {
                add(&writer, n);
                n += 1;
                written.store(n, Ordering::SeqCst);
            }
        });
        for round in 0..5 {
            let before = written.load(Ordering::SeqCst);
            let snapshot = Snapshot::take(&config, SCHEMA).unwrap();
            let after = written.load(Ordering::SeqCst);
            let copy = folder.join(format!("copy-{round}"));
            let (mut steps, mut last) = (0, 0);
            let _ = snapshot
                .copy(&copy, &mut |done, total| {
                    assert!(done > last, "{done} of {total} after {last}");
                    (steps, last) = (steps + 1, done);
                    // Something is written between any two steps.
                    let now = written.load(Ordering::SeqCst);
                    while written.load(Ordering::SeqCst) == now {
                        thread::yield_now();
                    }
                    ControlFlow::Continue(())
                })
                .unwrap();
            assert!(steps > 3, "{steps}");
            assert_eq!(examine(&copy, SCHEMA).unwrap(), 1);
            let (count, end) = numbers(&copy);
            assert_eq!(count, end, "a prefix of what was written");
            // The store follows the commit.
            assert!((before..=after + 1).contains(&count), "{before} {count} {after}");
        }
    });
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn copy_is_one_file_and_source_keeps_its_wal() {
    let (folder, config) = folder();
    let writer = database(&config, 10);
    let copy = folder.join("copy");
    let snapshot = Snapshot::take(&config, SCHEMA).unwrap();
    add(&writer, 10);
    writer.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
    drop(writer);
    assert!(snapshot.copy(&copy, &mut |_, _| ControlFlow::Continue(())).unwrap().is_continue());
    drop(snapshot);
    let log = std::fs::metadata(folder.join("guichet.db-wal")).unwrap().len();
    assert!(log > 0, "nothing was moved");
    examine(&copy, SCHEMA).unwrap();
    let beside = |suffix: &str| folder.join(format!("copy{suffix}")).exists();
    assert!(!beside("-wal") && !beside("-shm") && !beside("-journal"));
    // Read-only, it could make no file beside it.
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let mode: String = Connection::open_with_flags(&copy, flags)
        .unwrap()
        .pragma_query_value(None, "journal_mode", |row| row.get(0))
        .unwrap();
    assert_eq!((mode.as_str(), numbers(&copy)), ("delete", (10, 10)));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn copy_can_be_cancelled() {
    let (folder, config) = folder();
    drop(database(&config, 4_000));
    let snapshot = Snapshot::take(&config, SCHEMA).unwrap();
    let mut steps = 0;
    let ended = snapshot.copy(&folder.join("copy"), &mut |_, _| {
        steps += 1;
        ControlFlow::Break(())
    });
    assert!(ended.unwrap().is_break());
    assert_eq!(steps, 1);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn missing_damaged_or_newer_database_is_reported() {
    let (folder, config) = folder();
    let taken = Snapshot::take(&config, SCHEMA).err().unwrap();
    assert!(matches!(taken, OpenError::Missing(_)), "{taken}");
    drop(database(&config, 1_000));
    let file = config.database_file();
    let newer = Schema { steps: &[], ..SCHEMA };
    assert!(matches!(examine(&file, newer), Err(OpenError::Newer { .. })));
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 5_000].fill(0x5a);
    std::fs::write(&file, bytes).unwrap();
    let found = examine(&file, SCHEMA).unwrap_err();
    assert!(matches!(found, OpenError::Damaged(..) | OpenError::Sqlite(..)), "{found}");
    std::fs::remove_dir_all(folder).unwrap();
}
