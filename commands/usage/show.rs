//! The report as text for people and as JSON for programs.

use super::{KINDS, Report};
use crate::commands::error_text;
use crate::commands::output::size;
use engine::usage::FileTotal;
use serde_json::{Map, Value, json};
use std::fmt::Display;

/// A line for each thing: its size, what it is. What is part of the line above is indented.
pub fn text(report: &Report) -> String {
    let Report { files, path, database, is_in_bucket, unnamed, backup_dir, disks } = report;
    let mut text = String::new();
    let mut line = |bytes: u64, what: &dyn Display| {
        text.push_str(&format!("{:>12}  {what}\n", size(bytes)));
    };
    let files_in =
        |what: &str, amount: &FileTotal| format!("{what}: {}", count(amount.files, "file"));

    line(files.database.bytes, &format_args!("database: {}", path.display()));
    if let Some(database) = database {
        let (full, empty): (Vec<_>, Vec<_>) =
            database.tables.iter().partition(|table| table.rows > 0);
        for table in full {
            let rows = count(table.rows, "row");
            line(table.bytes, &format_args!("  {}: {rows}", table.name));
        }
        if !empty.is_empty() {
            let bytes = empty.iter().map(|table| table.bytes).sum();
            line(bytes, &format_args!("  {} without rows", count(empty.len() as u64, "table")));
        }
        line(database.free, &"  pages that are free, and used again before the file grows");
    }
    line(files.log.bytes, &"write-ahead log of the database");
    for (kind, pictures) in KINDS.iter().zip(database.iter().flat_map(|it| &it.pictures)) {
        let mut what = files_in(kind.name, &pictures.amount);
        if *is_in_bucket {
            what.push_str(", in the bucket");
        }
        if pictures.not_measured > 0 {
            what.push_str(&format!(", {} of them not measured yet", pictures.not_measured));
        }
        line(pictures.amount.bytes, &what);
    }
    let what = match database.as_ref().is_some_and(|database| !database.pictures.is_empty()) {
        true => "pictures in the folder that no row names",
        false => "pictures in the folder",
    };
    line(unnamed.bytes, &files_in(what, unnamed));
    line(files.outbox.bytes, &files_in("outbox", &files.outbox));
    match backup_dir {
        Some(folder) => {
            let what = format!("backups in {}", folder.display());
            line(files.backups.bytes, &files_in(&what, &files.backups));
        }
        None => line(0, &"backups: backup.dir is not set"),
    }
    let what = files_in("copies from before an upgrade", &files.before_upgrade);
    line(files.before_upgrade.bytes, &what);
    let what = files_in("data from before a restore", &files.before_restore);
    line(files.before_restore.bytes, &what);
    line(files.other.bytes, &files_in("everything else in data_dir", &files.other));
    for room in disks {
        let of = size(room.total);
        let kept = match room.reserve {
            0 => "nothing is kept in reserve".to_owned(),
            reserve if room.is_low() => {
                format!("{} are kept in reserve, so uploads are refused", size(reserve))
            }
            reserve => format!("{} are kept in reserve", size(reserve)),
        };
        line(room.free, &format_args!("free of {of} at {}; {kept}", room.folder.display()));
    }
    for unread in &files.unread {
        text.push_str(&format!("{:>12}  {unread}\n", "not counted"));
    }
    text
}

/// The same as one object, every size in bytes.
pub fn json(report: &Report) -> Result<String, String> {
    let Report { files, path, database, is_in_bucket, unnamed, backup_dir, disks } = report;
    let mut pictures = Map::new();
    pictures.insert("store".into(), if *is_in_bucket { "s3" } else { "disk" }.into());
    for (kind, found) in KINDS.iter().zip(database.iter().flat_map(|it| &it.pictures)) {
        let mut object = amount(&found.amount);
        if *is_in_bucket {
            object["not_measured"] = found.not_measured.into();
        }
        pictures.insert(kind.key.into(), object);
    }
    pictures.insert("without_row".into(), amount(unnamed));
    let tables: Option<Vec<Value>> = database.as_ref().map(|database| {
        let tables = database.tables.iter();
        tables
            .map(|table| json!({"name": table.name, "rows": table.rows, "bytes": table.bytes}))
            .collect()
    });
    let disks: Vec<Value> = disks
        .iter()
        .map(|room| {
            json!({"name": room.name, "folder": room.folder, "free": room.free,
                   "total": room.total, "reserve": room.reserve, "is_low": room.is_low()})
        })
        .collect();
    let whole = json!({
        "database": {
            "path": path,
            "bytes": files.database.bytes,
            "log": files.log.bytes,
            "free": database.as_ref().map(|database| database.free),
            "tables": tables,
        },
        "pictures": pictures,
        "outbox": amount(&files.outbox),
        "backups": {"dir": backup_dir, "files": files.backups.files, "bytes": files.backups.bytes},
        "before_upgrade": amount(&files.before_upgrade),
        "before_restore": amount(&files.before_restore),
        "other": amount(&files.other),
        "disks": disks,
        "not_counted": files.unread,
    });
    serde_json::to_string_pretty(&whole).map(|text| text + "\n").map_err(error_text)
}

fn amount(amount: &FileTotal) -> Value {
    json!({"files": amount.files, "bytes": amount.bytes})
}

/// A number of things: `1 row`, `2 rows`.
fn count(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
