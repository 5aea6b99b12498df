//! Backups while pictures are replaced.

use super::*;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU32, Ordering};

const PICTURES: u32 = 200;

const SCHEMA: Schema = Schema {
    steps: &["CREATE TABLE shown (id BIGINT NOT NULL PRIMARY KEY, file TEXT NOT NULL)"],
    pictures: "SELECT file FROM shown",
    ..Schema::EMPTY
};

/// Services on a new folder, and their database with a picture for each id.
fn world() -> (PathBuf, Services, Connection) {
    let folder = std::env::temp_dir().join(format!("make-{:032x}", rand::random::<u128>()));
    let config = Config { data_dir: folder.join("data"), ..Config::default() };
    let services = Services::open(config, String::new()).unwrap();
    let database = Connection::open(services.config.database_file()).unwrap();
    database.pragma_update(None, "journal_mode", "WAL").unwrap();
    database.execute_batch(SCHEMA.steps[0]).unwrap();
    database.pragma_update(None, "application_id", 0x4755_4943).unwrap();
    database.pragma_update(None, "user_version", 1).unwrap();
    for id in 0..PICTURES {
        let file = services.pictures.put(format!("picture {id}").as_bytes(), "png").unwrap();
        database.execute("INSERT INTO shown VALUES ($1, $2)", (id, file)).unwrap();
    }
    (folder, services, database)
}

/// Replaces a picture like an upload: write the file, update the row, then remove the old file.
fn replace(files: &PictureStore, database: &Connection, id: u32, nth: u32) {
    let file = files.put(format!("picture {id}, {nth}").as_bytes(), "png").unwrap();
    let find = "SELECT file FROM shown WHERE id = $1";
    let old: String = database.query_row(find, [id], |row| row.get(0)).unwrap();
    let changed = database.execute("UPDATE shown SET file = $1 WHERE id = $2", (file, id));
    assert_eq!(changed.unwrap(), 1);
    files.remove(&old);
}

/// The entries of an archive.
fn entries(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut archive = tar::Archive::new(fs::File::open(path).unwrap());
    let read = |entry: std::io::Result<tar::Entry<'_, fs::File>>| {
        let (mut entry, mut bytes) = (entry.unwrap(), Vec::new());
        entry.read_to_end(&mut bytes).unwrap();
        (entry.path().unwrap().to_str().unwrap().to_owned(), bytes)
    };
    archive.entries().unwrap().map(read).collect()
}

/// The pictures that the database in an archive names, with their ids.
fn named(entries: &BTreeMap<String, Vec<u8>>, folder: &Path) -> Vec<(u32, String)> {
    let path = folder.join("copy.db");
    fs::write(&path, &entries["guichet.db"]).unwrap();
    let copy = Connection::open(path).unwrap();
    let mut rows = copy.prepare("SELECT id, file FROM shown").unwrap();
    let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    rows.query_map([], row).unwrap().collect::<Result<_, _>>().unwrap()
}

#[test]
fn backup_holds_pictures_replaced_while_it_is_made() {
    for seed in 0..3 {
        let (folder, services, database) = world();
        let mut rng = SmallRng::seed_from_u64(seed);
        let target = Target::File { path: folder.join("a.tar"), force: false };
        // One is replaced for each that is read, so that many are gone when it is their turn.
        let (left, files) = (&AtomicU32::new(900), &services.pictures);
        let mut on_progress = move |step: Step, _, _| {
            if step == Step::Pictures && left.load(Ordering::SeqCst) > 0 {
                let nth = left.fetch_sub(1, Ordering::SeqCst);
                replace(files, &database, rng.random_range(0..PICTURES), nth);
            }
            ControlFlow::Continue(())
        };
        let made = make(&services, SCHEMA, &target, &mut on_progress).unwrap();
        assert!(left.load(Ordering::SeqCst) < 500, "few were replaced");
        assert_eq!(made.manifest.missing, [""; 0]);
        let entries = entries(&made.path);
        let named = named(&entries, &folder);
        assert_eq!(named.len(), PICTURES as usize);
        for (id, file) in named {
            let bytes = &entries[&format!("pictures/{file}")];
            let text = std::str::from_utf8(bytes).unwrap();
            let of = text.strip_prefix("picture ").unwrap().split(',').next().unwrap();
            assert_eq!(of, id.to_string());
        }
        fs::remove_dir_all(folder).unwrap();
    }
}

#[test]
fn backup_cancelled_at_any_step_leaves_nothing() {
    let (folder, services, _database) = world();
    let into = folder.join("backups");
    for last in [Step::Pictures, Step::Copy, Step::Check, Step::Pack] {
        let mut on_progress = |step: Step, _, _| {
            if step == last { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let target = Target::Folder(into.clone());
        let ended = make(&services, SCHEMA, &target, &mut on_progress);
        assert!(matches!(ended, Err(BackupError::Stopped)), "{last:?}: {ended:?}");
        assert_eq!(fs::read_dir(&into).unwrap().count(), 0, "{last:?}");
    }
    fs::remove_dir_all(folder).unwrap();
}
