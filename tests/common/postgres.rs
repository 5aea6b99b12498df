//! PostgreSQL as the database of the servers under test: `GUICHET_TEST_POSTGRES` is the address of a database
//! in which each of them gets a schema of its own.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

const VARIABLE: &str = "GUICHET_TEST_POSTGRES";

/// Notes in a server's folder which schema it has; it is made by the first server there.
pub fn give_schema(folder: &Path) {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let note = folder.join("postgres-schema");
    let Ok(database) = std::env::var(VARIABLE) else { return };
    if note.exists() {
        return;
    }
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("test_{}_{count}", std::process::id());
    let made = Command::new("psql")
        .args(["-q", "-d", &database, "-c", &format!("CREATE SCHEMA {name}")])
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    fs::write(note, name).unwrap();
}

/// The address of the database of a server's folder, if it is PostgreSQL's.
pub fn url_of(folder: &Path) -> Option<String> {
    let name = fs::read_to_string(folder.join("postgres-schema")).ok()?;
    let database = std::env::var(VARIABLE).ok()?;
    Some(format!("{database}?options=-c%20search_path%3D{name}"))
}
